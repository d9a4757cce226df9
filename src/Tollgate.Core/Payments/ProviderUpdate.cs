using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Payments;

/// <summary>
/// What a provider says of its side. It is always a whole state and never a difference, so that repeats and disorder change nothing.
/// </summary>
public abstract record ProviderUpdate;

/// <summary>How an attempt ended there.</summary>
/// <param name="Payment">Our id of it, which the provider was given as key. Null: only the reference is known.</param>
/// <param name="Reference">The provider's id of the charge.</param>
/// <param name="Failure">Null: the money moved.</param>
public sealed record PaymentUpdate(Guid? Payment, string Reference, PaymentFailure? Failure) : ProviderUpdate;

/// <summary>Money that went back, also when nobody asked Tollgate for it.</summary>
/// <param name="Refund">Our id of it; null of one that was made on the provider's own pages.</param>
/// <param name="Charge">The provider's id of what was paid.</param>
/// <param name="HasFailed">The money did not go, or came back.</param>
public sealed record RefundUpdate(Guid? Refund, string Charge, string Reference, MoneyAmount Amount, bool HasFailed, string? Reason)
    : ProviderUpdate;

/// <summary>A customer's bank took money back, or wants to know why it should not.</summary>
public sealed record DisputeUpdate(string Reference, string Charge, MoneyAmount Amount, DisputeStatus Status, string? Reason)
    : ProviderUpdate;

/// <summary>A customer left a method to be charged by.</summary>
/// <param name="Customer">Our own id.</param>
public sealed record PaymentMethodUpdate(string Customer, string Token, string Brand, string Last4) : ProviderUpdate;

/// <summary>A subscription that the provider manages.</summary>
/// <param name="Customer">Our own id.</param>
/// <param name="Reference">The provider's id of it.</param>
/// <param name="Price">Null: its price is no plan's, and one that is followed already keeps its terms.</param>
/// <param name="EndedAt">Not null: it is over.</param>
/// <param name="AskedAt">When the provider was asked for it, by the database's clock: who asked later knows more.</param>
public sealed record SubscriptionUpdate(
    string Customer, string Reference, SubscribedPrice? Price, SubscriptionStatus Status, Period Current, Instant StartedAt,
    Instant Anchor, Instant? TrialEnd, Instant? CancelAt, Instant? EndedAt, string? Reason, Instant AskedAt) : ProviderUpdate
{
    /// <summary>
    /// False: the trial goes on only if there is something to pay with when it ends, and the subscription has nothing of its own.
    /// </summary>
    public bool ConvertsTrial { get; init; } = true;
}

/// <summary>What a subscription is for, in the catalogue's words.</summary>
/// <param name="Each">What one of the quantity costs for a period.</param>
public sealed record SubscribedPrice(string Plan, PriceInterval Interval, long Quantity, MoneyAmount Each);

/// <summary>An invoice that the provider made for a subscription that it manages.</summary>
/// <param name="Subscription">The provider's id of it.</param>
/// <param name="Payment">The provider's id of what paid it, or was to.</param>
/// <param name="HasFailed">It was asked for, and no money came.</param>
public sealed record InvoiceUpdate(
    string Customer, string Reference, string Subscription, string? Number, ProviderInvoiceStatus Status, MoneyAmount Total,
    MoneyAmount Tax, MoneyAmount Paid, string? Payment,
    bool HasFailed, string? Url, Instant CreatedAt, Instant? PaidAt, IReadOnlyList<ProviderInvoiceLine> Lines, Instant AskedAt)
    : ProviderUpdate;

/// <param name="Amount">Minor units, before tax that comes on top, after discounts.</param>
public sealed record ProviderInvoiceLine(string Description, long Amount, Period Period);

/// <summary>How a page ended at whose end the provider was to have a subscription.</summary>
/// <param name="Checkout">Our id of it.</param>
/// <param name="Subscription">The provider's id of what began; null: nobody finished it.</param>
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
    /// <summary>Nothing is decided; the bank holds the money.</summary>
    Open,

    /// <summary>The money stays.</summary>
    Won,

    /// <summary>The money is gone.</summary>
    Lost,
}
