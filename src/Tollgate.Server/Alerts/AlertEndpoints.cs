using Tollgate.Contracts.Alerts;
using Tollgate.Contracts.Http;
using Tollgate.Core.Alerts;
using Tollgate.Core.Time;
using Tollgate.Engine.Alerts;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Alerts;

/// <summary><c>/v1/alerts</c>: the operator's list. <c>/v1/customers/{id}/alerts</c>: the customer's own.</summary>
internal static class AlertEndpoints
{
    private static readonly TimeSpan MutedFor = TimeSpan.FromDays(7);

    private const string True = "true";

    /// <summary>The index of the path segment with the alert's id.</summary>
    private const int AlertSegment = 4;

    public static void MapAlerts(this WebApplication app)
    {
        var services = app.Services;
        var (queries, clock) = (services.GetRequiredService<AlertQueries>(), services.GetRequiredService<Clock>());
        var customers = services.GetRequiredService<CustomerQueries>();
        app.MapGet("/v1/alerts", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.AlertsRead).Describe(AlertDescriptions.List);
        app.MapGet("/v1/alerts.csv", services.GetRequiredService<Exports>().Bounded(context => CsvAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.AlertsRead).WithLoad(Load.Own).Describe(AlertDescriptions.Csv);
        app.MapGet("/v1/alerts/{id}", (RequestDelegate)(context => AnswerAsync(context, queries.FindAsync)))
            .RequireKey(Access.Secret, Scope.AlertsRead).Describe(AlertDescriptions.Show);
        app.MapPost("/v1/alerts/{id}/read", (RequestDelegate)(context => AnswerAsync(context, queries.ReadByOperatorAsync)))
            .RequireKey(Access.Secret, Scope.AlertsWrite).Describe(AlertDescriptions.Read);
        app.MapPost("/v1/alerts/{id}/acknowledge", (RequestDelegate)(context => AnswerAsync(context, queries.AcknowledgeAsync)))
            .RequireKey(Access.Secret, Scope.AlertsWrite).Describe(AlertDescriptions.Acknowledge);
        app.MapPost("/v1/alerts/{id}/mute", (RequestDelegate)(context => MuteAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.AlertsWrite).Describe(AlertDescriptions.Mute);
        app.MapGet("/v1/customers/{id}/alerts", (RequestDelegate)(context => OfCustomerAsync(context, queries, customers)))
            .RequireKey(Access.Secret | Access.CustomerToken, Scope.UsageRead).Describe(AlertDescriptions.OfCustomer);
        app.MapPost(
            "/v1/customers/{id}/alerts/{alert}/read", (RequestDelegate)(context => ReadByCustomerAsync(context, queries, customers)))
            .RequireKey(Access.Secret | Access.CustomerToken, Scope.AlertsWrite).Describe(AlertDescriptions.ReadByCustomer);
    }

    private static async Task ListAsync(HttpContext context, AlertQueries queries)
    {
        var list = ListQuery.Read(context);
        var (filter, after) = (FilterOf(list), list.UuidAfter());
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListAsync(context.Project(), filter, after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, AlertAnswers.Of, static (data, more) => new(data, more), WireJson.Default.AlertList);
    }

    private static async Task CsvAsync(HttpContext context, AlertQueries queries)
    {
        var list = ListQuery.OfFile(context);
        var filter = FilterOf(list);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var (project, cancel) = (context.Project(), context.RequestAborted);
        await CsvExport.WriteAsync(
            context, "alerts", AlertAnswers.Columns,
            CsvExport.PagesAsync<AlertRow>(last => queries.ListAsync(project, filter, last?.Id, CsvExport.PageRows, cancel)),
            static (csv, row) => AlertAnswers.Line(csv, AlertAnswers.Of(row)));
    }

    private static AlertFilter FilterOf(ListQuery list) => new(
        list.Id("customer"), list.OneOf("unread", True, "false") == True, list.Word<AlertKind>("kind"),
        list.Word<AlertSeverity>("severity"));

    private static async Task AnswerAsync(HttpContext context, Func<ProjectSnapshot, Guid, CancellationToken, Task<AlertRow?>> find) =>
        await AnswerAsync(
            context, Guid.TryParse(RawPath.Id(context), out var id) ? await find(context.Project(), id, context.RequestAborted) : null);

    private static Task AnswerAsync(HttpContext context, AlertRow? row) => row is null
        ? Problems.WriteAsync(context, ErrorCode.AlertNotFound)
        : Answer.Json(context, StatusCodes.Status200OK, AlertAnswers.Of(row), WireJson.Default.AlertView);

    private static async Task MuteAsync(HttpContext context, AlertQueries queries, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.MuteAlertRequest, new()) is not { } body)
        {
            return;
        }

        var (faults, now) = (new Faults(), clock.Now(context.Project()));
        var until = faults.Moment(body.Until, "until");
        if (until <= now)
        {
            faults.Add("until", FaultCode.OutOfRange, $"'{until}' is over: a time after {now} is expected.");
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        await AnswerAsync(
            context,
            Guid.TryParse(RawPath.Id(context), out var id)
                ? await queries.MuteAsync(context.Project(), id, until ?? now.Plus(MutedFor), context.RequestAborted)
                : null);
    }

    private static async Task OfCustomerAsync(HttpContext context, AlertQueries queries, CustomerQueries customers)
    {
        if (await CustomerAsync(context) is not { } id)
        {
            return;
        }

        var list = ListQuery.Read(context);
        var (isUnread, after) = (list.OneOf("unread", True, "false") == True, list.UuidAfter());
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var project = context.Project();
        var rows = await OfCustomerAsync(queries, customers, project, id, isUnread, after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(
            rows, row => AlertAnswers.OfCustomer(row, project), static (data, more) => new(data, more), WireJson.Default.CustomerAlerts);
    }

    /// <summary>The newest first; none for an unknown id. A member has the alerts of its owner, whose balances it uses.</summary>
    internal static async Task<IReadOnlyList<AlertRow>> OfCustomerAsync(
        AlertQueries queries, CustomerQueries customers, ProjectSnapshot project, string id, bool isUnread, Guid? after, int most,
        CancellationToken cancel) => await customers.FindAccountAsync(project, id, cancel) is { } account
        ? await queries.ListOfCustomerAsync(project, account.Customer.Id, isUnread, after, most, cancel)
        : [];

    private static async Task ReadByCustomerAsync(HttpContext context, AlertQueries queries, CustomerQueries customers)
    {
        if (await CustomerAsync(context) is not { } id)
        {
            return;
        }

        var project = context.Project();
        var row = await ReadByCustomerAsync(
            queries, customers, project, id, RawPath.Segment(context, AlertSegment), context.RequestAborted);
        await (row is null
            ? Problems.WriteAsync(context, ErrorCode.AlertNotFound)
            : Answer.Json(context, StatusCodes.Status200OK, AlertAnswers.OfCustomer(row, project), WireJson.Default.CustomerAlert));
    }

    /// <returns>Null: the customer has no such alert.</returns>
    internal static async Task<AlertRow?> ReadByCustomerAsync(
        AlertQueries queries, CustomerQueries customers, ProjectSnapshot project, string id, string alert, CancellationToken cancel) =>
        Guid.TryParse(alert, out var known) && await customers.FindAccountAsync(project, id, cancel) is { } account
            ? await queries.ReadByCustomerAsync(project, account.Customer.Id, known, cancel)
            : null;

    /// <summary>Null: the path has no valid id, or the customer token is another customer's; the problem is written.</summary>
    private static async ValueTask<string?> CustomerAsync(HttpContext context)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return null;
        }

        if (context.Caller().Customer is not { } own || own == id)
        {
            return id;
        }

        await Problems.WriteAsync(context, ErrorCode.KeyNotAllowed, "This customer token speaks for another customer.", "id");
        return null;
    }
}
