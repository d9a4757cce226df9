using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary>The OpenAPI descriptions of the room Analytics.</summary>
internal static class AnalyticsDescriptions
{
    private const string Tag = "Analytics";

    private const string Definition =
        "MRR is the sum of the recurring prices of active and past-due subscriptions after recurring discounts, per month: a year's price "
            + "÷ 12, a week's × 52 ÷ 12. Trials, usage and one-off charges are not in it. Movements come from the steps of "
            + "subscriptions, at the prices of their own plan versions.";

    private const string Movement =
        """{"new": 5800, "expansion": 2900, "contraction": 0, "churn": -2900, "reactivation": 0, "exchange": 0}""";

    private const string Fact =
        """
        {"id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "at": "2026-11-12T09:30:00Z", "kind": "expansion", "customer": "user_42",
         "subscription": "019aa5a0-1b2c-7d3e-8f40-516273849500", "fact": 4, "currency": "USD", "arr_before": 34800, "arr_after": 69600,
         "arr_change": 34800, "plan_before": "pro", "plan": "team", "interval": "monthly", "reason": null}
        """;

    private const string Rate =
        """{"id": "7", "currency": "EUR", "target": "USD", "rate": "1.0815", "valid_from": "2026-11-01"}""";

    private static readonly QueryParameter[] FactFilters =
    [
        .. ReportDays.OfMonths,
        new("kind", "Only movements of this kind.", Words: CatalogWords.All<MrrMovement>()),
        new("customer", "Only movements of this customer."), new("currency", "Only movements in this currency."),
        new("plan", "Only movements to or from this plan."),
    ];

    public static readonly Description Mrr = new(
        Tag, "Show recurring revenue",
        Definition + " Days and months are those of the project's time zone. `mrr` of a month is `opening` plus all movements, to the "
            + "last minor unit. Other currencies are converted with the project's exchange rates: movements at the rate of the last day of "
            + "their month, and `exchange` is the effect of changed rates. A currency that lacks a rate is in `unconverted`, and in no "
            + "other figure.")
    {
        Query = ReportDays.OfMonths,
        Answers =
        [
            Example.Of<MrrView>(200, "The range, month by month.",
                $$"""
                {"at": "2026-11-21T10:00:00Z", "from": "2026-11-01", "to": "2026-11-21", "currency": "USD", "opening": 29000, "mrr": 34800,
                 "arr": 417600, "customers": 12, "movements": {{Movement}},
                 "series": [{"month": "2026-11", "from": "2026-11-01", "to": "2026-11-21", "opening": 29000, "mrr": 34800, "arr": 417600,
                             "movements": {{Movement}}, "new_customers": 2, "customers": 12}],
                 "by_currency": [{"currency": "USD", "mrr": 34800}], "unconverted": []}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Movements = new(
        Tag, "List movements of recurring revenue",
        "Lists the facts behind the MRR, the newest first: each step of a subscription that changed its recurring revenue. Amounts are "
            + "minor units per year, which are exact for every interval; the change of MRR is a twelfth of `arr_change`.")
    {
        Query = [.. FactFilters, .. QueryParameter.OfPage],
        Answers = [Example.Of<MrrFactList>(200, "A page.", $$"""{"data": [{{Fact}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description MovementsCsv = new(
        Tag, "Export movements of recurring revenue", "Returns all rows of `GET /v1/analytics/mrr/movements` as CSV (RFC 4180).")
    {
        Query = FactFilters,
        Answers =
        [
            Example.OfText(
                200, "The movements, the newest first.", CsvText.ContentType,
                "id,at,kind,customer,subscription,fact,currency,arr_before,arr_after,arr_change,plan_before,plan,interval,reason\r\n"),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description SetRate = new(
        Tag, "Set an exchange rate",
        "Adds the rate of a currency from a day on. Rates are never changed: a rate of the same day replaces the earlier one for reports, "
            + "and both stay in the list. Setting the rate that holds adds nothing.")
    {
        Request = Example.Of<ExchangeRateRequest>("""{"currency": "EUR", "rate": "1.0815", "valid_from": "2026-11-01"}"""),
        Answers = [Example.Of<ExchangeRateView>(200, "The rate.", Rate)],
        Errors = [ErrorCode.ValidationFailed, ErrorCode.LimitReached],
    };

    public static readonly Description ListRates = new(
        Tag, "List exchange rates", "Lists the project's exchange rates, the latest addition first.")
    {
        Query = [new("currency", "Only rates of this currency."), .. QueryParameter.OfPage],
        Answers = [Example.Of<ExchangeRateList>(200, "A page.", $$"""{"data": [{{Rate}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };
}
