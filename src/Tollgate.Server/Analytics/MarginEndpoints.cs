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
        .Text("customer", static line => line.Name).Number("revenue", static line => line.Revenue).Number("cost", static line => line.Cost)
        .Number("profit", static line => line.Profit).Ratio("margin", static line => line.Margin);

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<MarginQueries>();
        new Report<MarginsView, MarginLine>
        {
            Path = "/v1/analytics/margins", Description = KpiDescriptions.Margins, What = "margins", Example = "user_42,58,2.5,55.5,0.9569",
            Columns = Columns, FirstColumn = static view => view.GroupBy, Type = WireJson.Default.MarginsView,
            Read = request => ReadAsync(request, queries), Lines = static view => view.Data, HasMore = static view => view.HasMore,
        }.Map(app);
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
