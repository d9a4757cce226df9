using Tollgate.Contracts.Http;
using Tollgate.Contracts.Webhooks;
using Tollgate.Core.Webhooks;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Webhooks;
using Tollgate.Server.Http;

namespace Tollgate.Server.Webhooks;

/// <summary><c>/v1/webhook-events</c> and <c>/v1/webhook-event-types</c>: the published events, and the types of events.</summary>
internal static class WebhookEventEndpoints
{
    private const int LongestObject = 400;

    public static void MapWebhookEvents(this WebApplication app)
    {
        var queries = app.Services.GetRequiredService<WebhookQueries>();
        app.MapGet("/v1/webhook-event-types", (RequestDelegate)(context => Answer.Json(
                context, StatusCodes.Status200OK, new(WebhookCatalog.All, HasMore: false), WireJson.Default.WebhookEventTypeList)))
            .RequireKey(Access.Secret, Scope.WebhooksRead)
            .Describe(WebhookDescriptions.Types);
        app.MapGet("/v1/webhook-events", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.WebhooksRead)
            .Describe(WebhookDescriptions.Events);
        app.MapGet("/v1/webhook-events/{id}", (RequestDelegate)(context => ShowAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.WebhooksRead)
            .Describe(WebhookDescriptions.ShowEvent);
    }

    /// <summary>
    /// The position of the named event; 0: none is named. An unknown event is a fault, since a start from the beginning would surprise the
    /// caller.
    /// </summary>
    internal static async Task<long> PositionOfAsync(HttpContext context, WebhookQueries queries, string? text, string param, Faults faults)
    {
        if (WebhookIds.Read(text, param, faults) is not { } id)
        {
            return 0;
        }

        var found = await queries.FindEventAsync(context.Project(), id, context.RequestAborted);
        if (found is null)
        {
            faults.Add(param, FaultCode.InvalidValue, "This project has no such event. Tollgate keeps webhook events for 90 days.");
        }

        return found?.Position ?? 0;
    }

    private static async Task ListAsync(HttpContext context, WebhookQueries queries)
    {
        var faults = new Faults();
        var paging = Paging.Read(context, faults);
        string? after = context.Request.Query["after"], type = context.Request.Query["type"], subject = context.Request.Query["object"];
        faults.OneOf(type, "type", [.. WebhookEventType.All.Select(static one => one.Name)]);
        faults.Text(subject, "object", LongestObject);
        if (after is not null && paging.StartingAfter is not null)
        {
            faults.Add("after", FaultCode.InvalidValue, "after and starting_after mean the same; one of them is expected.");
        }

        var position = faults.Any
            ? 0
            : await PositionOfAsync(context, queries, after ?? paging.StartingAfter, after is null ? "starting_after" : "after", faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var (page,
            hasMore) = paging.Cut(
                await queries.EventsAsync(context.Project(), position, type, subject, paging.Probe, context.RequestAborted));
        await Answer.Json(
            context, StatusCodes.Status200OK, new([.. page.Select(WebhookAnswers.Of)], hasMore), WireJson.Default.WebhookEventList);
    }

    private static async Task ShowAsync(HttpContext context, WebhookQueries queries)
    {
        var found = WebhookIds.OfPath(context) is { } id
            ? await queries.FindEventAsync(context.Project(), id, context.RequestAborted)
            : null;
        await (found is null
            ? Problems.WriteAsync(context, ErrorCode.WebhookEventNotFound)
            : Answer.Json(context, StatusCodes.Status200OK, WebhookAnswers.Of(found), WireJson.Default.WebhookEventView));
    }
}
