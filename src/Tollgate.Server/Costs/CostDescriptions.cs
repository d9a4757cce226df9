using System.Globalization;
using Tollgate.Contracts.Costs;
using Tollgate.Contracts.Http;
using Tollgate.Engine.Costs;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Costs;

/// <summary>The OpenAPI descriptions of the room Costs.</summary>
internal static class CostDescriptions
{
    private const string Tag = "Costs";

    private const string Figures =
        """
        "calls": 1250, "errors": 5, "unpriced_calls": 2, "estimated_calls": 0, "input_tokens": 180000, "cached_input_tokens": 40000,
         "output_tokens": 30000, "total_tokens": 210000, "cost_usd": "15.75"
        """;

    private const string HowCounted =
        " Days are UTC. Dollars are exact. `unpriced_calls` counts the calls whose cost is unknown, which are in no sum. "
            + "Voided calls do not count.";

    private static readonly string OthersRow = string.Create(
        CultureInfo.InvariantCulture,
        $" A list of names has the {CostBreakdown.MostNames:N0} most expensive names, then one entry `{CostBreakdown.Others}` with the sum of the rest, so that it adds up to the total.");

    private const string Latency = """{"calls": 1250, "p50_ms": 812.3, "p95_ms": 2310.6, "p99_ms": 4094.4}""";

    private const string Sla =
        """{"p50_ms": null, "p95_ms": 2000, "p99_ms": null, "error_rate": 0.01, "met": false, "missed": ["p95_ms"]}""";

    private const string Targets =
        """
        {"targets": [{"provider": "openai", "model": null, "p50_ms": null, "p95_ms": 2000, "p99_ms": null, "error_rate": 0.01},
                     {"provider": "openai", "model": "gpt-4o", "p50_ms": 900, "p95_ms": 2500, "p99_ms": 6000, "error_rate": null}]}
        """;

    private static readonly QueryParameter Limit = Report.LimitParameter(fallback: 100);

    private static readonly QueryParameter GroupBy =
        new("group_by",
            "Splits each line further: day, month, provider, model, feature (the call's attribution, "
                + "else the feature that it used) or plan. `group` has the value.",
            Words: [.. CostAnalysisEndpoints.Groupings.Keys]);

