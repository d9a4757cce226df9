namespace Tollgate.Contracts.Payments;

public sealed record StripeSyncRequest
{
    /// <summary>Only says what would be done.</summary>
    public bool? DryRun { get; init; }
}

/// <param name="DryRun">Nothing was changed.</param>
public sealed record StripeSyncReport(bool DryRun, IReadOnlyList<StripeSyncLine> Lines);

/// <param name="Kind"><c>product</c> or <c>price</c>.</param>
/// <param name="Name">As the catalogue has it.</param>
/// <param name="Id">At Stripe; null: there is none.</param>
/// <param name="Outcome"><c>ok</c>, <c>created</c>, <c>updated</c>, <c>replaced</c>, <c>differs</c> or <c>skipped</c>.</param>
/// <param name="Detail">What differs, for people.</param>
public sealed record StripeSyncLine(string Kind, string Name, string? Id, string Outcome, string? Detail);
