using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Payments;

/// <summary>Who moves money.</summary>
public enum PaymentProvider
{
    /// <summary>Somebody outside, who tells when it came: a bank transfer.</summary>
    Manual,

    /// <summary>The built-in one of sandbox projects. Nothing moves.</summary>
    Sandbox,
    Stripe,
    Paymob,
}

public enum PaymentStatus
{
    /// <summary>The provider was asked, or will be; what it did is not known yet.</summary>
    Pending,

    /// <summary>The customer, who is there, has to confirm it to the bank.</summary>
    RequiresAction,
    Succeeded,
    Failed,
}

/// <summary>Why no money came.</summary>
public enum PaymentFailure
{
    Declined,
    InsufficientFunds,

    /// <summary>The bank wants the customer to confirm, who is not there.</summary>
    AuthenticationRequired,

    /// <summary>The customer gave it up, or the provider's page was closed and ran out.</summary>
    Canceled,

    /// <summary>The customer had nothing to be charged by; nobody was asked.</summary>
    PaymentMethodMissing,

    /// <summary>The provider cannot move this amount: it is too small, too large, or not in its units. No customer can mend that.</summary>
    AmountNotPossible,

    /// <summary>
    /// The provider refused what it was asked, and not because of the customer: how the account there is set up, as a rule.
    /// </summary>
    ProviderRefused,
}

/// <summary>One attempt to move the money that an invoice or a checkout asks for. Its id is the idempotency key at the provider.</summary>
public sealed record Payment
{
    public required Guid Id { get; init; }

    public required string Customer { get; init; }

    /// <summary>Of a checkout: what the money paid, once it came. Null also when it became the customer's instead.</summary>
    public Guid? Invoice { get; init; }

    public Guid? Checkout { get; init; }

    /// <summary>
    /// The provider's id of its own invoice that this pays, of a subscription that it manages. Then it pays none of ours.
    /// </summary>
    public string? ProviderInvoice { get; init; }

    /// <summary>Of a checkout: when the price was told, and as of when what it asks for is done.</summary>
    public Instant? QuotedAt { get; init; }

    /// <summary>Of a checkout that changes a subscription: the version that was looked at.</summary>
    public int? ExpectedVersion { get; init; }

    public required PaymentProvider Provider { get; init; }

    /// <summary>The method that was charged; null: none of those that are kept.</summary>
    public Guid? Method { get; init; }

    public required MoneyAmount Amount { get; init; }

    /// <summary>Of the amount, what went back or is on its way back.</summary>
    public required MoneyAmount Refunded { get; init; }

    public required PaymentStatus Status { get; init; }

    /// <summary>Of a failed one.</summary>
    public PaymentFailure? Failure { get; init; }

    /// <summary>The provider's own id.</summary>
    public string? Reference { get; init; }

    public required Instant CreatedAt { get; init; }

    /// <summary>When it succeeded or failed.</summary>
    public Instant? SettledAt { get; init; }

    public bool IsOpen => Status is PaymentStatus.Pending or PaymentStatus.RequiresAction;
}

/// <summary>Money of a payment that goes back. Its id is the idempotency key at the provider.</summary>
/// <param name="FromCredit">Of the amount, what had become the customer's credit and was taken out of it.</param>
/// <param name="CreditNote">The document over the rest; null: there is no rest.</param>
public sealed record Refund(
    Guid Id, Guid Payment, MoneyAmount Amount, MoneyAmount FromCredit, PaymentStatus Status, string? Reason, string? Reference,
    Guid? CreditNote, Instant CreatedAt,
    Instant? SettledAt);

/// <summary>What a customer can be charged by: the provider's token, and what people know it by.</summary>
/// <param name="Token">Encrypted as the database has it, but where it is to be charged.</param>
/// <param name="Brand"><c>visa</c>.</param>
/// <param name="Last4">The last digits, as text.</param>
public sealed record PaymentMethod(
    Guid Id, PaymentProvider Provider, string Token, string Brand, string Last4, bool IsDefault, Instant AddedAt);
