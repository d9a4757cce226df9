using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Payments;

/// <summary>
/// A provider update. It is always a complete state and never a difference, so that repeats and reordering change nothing.
/// </summary>
public abstract record ProviderUpdate;

/// <summary>The result of a payment attempt.</summary>
/// <param name="Payment">Tollgate's id, which the provider got as key. Null: only the reference is known.</param>
/// <param name="Reference">The provider's id of the charge.</param>
/// <param name="Failure">Null: the payment succeeded.</param>
public sealed record PaymentUpdate(Guid? Payment, string Reference, PaymentFailure? Failure) : ProviderUpdate;

/// <summary>A refund, also one that nobody requested through Tollgate.</summary>
/// <param name="Refund">Tollgate's id; null for a refund on the provider's own pages.</param>
/// <param name="Charge">The provider's id of the refunded charge.</param>
/// <param name="HasFailed">True if the money was not sent, or came back.</param>
public sealed record RefundUpdate(Guid? Refund, string Charge, string Reference, MoneyAmount Amount, bool HasFailed, string? Reason)
    : ProviderUpdate;

/// <summary>A dispute: a customer's bank has reversed a charge, or inquires about it.</summary>
public sealed record DisputeUpdate(string Reference, string Charge, MoneyAmount Amount, DisputeStatus Status, string? Reason)
    : ProviderUpdate;

/// <summary>A payment method that a customer has saved.</summary>
/// <param name="Customer">The project's id of the customer.</param>
public sealed record PaymentMethodUpdate(string Customer, string Token, string Brand, string Last4) : ProviderUpdate;

/// <summary>The state of a subscription that the provider manages.</summary>
/// <param name="Customer">The project's id of the customer.</param>
/// <param name="Reference">The provider's id of the subscription.</param>
/// <param name="Price">Null: its price belongs to no plan, and a subscription that Tollgate follows already keeps its terms.</param>
/// <param name="EndedAt">The end; null: it has not ended.</param>
/// <param name="AskedAt">The time of the request to the provider, by the database's clock: a later answer is newer.</param>
public sealed record SubscriptionUpdate(
    string Customer, string Reference, SubscribedPrice? Price, SubscriptionStatus Status, Period Current, Instant StartedAt,
    Instant Anchor, Instant? TrialEnd, Instant? CancelAt, Instant? EndedAt, string? Reason, Instant AskedAt) : ProviderUpdate
{
    /// <summary>False: the trial continues only if a payment method exists at its end, and the subscription has none of its own.</summary>
    public bool ConvertsTrial { get; init; } = true;
}

/// <summary>The terms of a subscription by the codes of the catalogue.</summary>
/// <param name="Each">The unit price for a period.</param>
public sealed record SubscribedPrice(string Plan, PriceInterval Interval, long Quantity, MoneyAmount Each)
{
    /// <summary>The provider's id of the price.</summary>
    public string? Reference { get; init; }
}

/// <summary>An invoice that the provider issued for a subscription that it manages.</summary>
/// <param name="Subscription">The provider's id of the subscription.</param>
/// <param name="Payment">The provider's id of the payment, also of one that did not succeed.</param>
/// <param name="HasFailed">True if the provider tried to collect it without success.</param>
public sealed record InvoiceUpdate(
    string Customer, string Reference, string Subscription, string? Number, ProviderInvoiceStatus Status, MoneyAmount Total,
    MoneyAmount Tax, MoneyAmount Paid, string? Payment,
    bool HasFailed, string? Url, Instant CreatedAt, Instant? PaidAt, IReadOnlyList<ProviderInvoiceLine> Lines, Instant AskedAt)
    : ProviderUpdate;

/// <param name="Amount">Minor units, after discounts, before tax that is added.</param>
public sealed record ProviderInvoiceLine(string Description, long Amount, Period Period);

/// <summary>The result of a page that was to start a subscription at the provider.</summary>
/// <param name="Checkout">Tollgate's id of the checkout.</param>
/// <param name="Subscription">The provider's id of the started subscription; null: the customer did not finish.</param>
public sealed record CheckoutUpdate(Guid Checkout, string? Subscription) : ProviderUpdate;

public enum ProviderInvoiceStatus
{
    Draft,
    Open,
    Paid,
    Void,
    Uncollectible,
}

public enum DisputeStatus
{
    /// <summary>Undecided; the bank holds the money.</summary>
    Open,

    /// <summary>The merchant keeps the money.</summary>
    Won,

    /// <summary>The merchant has lost the money.</summary>
    Lost,
}
