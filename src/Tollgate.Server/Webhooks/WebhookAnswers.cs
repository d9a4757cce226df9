using System.Text.Json;
using Tollgate.Contracts.Webhooks;
using Tollgate.Core.Catalog;
using Tollgate.Core.Outbound;
using Tollgate.Core.Time;
using Tollgate.Engine.Webhooks;

namespace Tollgate.Server.Webhooks;

/// <summary>Converts the engine's records to the bodies of the API.</summary>
internal static class WebhookAnswers
{
    public static WebhookEndpointView Of(WebhookEndpoint endpoint, Instant now) => new()
    {
        Id = endpoint.Id.ToString("D"),
        Url = endpoint.Url,
        Events = endpoint.Events,
        Description = endpoint.Description,
        Format = endpoint.Format,
        Status = CatalogWords.Of(endpoint.DisabledAt is null ? EndpointStatus.Enabled : EndpointStatus.Disabled),
        DisabledReason = endpoint.DisabledReason,
        DisabledAt = endpoint.DisabledAt?.ToOffset(),
        Failures = endpoint.Failures,
        PausedUntil = endpoint.NotBefore > now ? endpoint.NotBefore?.ToOffset() : null,
        PreviousSecretUntil = endpoint.PreviousUntil > now ? endpoint.PreviousUntil?.ToOffset() : null,
        CreatedAt = endpoint.CreatedAt.ToOffset(),
        UpdatedAt = endpoint.UpdatedAt.ToOffset(),
    };

    public static WebhookEndpointSecret Of(WebhookEndpoint endpoint, WebhookSecret secret, Instant now)
    {
        var view = Of(endpoint, now);
        return new(view.Id, secret.Text, view.PreviousSecretUntil, view);
    }

    public static WebhookEventView Of(WebhookEvent published)
    {
        using var payload = JsonDocument.Parse(published.Payload);
        return new()
        {
            Id = published.Id.ToString("D"),
            Type = published.Type,
            ObjectType = published.ObjectType,
            Object = published.Object,
            Sequence = published.Sequence,
            Timestamp = published.OccurredAt.ToOffset(),
            PublishedAt = published.PublishedAt.ToOffset(),
            Data = payload.RootElement.GetProperty("data").Clone(),
        };
    }

    public static WebhookDeliveryView Of(WebhookDelivery delivery) => new()
    {
        Id = delivery.Id.ToString("D"),
        Endpoint = delivery.Endpoint.ToString("D"),
        Event = delivery.Event.ToString("D"),
        Type = delivery.Type,
        ObjectType = delivery.ObjectType,
        Object = delivery.Object,
        Sequence = delivery.Sequence,
        Status = delivery.State,
        Redelivery = delivery.IsRedelivery,
        Attempts = delivery.Attempts,
        NextAttemptAt = delivery.DueAt?.ToOffset(),
        CreatedAt = delivery.CreatedAt.ToOffset(),
        FinishedAt = delivery.FinishedAt?.ToOffset(),
        LastAttemptAt = delivery.LastAttemptAt?.ToOffset(),
        LastStatus = delivery.LastStatus,
        LastError = delivery.LastError,
    };

    public static WebhookDeliveryDetail Of(WebhookDelivery delivery, IReadOnlyList<DeliveryAttempt> attempts) => new(
        Of(delivery), delivery.Payload,
        [
            .. attempts.Select(attempt => new WebhookAttemptView
            {
                Attempt = attempt.Number,
                At = attempt.At.ToOffset(),
                Url = attempt.Url,
                RequestHeaders = WebhookSender.HeadersOf(delivery.Event, attempt.At, attempt.Signature),
                Status = attempt.Status,
                Error = attempt.Error,
                Response = attempt.Response,
                DurationMs = attempt.DurationMilliseconds,
            }),
        ]);
}

/// <summary>The status of a webhook endpoint, as in its view.</summary>
internal enum EndpointStatus
{
    Enabled,
    Disabled,
}
