using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Analytics;
using Tollgate.Engine.Analytics;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary><c>/v1/analytics/growth</c>: MRR and paying customers of the next months, with an interval.</summary>
internal static class GrowthEndpoints
{
    private const int DefaultMonths = 3;

    private const int MostMonths = 12;

    private static readonly ReportColumns<Line> Columns = new ReportColumns<Line>()
        .Text("month", static line => line.Month).Minor("mrr", static line => line.Mrr.Value)
        .Minor("mrr_low", static line => line.Mrr.Low).Minor("mrr_high", static line => line.Mrr.High)
        .Number("customers", static line => line.Customers.Value).Number("customers_low", static line => line.Customers.Low)
        .Number("customers_high", static line => line.Customers.High);

    private static readonly Description Growth = new(
        "Analytics", "Project growth",
        "Projects MRR and paying customers with the straight line through the complete months of the range (least squares), and returns the "
            + "90 % prediction interval of each month. Months before the first MRR do not count. With fewer than three months there is no "
            + "projection. Currencies that lack an exchange rate are in `unconverted` and in no figure.")
    {
        Query = [
            .. ReportDays.OfMonths,
            new("months", $"The months to project: 1 to {MostMonths}, default {DefaultMonths}.", "integer"),
        ],
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

    /// <summary>A figure of a month; past months have no interval.</summary>
    internal readonly record struct Figure(long Value, long? Low, long? High);

    internal sealed record Line(string Month, Figure Mrr, Figure Customers);

    public static void Map(IEndpointRouteBuilder app) => Report(app.ServiceProvider).Map(
        app, Growth, WireJson.Default.GrowthView, "growth", "2026-11,31900,31900,31900,11,11,11");

    internal static Report<GrowthView, Line> Report(IServiceProvider services)
    {
        var queries = services.GetRequiredService<MrrQueries>();
        return new()
        {
            Path = "/v1/analytics/growth", Columns = Columns, Read = request => ReadAsync(request, queries), Lines = LinesOf,
            Unconverted = static view => view.Unconverted,
        };
    }

    private static IEnumerable<Line> LinesOf(GrowthView view) =>
    [
        .. view.Mrr.History.Zip(view.Customers.History, static (mrr, customers) => new Line(
            mrr.Month, new(mrr.Value, null, null), new(customers.Value, null, null))),
        .. view.Mrr.Projection.Zip(view.Customers.Projection, static (mrr, customers) => new Line(
            mrr.Month, new(mrr.Value, mrr.Low, mrr.High), new(customers.Value, customers.Low, customers.High))),
    ];

    private static async Task<GrowthView?> ReadAsync(ReportRequest request, MrrQueries queries)
    {
        var project = request.Project;
        var (from, to) = ReportDays.ReadMonths(request);
        var ahead = request.Number("months", DefaultMonths, MostMonths);
        if (request.Faults.Any)
        {
            return null;
        }

        var report = await queries.ReportAsync(project, ReportSpan.Months(from, to, project.Zone), request.Now, request.Cancel);
        MrrPart[] parts =
        [
            .. report.Parts.Where(part => part.Span.From.Day == 1 && part.Span.To.AddDays(1).Day == 1 && part.Span.Time.End <= request.Now)
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
