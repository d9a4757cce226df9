using System.ComponentModel.DataAnnotations;

namespace Tollgate.Contracts.Payments;

public sealed record ChargeRequest
{
    /// <summary>The id of the invoice. Tollgate charges the full amount due to its customer's default payment method.</summary>
    [Required]
    public string? Invoice { get; init; }
}

/// <summary>An attempt to collect the amount of an invoice. Amounts in minor units.</summary>
public sealed record PaymentView
{
    public required string Id { get; init; }

    public required string Customer { get; init; }

    /// <summary>
    /// The invoice that the payment pays. For a checkout it is set once the customer has paid; it is also null if the money became the
    /// customer's credit.
    /// </summary>
    public string? Invoice { get; init; }

    /// <summary>The checkout that it is for, if any.</summary>
    public string? Checkout { get; init; }

    /// <summary>
    /// The provider's own invoice that it pays, of a subscription that the provider manages. It then pays none of Tollgate's invoices.
    /// </summary>
    public string? ProviderInvoice { get; init; }

    /// <summary><c>manual</c> (a recorded bank transfer), <c>sandbox</c>, <c>stripe</c> or <c>paymob</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>The charged payment method; null for a manual payment.</summary>
    public string? PaymentMethod { get; init; }

    public required long Amount { get; init; }

    /// <summary>The part of the amount that is refunded, or being refunded.</summary>
    public required long AmountRefunded { get; init; }

    /// <summary>The part of the amount that the customer's bank holds or took in disputes; it cannot also be refunded.</summary>
    public required long AmountDisputed { get; init; }

    /// <summary>
    /// <c>open</c> (the bank has not decided), <c>lost</c> (the money is gone) or <c>won</c> (it stays); null: it was never disputed. With
    /// several disputes, the first of these states that occurs.
    /// </summary>
    public string? Dispute { get; init; }

    public required string Currency { get; init; }

    /// <summary>
    /// <c>pending</c> (no answer yet; Tollgate asks the provider), <c>requires_action</c> (the customer has to confirm it to the bank),
    /// <c>succeeded</c> or <c>failed</c>.
    /// </summary>
    public required string Status { get; init; }

    /// <summary>
    /// For a failed payment: <c>declined</c>, <c>insufficient_funds</c>, <c>authentication_required</c>, <c>canceled</c>,
    /// <c>payment_method_missing</c>, <c>amount_not_possible</c> or <c>provider_refused</c>.
    /// </summary>
    public string? Failure { get; init; }

    /// <summary>The provider's own id.</summary>
    public string? Reference { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? SettledAt { get; init; }

    public required IReadOnlyList<RefundView> Refunds { get; init; }
}

/// <summary>Money that returns to the customer's payment method.</summary>
/// <param name="Status"><c>pending</c>, <c>succeeded</c> or <c>failed</c>.</param>
/// <param name="FromCredit">The part of the amount that exceeded its invoice and had become the customer's credit, from which the refund
/// took it.</param>
/// <param name="CreditNote">The id of the credit note for the rest, among the invoice's <c>credit_notes</c>; null: there is no
/// rest.</param>
public sealed record RefundView(
    string Id, long Amount, long FromCredit, string Status, string? Reason, string? Reference, string? CreditNote, DateTimeOffset CreatedAt,
    DateTimeOffset? SettledAt);

public sealed record PaymentList(IReadOnlyList<PaymentView> Data, bool HasMore);

public sealed record RefundRequest
{
    /// <summary>Minor units; left out: the rest of the payment.</summary>
    public long? Amount { get; init; }

    /// <summary>Reason on the credit note.</summary>
    public string? Reason { get; init; }
}

public sealed record AddPaymentMethodRequest
{
    /// <summary>
    /// The provider's token. In the sandbox: <c>pm_sandbox_visa</c>, <c>pm_sandbox_mastercard</c>, <c>pm_sandbox_declined</c>,
    /// <c>pm_sandbox_insufficient_funds</c>, <c>pm_sandbox_authentication</c>, <c>pm_sandbox_timeout</c>, <c>pm_sandbox_late</c>.
    /// </summary>
    [Required]
    public string? Token { get; init; }
}

/// <summary>A customer's payment method.</summary>
/// <param name="Default">True: Tollgate charges this one.</param>
public sealed record PaymentMethodView(string Id, string Provider, string Brand, string Last4, bool Default, DateTimeOffset AddedAt);

public sealed record PaymentMethodList(IReadOnlyList<PaymentMethodView> Data);

public sealed record PaymentBehaviorRequest
{
    [Required]
    public string? Customer { get; init; }

    /// <summary><c>success</c>, <c>decline</c>, <c>insufficient_funds</c>, <c>authentication_required</c>, <c>timeout</c> or
    /// <c>late_success</c>.</summary>
    [Required]
    public string? Outcome { get; init; }

    /// <summary>The number of the customer's next charges that it applies to. Default: 1.</summary>
    public int? Times { get; init; }
}
