using System.Globalization;
using Tollgate.Contracts.Costs;
using Tollgate.Contracts.Http;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Costs;

/// <summary>
/// <c>/v1/analytics/models</c>, <c>/providers</c>, <c>/features</c>, <c>/customers</c> and <c>/revenue-vs-cost</c>: the cost and usage of a
/// project's calls, as JSON and as CSV.
/// </summary>
internal static class CostAnalysisEndpoints
{
    private const int DefaultLines = 100;

    private static readonly ReportColumns<CostLine> LineColumns = Figures(
        new ReportColumns<CostLine>().Text("group", static line => line.Group).Text("provider", static line => line.Provider)
            .Text("model", static line => line.Model).Text("feature", static line => line.Feature),
        static line => line.ErrorRate)
        .Number("p50_ms", static line => line.Latency?.P50Ms).Number("p95_ms", static line => line.Latency?.P95Ms)
        .Number("p99_ms", static line => line.Latency?.P99Ms).Number("sla_p50_ms", static line => line.Sla?.P50Ms)
        .Number("sla_p95_ms", static line => line.Sla?.P95Ms).Number("sla_p99_ms", static line => line.Sla?.P99Ms)
        .Ratio("sla_error_rate", static line => line.Sla?.ErrorRate)
        .Text("sla_met", static line => line.Sla?.Met switch { true => "true", false => "false", null => "" })
        .Text("sla_missed", static line => line.Sla is null ? "" : string.Join(' ', line.Sla.Missed));

    private static readonly ReportColumns<CustomerLine> CustomerColumns =
        Figures(new ReportColumns<CustomerLine>().Text("customer", static line => line.Customer));

    private static readonly ReportColumns<DayResult> DayColumns = new ReportColumns<DayResult>()
        .Text("day", static line => CostViews.DayOf(line.Day)).Number("revenue", static line => line.Revenue)
        .Number("cost", static line => line.Cost).Number("profit", static line => line.Profit)
        .Number("requests", static line => line.Requests).Number("cash", static line => line.Cash);

    internal static readonly Dictionary<string, CostGroups> Groupings = new(StringComparer.Ordinal)
    {
        ["day"] = CostGroups.Day, ["month"] = CostGroups.Month, ["provider"] = CostGroups.Provider, ["model"] = CostGroups.Model,
        ["feature"] = CostGroups.Feature, ["plan"] = CostGroups.Plan,
    };

    /// <summary>The parameters of a request.</summary>
    private sealed record Question(DayRange Days, CostGroups By, string? GroupBy, int Limit)
    {
        public CostGroups Groups => By | (GroupBy is null ? CostGroups.None : Groupings[GroupBy]);

        /// <summary>True if the grouping has latencies, which Tollgate stores by day, provider and model.</summary>
        public bool HasLatencies => (Groups & (CostGroups.Feature | CostGroups.Plan)) == CostGroups.None;
    }

    private sealed record Sources(CostQueries Costs, SlaTargets Targets, RevenueQueries Revenue, CashQueries Cash);

    public static void Map(IEndpointRouteBuilder app)
    {
        var services = app.ServiceProvider;
        var sources = new Sources(
            services.GetRequiredService<CostQueries>(), services.GetRequiredService<SlaTargets>(),
            services.GetRequiredService<RevenueQueries>(), services.GetRequiredService<CashQueries>());
        MapAnalysis(app, sources, "models", CostGroups.Provider | CostGroups.Model, ",openai,gpt-4o,,");
        MapAnalysis(app, sources, "providers", CostGroups.Provider, ",openai,,,");
        MapAnalysis(app, sources, "features", CostGroups.Feature, ",,,chat,");
        new Report<CustomerAnalysis, CustomerLine>
        {
            Path = "/v1/analytics/customers", Columns = CustomerColumns, Read = request => CustomersAsync(request, sources.Costs),
            Lines = static view => view.Data, HasMore = static view => view.HasMore,
        }.Map(
            app, CostDescriptions.Analyses["customers"], WireJson.Default.CustomerAnalysis, "customers",
            "user_42,1250,5,2,0,180000,40000,30000,210000,15.75");
        new Report<RevenueVsCost, DayResult>
        {
            Path = "/v1/analytics/revenue-vs-cost", Columns = DayColumns, Read = request => ResultAsync(request, sources),
            Lines = static view => view.Daily,
        }.Map(
            app, CostDescriptions.Analyses["revenue-vs-cost"], WireJson.Default.RevenueVsCost, "revenue-vs-cost",
            "2026-11-20,94.23,45.23,49,1234,29.99");
    }

