namespace Tollgate.Contracts.Payments;

/// <summary>A dispute: the customer's bank took the money of a payment back, or examines the payment. Minor units.</summary>
/// <param name="Id">The provider's own.</param>
/// <param name="Status"><c>open</c> (the bank holds the money), <c>won</c> or <c>lost</c>.</param>
public sealed record DisputeView(
    string Id, string Payment, string Customer, string Provider, long Amount, string Currency, string Status, string? Reason,
    DateTimeOffset OpenedAt,
    DateTimeOffset? ClosedAt);

public sealed record DisputeList(IReadOnlyList<DisputeView> Data, bool HasMore);
