using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace Tollgate.Contracts.Webhooks;

/// <summary>Body of <c>POST /v1/webhook-endpoints</c>.</summary>
public sealed record CreateWebhookEndpointRequest
{
    /// <summary><c>https</c>, of the public internet; in sandbox projects also <c>http</c> and private networks.</summary>
    [Required]
    public string? Url { get; init; }

    /// <summary>Types of <c>GET /v1/webhook-event-types</c>, groups such as <c>subscription.*</c>, or <c>*</c>.</summary>
    [Required]
    public IReadOnlyList<string>? Events { get; init; }

    public string? Description { get; init; }

    /// <summary>
    /// <c>tollgate</c> (default): signed events. <c>slack</c>: messages <c>{"text": …}</c> as Slack's incoming webhooks take them, of
    /// <c>alert.fired</c> only.
    /// </summary>
    public string? Format { get; init; }
}

/// <summary>Body of <c>PATCH /v1/webhook-endpoints/{id}</c>. Omitted members stay.</summary>
public sealed record ChangeWebhookEndpointRequest
{
    public string? Url { get; init; }

    public IReadOnlyList<string>? Events { get; init; }

    public string? Description { get; init; }

    /// <summary>
    /// False: Tollgate sends nothing, and events of this time create no deliveries. True: Tollgate sends waiting deliveries.
    /// </summary>
    public bool? Enabled { get; init; }
}

public sealed record WebhookEndpointView
{
    public required string Id { get; init; }

    public required string Url { get; init; }

    public required IReadOnlyList<string> Events { get; init; }

    public string? Description { get; init; }

    /// <summary><c>tollgate</c> or <c>slack</c>.</summary>
    public required string Format { get; init; }

    /// <summary><c>enabled</c> or <c>disabled</c>.</summary>
    public required string Status { get; init; }

    /// <summary>
    /// <c>manual</c>: a request disabled it; <c>gone</c>: the receiver answered 410; <c>failing</c>: it accepted nothing for five days.
    /// </summary>
    public string? DisabledReason { get; init; }

    public DateTimeOffset? DisabledAt { get; init; }

    /// <summary>Failed attempts since the last successful one.</summary>
    public required int Failures { get; init; }

    /// <summary>Tollgate sends nothing until this time: the receiver asked for a pause, or keeps failing.</summary>
    public DateTimeOffset? PausedUntil { get; init; }

