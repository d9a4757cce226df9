using Tollgate.Contracts.Costs;
using Tollgate.Contracts.Http;
using Tollgate.Core.Costs;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Projects;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Costs;

/// <summary><c>/v1/customers/{id}/costs</c> and <c>/trends</c>: the cost and usage of one customer's calls to models.</summary>
internal static class CustomerCostEndpoints
{
    private const int DefaultMonths = 6;

    /// <summary>The most months: three years.</summary>
    private const int MostMonths = 36;

    /// <summary>The most rows, months times providers: more than any customer has.</summary>
    private const int MostRows = 10_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<CostQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapGet("/v1/customers/{id}/costs", (RequestDelegate)(context => CostsAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead)
            .Describe(CostDescriptions.CustomerCosts);
        app.MapGet("/v1/customers/{id}/trends", (RequestDelegate)(context => TrendsAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead)
            .Describe(CostDescriptions.CustomerTrends);
    }

    private static async Task CostsAsync(HttpContext context, CostQueries queries, Clock clock)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return;
        }

        var project = context.Project();
        var request = new ReportRequest(project, context.Request.Query, clock.Now(project), null, context.RequestAborted) { Customer = id };
        await (await ReadAsync(request, queries) is { } view
            ? Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.CustomerCosts)
            : request.Faults.WriteAsync(context));
    }

    /// <summary>Null: the request has faults.</summary>
    internal static async Task<CustomerCosts?> ReadAsync(ReportRequest request, CostQueries queries)
    {
        var (days, id) = (CostDays.Read(request), request.Customer!);
        if (request.Faults.Any)
        {
            return null;
        }

        var found = await queries.BreakdownAsync(request.Project, days, id, request.Cancel);
        return new()
        {
            Customer = id, From = days.First, To = days.Last, Currency = CostViews.Currency,
            Total = CostViews.Fill(new CostTotals(), found.Total),
            ByDay = [.. CostViews.EachDay(days, found.Days).Select(day => CostViews.Fill(new DayCosts { Day = day.Day }, day.Totals))],
            ByProvider = CostViews.ProvidersOf(found.Providers), ByModel = CostViews.ModelsOf(found.Models),
            ByFeature = CostViews.FeaturesOf(found.Features),
        };
    }

    private static async Task TrendsAsync(HttpContext context, CostQueries queries, Clock clock)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return;
        }

        var faults = new Faults();
        var months = MonthsOf(context, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var project = context.Project();
        var trend = await MonthsAsync(queries, project, id, clock.Now(project), months, context.RequestAborted);
        var view = new CustomerTrends
        {
            Customer = id, Currency = CostViews.Currency,
            Months = [.. trend.Select(month => CostViews.Fill(
                new MonthCosts { Month = CostViews.MonthOf(month.Month), ByProvider = CostViews.ProvidersOf(month.Providers) },
                month.Totals))],
        };
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.CustomerTrends);
    }

    /// <summary>Reads the number of months in <c>?months=</c>.</summary>
    internal static int MonthsOf(HttpContext context, Faults faults) =>
        faults.Number(context.Request.Query["months"], "months", DefaultMonths, MostMonths);

    /// <summary>Returns every month up to the running one, the oldest first, with its providers.</summary>
    internal static async Task<IReadOnlyList<(DateOnly Month, CallTotals Totals, IReadOnlyList<CostRow> Providers)>> MonthsAsync(
        CostQueries queries, ProjectSnapshot project, string customer, Instant now, int months, CancellationToken cancel)
    {
        var days = DayRange.Months(now, months);
        var rows = await queries.GroupsAsync(project, days, CostGroups.Month | CostGroups.Provider, MostRows, customer, cancel);
        var byMonth = rows.ToLookup(row => row.Day!.Value);
        return [.. Enumerable.Range(0, months).Select(i => days.First.AddMonths(i)).Select(month => (
            month, byMonth[month].Aggregate(CallTotals.Zero, (sum, row) => sum + row.Totals),
            (IReadOnlyList<CostRow>)[.. byMonth[month]]))];
    }
}