    private static void MapAnalysis(IEndpointRouteBuilder app, Sources sources, string name, CostGroups by, string names) =>
        new Report<CostAnalysis, CostLine>
        {
            Path = $"/v1/analytics/{name}", Columns = LineColumns, Read = request => AnalyseAsync(request, sources, by),
            Lines = static view => view.Data, HasMore = static view => view.HasMore,
        }.Map(
            app, CostDescriptions.Analyses[name], WireJson.Default.CostAnalysis, name,
            $"{names}1250,5,0.004,2,0,180000,40000,30000,210000,15.75,812.3,2310.6,4094.4,,,,,,");

    /// <summary>Adds the columns of the figures of calls.</summary>
    private static ReportColumns<T> Figures<T>(ReportColumns<T> columns, Func<T, decimal?>? errorRate = null)
        where T : CostFigures
    {
        columns.Number("calls", static line => line.Calls).Number("errors", static line => line.Errors);
        if (errorRate is not null)
        {
            columns.Ratio("error_rate", errorRate);
        }

        return columns.Number("unpriced_calls", static line => line.UnpricedCalls)
            .Number("estimated_calls", static line => line.EstimatedCalls).Number("input_tokens", static line => line.InputTokens)
            .Number("cached_input_tokens", static line => line.CachedInputTokens)
            .Number("output_tokens", static line => line.OutputTokens).Number("total_tokens", static line => line.TotalTokens)
            .Number("cost_usd", static line => line.CostUsd);
    }

    private static async Task<CostAnalysis?> AnalyseAsync(ReportRequest request, Sources sources, CostGroups by)
    {
        var question = new Question(CostDays.Read(request), by, request["group_by"], request.Limit(DefaultLines));
        if (!request.Faults.OneOf(question.GroupBy, "group_by", [.. Groupings.Keys]) || request.Faults.Any)
        {
            return null;
        }

        var project = request.Project;
        var lines = await LinesAsync(project, sources, question, request.Cancel);
        var total = await sources.Costs.GroupsAsync(project, question.Days, CostGroups.None, 1, null, request.Cancel);
        return new()
        {
            From = question.Days.First, To = question.Days.Last, Currency = CostViews.Currency, GroupBy = question.GroupBy,
            Total = CostViews.Fill(new CostTotals(), total.Count == 0 ? CallTotals.Zero : total[0].Totals),
            Data = [.. lines.Take(question.Limit)], HasMore = lines.Count > question.Limit,
        };
    }

    private static async Task<CustomerAnalysis?> CustomersAsync(ReportRequest request, CostQueries queries)
    {
        var (days, limit) = (CostDays.Read(request), request.Limit(DefaultLines));
        if (request.Faults.Any)
        {
            return null;
        }

        var (rows, customers) = await queries.TopCustomersAsync(request.Project, days, limit, request.Cancel);
        return new()
        {
            From = days.First, To = days.Last, Currency = CostViews.Currency, Customers = customers,
            Data = [.. rows.Select(row => CostViews.Fill(new CustomerLine { Customer = row.Customer }, row.Totals))],
            HasMore = customers > rows.Count,
        };
    }

    private static async Task<RevenueVsCost?> ResultAsync(ReportRequest request, Sources sources)
    {
        var (project, days) = (request.Project, CostDays.Read(request));
        if (request.Faults.Any)
        {
            return null;
        }

        var (found, customers) = await ResultOfAsync(project, sources.Costs, days, request.Cancel);
        var earned = await sources.Revenue.ByDayAsync(project, days, Core.Money.Currency.Of(CostViews.Currency), request.Cancel);
        var came = await sources.Cash.ByDayAsync(project, days, Core.Money.Currency.Of(CostViews.Currency), request.Cancel);
        var (revenue, cost) = (earned.Sum(static day => day.Major), found.Total.Cost.Value);
        return new()
        {
            From = days.First, To = days.Last, Currency = CostViews.Currency, Revenue = TextOf(revenue),
            Cash = TextOf(came.Sum(static day => day.Major)),
            Cost = found.Total.Cost.ToString(), Profit = TextOf(revenue - cost), MarginPercent = MarginOf(revenue, cost),
            Requests = found.Total.Calls,
            UnpricedRequests = found.Total.UnpricedCalls, UniqueCustomers = customers,
            Daily = [.. DailyOf(days, found, earned, came)],
            ByModel = [
                .. found.Models.Select(row =>
                    new ModelShare(CostViews.NameOf(row.Provider), row.Model!, row.Totals.Cost.ToString(), row.Totals.Calls))],
            ByFeature = [
                .. found.Features.Select(row =>
                    new FeatureShare(CostViews.NameOf(row.Feature), row.Totals.Cost.ToString(), row.Totals.Calls))],
            ByPlan = [
                .. found.Plans.Select(row => new PlanShare(CostViews.NameOf(row.Plan), row.Totals.Cost.ToString(), row.Totals.Calls))],
        };
    }

