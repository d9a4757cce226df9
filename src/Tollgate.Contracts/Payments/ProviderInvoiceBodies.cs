namespace Tollgate.Contracts.Payments;

/// <summary>
/// An invoice that a payment provider made for a subscription that it manages, as the provider last reported it. Amounts in minor units.
/// </summary>
public sealed record ProviderInvoiceView
{
    /// <summary>The provider's id.</summary>
    public required string Id { get; init; }

    public required string Provider { get; init; }

    public required string Customer { get; init; }

    /// <summary>The provider's id of the subscription.</summary>
    public required string Subscription { get; init; }

    /// <summary>The provider's; null: a draft.</summary>
    public string? Number { get; init; }

    /// <summary><c>draft</c>, <c>open</c>, <c>paid</c>, <c>void</c> or <c>uncollectible</c>.</summary>
    public required string Status { get; init; }

    public required string Currency { get; init; }

    /// <summary>With taxes and discounts.</summary>
    public required long Total { get; init; }

    public required long Tax { get; init; }

    public required long AmountPaid { get; init; }

    /// <summary>The payment that paid it, or its last attempt; null: no attempt yet.</summary>
    public string? Payment { get; init; }

    /// <summary>The page on which the customer sees it.</summary>
    public string? Url { get; init; }

    public required IReadOnlyList<ProviderInvoiceLineView> Lines { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? PaidAt { get; init; }
}

/// <param name="Amount">After discounts, before exclusive taxes.</param>
public sealed record ProviderInvoiceLineView(string Description, long Amount, DateTimeOffset PeriodStart, DateTimeOffset PeriodEnd);

public sealed record ProviderInvoiceList(IReadOnlyList<ProviderInvoiceView> Data, bool HasMore);
