using System.Net.Mail;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Reports;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Reports;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Reports;
using Tollgate.Server.Http;

namespace Tollgate.Server.Reports;

/// <summary><c>/v1/report-schedules</c>: reports that Tollgate sends by mail.</summary>
internal static class ReportScheduleEndpoints
{
    /// <summary>A schedule sends figures to any address, so a key needs the scope that reads them.</summary>
    private const Scope Sends = Scope.SettingsWrite | Scope.UsageRead;

    private sealed record Deps(ReportSchedules Schedules, CustomerQueries Customers, Clock Clock);

    public static void MapReportSchedules(this WebApplication app)
    {
        var services = app.Services;
        var deps = new Deps(
            services.GetRequiredService<ReportSchedules>(), services.GetRequiredService<CustomerQueries>(),
            services.GetRequiredService<Clock>());
        app.MapPost("/v1/report-schedules", (RequestDelegate)(context => CreateAsync(context, deps)))
            .RequireKey(Access.Secret, Sends).Describe(ReportDescriptions.Create);
        app.MapGet("/v1/report-schedules", (RequestDelegate)(context => ListAsync(context, deps.Schedules)))
            .RequireKey(Access.Secret, Scope.SettingsRead).Describe(ReportDescriptions.List);
        app.MapGet("/v1/report-schedules/{id}", (RequestDelegate)(context => ShowAsync(context, deps.Schedules)))
            .RequireKey(Access.Secret, Scope.SettingsRead).Describe(ReportDescriptions.Show);
        app.MapPut("/v1/report-schedules/{id}", (RequestDelegate)(context => ReplaceAsync(context, deps)))
            .RequireKey(Access.Secret, Sends).Describe(ReportDescriptions.Replace);
        app.MapDelete("/v1/report-schedules/{id}", (RequestDelegate)(context => DeleteAsync(context, deps.Schedules)))
            .RequireKey(Access.Secret, Scope.SettingsWrite).Describe(ReportDescriptions.Delete);
    }

    private static async Task CreateAsync(HttpContext context, Deps deps)
    {
        if (await ReadAsync(context, deps, Guid.CreateVersion7()) is not { } schedule)
        {
            return;
        }

        var project = context.Project();
        var made = await deps.Schedules.CreateAsync(project, schedule, deps.Clock.Now(project), context.RequestAborted);
        await (made is null
            ? Problems.WriteAsync(
                context, ErrorCode.LimitReached, $"A project has at most {ReportSchedules.Most} report schedules. Delete one first.")
            : Answer.Json(context, StatusCodes.Status201Created, ViewOf(made), WireJson.Default.ReportScheduleView));
    }

    private static async Task ListAsync(HttpContext context, ReportSchedules schedules)
    {
        var list = ListQuery.Read(context);
        var after = list.UuidAfter();
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await schedules.ListAsync(context.Project(), after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.ReportScheduleList);
    }

    private static async Task ShowAsync(HttpContext context, ReportSchedules schedules) => await AnswerAsync(
        context,
        Guid.TryParse(RawPath.Id(context), out var id) ? await schedules.FindAsync(context.Project(), id, context.RequestAborted) : null);

    private static async Task ReplaceAsync(HttpContext context, Deps deps)
    {
        // The faults of the body come first, as of any operation.
        var isId = Guid.TryParse(RawPath.Id(context), out var id);
        if (await ReadAsync(context, deps, id) is { } schedule)
        {
            var project = context.Project();
            await AnswerAsync(
                context,
                isId ? await deps.Schedules.ReplaceAsync(project, schedule, deps.Clock.Now(project), context.RequestAborted) : null);
        }
    }

    private static async Task DeleteAsync(HttpContext context, ReportSchedules schedules) =>
        await (Guid.TryParse(RawPath.Id(context), out var id) && await schedules.DeleteAsync(context.Project(), id, context.RequestAborted)
            ? Answer.Nothing(context)
            : AnswerAsync(context, null));

    private static Task AnswerAsync(HttpContext context, ReportScheduleRow? row) => row is null
        ? Problems.WriteAsync(context, ErrorCode.ReportScheduleNotFound)
        : Answer.Json(context, StatusCodes.Status200OK, ViewOf(row), WireJson.Default.ReportScheduleView);

