using Tollgate.Contracts.Http;
using Tollgate.Contracts.Invoicing;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Invoicing;

/// <summary>
/// <c>/v1/billing/late-usage</c>: usage that arrived too late for its invoice and that Tollgate did not bill, as the feature's meters
/// specify.
/// </summary>
public static class LateUsageEndpoints
{
    /// <summary>The most rows in one CSV, so that a spreadsheet can open it.</summary>
    private const int MostInCsv = 10_000;

    private static readonly string[] Columns =
        ["customer", "feature", "period_start", "period_end", "quantity", "amount_minor", "amount", "currency"];

    public static void MapLateUsage(this WebApplication app)
    {
        var queries = app.Services.GetRequiredService<LateUsageQueries>();

        app.MapGet("/v1/billing/late-usage", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(LateUsageDescriptions.List);
        app.MapGet(
                "/v1/billing/late-usage.csv",
                app.Services.GetRequiredService<Exports>().Bounded(context => CsvAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .WithLoad(Load.Own)
            .Describe(LateUsageDescriptions.Csv);
    }

    private static async Task ListAsync(HttpContext context, LateUsageQueries queries)
    {
        var list = ListQuery.Read(context);
        var after = list.After<LateUsagePlace>(LateUsagePlace.TryParse);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListAsync(context.Project(), after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.LateUsageList);
    }

    private static Task CsvAsync(HttpContext context, LateUsageQueries queries)
    {
        var (project, cancel) = (context.Project(), context.RequestAborted);
        return CsvExport.WriteAsync(
            context, "late-usage", Columns,
            CsvExport.PagesAsync<LateUsageRow>(
                last => queries.ListAsync(project, last?.Place, CsvExport.PageRows, cancel), most: MostInCsv),
            static (csv, row) =>
                csv.Cell(row.Customer).Next().Cell(row.Feature).Next().Plain(row.Period.Start).Next().Plain(row.Period.End).Next()
                    .Plain(row.Ignored.Quantity).Next().Money(row.Ignored.Amount).Next().Plain(row.Ignored.Amount.Currency).End());
    }

    private static LateUsageView ViewOf(LateUsageRow row) => new(
        row.Place.ToString(), row.Customer, row.Feature, row.Period.Start.ToOffset(), row.Period.End.ToOffset(), row.Ignored.Quantity.Value,
        row.Ignored.Amount.Minor, row.Ignored.Amount.Currency.Code);
}

/// <summary>The OpenAPI descriptions of <see cref="LateUsageEndpoints"/>.</summary>
internal static class LateUsageDescriptions
{
    private const string Tag = "Billing";

    private const string Meaning =
        "Lists usage beyond the quota that arrived after its period was invoiced, for features whose meters have `late_events: "
            + "ignore_and_report`. Tollgate records it "
        + "and counts it in its period, but does not bill it. `amount` is its price. The newest period comes first.";

    public static readonly Description List = new(Tag, "List unbilled late usage", Meaning)
    {
        Query = QueryParameter.OfPage,
        Answers =
        [
            Example.Of<LateUsageList>(
                200, "A page.",
                """
                {"data": [{"id": "1775001600-42-3", "customer": "acme", "feature": "api_call", "period_start": "2026-04-01T00:00:00Z",
                  "period_end": "2026-05-01T00:00:00Z", "quantity": 30, "amount": 60, "currency": "USD"}], "has_more": false}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Csv = new(
        Tag, "Export unbilled late usage", Meaning + " The file has at most the first 10,000 rows.")
    {
        Answers =
        [
            Example.OfText(
                200, "The file.", "text/csv",
                "customer,feature,period_start,period_end,quantity,amount_minor,amount,currency\r\nacme,api_call,2026-04-01T00:00:00Z,2026-05-01T00:00:00Z,30,60,0.60,USD\r\n"),
        ],
    };
}
