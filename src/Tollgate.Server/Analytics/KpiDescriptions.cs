using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Analytics;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary>The OpenAPI descriptions of key figures, spend, cohorts and segments.</summary>
internal static class KpiDescriptions
{
    private const string Tag = "Analytics";

    private const string Spend =
        """
        {"id": "ads-2026-11", "day": "2026-11-20", "amount": 120000, "currency": "USD", "channel": "search", "note": null}
        """;

    private const string Unconverted =
        " Other currencies are converted with the project's exchange rates; those that lack a rate are in `unconverted` and in no figure.";

    public static readonly Description Kpis = new(
        Tag, "Show key figures",
        "Returns the key figures of a range, each with its value for the same number of days before, and with its formula. Money is minor "
            + "units of the project's currency, ratios are parts of 1 with 4 decimals, and null means that there is no base. A customer that "
            + "leaves and returns within the range is not lost. Days are those of the project's time zone; revenue and cost of model calls "
            + "have UTC days." + Unconverted)
    {
        Query = ReportDays.OfDays,
        Answers =
        [
            Example.Of<KpisView>(200, "The figures.",
                $$"""
                {"from": "2026-10-23", "to": "2026-11-21", "previous_from": "2026-09-23", "previous_to": "2026-10-22", "currency": "USD",
                 "mrr": {{Kpi("34800", "29000", "minor")}}, "arr": {{Kpi("417600", "348000", "minor")}},
                 "customers": {{Kpi("12", "10", "customers")}}, "arpu": {{Kpi("2900", "2900", "minor")}},
                 "ltv": {{Kpi("23200", "null", "minor")}}, "cac": {{Kpi("30000", "null", "minor")}},
                 "churn": {"logo": {{Kpi("0.1", "0", "ratio")}}, "gross": {{Kpi("0.1", "0", "ratio")}},
                           "net": {{Kpi("0.05", "0", "ratio")}},
                           "by_reason": [{"reason": "too_expensive", "customers": 1, "mrr": 2900}]},
                 "trial_conversion": {{Kpi("0.6", "0.5", "ratio")}}, "upgrade_rate": {{Kpi("0.1", "0", "ratio")}},
                 "downgrade_rate": {{Kpi("0", "0", "ratio")}}, "payment_success": {{Kpi("0.975", "1", "ratio")}},
                 "gross_margin": {{Kpi("0.8", "0.78", "ratio")}}, "unconverted": []}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description AddSpend = new(
        Tag, "Record acquisition spend",
        "Records money spent to win customers, from which CAC is computed. Records are never changed: correct one with a negative amount. A "
            + "repeat of an id with the same content records nothing; with other content it is refused.")
    {
        Request = Example.Of<SpendRequest>(
            """{"id": "ads-2026-11", "day": "2026-11-20", "amount": 120000, "currency": "USD", "channel": "search"}"""),
        Answers = [Example.Of<SpendView>(201, "Recorded.", Spend)],
        Errors = [ErrorCode.ValidationFailed, ErrorCode.IdempotencyKeyReused],
    };

    public static readonly Description ListSpend = new(
        Tag, "List acquisition spend", "Lists the recorded spend, the latest addition first.")
    {
        Query = [.. QueryParameter.OfPage],
        Answers = [Example.Of<SpendList>(200, "A page.", $$"""{"data": [{{Spend}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Cohorts = new(
        Tag, "Show cohorts",
        "Groups customers by the month of their first payment, and returns for each later month how many of them pay at its end, and their "
            + "MRR then. The range consists of whole months of the project's time zone; the last one may be incomplete. Customers that paid "
            + "first before the range are in no cohort." + Unconverted)
    {
        Query = ReportDays.OfMonths,
        Answers =
        [
            Example.Of<CohortsView>(200, "The oldest cohort first.",
                """
                {"from": "2026-10-01", "to": "2026-11-21", "currency": "USD",
                 "data": [{"month": "2026-10", "customers": 10,
                           "months": [{"month": "2026-10", "customers": 10, "mrr": 29000, "customer_retention": 1, "revenue_retention": 1},
                                      {"month": "2026-11", "customers": 9, "mrr": 31900, "customer_retention": 0.9, "revenue_retention": 1.1}]},
                          {"month": "2026-11", "customers": 3,
                           "months": [{"month": "2026-11", "customers": 3, "mrr": 8700, "customer_retention": 1, "revenue_retention": 1}]}],
                 "unconverted": []}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Segments = new(
        Tag, "Show segments",
        "Counts the paying customers at the end of a day by plan, currency or country, with their MRR. By plan, it is the plan distribution."
            + Unconverted)
    {
        Query =
        [
            new("to", "The day at whose end the customers pay, in the project's time zone. Default: today."),
            new("group_by", "The dimension. Default: plan.", Words: CatalogWords.All<SegmentBy>()),
        ],
        Answers =
        [
            Example.Of<SegmentsView>(200, "The highest MRR first.",
                """
                {"at": "2026-11-21", "currency": "USD", "group_by": "plan", "customers": 12,
                 "data": [{"name": "pro", "customers": 9, "mrr": 26100, "share": 0.75}, {"name": "team", "customers": 3, "mrr": 8700,
                  "share": 0.25}], "unconverted": []}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Margins = new(
        Tag, "Show margins",
        "Compares recognised revenue with the cost of calls to models by customer, plan, feature, model, provider or UTC day, the lowest "
            + "profit first. By plan, revenue belongs to the plan at the start of its service period, and cost to the plan when the call "
            + "was recorded. By feature, revenue is that of use and packs; the line without a name has the prices of plans, and cost that "
            + "names no feature. By model and provider there is only cost. Other currencies are converted at the rate of the last day; "
            + "those that lack a rate on it are in `unconverted` and in no figure. Each line is rounded to a minor unit, so totals of two "
            + "groupings can differ by some.")
    {
        Query =
        [
            .. CostDays.All, new("group_by", "The dimension. Default: customer.", Words: CatalogWords.All<MarginBy>()),
            Report.LimitParameter(fallback: 100),
        ],
        Answers =
        [
            Example.Of<MarginsView>(200, "The lowest profit first.",
                """
                {"from": "2026-11-01", "to": "2026-11-30", "currency": "USD", "group_by": "customer", "revenue": "58", "cost": "7.5",
                 "profit": "50.5", "margin": 0.8707, "count": 2, "unprofitable": 1,
                 "data": [{"name": "user_7", "revenue": "0", "cost": "5", "profit": "-5", "margin": null},
                          {"name": "user_42", "revenue": "58", "cost": "2.5", "profit": "55.5", "margin": 0.9569}],
                 "has_more": false, "unconverted": []}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    private static string Kpi(string value, string previous, string unit) =>
        $$"""{"value": {{value}}, "previous": {{previous}}, "unit": "{{unit}}", "definition": "12 × MRR."}""";
}