    /// <summary>Null: the body has faults, and the problem is written.</summary>
    private static async Task<ReportSchedule?> ReadAsync(HttpContext context, Deps deps, Guid id)
    {
        if (await Body.ReadAsync(context, WireJson.Default.ReportScheduleBody) is not { } body)
        {
            return null;
        }

        var faults = new Faults();
        var isKnown = faults.Required(body.Kind, "kind") && faults.OneOf(body.Kind, "kind", [.. CatalogWords.All<ReportKind>()]);
        _ = faults.Required(body.Every, "every") && faults.OneOf(body.Every, "every", [.. CatalogWords.All<ReportInterval>()]);
        faults.OneOf(body.Format, "format", [.. CatalogWords.All<ReportFormat>()]);
        CheckRecipients(body.Recipients, faults);
        if (faults.Id(body.Customer, "customer", required: false) && isKnown)
        {
            await CheckCustomerAsync(context, deps, CatalogWords.Read<ReportKind>(body.Kind!), body.Customer, faults);
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return null;
        }

        var kind = CatalogWords.Read<ReportKind>(body.Kind!);
        if (kind == ReportKind.Statement && !context.Caller().Scopes.HasFlag(Scope.BillingRead))
        {
            await Problems.WriteAsync(
                context, ErrorCode.ScopeMissing, "The scope billing:read is needed for the report 'statement', which contains invoices.");
            return null;
        }

        return new(
            id, context.Project().Id, kind,
            body.Format is { } format ? CatalogWords.Read<ReportFormat>(format) : ReportFormat.Pdf,
            CatalogWords.Read<ReportInterval>(body.Every!), body.Recipients!, body.Customer, body.Enabled ?? true);
    }

    private static async Task CheckCustomerAsync(HttpContext context, Deps deps, ReportKind kind, string? customer, Faults faults)
    {
        if (ReportScheduleRules.IsOfCustomer(kind) != customer is not null)
        {
            faults.Add(
                "customer", customer is null ? FaultCode.Required : FaultCode.InvalidValue,
                customer is null
                    ? $"The report '{CatalogWords.Of(kind)}' is about one customer: set 'customer' to its id."
                    : $"The report '{CatalogWords.Of(kind)}' is about the project: leave out 'customer'.");
        }
        else if (customer is not null && await deps.Customers.FindAsync(context.Project(), customer, context.RequestAborted) is null)
        {
            faults.Add("customer", FaultCode.InvalidValue, $"The project has no customer '{Spelling.Shown(customer)}'.");
        }
    }

    private static void CheckRecipients(IReadOnlyList<string>? recipients, Faults faults)
    {
        if (!faults.Required(recipients, "recipients"))
        {
            return;
        }

        if (recipients!.Count is < 1 or > ReportScheduleRules.MostRecipients
            || recipients.Distinct(StringComparer.OrdinalIgnoreCase).Count() != recipients.Count)
        {
            faults.Add(
                "recipients", FaultCode.InvalidValue,
                $"1 to {ReportScheduleRules.MostRecipients} e-mail addresses are expected, each once; {recipients.Count} were sent.");
        }

        for (var i = 0; i < recipients.Count && !faults.IsFull; i++)
        {
            if (!IsAddress(recipients[i]))
            {
                faults.Add(
                    $"recipients[{i}]", FaultCode.InvalidFormat,
                    $"'{Spelling.Shown(recipients[i] ?? "")}' is not an e-mail address. One such as cfo@example.com is expected, alone.");
            }
        }
    }

    /// <summary>True for an address alone. Mail programs read names, lists and headers from other texts.</summary>
    private static bool IsAddress(string? text) =>
        text is not null && CustomerRules.IsEmail(text) && MailAddress.TryCreate(text, out var address) && address.Address == text;

    private static ReportScheduleView ViewOf(ReportScheduleRow row) => new(
        row.Schedule.Id.ToString("D"), CatalogWords.Of(row.Schedule.Kind), CatalogWords.Of(row.Schedule.Every),
        CatalogWords.Of(row.Schedule.Format), row.Schedule.Recipients, row.Schedule.Customer, row.Schedule.IsEnabled,
        row.Schedule.IsEnabled ? row.NextAt.ToOffset() : null, row.Last?.From, row.Last?.To, row.CreatedAt.ToOffset(),
        row.UpdatedAt.ToOffset());
}
