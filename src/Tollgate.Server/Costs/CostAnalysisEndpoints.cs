using System.Globalization;
using Tollgate.Contracts.Costs;
using Tollgate.Contracts.Http;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
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

    /// <summary>The most lines of one answer; a CSV file has all of them, up to <see cref="MostCsvLines"/>.</summary>
    public const int MostLines = 1_000;

    /// <summary>The most lines of a CSV file, which needs about 10 MB of memory.</summary>
    public const int MostCsvLines = 50_000;

    private static readonly string[] LineColumns =
    [
        "group", "provider", "model", "feature", "calls", "errors", "error_rate", "unpriced_calls", "estimated_calls", "input_tokens",
        "cached_input_tokens", "output_tokens", "total_tokens", "cost_usd", "p50_ms", "p95_ms", "p99_ms", "sla_p50_ms", "sla_p95_ms",
        "sla_p99_ms", "sla_error_rate", "sla_met", "sla_missed",
    ];

    private static readonly string[] CustomerColumns =
    [
        "customer", "calls", "errors", "unpriced_calls", "estimated_calls", "input_tokens", "cached_input_tokens", "output_tokens",
        "total_tokens", "cost_usd",
    ];

    private static readonly string[] DayColumns = ["day", "revenue", "cost", "profit", "requests", "cash"];

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

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<CostQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        foreach (var (path, by) in ((string, CostGroups)[])
            [("models", CostGroups.Provider | CostGroups.Model), ("providers", CostGroups.Provider), ("features", CostGroups.Feature)])
        {
            Add(app, path, context => AnalyseAsync(context, queries, clock, by),
                context => AnalyseCsvAsync(context, queries, clock, by, path));
        }

        Add(app, "customers", context => CustomersAsync(context, queries, clock), context => CustomersCsvAsync(context, queries, clock));
        Add(app, "revenue-vs-cost", context => ResultAsync(context, queries, clock), context => ResultCsvAsync(context, queries, clock));
    }

    private static void Add(IEndpointRouteBuilder app, string path, RequestDelegate json, RequestDelegate csv)
    {
        app.MapGet($"/v1/analytics/{path}", json).RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy)
            .Describe(CostDescriptions.Analyses[path]);
        app.MapGet($"/v1/analytics/{path}.csv", csv).RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy)
            .Describe(CostDescriptions.Analyses[path + ".csv"]);
    }

    private static async Task AnalyseAsync(HttpContext context, CostQueries queries, Clock clock, CostGroups by)
    {
        if (await ReadAsync(context, clock, by) is not { } question)
        {
            return;
        }

        var lines = await LinesAsync(context, queries, question, question.Limit + 1);
        var total = await queries.GroupsAsync(context.Project(), question.Days, CostGroups.None, 1, null, context.RequestAborted);
        var view = new CostAnalysis
        {
            From = question.Days.First, To = question.Days.Last, Currency = CostViews.Currency, GroupBy = question.GroupBy,
            Total = CostViews.Fill(new CostTotals(), total.Count == 0 ? CallTotals.Zero : total[0].Totals),
            Data = [.. lines.Take(question.Limit)], HasMore = lines.Count > question.Limit,
        };
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.CostAnalysis);
    }

    private static async Task AnalyseCsvAsync(HttpContext context, CostQueries queries, Clock clock, CostGroups by, string name)
    {
        if (await ReadAsync(context, clock, by) is not { } question)
        {
            return;
        }

        var lines = await LinesAsync(context, queries, question, MostCsvLines + 1);
        if (lines.Count > MostCsvLines)
        {
            await RefuseLengthAsync(context);
            return;
        }

        await CsvExport.WriteAsync(context, name, LineColumns, lines, static (csv, line) =>
            csv.Cell(line.Group).Next().Cell(line.Provider).Next().Cell(line.Model).Next().Cell(line.Feature).Next()
                .Plain(line.Calls).Next().Plain(line.Errors).Next().Plain(line.ErrorRate).Next().Plain(line.UnpricedCalls).Next()
                .Plain(line.EstimatedCalls).Next().Plain(line.InputTokens).Next().Plain(line.CachedInputTokens).Next()
                .Plain(line.OutputTokens).Next().Plain(line.TotalTokens).Next().Plain(line.CostUsd).Next().Plain(line.Latency?.P50Ms)
                .Next().Plain(line.Latency?.P95Ms).Next().Plain(line.Latency?.P99Ms).Next().Plain(line.Sla?.P50Ms).Next()
                .Plain(line.Sla?.P95Ms).Next().Plain(line.Sla?.P99Ms).Next().Plain(line.Sla?.ErrorRate).Next()
                .Plain(line.Sla?.Met switch { true => "true", false => "false", null => "" }).Next()
                .Plain(line.Sla is null ? "" : string.Join(' ', line.Sla.Missed)).End());
    }

    private static async Task CustomersAsync(HttpContext context, CostQueries queries, Clock clock)
    {
        if (await ReadAsync(context, clock, CostGroups.None) is not { } question)
        {
            return;
        }

        var (rows, customers) = await queries.TopCustomersAsync(context.Project(), question.Days, question.Limit, context.RequestAborted);
        var view = new CustomerAnalysis
        {
            From = question.Days.First, To = question.Days.Last, Currency = CostViews.Currency, Customers = customers,
            Data = [.. rows.Select(row => CostViews.Fill(new CustomerLine { Customer = row.Customer }, row.Totals))],
            HasMore = customers > rows.Count,
        };
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.CustomerAnalysis);
    }

    private static async Task CustomersCsvAsync(HttpContext context, CostQueries queries, Clock clock)
    {
        if (await ReadAsync(context, clock, CostGroups.None) is not { } question)
        {
            return;
        }

        var (rows, customers) = await queries.TopCustomersAsync(context.Project(), question.Days, MostCsvLines, context.RequestAborted);
        if (customers > rows.Count)
        {
            await RefuseLengthAsync(context);
            return;
        }

        await CsvExport.WriteAsync(context, "customers", CustomerColumns, rows, static (csv, row) =>
            csv.Cell(row.Customer).Next().Plain(row.Totals.Calls).Next().Plain(row.Totals.Errors).Next().Plain(row.Totals.UnpricedCalls)
                .Next().Plain(row.Totals.EstimatedCalls).Next().Plain(row.Totals.InputTokens).Next()
                .Plain(row.Totals.CachedInputTokens).Next().Plain(row.Totals.OutputTokens).Next().Plain(row.Totals.TotalTokens).Next()
                .Plain(row.Totals.Cost).End());
    }

    private static async Task ResultAsync(HttpContext context, CostQueries queries, Clock clock)
    {
        if (await ReadAsync(context, clock, CostGroups.None) is not { } question)
        {
            return;
        }

        var (found, customers) = await ResultOfAsync(context, queries, question.Days);
        var (earned, came) = (await EarnedAsync(context, question.Days), await CameAsync(context, question.Days));
        var (revenue, cost) = (earned.Sum(static day => day.Major), found.Total.Cost.Value);
        var view = new RevenueVsCost
        {
            From = question.Days.First, To = question.Days.Last, Currency = CostViews.Currency, Revenue = TextOf(revenue),
            Cash = TextOf(came.Sum(static day => day.Major)),
            Cost = found.Total.Cost.ToString(), Profit = TextOf(revenue - cost), MarginPercent = MarginOf(revenue, cost),
            Requests = found.Total.Calls,
            UnpricedRequests = found.Total.UnpricedCalls, UniqueCustomers = customers,
            Daily = [.. DailyOf(question.Days, found, earned, came)],
            ByModel = [
                .. found.Models.Select(row =>
                    new ModelShare(CostViews.NameOf(row.Provider), row.Model!, row.Totals.Cost.ToString(), row.Totals.Calls))],
            ByFeature = [
                .. found.Features.Select(row =>
                    new FeatureShare(CostViews.NameOf(row.Feature), row.Totals.Cost.ToString(), row.Totals.Calls))],
            ByPlan = [
                .. found.Plans.Select(row => new PlanShare(CostViews.NameOf(row.Plan), row.Totals.Cost.ToString(), row.Totals.Calls))],
        };
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.RevenueVsCost);
    }

    private static async Task ResultCsvAsync(HttpContext context, CostQueries queries, Clock clock)
    {
        if (await ReadAsync(context, clock, CostGroups.None) is not { } question)
        {
            return;
        }

        var (found, _) = await ResultOfAsync(context, queries, question.Days);
        var days = DailyOf(question.Days, found, await EarnedAsync(context, question.Days), await CameAsync(context, question.Days));
        await CsvExport.WriteAsync(context, "revenue-vs-cost", DayColumns, days, static (csv, day) =>
            csv.Plain(CostViews.DayOf(day.Day)).Next().Plain(day.Revenue).Next().Plain(day.Cost).Next().Plain(day.Profit).Next()
                .Plain(day.Requests).Next().Plain(day.Cash).End());
    }

    /// <summary>The totals of a range, and the number of customers that made calls in it.</summary>
    internal static async Task<(CostBreakdown Found, long Customers)> ResultOfAsync(HttpContext context, CostQueries queries, DayRange days)
    {
        var found = await queries.BreakdownAsync(context.Project(), days, null, context.RequestAborted);
        var (_, customers) = await queries.TopCustomersAsync(context.Project(), days, 1, context.RequestAborted);
        return (found, customers);
    }

    /// <summary>The revenue of each day in dollars, the first day first.</summary>
    internal static Task<IReadOnlyList<MoneyAmount>> EarnedAsync(HttpContext context, DayRange days) =>
        context.RequestServices.GetRequiredService<RevenueQueries>()
            .ByDayAsync(context.Project(), days, Core.Money.Currency.Of(CostViews.Currency), context.RequestAborted);

    /// <summary>The cash of each day in dollars, the first day first.</summary>
    private static Task<IReadOnlyList<MoneyAmount>> CameAsync(HttpContext context, DayRange days) =>
        context.RequestServices.GetRequiredService<CashQueries>()
            .ByDayAsync(context.Project(), days, Core.Money.Currency.Of(CostViews.Currency), context.RequestAborted);

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

    private static async Task<IReadOnlyList<CostLine>> LinesAsync(HttpContext context, CostQueries queries, Question question, int most)
    {
        var rows = await queries.GroupsAsync(context.Project(), question.Days, question.Groups, most, null, context.RequestAborted);
        var targets = question.Groups.HasFlag(CostGroups.Provider)
            ? await context.RequestServices.GetRequiredService<SlaTargets>().ListAsync(context.Project(), context.RequestAborted)
            : [];
        SlaView?[] slas = [.. rows.Select(row => SlaOf(row, latency: null))];
        var latencies = new LatencyView?[rows.Count];
        if (question.HasLatencies)
        {
            await foreach (var (row, latency) in queries.LatenciesAsync(context.Project(), question.Days, question.Groups, rows,
                context.RequestAborted))
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

    /// <summary>Null: the request has faults, and the problem is written.</summary>
    private static async ValueTask<Question?> ReadAsync(HttpContext context, Clock clock, CostGroups by)
    {
        var faults = new Faults();
        var days = CostDays.Read(context, clock.Now(context.Project()), faults);
        var limit = CostDays.Number(context.Request.Query["limit"], "limit", DefaultLines, MostLines, faults);
        string? groupBy = context.Request.Query["group_by"];
        groupBy = by == CostGroups.None ? null : groupBy;
        faults.OneOf(groupBy, "group_by", [.. Groupings.Keys]);
        if (!faults.Any)
        {
            return new(days, by, groupBy, limit);
        }

        await faults.WriteAsync(context);
        return null;
    }

    /// <summary>Refuses a file that would have more lines than <see cref="MostCsvLines"/>: no file is cut.</summary>
    internal static Task RefuseLengthAsync(HttpContext context)
    {
        var faults = new Faults();
        faults.Add("from", FaultCode.OutOfRange, $"The file would have more than {MostCsvLines} lines: request fewer days.");
        return faults.WriteAsync(context);
    }
}
