using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Analytics;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary><c>/v1/analytics/growth</c>: MRR and paying customers of the next months, with an interval.</summary>
internal static class GrowthEndpoints
{
    private const int DefaultMonths = 3;

    private const int MostMonths = 12;

    private static readonly string[] Columns = ["month", "mrr", "mrr_low", "mrr_high", "customers", "customers_low", "customers_high"];

    private static readonly QueryParameter[] Query =
    [
        .. ReportDays.OfMonths,
        new("months", $"The months to project: 1 to {MostMonths}, default {DefaultMonths}.", "integer"),
    ];

    private static readonly Description Growth = new(
        "Analytics", "Project growth",
        "Projects MRR and paying customers with the straight line through the complete months of the range (least squares), and returns the "
            + "90 % prediction interval of each month. Months before the first MRR do not count. With fewer than three months there is no "
            + "projection. Currencies that lack an exchange rate are in `unconverted` and in no figure.")
    {
        Query = Query,
        Answers =
        [
            Example.Of<GrowthView>(200, "The months.",
                """
                {"from": "2026-08-01", "to": "2026-11-21", "currency": "USD",
                 "mrr": {"monthly_change": 2900, "history": [{"month": "2026-08", "value": 23200}, {"month": "2026-09", "value": 26100},
                                                             {"month": "2026-10", "value": 29000}],
                         "projection": [{"month": "2026-11", "value": 31900, "low": 31900, "high": 31900}]},
                 "customers": {"monthly_change": 1, "history": [{"month": "2026-08", "value": 8}, {"month": "2026-09", "value": 9},
                                                                {"month": "2026-10", "value": 10}],
                               "projection": [{"month": "2026-11", "value": 11, "low": 11, "high": 11}]},
                 "unconverted": []}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    private static readonly Description GrowthCsv = new(
        "Analytics", "Export growth",
        "Returns the months of `GET /v1/analytics/growth` as CSV (RFC 4180). Past months have no interval.")
    {
        Query = Query,
        Answers =
        [
            Example.OfText(
                200, "The file.", CsvText.ContentType,
                "month,mrr,mrr_low,mrr_high,customers,customers_low,customers_high\r\n2026-10,29000,,,10,,\r\n2026-11,31900,31900,31900,11,11,11\r\n"),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<MrrQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapGet("/v1/analytics/growth", (RequestDelegate)(context => ShowAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(Growth);
        app.MapGet("/v1/analytics/growth.csv", (RequestDelegate)(context => CsvAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(GrowthCsv);
    }

    private static async Task ShowAsync(HttpContext context, MrrQueries queries, Clock clock)
    {
        if (await ReadAsync(context, queries, clock) is { } view)
        {
            await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.GrowthView);
        }
    }

    private static async Task CsvAsync(HttpContext context, MrrQueries queries, Clock clock)
    {
        if (await ReadAsync(context, queries, clock) is not { } view)
        {
            return;
        }

        var past = view.Mrr.History.Zip(view.Customers.History, static (mrr, customers) => (
            mrr.Month, Mrr: (mrr.Value, Low: (long?)null, High: (long?)null),
            Customers: (customers.Value, Low: (long?)null, High: (long?)null)));
        var ahead = view.Mrr.Projection.Zip(view.Customers.Projection, static (mrr, customers) => (
            mrr.Month, Mrr: (mrr.Value, Low: (long?)mrr.Low, High: (long?)mrr.High),
            Customers: (customers.Value, Low: (long?)customers.Low, High: (long?)customers.High)));
        await CsvExport.WriteAsync(context, "growth", Columns, past.Concat(ahead), static (csv, line) =>
            csv.Plain(line.Month).Next().Plain(line.Mrr.Value).Next().Plain(line.Mrr.Low).Next().Plain(line.Mrr.High).Next()
                .Plain(line.Customers.Value).Next().Plain(line.Customers.Low).Next().Plain(line.Customers.High).End());
    }

    /// <summary>Null: the problem is written.</summary>
    private static async Task<GrowthView?> ReadAsync(HttpContext context, MrrQueries queries, Clock clock)
    {
        var (project, faults) = (context.Project(), new Faults());
        var now = clock.Now(project);
        var (from, to) = ReportDays.ReadMonths(context, now, faults);
        var ahead = CostDays.Number(context.Request.Query["months"], "months", DefaultMonths, MostMonths, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return null;
        }

        var report = await queries.ReportAsync(project, ReportSpan.Months(from, to, project.Zone), context.RequestAborted);
        MrrPart[] parts =
        [
            .. report.Parts.Where(part => part.Span.From.Day == 1 && part.Span.To.AddDays(1).Day == 1 && part.Span.Time.End <= now)
                .SkipWhile(static part => part is { Mrr.Minor: 0, Customers: 0 }),
        ];
        return new(
            from, to, project.Currency, SeriesOf(parts, static part => part.Mrr.Minor, ahead),
            SeriesOf(parts, static part => part.Customers, ahead), [.. report.Unconverted.Select(static one => one.Currency.Code)]);
    }

    private static GrowthSeries SeriesOf(MrrPart[] parts, Func<MrrPart, long> value, int ahead)
    {
        var growth = GrowthRules.Of([.. parts.Select(value)], ahead);
        return new(
            growth?.Change, [.. parts.Select(part => new GrowthPoint(CostViews.MonthOf(part.Span.From), value(part)))],
            growth is null
                ? []
                : [.. growth.Ahead.Select((one, i) => new GrowthExpectation(
                    CostViews.MonthOf(parts[^1].Span.From.AddMonths(i + 1)), one.Value, one.Low, one.High))]);
    }
}
