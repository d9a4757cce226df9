namespace Tollgate.Contracts.Payments;

public sealed record StripeSyncRequest
{
    /// <summary>Only says what would be done.</summary>
    public bool? DryRun { get; init; }
}

public sealed record StripeReconcileRequest
{
    /// <summary>
    /// Payments, invoices and refunds of so many days; 30 when left out, 1 to 400. Subscriptions are compared whenever they began.
    /// </summary>
    public int? SinceDays { get; init; }

    /// <summary>True: Tollgate copies Stripe's state where Stripe is authoritative.</summary>
    public bool? Repair { get; init; }
}

/// <param name="Complete">False: there was more than is read at once; fewer days read less.</param>
/// <param name="Remaining">Differences that are still there.</param>
public sealed record StripeReconcileReport(DateTimeOffset Since, bool Complete, int Remaining, IReadOnlyList<StripeDriftView> Drifts);

/// <summary>Something that Tollgate and Stripe say differently.</summary>
/// <param name="Object"><c>subscription</c>, <c>invoice</c>, <c>payment</c> or <c>refund</c>.</param>
/// <param name="Id">Tollgate's; null: there is none here.</param>
/// <param name="Reference">Stripe's; null: there is none there.</param>
/// <param name="Field">The field that differs; null: one side has no such object.</param>
/// <param name="Ours">As Tollgate has it; null: it has none.</param>
/// <param name="Theirs">As Stripe has it; null: it has none.</param>
/// <param name="Advice">The action to take.</param>
/// <param name="Repairable">Stripe is right, and <c>repair</c> brings it here.</param>
/// <param name="Repaired">It was.</param>
/// <param name="Detail">Why it could not be; null otherwise.</param>
public sealed record StripeDriftView(
    string Object, string? Id, string? Reference, string? Field, string? Ours, string? Theirs, string Advice, bool Repairable,
    bool Repaired, string? Detail);

/// <param name="DryRun">Nothing was changed.</param>
public sealed record StripeSyncReport(bool DryRun, IReadOnlyList<StripeSyncLine> Lines);

/// <param name="Kind"><c>product</c> or <c>price</c>.</param>
/// <param name="Name">As the catalogue has it.</param>
/// <param name="Id">At Stripe; null: there is none.</param>
/// <param name="Outcome"><c>ok</c>, <c>created</c>, <c>updated</c>, <c>replaced</c>, <c>differs</c> or <c>skipped</c>.</param>
/// <param name="Detail">The difference in words, for operators.</param>
public sealed record StripeSyncLine(string Kind, string Name, string? Id, string Outcome, string? Detail);
