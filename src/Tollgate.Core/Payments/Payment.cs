using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Payments;

/// <summary>The provider that moves money.</summary>
public enum PaymentProvider
{
    /// <summary>Outside of Tollgate: a caller reports the payment, such as a bank transfer.</summary>
    Manual,

    /// <summary>The built-in provider of sandbox projects, which moves no money.</summary>
    Sandbox,
    Stripe,
    Paymob,
}

public static class ProviderNames
{
    /// <summary>A provider's name as customers read it: <c>Stripe</c> for <c>stripe</c>.</summary>
    public static string TitleOf(string word) =>
        CatalogWords.TryParse<PaymentProvider>(word, out var provider) ? provider.ToString() : word;
}

public enum PaymentStatus
{
    /// <summary>Tollgate has asked the provider, or will ask; the result is not known yet.</summary>
    Pending,

    /// <summary>The customer is present and has to confirm the payment to the bank.</summary>
    RequiresAction,
    Succeeded,
    Failed,
}

/// <summary>The reason why a payment failed.</summary>
public enum PaymentFailure
{
    Declined,
    InsufficientFunds,

    /// <summary>The bank requires a confirmation by the customer, who is not present.</summary>
    AuthenticationRequired,

    /// <summary>The customer canceled, or the provider's page was closed and expired.</summary>
    Canceled,

    /// <summary>The customer has no payment method; Tollgate asked no provider.</summary>
    PaymentMethodMissing,

    /// <summary>
    /// The provider cannot move this amount: it is too small, too large, or not in its units. The customer cannot fix this.
    /// </summary>
    AmountNotPossible,

    /// <summary>The provider refused the request for a reason other than the customer, usually the setup of the account there.</summary>
    ProviderRefused,
}

/// <summary>One attempt to collect the amount of an invoice or a checkout. Its id is the idempotency key at the provider.</summary>
public sealed record Payment
{
    public required Guid Id { get; init; }

    public required string Customer { get; init; }

    /// <summary>For a checkout: the invoice that the money paid. Null also if the money became the customer's credit.</summary>
    public Guid? Invoice { get; init; }

    public Guid? Checkout { get; init; }

    /// <summary>
    /// The provider's id of its own invoice that this pays, for a subscription that it manages. The payment then pays no invoice of
    /// Tollgate.
    /// </summary>
    public string? ProviderInvoice { get; init; }

    /// <summary>For a checkout: the time of the quoted price, and of the change that the checkout makes.</summary>
    public Instant? QuotedAt { get; init; }

    /// <summary>For a checkout that changes a subscription: the version on which the quote is based.</summary>
    public int? ExpectedVersion { get; init; }

    public required PaymentProvider Provider { get; init; }

    /// <summary>The charged method; null: none of the saved ones.</summary>
    public Guid? Method { get; init; }

    public required MoneyAmount Amount { get; init; }

    /// <summary>The part of the amount that is refunded, or being refunded.</summary>
    public required MoneyAmount Refunded { get; init; }

    public required PaymentStatus Status { get; init; }

    /// <summary>The reason of a failed payment.</summary>
    public PaymentFailure? Failure { get; init; }

    /// <summary>The provider's own id.</summary>
    public string? Reference { get; init; }

    public required Instant CreatedAt { get; init; }

    /// <summary>The time at which it succeeded or failed.</summary>
    public Instant? SettledAt { get; init; }

    public bool IsOpen => Status is PaymentStatus.Pending or PaymentStatus.RequiresAction;
}

/// <summary>Money of a payment that returns to the customer. Its id is the idempotency key at the provider.</summary>
/// <param name="FromCredit">The part of the amount that had become the customer's credit and was deducted from it.</param>
/// <param name="CreditNote">The credit note over the rest; null: there is no rest.</param>
public sealed record Refund(
    Guid Id, Guid Payment, MoneyAmount Amount, MoneyAmount FromCredit, PaymentStatus Status, string? Reason, string? Reference,
    Guid? CreditNote, Instant CreatedAt,
    Instant? SettledAt);

/// <summary>A saved payment method: the provider's token, and the details that customers recognise.</summary>
/// <param name="Token">Encrypted as in the database, except where Tollgate charges it.</param>
/// <param name="Brand"><c>visa</c>.</param>
/// <param name="Last4">The last digits, as text.</param>
public sealed record PaymentMethod(
    Guid Id, PaymentProvider Provider, string Token, string Brand, string Last4, bool IsDefault, Instant AddedAt);