    /// <summary>The totals of a range, and the number of customers that made calls in it.</summary>
    internal static async Task<(CostBreakdown Found, long Customers)> ResultOfAsync(
        ProjectSnapshot project, CostQueries queries, DayRange days, CancellationToken cancel)
    {
        var found = await queries.BreakdownAsync(project, days, null, cancel);
        var (_, customers) = await queries.TopCustomersAsync(project, days, 1, cancel);
        return (found, customers);
    }

    /// <summary>Profit ÷ revenue in percent, one decimal; null without revenue.</summary>
    internal static decimal? MarginOf(decimal revenue, decimal cost) =>
        revenue > 0 ? decimal.Round((revenue - cost) * 100 / revenue, 1, MidpointRounding.AwayFromZero) : null;

    /// <summary>Without trailing zeros.</summary>
    private static string TextOf(decimal dollars) => dollars.ToString("0.############", CultureInfo.InvariantCulture);

    private static IEnumerable<DayResult> DailyOf(
        DayRange days, CostBreakdown found, IReadOnlyList<MoneyAmount> earned, IReadOnlyList<MoneyAmount> came) =>
        CostViews.EachDay(days, found.Days).Zip(earned, came).Select(static one => DayOf(one.First, one.Second, one.Third));

    private static DayResult DayOf((DateOnly Day, CallTotals Totals) day, MoneyAmount revenue, MoneyAmount cash) => new(
        day.Day, TextOf(revenue.Major), TextOf(cash.Major), day.Totals.Cost.ToString(), TextOf(revenue.Major - day.Totals.Cost.Value),
        day.Totals.Calls);

    private static async Task<IReadOnlyList<CostLine>> LinesAsync(
        ProjectSnapshot project, Sources sources, Question question, CancellationToken cancel)
    {
        var queries = sources.Costs;
        var rows = await queries.GroupsAsync(project, question.Days, question.Groups, question.Limit + 1, null, cancel);
        var targets = question.Groups.HasFlag(CostGroups.Provider)
            ? await sources.Targets.ListAsync(project, cancel)
            : [];
        SlaView?[] slas = [.. rows.Select(row => SlaOf(row, latency: null))];
        var latencies = new LatencyView?[rows.Count];
        if (question.HasLatencies)
        {
            await foreach (var (row, latency) in queries.LatenciesAsync(project, question.Days, question.Groups, rows, cancel))
            {
                (latencies[row], slas[row]) = (CostViews.LatencyOf(latency), SlaOf(rows[row], latency));
            }
        }

        return [.. rows.Select((row, i) => CostViews.Fill(
            new CostLine
            {
                Provider = CostViews.NameOf(row.Provider), Model = row.Model, Feature = CostViews.NameOf(row.Feature),
                Group = GroupOf(row, question.GroupBy), ErrorRate = CostViews.ErrorRateOf(row.Totals), Latency = latencies[i],
                Sla = slas[i],
            },
            row.Totals))];

        SlaView? SlaOf(CostRow row, LatencyHistogram? latency) => SlaRules.Find(targets, row.Provider, row.Model) is { } target
            ? CostViews.SlaOf(target, SlaRules.Judge(target, row.Totals, latency))
            : null;
    }

    private static string? GroupOf(CostRow row, string? groupBy) => CostViews.NameOf(groupBy switch
    {
        "day" => CostViews.DayOf(row.Day!.Value),
        "month" => CostViews.MonthOf(row.Day!.Value),
        "provider" => row.Provider,
        "model" => row.Model,
        "feature" => row.Feature,
        "plan" => row.Plan,
        _ => null,
    });
}
