using System.Globalization;
using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Catalog;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Engine.Analytics;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary><c>/v1/analytics/margins</c>: revenue and cost by customer, plan, feature, model, provider or day.</summary>
internal static class MarginEndpoints
{
    private const int DefaultLines = 100;

    private static readonly ReportColumns<MarginLine> Columns = new ReportColumns<MarginLine>()
        .Text("customer", static line => line.Name).Major("revenue", static line => line.Revenue).Major("cost", static line => line.Cost)
        .Major("profit", static line => line.Profit).Ratio("margin", static line => line.Margin);

    public static void Map(IEndpointRouteBuilder app) => Report(app.ServiceProvider).Map(
        app, KpiDescriptions.Margins, WireJson.Default.MarginsView, "margins", "user_42,58,2.5,55.5,0.9569");

    internal static Report<MarginsView, MarginLine> Report(IServiceProvider services)
    {
        var queries = services.GetRequiredService<MarginQueries>();
        return new()
        {
            Path = "/v1/analytics/margins", Columns = Columns, FirstColumn = static view => view.GroupBy,
            Read = request => ReadAsync(request, queries), Lines = static view => view.Data, HasMore = static view => view.HasMore,
            Total = static view => new("Total", view.Revenue, view.Cost, view.Profit, view.Margin),
            Unconverted = static view => view.Unconverted,
        };
    }

    private static async Task<MarginsView?> ReadAsync(ReportRequest request, MarginQueries queries)
    {
        var days = CostDays.Read(request);
        var (limit, by) = (request.Limit(DefaultLines), request.Word("group_by", MarginBy.Customer));
        if (request.Faults.Any)
        {
            return null;
        }

        var report = await queries.ReadAsync(request.Project, days, by, request.Cancel);
        var (all, total) = (report.Lines, report.Total);
        return new(
            days.First, days.Last, request.Project.Currency, CatalogWords.Of(by), TextOf(total.Revenue)!, TextOf(total.Cost)!,
            TextOf(total.Profit)!, total.Share?.Rounded, all.Count, all.Count(static one => one.Profit?.Major < 0),
            [.. all.Take(limit).Select(static one => new MarginLine(
                one.Name, TextOf(one.Revenue), TextOf(one.Cost)!, TextOf(one.Profit), one.Share?.Rounded))],
            all.Count > limit, report.Unconverted);
    }

    private static string? TextOf(ExactMoney? amount) => amount?.Major.ToString("0.############", CultureInfo.InvariantCulture);
}
