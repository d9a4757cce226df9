using Tollgate.Contracts.Http;
using Tollgate.Contracts.Webhooks;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Webhooks;
using Tollgate.Server.Http;

namespace Tollgate.Server.Webhooks;

/// <summary><c>/v1/deliveries</c>: lists deliveries with their attempts and answers, and redelivers.</summary>
internal static class DeliveryEndpoints
{
    public static void MapDeliveries(this WebApplication app)
    {
        var queries = app.Services.GetRequiredService<WebhookQueries>();
        var redeliver = app.Services.GetRequiredService<Redeliver>();
        var signal = app.Services.GetRequiredService<SendSignal>();
        app.MapGet("/v1/deliveries", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.WebhooksRead)
            .Describe(WebhookDescriptions.Deliveries);
        app.MapGet("/v1/deliveries/{id}", (RequestDelegate)(context => ShowAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.WebhooksRead)
            .Describe(WebhookDescriptions.ShowDelivery);
        app.MapPost("/v1/deliveries/{id}/redeliver", (RequestDelegate)(context => RedeliverAsync(context, queries, redeliver, signal)))
            .RequireKey(Access.Secret, Scope.WebhooksWrite)
            .Describe(WebhookDescriptions.Redeliver);
        app.MapPost(
            "/v1/webhook-endpoints/{id}/redeliver", (RequestDelegate)(context => RedeliverRangeAsync(context, queries, redeliver, signal)))
            .RequireKey(Access.Secret, Scope.WebhooksWrite)
            .Describe(WebhookDescriptions.RedeliverRange);
    }

    private static async Task ListAsync(HttpContext context, WebhookQueries queries)
    {
        var list = ListQuery.Read(context);
        var filter = new DeliveryFilter(list.Uuid("endpoint"), list.Uuid("event"), list.OneOf("status", WebhookQueries.States));
        var before = list.UuidAfter() is { } id ? await queries.FindDeliveryAsync(context.Project(), id, context.RequestAborted) : null;
        if (before is null && list.StartingAfter is not null && !list.Faults.Any)
        {
            list.RefuseUnknownAfter();
        }

        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.DeliveriesAsync(context.Project(), filter, before?.Number, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, WebhookAnswers.Of, static (data, more) => new(data, more), WireJson.Default.WebhookDeliveryList);
    }

    private static async Task ShowAsync(HttpContext context, WebhookQueries queries)
    {
        if (WebhookIds.OfPath(context) is not { } id
            || await queries.FindDeliveryAsync(context.Project(), id, context.RequestAborted) is not { } found)
        {
            await Problems.WriteAsync(context, ErrorCode.DeliveryNotFound);
            return;
        }

        var attempts = await queries.AttemptsAsync(found, context.RequestAborted);
        await Answer.Json(context, StatusCodes.Status200OK, WebhookAnswers.Of(found, attempts), WireJson.Default.WebhookDeliveryDetail);
    }

    private static async Task RedeliverAsync(HttpContext context, WebhookQueries queries, Redeliver redeliver, SendSignal signal)
    {
        var (outcome, made) = WebhookIds.OfPath(context) is { } id
            ? await redeliver.OneAsync(context.Project(), id, context.RequestAborted)
            : (RedeliveryOutcome.NotFound, null);
        if (outcome != RedeliveryOutcome.Done)
        {
            await RefuseAsync(context, outcome, ErrorCode.DeliveryNotFound);
            return;
        }

        signal.Ring();
        var delivery = await queries.FindDeliveryAsync(context.Project(), made!.Value, context.RequestAborted);
        await Answer.Json(context, StatusCodes.Status201Created, WebhookAnswers.Of(delivery!), WireJson.Default.WebhookDeliveryView);
    }

    private static async Task RedeliverRangeAsync(HttpContext context, WebhookQueries queries, Redeliver redeliver, SendSignal signal)
    {
        if (await Body.ReadAsync(context, WireJson.Default.RedeliverRangeRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var (from, to) = (faults.Moment(body.From, "from"), faults.Moment(body.To, "to"));
        if (body.After is null && body.From is null)
        {
            faults.Add("after", FaultCode.Required, "after or from is expected: the start of the range.");
        }

        if (to <= from)
        {
            faults.Add("to", FaultCode.OutOfRange, "A time after from is expected.");
        }

        var position = faults.Any ? 0 : await WebhookEventEndpoints.PositionOfAsync(context, queries, body.After, "after", faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var done = WebhookIds.OfPath(context) is { } id
            ? await redeliver.RangeAsync(context.Project(), id, new(position, from, to, body.OnlyMissing ?? true), context.RequestAborted)
            : new(RedeliveryOutcome.NotFound);
        if (done.Outcome != RedeliveryOutcome.Done)
        {
            await RefuseAsync(context, done.Outcome, ErrorCode.WebhookEndpointNotFound);
            return;
        }

        signal.Ring();
        await Answer.Json(
            context, StatusCodes.Status200OK, new(done.Deliveries, done.LastEvent?.ToString("D"), done.HasMore),
            WireJson.Default.RedeliveredRange);
    }

    private static Task RefuseAsync(HttpContext context, RedeliveryOutcome outcome, ErrorCode notFound) =>
        outcome == RedeliveryOutcome.NotFound
        ? Problems.WriteAsync(context, notFound)
        : Problems.WriteAsync(
            context, ErrorCode.WebhookEndpointState, "The endpoint is disabled or deleted, so Tollgate sends nothing to it.");
}