    public static readonly Description CustomerCosts = new(
        Tag, "Show a customer's costs",
        "Returns the costs of the customer's model calls, in total and by day, provider, model and feature." + OthersRow + HowCounted)
    {
        Path = CustomerDescriptions.Path,
        Query = CostDays.All,
        Answers =
        [
            Example.Of<CustomerCosts>(200, "Totals of the range.",
                $$"""
                {"customer": "user_42", "from": "2026-11-20", "to": "2026-11-20", "currency": "USD", "total": { {{Figures}} },
                 "by_day": [{"day": "2026-11-20", {{Figures}} }], "by_provider": [{"provider": "openai", {{Figures}} }],
                 "by_model": [{"provider": "openai", "model": "gpt-4o", {{Figures}} }], "by_feature": [{"feature": null, {{Figures}} }]}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description CustomerTrends = new(
        Tag, "Show a customer's trends",
        "Returns the customer's model calls by UTC month and provider, the oldest month first, months without calls included." + HowCounted)
    {
        Path = CustomerDescriptions.Path,
        Query = [new("months", "The number of months, the current one included: 1 to 36, default 6.", "integer")],
        Answers =
        [
            Example.Of<CustomerTrends>(200, "The months.",
                $$"""
                {"customer": "user_42", "currency": "USD",
                 "months": [{"month": "2026-11", {{Figures}}, "by_provider": [{"provider": "openai", {{Figures}} }]}]}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Dashboard = new(
        Tag, "Show a customer's dashboard",
        "Returns usage and limits of the plan, the current UTC month's model calls, its projected cost at the pace so far, "
            + "and notices about "
        + "limits. For an id without a customer, the call returns the numbers that its first use would meet.")
    {
        Path = CustomerDescriptions.Path,
        Answers =
        [
            Example.Of<CustomerDashboard>(200, "The customer's usage.",
                $$"""
                {"customer": "user_42", "plan": "pro", "plan_name": "Pro", "period_start": "2026-11-01T00:00:00Z",
                 "period_end": "2026-12-01T00:00:00Z",
                  "features": {"gemini_calls": {"limit": 5000, "used": 800, "held": 0, "remaining": 4200,
                 "unlimited": false, "percent": 16, "resets_at": "2026-12-01T00:00:00Z", "projected": 1200} },
                 "costs": { {{Figures}} }, "by_provider": [{"provider": "gemini", {{Figures}} }], "projected_cost_usd": "47.25",
                 "notices": [{"feature": "gemini_calls", "severity": "info", "message": "You have used 800 of 5,000 Gemini API calls",
                  "used": 800, "limit": 5000, "percent": 16}]}
                """),
        ],
    };

    /// <summary>The descriptions by the last part of the path.</summary>
    public static readonly IReadOnlyDictionary<string, Description> Analyses = new Dictionary<string, Description>(StringComparer.Ordinal)
    {
        ["models"] = Analysis(
            "model", "Calls, costs, errors and latencies of each model",
            """ "provider": "openai", "model": "gpt-4o", "feature": null, "group": null, """),
        ["providers"] = Analysis(
            "provider", "Calls, costs, errors and latencies of each provider",
            """ "provider": "openai", "model": null, "feature": null, "group": null, """),
        ["features"] = Analysis("feature",
            "Calls, costs and errors by the calls' attribution (`attribute_to`), else by the feature that they used",
            """ "provider": null, "model": null, "feature": "chat", "group": null, """),
        ["customers"] = new(
            Tag, "Rank customers by cost",
            "Lists the customers whose model calls cost most, and counts the customers that made calls." + HowCounted)
        {
            Query = [.. CostDays.All, Limit],
            Answers =
            [
                Example.Of<CustomerAnalysis>(200, "The highest cost first.",
                    $$"""
                    {"from": "2026-10-23", "to": "2026-11-21", "currency": "USD", "customers": 56,
                     "data": [{"customer": "user_42", {{Figures}} }],
                     "has_more": true}
                    """),
            ],
            Errors = [ErrorCode.ValidationFailed],
        },
        ["revenue-vs-cost"] = new(
            Tag, "Compare revenue and cost",
            "Returns the cost of model calls by day, model, feature and plan (the customer's plan when the call was recorded). "
                + "Amounts are dollars. "
            + "`revenue` is the part of invoices in dollars that is earned in the days, without taxes: "
            + "a period's price is earned day by day, a year's over the year. "
            + "Credit notes reduce revenue, and void invoices earn nothing. `cash` is the sum of payments in dollars in the days, "
            + "taxes included, less refunds and "
            + "lost disputes, each on the day on which the money moved. Profit is revenue less cost." + OthersRow + HowCounted)
        {
            Query = CostDays.All,
            Answers =
            [
                Example.Of<RevenueVsCost>(200, "The range.",
                    """
                    {"from": "2026-11-20", "to": "2026-11-20", "currency": "USD", "revenue": "94.23", "cash": "29.99",
                     "cost": "45.23", "profit": "49",
                     "margin_percent": 52.0, "requests": 1234, "unpriced_requests": 0, "unique_customers": 56,
                     "daily": [{"day": "2026-11-20", "revenue": "94.23", "cash": "29.99", "cost": "45.23",
                      "profit": "49", "requests": 1234}],
                     "by_model": [{"provider": "openai", "model": "gpt-4o", "cost": "45.23", "requests": 1234}],
                     "by_feature": [{"feature": "cv_generate", "cost": "45.23", "requests": 1234}],
                     "by_plan": [{"plan": "free", "cost": "45.23", "requests": 1234}]}
                    """),
            ],
            Errors = [ErrorCode.ValidationFailed],
        },
    };

    public static readonly Description SlaTargets = new(
        Tag, "Show SLA targets", "Returns the latencies and error rates that the project accepts of providers and their models.")
    {
        Answers = [Example.Of<SlaTargetsBody>(200, "All targets.", Targets)],
    };

    public static readonly Description SetSlaTargets = new(
        Tag, "Set SLA targets",
        "Replaces all targets of the project. A model without a target has that of its provider. `GET /v1/analytics/providers` and "
            + "`/models` compare the calls of each line with its target: `met` is true if no percentile of the latencies and no error rate "
            + "exceeds its limit.")
    {
        Request = Example.Of<SlaTargetsBody>(Targets),
        Answers = [Example.Of<SlaTargetsBody>(200, "The targets.", Targets)],
        Errors = [ErrorCode.ValidationFailed],
    };

    private static Description Analysis(string subject, string what, string names) => new(
        Tag, $"Analyse by {subject}",
        what + ". Latency percentiles are within 5 % of the true values; Tollgate keeps none by feature or plan. `sla` compares a line "
            + "with the target of its model or provider (`PUT /v1/sla-targets`)." + HowCounted)
    {
        Query = [.. CostDays.All, GroupBy, Limit],
        Answers =
        [
            Example.Of<CostAnalysis>(200, "The highest cost first.",
                $$"""
                {"from": "2026-10-23", "to": "2026-11-21", "currency": "USD", "group_by": null, "total": { {{Figures}} },
                 "data": [{ {{names}} {{Figures}}, "error_rate": 0.004, "latency": {{Latency}}, "sla": {{(subject == "feature" ? "null" : Sla)}} }],
                 "has_more": false}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };
}