    /// <summary>Until this time, the previous secret signs too.</summary>
    public DateTimeOffset? PreviousSecretUntil { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>The answer to the creation of an endpoint or the rotation of its secret.</summary>
/// <param name="Secret"><c>whsec_…</c>: Tollgate shows it only here.</param>
/// <param name="PreviousSecretUntil">Until this time, the previous secret signs too.</param>
public sealed record WebhookEndpointSecret(string Id, string Secret, DateTimeOffset? PreviousSecretUntil, WebhookEndpointView Endpoint);

/// <summary>Answer of <c>GET /v1/webhook-endpoints</c>.</summary>
public sealed record WebhookEndpointList(IReadOnlyList<WebhookEndpointView> Data, bool HasMore);

/// <summary>Body of <c>POST /v1/webhook-endpoints/{id}/rotate-secret</c>.</summary>
public sealed record RotateWebhookSecretRequest
{
    /// <summary>The seconds for which both secrets sign: 0 to 604,800, default 86,400.</summary>
    public int? GraceSeconds { get; init; }
}

/// <summary>Body of <c>POST /v1/webhook-endpoints/{id}/redeliver</c>: one of <c>after</c> and <c>from</c>, or both.</summary>
public sealed record RedeliverRangeRequest
{
    /// <summary>The id of an event: redeliver the events after it.</summary>
    public string? After { get; init; }

    /// <summary>Published at this time or later.</summary>
    public string? From { get; init; }

    /// <summary>Published before this time.</summary>
    public string? To { get; init; }

    /// <summary>True (default): omit events that the endpoint has already accepted.</summary>
    public bool? OnlyMissing { get; init; }
}

/// <summary>Answer of a redelivery of a range.</summary>
/// <param name="Deliveries">The number of new deliveries.</param>
/// <param name="LastEvent">The last event considered: pass it as <c>after</c> in the next call if there are more.</param>
public sealed record RedeliveredRange(int Deliveries, string? LastEvent, bool HasMore);

/// <summary>An event as it was published.</summary>
public sealed record WebhookEventView
{
    /// <summary>The header <c>webhook-id</c> of every delivery of it.</summary>
    public required string Id { get; init; }

    public required string Type { get; init; }

    /// <summary><c>subscription</c>, <c>invoice</c>, <c>payment</c>, <c>checkout</c>, <c>quota</c> or <c>webhook_endpoint</c>.</summary>
    public required string ObjectType { get; init; }

    /// <summary>The object's id; for a quota <c>customer/feature</c>.</summary>
    public required string Object { get; init; }

    /// <summary>Counts the events of the object from 1, without a gap.</summary>
    public required long Sequence { get; init; }

    /// <summary>The time of the event, by the project's clock; for an endpoint, real time.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    public required DateTimeOffset PublishedAt { get; init; }

    public required JsonElement Data { get; init; }
}

/// <summary>Answer of <c>GET /v1/webhook-events</c>, oldest first.</summary>
public sealed record WebhookEventList(IReadOnlyList<WebhookEventView> Data, bool HasMore);

/// <summary>A kind of event.</summary>
/// <param name="Schema">JSON Schema of the payload.</param>
/// <param name="Example">An example payload.</param>
public sealed record WebhookEventTypeView(string Type, string ObjectType, string Description, JsonElement Schema, JsonElement Example);

/// <summary>Answer of <c>GET /v1/webhook-event-types</c>.</summary>
public sealed record WebhookEventTypeList(IReadOnlyList<WebhookEventTypeView> Data, bool HasMore);

/// <summary>An event on its way to an endpoint.</summary>
public sealed record WebhookDeliveryView
{
    public required string Id { get; init; }

    public required string Endpoint { get; init; }

    public required string Event { get; init; }

    public required string Type { get; init; }

    public required string ObjectType { get; init; }

    public required string Object { get; init; }

    public required long Sequence { get; init; }

    /// <summary><c>waiting</c>, <c>delivered</c> or <c>failed</c>: Tollgate has given up.</summary>
    public required string Status { get; init; }

    /// <summary>True: a redelivery that somebody requested.</summary>
    public required bool Redelivery { get; init; }

    /// <summary>The number of attempts so far.</summary>
    public required int Attempts { get; init; }

    /// <summary>Null: it waits for an earlier event of the same object, or it has ended.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public DateTimeOffset? LastAttemptAt { get; init; }

    /// <summary>The status of the answer to the last attempt; null: no answer.</summary>
    public int? LastStatus { get; init; }

    public string? LastError { get; init; }
}

/// <summary>An attempt. The request is the event's body with these headers.</summary>
public sealed record WebhookAttemptView
{
    /// <summary>From 1.</summary>
    public required int Attempt { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Url { get; init; }

    /// <summary>As they were sent.</summary>
    public required IReadOnlyDictionary<string, string> RequestHeaders { get; init; }

    /// <summary>Null: no answer came.</summary>
    public int? Status { get; init; }

    public string? Error { get; init; }

    /// <summary>The first 2 kB of the answer, as text.</summary>
    public string? Response { get; init; }

    public required int DurationMs { get; init; }
}

/// <summary>Answer of <c>GET /v1/deliveries/{id}</c>.</summary>
/// <param name="RequestBody">Exactly the signed bytes.</param>
/// <param name="History">Oldest first.</param>
public sealed record WebhookDeliveryDetail(WebhookDeliveryView Delivery, string RequestBody, IReadOnlyList<WebhookAttemptView> History);

/// <summary>Answer of <c>GET /v1/deliveries</c>, newest first.</summary>
public sealed record WebhookDeliveryList(IReadOnlyList<WebhookDeliveryView> Data, bool HasMore);
