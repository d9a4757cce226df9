using System.Buffers;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Inbox;
using Tollgate.Contracts.Payments;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Inbox;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Inbox;

/// <summary>
/// <c>/v1/webhooks/{provider}</c>: receives webhooks of payment providers. <c>/v1/provider-events</c>: the received events and their
/// states.
/// </summary>
public static class InboxEndpoints
{
    private const int LongestType = 100;

    /// <summary>The name of the failure in the metric and the log.</summary>
    private const string Forged = "webhook_signature";

    /// <summary>The headers that a provider's signature may need.</summary>
    private static readonly string[] Signing = ["Stripe-Signature", "webhook-id", "webhook-timestamp", "webhook-signature"];

    public static void MapInbox(this WebApplication app)
    {
        var receive = app.Services.GetRequiredService<ReceiveWebhook>();
        var queries = app.Services.GetRequiredService<InboxQueries>();
        var guesses = app.Services.GetRequiredService<Guesses>();

        app.MapPost("/v1/webhooks/{provider}", (RequestDelegate)(context => ReceiveAsync(context, receive, guesses)))
            .OpenToAll("The provider's signature is the key.")
            .WithOwnIdempotency()
            .WithLoad(Load.Webhook)
            .Describe(InboxDescriptions.Receive);
        app.MapGet("/v1/provider-events", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(InboxDescriptions.List);
        app.MapGet("/v1/provider-events/{id}", (RequestDelegate)(context => ShowAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(InboxDescriptions.Show);
        app.MapPost("/v1/provider-events/{id}/retry", (RequestDelegate)(context => RetryAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(InboxDescriptions.Retry);
        app.MapPost("/v1/provider-events/retry-parked", (RequestDelegate)(context => RetryParkedAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(InboxDescriptions.RetryParked);
    }

    private static async Task ReceiveAsync(HttpContext context, ReceiveWebhook receive, Guesses guesses)
    {
        if (!CatalogWords.TryParse<PaymentProvider>(RawPath.Segment(context, 2), out var provider))
        {
            await Problems.WriteAsync(context, ErrorCode.NotFound);
            return;
        }

        switch (await TakeAsync(context, receive, guesses, provider))
        {
            case null:
                break;
            case ReceiveOutcome.Stored or ReceiveOutcome.Repeated:
                await Answer.Json(context, StatusCodes.Status200OK, new(true), WireJson.Default.WebhookReceived);
                break;
            case ReceiveOutcome.Unreadable:
                await Problems.WriteAsync(
                    context, ErrorCode.MalformedRequest, "The signature is valid, but the body is not an event of this provider.");
                break;
            default:
                await Problems.WriteAsync(context, ErrorCode.WebhookSignatureInvalid);
                break;
        }
    }

    /// <summary>Receives a provider's webhook for every door. The signature identifies the project.</summary>
    /// <returns>
    /// Null: the body is too long, the address fails too often, or the project has no room for events; the problem is written.
    /// </returns>
    internal static async Task<ReceiveOutcome?> TakeAsync(
        HttpContext context, ReceiveWebhook receive, Guesses guesses, PaymentProvider provider)
    {
        if (guesses.PauseOfSender(context, Forged) is { } pause)
        {
            await Problems.WriteAsync(context, ErrorCode.RateLimited,
                "This address sent too many webhooks without a valid signature. Check the signing secret of the project's payment "
                    + "settings, and send again after Retry-After.",
                retryAfter: pause);
            return null;
        }

        if (await Body.ReadWholeAsync(context, FairShare.LargestWebhook) is not { } body)
        {
            await Problems.WriteAsync(context, ErrorCode.PayloadTooLarge, $"At most {FairShare.LargestWebhook} bytes are accepted.");
            return null;
        }

        var request = RequestOf(context, body);
        var outcome = await receive.RunAsync(
            provider, request, only: null, context.Connection.RemoteIpAddress?.ToString(), context.RequestAborted);
        if (outcome == ReceiveOutcome.Refused)
        {
            guesses.FailOfSender(context, Forged);
        }
        else if (outcome is ReceiveOutcome.Stored or ReceiveOutcome.Repeated)
        {
            guesses.Vouch(context);
        }
        else if (outcome == ReceiveOutcome.NoRoom)
        {
            await Problems.WriteAsync(
                context, ErrorCode.RateLimited,
                "The project has used up its room for events of providers of a day (TOLLGATE_PROJECT_PROVIDER_EVENTS). "
                    + "Send the event again after Retry-After.",
                retryAfter: ReceiveWebhook.PauseWithoutRoom);
            return null;
        }

        return outcome;
    }

    private static WebhookRequest RequestOf(HttpContext context, ReadOnlySequence<byte> body)
    {
        var bytes = body.ToArray();
        context.Request.BodyReader.AdvanceTo(body.End);
        if (WellFormed.FaultIn(bytes) >= 0)
        {
            throw new BadHttpRequestException(
                "The body holds bytes that are not UTF-8, or half of a surrogate pair. No provider sends such a body.");
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in Signing)
        {
            if (context.Request.Headers[name] is [{ } value])
            {
                headers[name] = value;
            }
        }

        var query = context.Request.Query.Where(static one => one.Value is [not null])
            .ToDictionary(static one => one.Key, static one => one.Value[0]!);
        return new(headers, query, bytes);
    }

    private static async Task ListAsync(HttpContext context, InboxQueries queries)
    {
        var list = ListQuery.Read(context);
        var filter = new InboxFilter(
            list.Word<InboxState>("state"), list.Word<PaymentProvider>("provider"), list.Text("type", LongestType));
        var after = list.After<(PaymentProvider, string)>(TryPlaceOf);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListAsync(context.Project(), filter, after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(
            rows, static one => ViewOf(one, withBody: false), static (data, more) => new(data, more), WireJson.Default.ProviderEventList);
    }

    private static async Task ShowAsync(HttpContext context, InboxQueries queries)
    {
        var found = PlaceOf(RawPath.Id(context)) is var (provider, id)
            ? await queries.FindAsync(context.Project(), provider, id, context.RequestAborted)
            : null;
        await (found is null
            ? Problems.WriteAsync(context, ErrorCode.ProviderEventNotFound)
            : Answer.Json(context, StatusCodes.Status200OK, ViewOf(found, withBody: true), WireJson.Default.ProviderEventView));
    }

    private static async Task RetryAsync(HttpContext context, InboxQueries queries)
    {
        if (PlaceOf(RawPath.Id(context)) is not var (provider, id)
            || !await queries.RetryAsync(context.Project(), provider, id, context.RequestAborted))
        {
            await Problems.WriteAsync(context, ErrorCode.ProviderEventNotFound);
            return;
        }

        var found = await queries.FindAsync(context.Project(), provider, id, context.RequestAborted);
        await Answer.Json(context, StatusCodes.Status200OK, ViewOf(found!, withBody: false), WireJson.Default.ProviderEventView);
    }

    private static async Task RetryParkedAsync(HttpContext context, InboxQueries queries) => await Answer.Json(
        context, StatusCodes.Status200OK, new(await queries.RetryParkedAsync(context.Project(), context.RequestAborted)),
        WireJson.Default.ProviderEventsRetried);

    private static (PaymentProvider Provider, string Id)? PlaceOf(string id) =>
        id.IndexOf(':', StringComparison.Ordinal) is var at and > 0 && CatalogWords.TryParse<PaymentProvider>(id[..at], out var provider)
            ? (provider, id[(at + 1)..])
            : null;

    private static bool TryPlaceOf(string id, out (PaymentProvider Provider, string Id) place)
    {
        var found = PlaceOf(id);
        place = found ?? default;
        return found is not null;
    }

    private static ProviderEventView ViewOf(StoredEvent stored, bool withBody) => new()
    {
        Id = $"{CatalogWords.Of(stored.Provider)}:{stored.Event.Id}",
        Provider = CatalogWords.Of(stored.Provider),
        Type = stored.Event.Type,
        Object = stored.Event.Object,
        State = CatalogWords.Of(stored.State),
        Reason = stored.Reason,
        Attempts = stored.Attempts,
        HappenedAt = stored.Event.HappenedAt,
        ReceivedAt = stored.ReceivedAt.ToOffset(),
        DueAt = stored.DueAt?.ToOffset(),
        DoneAt = stored.DoneAt?.ToOffset(),
        Body = withBody ? stored.Event.Body : null,
    };
}
