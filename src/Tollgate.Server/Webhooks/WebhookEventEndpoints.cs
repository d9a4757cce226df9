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
        var list = ListQuery.Read(context);
        string? after = context.Request.Query["after"];
        var type = list.OneOf("type", [.. WebhookEventType.All.Select(static one => one.Name)]);
        var subject = list.Text("object", LongestObject);
        if (after is not null && list.StartingAfter is not null)
        {
            list.Faults.Add("after", FaultCode.InvalidValue, "after and starting_after mean the same; one of them is expected.");
        }

        var position = list.Faults.Any
            ? 0
            : await PositionOfAsync(
                context, queries, after ?? list.StartingAfter, after is null ? "starting_after" : "after", list.Faults);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.EventsAsync(context.Project(), position, type, subject, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, WebhookAnswers.Of, static (data, more) => new(data, more), WireJson.Default.WebhookEventList);
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
