using Tollgate.Contracts.Clocks;
using Tollgate.Contracts.Http;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Inbox;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Mail;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;
using Tollgate.Server.Http;

namespace Tollgate.Server.Jobs;

/// <summary><c>/v1/parked</c>: lists background work that failed, and retries it.</summary>
public static class ParkedEndpoints
{
    private const string Tag = "Parked work";

    private const string One =
        """
        {"id": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88", "work": "collections", "project": "shop",
         "subject": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f01", "attempts": 3,
         "error": {"type": "KeyNotFoundException", "message": "The given key 'currency' was not present in the dictionary."},
         "advice": "The subject is the invoice. Correct what the error names, or mark it as paid; then retry.",
         "first_failed_at": "2026-04-02T10:00:00Z", "last_failed_at": "2026-04-02T10:00:32Z", "next_attempt_at": "2026-04-02T10:01:12Z"}
        """;

    private static readonly Description List = new(
        Tag,
        "List parked work",
        "Lists parked work, the newest first. When a background job fails on one item (an invoice, a mail, an event), "
            + "Tollgate retries it after a pause that grows from 10 seconds to "
        + "6 hours, and continues with the others; success removes it from this list. An entry without `next_attempt_at` needs an "
        + "operator: Tollgate could not apply a provider's "
        + "event for two days, or a subscription's next invoice is implausible. The admin key without `X-Project` sees all projects.")
    {
        Query = [new("work", "Only work of this kind.", Words: WorkNames.All), .. QueryParameter.OfPage],
        Answers = [Example.Of<ParkedWorkList>(200, "A page.", $$"""{"data": [{{One}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    private static readonly Description Retry = new(
        Tag, "Retry parked work",
        "Tollgate tries the entry now instead of at `next_attempt_at`. If it fails again, it returns to the list with one more attempt and "
            + "a longer pause.")
    {
        Path = new Dictionary<string, string> { ["id"] = "The entry's id." },
        Answers = [Example.Of<ParkedWorkView>(200, "Tollgate tries it within a few seconds.", One)],
        Errors = [ErrorCode.NotFound],
    };

    private sealed record Deps(
        ParkedQueries Parked, InboxQueries Inbox, SubscriptionQueries Subscriptions, MailQueue Mails, ProjectDirectory Directory,
        Clock Clock);

    public static void MapParked(this WebApplication app)
    {
        var services = app.Services;
        var deps = new Deps(
            services.GetRequiredService<ParkedQueries>(), services.GetRequiredService<InboxQueries>(),
            services.GetRequiredService<SubscriptionQueries>(), services.GetRequiredService<MailQueue>(),
            services.GetRequiredService<ProjectDirectory>(), services.GetRequiredService<Clock>());

        app.MapGet("/v1/parked", (RequestDelegate)(context => ListAsync(context, deps)))
            .RequireKey(Access.Secret | Access.Admin, Scope.BillingRead)
            .Describe(List);
        app.MapPost("/v1/parked/{id}/retry", (RequestDelegate)(context => RetryAsync(context, deps)))
            .RequireKey(Access.Secret | Access.Admin, Scope.BillingWrite)
            .Describe(Retry);
    }

    private static async Task ListAsync(HttpContext context, Deps deps)
    {
        var list = ListQuery.Read(context);
        var (work, after) = (list.OneOf("work", [.. WorkNames.All]), list.UuidAfter());
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await deps.Parked.ListAsync(context.Caller().Project, work, after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, row => ViewOf(row, deps), static (data, more) => new(data, more), WireJson.Default.ParkedWorkList);
    }

    private static async Task RetryAsync(HttpContext context, Deps deps)
    {
        if (!Guid.TryParse(RawPath.Id(context), out var id)
            || await deps.Parked.FindAsync(context.Caller().Project, id, context.RequestAborted) is not { } row)
        {
            await Problems.WriteAsync(
                context, ErrorCode.NotFound, "No parked entry has this id. The work may have succeeded meanwhile: list GET /v1/parked.");
            return;
        }

        await WakeAsync(row, deps, context.RequestAborted);
        row = row with { Next = deps.Clock.Now() };
        await Answer.Json(context, StatusCodes.Status200OK, ViewOf(row, deps), WireJson.Default.ParkedWorkView);
    }

    /// <summary>Also releases work that another room holds for an operator or retries on its own schedule.</summary>
    private static async Task WakeAsync(ParkedRow row, Deps deps, CancellationToken cancel)
    {
        await deps.Parked.RetryAsync(row.Id, cancel);
        if (row.Project is not { } id || !deps.Directory.Current.ProjectsById.TryGetValue(id, out var project))
        {
            return;
        }

        if (row.Work == WorkNames.Inbox && row.Subject.Split(':', 2) is [var name, var @event]
            && CatalogWords.TryParse<PaymentProvider>(name, out var provider))
        {
            await deps.Inbox.RetryAsync(project, provider, @event, cancel);
        }
        else if (row.Work == WorkNames.Mails && Guid.TryParse(row.Subject, out var mail))
        {
            await deps.Mails.SendNowAsync(project, mail, cancel);
        }
        else if (row is { Work: WorkNames.Subscriptions, Next: null }
            && await deps.Subscriptions.FindAsync(project, Guid.Parse(row.Subject), cancel) is { } held)
        {
            await deps.Subscriptions.UnparkAsync(held.Row, cancel);
        }
    }

    private static ParkedWorkView ViewOf(ParkedRow row, Deps deps) => new()
    {
        Id = row.Id,
        Work = row.Work,
        Project = row.Project is { } id && deps.Directory.Current.ProjectsById.TryGetValue(id, out var project) ? project.Code : null,
        Subject = row.Subject,
        Attempts = row.Attempts,
        Error = new(row.ErrorType, row.Error),
        Advice = AdviceOn(row),
        FirstFailedAt = row.FirstFailedAt.ToOffset(),
        LastFailedAt = row.LastFailedAt.ToOffset(),
        NextAttemptAt = row.Next?.ToOffset(),
    };

    private static string AdviceOn(ParkedRow row) => row.Work switch
    {
        WorkNames.Subscriptions when row.Next is null =>
            "The subject is the subscription, whose next invoice is implausible. Correct its usage or raise the bound, then retry.",
        WorkNames.Inbox when row.Next is null =>
            "The subject is the provider's event, which Tollgate could not apply for two days. Correct what the message names, then retry.",
        WorkNames.Projects =>
            "The subject is the project. Tollgate uses the last settings that it could read. Correct the setting that the error names.",
        WorkNames.Collections => "The subject is the invoice. Correct what the error names, or mark it as paid; then retry.",
        WorkNames.GrantSchedules =>
            "The subject is partition/account/schedule. Its customer gets no further grant of the schedule until this succeeds. "
                + "Correct what the error names, then retry.",
        WorkNames.ReportSchedules =>
            "The subject is the report schedule, whose mails are not queued. Correct what the error names, then retry.",
        WorkNames.VatChecks =>
            "The subject is the customer and its VAT id, which stays pending. Tollgate queries VIES again at next_attempt_at. "
                + "Check that the server reaches TOLLGATE_VIES_URL.",
        WorkNames.Payments or WorkNames.Refunds =>
            "The subject is the payment or refund whose outcome is unknown. Check the provider's dashboard, correct what the error names, "
                + "then retry.",
        _ when row.Subject.Length == 0 => "All of this work in the project waits. Correct what the error names, then retry.",
        _ => "Correct what the error names, then retry. The server's log has the details.",
    };
}
