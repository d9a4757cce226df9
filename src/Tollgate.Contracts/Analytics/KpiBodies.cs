using System.ComponentModel.DataAnnotations;

namespace Tollgate.Contracts.Analytics;

/// <summary>A key figure.</summary>
/// <param name="Value">Null: there is no base, such as no customer at the start of the range.</param>
/// <param name="Previous">The value for the same number of days before the range.</param>
/// <param name="Unit"><c>minor</c> (units of the project's currency), <c>ratio</c> (1 is 100 %) or <c>customers</c>.</param>
/// <param name="Definition">Its formula.</param>
public sealed record KpiView(decimal? Value, decimal? Previous, string Unit, string Definition);

/// <param name="Reason">The reason of the cancellation; <c>paused</c> for a pause.</param>
/// <param name="Mrr">The MRR of the customers at the start of the range, in minor units.</param>
public sealed record ChurnReasonView(string Reason, long Customers, long Mrr);

/// <param name="Logo">Lost customers.</param>
/// <param name="Gross">Lost MRR, of lost customers and of contractions.</param>
/// <param name="Net">Lost MRR less expansions.</param>
/// <param name="ByReason">The lost customers, the most frequent reason first.</param>
public sealed record ChurnView(KpiView Logo, KpiView Gross, KpiView Net, IReadOnlyList<ChurnReasonView> ByReason);

/// <summary>Answer of <c>GET /v1/analytics/kpis</c>.</summary>
public sealed record KpisView
{
    /// <summary>The first day, in the project's time zone.</summary>
    public required DateOnly From { get; init; }

    /// <summary>The last day, inclusive.</summary>
    public required DateOnly To { get; init; }

    public required DateOnly PreviousFrom { get; init; }

    public required DateOnly PreviousTo { get; init; }

    /// <summary>The project's currency.</summary>
    public required string Currency { get; init; }

    public required KpiView Mrr { get; init; }

    public required KpiView Arr { get; init; }

    public required KpiView Customers { get; init; }

    public required KpiView Arpu { get; init; }

    public required KpiView Ltv { get; init; }

    public required KpiView Cac { get; init; }

    public required ChurnView Churn { get; init; }

    public required KpiView TrialConversion { get; init; }

    public required KpiView UpgradeRate { get; init; }

    public required KpiView DowngradeRate { get; init; }

    public required KpiView PaymentSuccess { get; init; }

    public required KpiView GrossMargin { get; init; }

    /// <summary>Currencies that lack an exchange rate on a day that needs one. No figure includes them.</summary>
    public required IReadOnlyList<string> Unconverted { get; init; }
}

/// <summary>Money spent to win customers.</summary>
public sealed record SpendRequest
{
    /// <summary>Default: Tollgate chooses one. A repeat of an id with the same content records nothing.</summary>
    public string? Id { get; init; }

    /// <summary>The day in the project's time zone. Default: today.</summary>
    public DateOnly? Day { get; init; }

    /// <summary>Minor units. Negative for a correction.</summary>
    [Required]
    public long? Amount { get; init; }

    /// <summary>Default: the project's currency.</summary>
    public string? Currency { get; init; }

    public string? Channel { get; init; }

    public string? Note { get; init; }
}

public sealed record SpendView(string Id, DateOnly Day, long Amount, string Currency, string? Channel, string? Note);

public sealed record SpendList(IReadOnlyList<SpendView> Data, bool HasMore);

/// <param name="Customers">Customers of the cohort that pay at the end of the month.</param>
/// <param name="Mrr">Their MRR then, in minor units.</param>
/// <param name="CustomerRetention"><c>customers</c> ÷ the customers of the cohort.</param>
/// <param name="RevenueRetention"><c>mrr</c> ÷ the MRR at the end of the first month.</param>
public sealed record CohortMonthView(string Month, long Customers, long Mrr, decimal? CustomerRetention, decimal? RevenueRetention);

/// <param name="Month">The month in which the customers paid first.</param>
public sealed record CohortView(string Month, long Customers, IReadOnlyList<CohortMonthView> Months);

/// <summary>Answer of <c>GET /v1/analytics/cohorts</c>. Amounts are minor units of the project's currency.</summary>
public sealed record CohortsView(
    DateOnly From, DateOnly To, string Currency, IReadOnlyList<CohortView> Data, IReadOnlyList<string> Unconverted);

/// <param name="Name">The plan, currency or country; null: the customers have none.</param>
/// <param name="Share">The share of all paying customers.</param>
public sealed record SegmentView(string? Name, long Customers, long Mrr, decimal? Share);

/// <summary>Answer of <c>GET /v1/analytics/segments</c>.</summary>
/// <param name="At">The day at whose end the customers pay.</param>
public sealed record SegmentsView(
    DateOnly At, string Currency, string GroupBy, long Customers, IReadOnlyList<SegmentView> Data, IReadOnlyList<string> Unconverted);
