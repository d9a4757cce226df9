using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Analytics;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Time;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary><c>/v1/analytics/mrr</c> and <c>/v1/analytics/mrr/movements</c>: recurring revenue, and the facts behind it.</summary>
internal static class MrrEndpoints
{
    private static readonly string[] Columns =
    [
        "month", "from", "to", "currency", "opening", "mrr", "arr", "new", "expansion", "contraction", "churn", "reactivation", "exchange",
        "new_customers", "customers",
    ];

    private static readonly string[] FactColumns =
    [
        "id", "at", "kind", "customer", "subscription", "fact", "currency", "arr_before", "arr_after", "arr_change", "plan_before", "plan",
        "interval", "reason",
    ];

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<MrrQueries>();
        var customers = app.ServiceProvider.GetRequiredService<CustomerQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapGet("/v1/analytics/mrr", (RequestDelegate)(context => ShowAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(AnalyticsDescriptions.Mrr);
        app.MapGet("/v1/analytics/mrr.csv", (RequestDelegate)(context => CsvAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(AnalyticsDescriptions.MrrCsv);
        app.MapGet("/v1/analytics/mrr/movements", (RequestDelegate)(context => FactsAsync(context, queries, customers, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(AnalyticsDescriptions.Movements);
        app.MapGet(
            "/v1/analytics/mrr/movements.csv",
            app.ServiceProvider.GetRequiredService<Exports>().Bounded(context => FactsCsvAsync(context, queries, customers, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(AnalyticsDescriptions.MovementsCsv);
    }

    private static async Task ShowAsync(HttpContext context, MrrQueries queries, Clock clock)
    {
        if (await ReportAsync(context, queries, clock) is not var (now, report))
        {
            return;
        }

        var (first, last) = (report.Parts[0], report.Parts[^1]);
        var moved = report.Parts.Aggregate(default(MrrMovements), static (sum, part) => sum + part.Movements);
        var at = last.Span.Time.End < now ? last.Span.Time.End : now;
        var view = new MrrView(
            at.ToOffset(), first.Span.From, last.Span.To, context.Project().Currency, first.Opening.Minor, last.Mrr.Minor, last.Arr.Minor,
            last.Customers,
            ViewOf(moved),
            [.. report.Parts.Select(static part => new MrrMonthView(
                CostViews.MonthOf(part.Span.From), part.Span.From, part.Span.To, part.Opening.Minor, part.Mrr.Minor, part.Arr.Minor,
                ViewOf(part.Movements), part.NewCustomers, part.Customers))],
            [.. report.ByCurrency.Select(static one => new CurrencyMrr(one.Currency.Code, one.Minor))],
            [.. report.Unconverted.Select(static one => new CurrencyMrr(one.Currency.Code, one.Minor))]);
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.MrrView);
    }

    private static async Task CsvAsync(HttpContext context, MrrQueries queries, Clock clock)
    {
        if (await ReportAsync(context, queries, clock) is not var (_, report))
        {
            return;
        }

        var currency = context.Project().Currency;
        await CsvExport.WriteAsync(context, "mrr", Columns, report.Parts, (csv, part) =>
        {
            var moved = part.Movements;
            csv.Plain(CostViews.MonthOf(part.Span.From)).Next().Plain(CostViews.DayOf(part.Span.From)).Next()
                .Plain(CostViews.DayOf(part.Span.To)).Next().Plain(currency).Next().Plain(part.Opening.Minor).Next().Plain(part.Mrr.Minor)
                .Next()
                .Plain(part.Arr.Minor).Next().Plain(moved.New).Next().Plain(moved.Expansion).Next().Plain(moved.Contraction).Next()
                .Plain(moved.Churn).Next().Plain(moved.Reactivation).Next().Plain(moved.Exchange).Next().Plain(part.NewCustomers).Next()
                .Plain(part.Customers).End();
        });
    }

    private static async Task FactsAsync(HttpContext context, MrrQueries queries, CustomerQueries customers, Clock clock)
    {
        var list = ListQuery.Read(context);
        var after = list.UuidAfter();
        if (await FilterAsync(context, list, customers, clock) is not var (time, filter))
        {
            return;
        }

        var rows = filter is null
            ? []
            : await queries.ListAsync(context.Project(), time, filter, after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.MrrFactList);
    }

    private static async Task FactsCsvAsync(HttpContext context, MrrQueries queries, CustomerQueries customers, Clock clock)
    {
        var list = ListQuery.OfFile(context);
        if (await FilterAsync(context, list, customers, clock) is not var (time, filter))
        {
            return;
        }

        var pages = CsvExport.PagesAsync<MrrFact>(last => filter is null
            ? Task.FromResult<IReadOnlyList<MrrFact>>([])
            : queries.ListAsync(context.Project(), time, filter, last?.Id, CsvExport.PageRows, context.RequestAborted));
        await CsvExport.WriteAsync(context, "mrr-movements", FactColumns, pages, static (csv, fact) =>
            csv.Plain(fact.Id).Next().Time(fact.At.ToOffset()).Next().Plain(CatalogWords.Of(fact.Kind)).Next().Cell(fact.Customer).Next()
                .Plain(fact.Subscription).Next().Plain(fact.Step).Next().Plain(fact.Currency).Next().Plain(fact.YearBefore).Next()
                .Plain(fact.YearAfter).Next().Plain(fact.YearAfter - fact.YearBefore).Next().Cell(fact.PlanBefore).Next().Cell(fact.Plan)
                .Next().Plain(fact.Interval).Next().Cell(fact.Reason).End());
    }

    /// <returns>Null: the problem is written. No filter: the customer does not exist, and nothing matches.</returns>
    private static async Task<(Period Time, MrrFilter? Filter)?> FilterAsync(
        HttpContext context, ListQuery list, CustomerQueries customers, Clock clock)
    {
        var project = context.Project();
        var (from, to) = ReportDays.ReadMonths(context, clock.Now(project), list.Faults);
        var customer = list.Id("customer");
        var currency = list.Faults.Currency(context.Request.Query["currency"], "currency");
        var filter = new MrrFilter(list.Word<MrrMovement>("kind"), currency?.Code, list.Id("plan"), null);
        if (await list.IsRefusedAsync())
        {
            return null;
        }

        var time = ReportSpan.Of(from, to, project.Zone).Time;
        return customer is null
            ? (time, filter)
            : await customers.FindAccountAsync(project, customer, context.RequestAborted) is { } account
            ? (time, filter with { Customer = (account.Partition, account.Account) })
            : (time, null);
    }

    private static async Task<(Instant Now, MrrReport Report)?> ReportAsync(HttpContext context, MrrQueries queries, Clock clock)
    {
        var (project, faults) = (context.Project(), new Faults());
        var now = clock.Now(project);
        var (from, to) = ReportDays.ReadMonths(context, now, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return null;
        }

        return (now, await queries.ReportAsync(project, ReportSpan.Months(from, to, project.Zone), context.RequestAborted));
    }

    private static MrrMovementsView ViewOf(MrrMovements moved) =>
        new(moved.New, moved.Expansion, moved.Contraction, moved.Churn, moved.Reactivation, moved.Exchange);

    private static MrrFactView ViewOf(MrrFact fact) => new(
        fact.Id.ToString("D"), fact.At.ToOffset(), CatalogWords.Of(fact.Kind), fact.Customer, fact.Subscription.ToString("D"), fact.Step,
        fact.Currency, fact.YearBefore, fact.YearAfter, fact.YearAfter - fact.YearBefore, fact.PlanBefore, fact.Plan, fact.Interval,
        fact.Reason);
}
