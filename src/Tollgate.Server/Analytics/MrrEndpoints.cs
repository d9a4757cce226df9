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
    private static readonly ReportColumns<(string Currency, MrrMonthView Part)> Columns =
        new ReportColumns<(string Currency, MrrMonthView Part)>()
            .Text("month", static line => line.Part.Month).Text("from", static line => CostViews.DayOf(line.Part.From))
            .Text("to", static line => CostViews.DayOf(line.Part.To)).Text("currency", static line => line.Currency)
            .Minor("opening", static line => line.Part.Opening).Minor("mrr", static line => line.Part.Mrr)
            .Minor("arr", static line => line.Part.Arr).Minor("new", static line => line.Part.Movements.New)
            .Minor("expansion", static line => line.Part.Movements.Expansion)
            .Minor("contraction", static line => line.Part.Movements.Contraction)
            .Minor("churn", static line => line.Part.Movements.Churn)
            .Minor("reactivation", static line => line.Part.Movements.Reactivation)
            .Minor("exchange", static line => line.Part.Movements.Exchange)
            .Number("new_customers", static line => line.Part.NewCustomers).Number("customers", static line => line.Part.Customers);

    private static readonly string[] FactColumns =
    [
        "id", "at", "kind", "customer", "subscription", "fact", "currency", "arr_before", "arr_after", "arr_change", "plan_before", "plan",
        "interval", "reason",
    ];

    public static void Map(IEndpointRouteBuilder app)
    {
        Report(app.ServiceProvider).Map(
            app, AnalyticsDescriptions.Mrr, WireJson.Default.MrrView, "recurring revenue",
            "2026-11,2026-11-01,2026-11-21,USD,29000,34800,417600,5800,2900,0,-2900,0,0,2,12");
        var queries = app.ServiceProvider.GetRequiredService<MrrQueries>();
        var customers = app.ServiceProvider.GetRequiredService<CustomerQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapGet("/v1/analytics/mrr/movements", (RequestDelegate)(context => FactsAsync(context, queries, customers, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(AnalyticsDescriptions.Movements);
        app.MapGet(
            "/v1/analytics/mrr/movements.csv",
            app.ServiceProvider.GetRequiredService<Exports>().Bounded(context => FactsCsvAsync(context, queries, customers, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(AnalyticsDescriptions.MovementsCsv);
    }

    internal static Report<MrrView, (string Currency, MrrMonthView Part)> Report(IServiceProvider services)
    {
        var queries = services.GetRequiredService<MrrQueries>();
        return new()
        {
            Path = "/v1/analytics/mrr", Columns = Columns, Read = request => ReadAsync(request, queries),
            Lines = static view => view.Series.Select(part => (view.Currency, part)),
            Unconverted = static view => [.. view.Unconverted.Select(static one => one.Currency)],
        };
    }

    private static async Task<MrrView?> ReadAsync(ReportRequest request, MrrQueries queries)
    {
        var (project, now) = (request.Project, request.Now);
        var (from, to) = ReportDays.ReadMonths(request);
        if (request.Faults.Any)
        {
            return null;
        }

        var report = await queries.ReportAsync(project, ReportSpan.Months(from, to, project.Zone), now, request.Cancel);
        var (first, last) = (report.Parts[0], report.Parts[^1]);
        var moved = report.Parts.Aggregate(default(MrrMovements), static (sum, part) => sum + part.Movements);
        var at = last.Span.Time.End < now ? last.Span.Time.End : now;
        return new(
            at.ToOffset(), first.Span.From, last.Span.To, project.Currency, first.Opening.Minor, last.Mrr.Minor, last.Arr.Minor,
            last.Customers, ViewOf(moved),
            [.. report.Parts.Select(static part => new MrrMonthView(
                CostViews.MonthOf(part.Span.From), part.Span.From, part.Span.To, part.Opening.Minor, part.Mrr.Minor, part.Arr.Minor,
                ViewOf(part.Movements), part.NewCustomers, part.Customers))],
            [.. report.ByCurrency.Select(static one => new CurrencyMrr(one.Currency.Code, one.Minor))],
            [.. report.Unconverted.Select(static one => new CurrencyMrr(one.Currency.Code, one.Minor))]);
    }

    private static async Task FactsAsync(HttpContext context, MrrQueries queries, CustomerQueries customers, Clock clock)
    {
        var list = ListQuery.Read(context);
        var after = list.UuidAfter();
        if (await FilterAsync(context, list, customers, clock) is not var (time, now, filter))
        {
            return;
        }

        var rows = filter is null
            ? []
            : await queries.ListAsync(context.Project(), time, now, filter, after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.MrrFactList);
    }

    private static async Task FactsCsvAsync(HttpContext context, MrrQueries queries, CustomerQueries customers, Clock clock)
    {
        var list = ListQuery.OfFile(context);
        if (await FilterAsync(context, list, customers, clock) is not var (time, now, filter))
        {
            return;
        }

        var pages = CsvExport.PagesAsync<MrrFact>(last => filter is null
            ? Task.FromResult<IReadOnlyList<MrrFact>>([])
            : queries.ListAsync(context.Project(), time, now, filter, last?.Id, CsvExport.PageRows, context.RequestAborted));
        await CsvExport.WriteAsync(context, "mrr-movements", FactColumns, pages, static (csv, fact) =>
            csv.Plain(fact.Id).Next().Time(fact.At.ToOffset()).Next().Plain(CatalogWords.Of(fact.Kind)).Next().Cell(fact.Customer).Next()
                .Plain(fact.Subscription).Next().Plain(fact.Step).Next().Plain(fact.Currency).Next().Plain(fact.YearBefore).Next()
                .Plain(fact.YearAfter).Next().Plain(fact.YearAfter - fact.YearBefore).Next().Cell(fact.PlanBefore).Next().Cell(fact.Plan)
                .Next().Plain(fact.Interval).Next().Cell(fact.Reason).End());
    }

    /// <returns>Null: the problem is written. No filter: the customer does not exist, and nothing matches.</returns>
    private static async Task<(Period Time, Instant Now, MrrFilter? Filter)?> FilterAsync(
        HttpContext context, ListQuery list, CustomerQueries customers, Clock clock)
    {
        var project = context.Project();
        var now = clock.Now(project);
        var (from, to) = ReportDays.ReadMonths(context.Request.Query, now, project.Zone, list.Faults);
        var customer = list.Id("customer");
        var currency = list.Faults.Currency(context.Request.Query["currency"], "currency");
        var filter = new MrrFilter(list.Word<MrrMovement>("kind"), currency?.Code, list.Id("plan"), null);
        if (await list.IsRefusedAsync())
        {
            return null;
        }

        var time = ReportSpan.Of(from, to, project.Zone).Time;
        return customer is null
            ? (time, now, filter)
            : await customers.FindAccountAsync(project, customer, context.RequestAborted) is { } account
            ? (time, now, filter with { Customer = (account.Partition, account.Account) })
            : (time, now, null);
    }

    private static MrrMovementsView ViewOf(MrrMovements moved) =>
        new(moved.New, moved.Expansion, moved.Contraction, moved.Churn, moved.Reactivation, moved.Exchange);

    private static MrrFactView ViewOf(MrrFact fact) => new(
        fact.Id.ToString("D"), fact.At.ToOffset(), CatalogWords.Of(fact.Kind), fact.Customer, fact.Subscription.ToString("D"), fact.Step,
        fact.Currency, fact.YearBefore, fact.YearAfter, fact.YearAfter - fact.YearBefore, fact.PlanBefore, fact.Plan, fact.Interval,
        fact.Reason);
}
