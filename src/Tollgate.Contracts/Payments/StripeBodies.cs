namespace Tollgate.Contracts.Payments;

public sealed record StripeSyncRequest
{
    /// <summary>A preview: Tollgate changes nothing at Stripe.</summary>
    public bool? DryRun { get; init; }
}

public sealed record StripeReconcileRequest
{
    /// <summary>
    /// The number of days whose payments, invoices and refunds to compare: 1 to 400, default 30. Tollgate compares subscriptions of any
    /// age.
    /// </summary>
    public int? SinceDays { get; init; }

    /// <summary>True: Tollgate copies Stripe's state where Stripe is authoritative.</summary>
    public bool? Repair { get; init; }
}

/// <param name="Complete">False: there are more objects than one call reads; ask for fewer days.</param>
/// <param name="Remaining">The number of remaining differences.</param>
public sealed record StripeReconcileReport(DateTimeOffset Since, bool Complete, int Remaining, IReadOnlyList<StripeDriftView> Drifts);

/// <summary>A difference between Tollgate's records and Stripe's.</summary>
/// <param name="Object"><c>subscription</c>, <c>invoice</c>, <c>payment</c> or <c>refund</c>.</param>
/// <param name="Id">Tollgate's id; null: Tollgate has no such object.</param>
/// <param name="Reference">Stripe's id; null: Stripe has no such object.</param>
/// <param name="Field">The field that differs; null: one side has no such object.</param>
/// <param name="Ours">Tollgate's value; null: it has none.</param>
/// <param name="Theirs">Stripe's value; null: it has none.</param>
/// <param name="Advice">The action to take.</param>
/// <param name="Repairable">True: Stripe is authoritative, and <c>repair</c> copies its state.</param>
/// <param name="Repaired">True: this call repaired it.</param>
/// <param name="Detail">The reason why the repair failed; null otherwise.</param>
public sealed record StripeDriftView(
    string Object, string? Id, string? Reference, string? Field, string? Ours, string? Theirs, string Advice, bool Repairable,
    bool Repaired, string? Detail);

/// <param name="DryRun">True: Tollgate changed nothing.</param>
public sealed record StripeSyncReport(bool DryRun, IReadOnlyList<StripeSyncLine> Lines);

/// <param name="Kind"><c>product</c> or <c>price</c>.</param>
/// <param name="Name">The name in the catalogue.</param>
/// <param name="Id">The id at Stripe; null: there is none.</param>
/// <param name="Outcome"><c>ok</c>, <c>created</c>, <c>updated</c>, <c>replaced</c>, <c>differs</c> or <c>skipped</c>.</param>
/// <param name="Detail">The difference in words, for operators.</param>
public sealed record StripeSyncLine(string Kind, string Name, string? Id, string Outcome, string? Detail);
