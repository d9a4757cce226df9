using Tollgate.Contracts.Http;
using Tollgate.Contracts.Webhooks;
using Tollgate.Core.Webhooks;
using Tollgate.Engine.Webhooks;
using Tollgate.Server.Http;

namespace Tollgate.Server.Webhooks;

/// <summary>The OpenAPI descriptions of webhooks.</summary>
internal static class WebhookDescriptions
{
    private const string Tag = "Webhooks";

    private const string Endpoint =
        """
        {"id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "url": "https://app.example.com/hooks/tollgate",
         "events": ["*"], "description": null, "format": "tollgate",
         "status": "enabled", "disabled_reason": null, "disabled_at": null, "failures": 0, "paused_until": null,
          "previous_secret_until": null,
         "created_at": "2026-11-21T08:00:00Z", "updated_at": "2026-11-21T08:00:00Z"}
        """;

    /// <summary>The example of a disabled endpoint.</summary>
    public const string Gone =
        """
        {"id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "url": "https://old.example.com/hooks/tollgate",
         "events": ["*"], "description": null, "format": "tollgate",
         "status": "disabled", "disabled_reason": "gone", "disabled_at": "2026-11-21T08:00:00Z", "failures": 1, "paused_until": null,
          "previous_secret_until": null,
         "created_at": "2026-11-20T08:00:00Z", "updated_at": "2026-11-20T08:00:00Z"}
        """;

    private const string Secret =
        $$"""{"id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "secret": "whsec_…", "previous_secret_until": null, "endpoint": {{Endpoint}}}""";

    private const string Quota =
        """
        {"customer": {"id": "acme", "name": null, "email": null, "currency": null, "time_zone": null, "country": null, "tax_id": null,
          "tax": {"vat_status": "unchecked", "checked_at": null, "source": null, "consultation_number": null, "name": null, "detail": null},
           "tax_exempt": null, "metadata": {},
          "plan": "free", "plan_version": 1, "member_of": null, "created_at": "2026-11-01T00:00:00Z"},
         "quota": {"feature": "api_call", "percent": 80, "used": 801, "granted": 1000, "period_start": "2026-11-01T00:00:00Z",
          "reached_at": "2026-11-21T08:00:00Z"}}
        """;

    private const string Event =
        $$"""
        {"id": "019aa5a1-0b7c-7d10-a6a4-9c2f5e1d3b42", "type": "quota.threshold_reached", "object_type": "quota",
         "object": "acme/api_call", "sequence": 1,
         "timestamp": "2026-11-21T08:00:00Z", "published_at": "2026-11-21T08:00:01Z", "data": {{Quota}}}
        """;

    private const string Delivery =
        """
        {"id": "5f0c8a4b-7e10-4a52-9d31-019aa5a03c1e", "endpoint": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10",
         "event": "019aa5a1-0b7c-7d10-a6a4-9c2f5e1d3b42",
         "type": "quota.threshold_reached", "object_type": "quota", "object": "acme/api_call", "sequence": 1,
          "status": "waiting", "redelivery": false,
         "attempts": 1, "next_attempt_at": "2026-11-21T08:00:06Z", "created_at": "2026-11-21T08:00:01Z", "finished_at": null,
         "last_attempt_at": "2026-11-21T08:00:01Z", "last_status": 500, "last_error": null}
        """;

    private const string Detail =
        $$"""
        {"delivery": {{Delivery}}, "request_body": "{\"type\":\"quota.threshold_reached\",…}",
         "history": [{"attempt": 1, "at": "2026-11-21T08:00:01Z", "url": "https://app.example.com/hooks/tollgate",
          "request_headers": {"user-agent": "Tollgate-Webhooks/1", "webhook-id": "019aa5a1-0b7c-7d10-a6a4-9c2f5e1d3b42",
           "webhook-timestamp": "1795248001",
           "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="}, "status": 500, "error": null,
            "response": "oops", "duration_ms": 12}]}
        """;

    private static readonly Dictionary<string, string> OfEndpoint = new() { ["id"] = "The endpoint's id." };
    private static readonly Dictionary<string, string> OfEvent = new() { ["id"] = "The event's id: the header `webhook-id`." };
    private static readonly Dictionary<string, string> OfDelivery = new() { ["id"] = "The delivery's id." };

    public static readonly Description Create = new(Tag, "Create a webhook endpoint",
        "From now on, Tollgate sends the project's events to this URL, signed as [Standard Webhooks](https://www.standardwebhooks.com) "
            + "defines. Only this answer shows the "
        + "secret. The URL must be `https` and on the public internet; in sandbox projects, and where the operator allows it, "
        + "it may be local.")
    {
        Request = Example.Of<CreateWebhookEndpointRequest>("""{"url": "https://app.example.com/hooks/tollgate", "events": ["*"]}"""),
        Answers = [Example.Of<WebhookEndpointSecret>(201, "Created. Only this answer shows the secret.", Secret)],
        Errors = [ErrorCode.ValidationFailed, ErrorCode.WebhookEndpointState],
    };

    public static readonly Description List = new(Tag, "List webhook endpoints",
        "Lists endpoints, the oldest first, without their secrets. `failures` counts an endpoint's failures in a row. "
            + "Tollgate disables an endpoint that answers 410, or accepts nothing for five days, "
        + "and sends `webhook_endpoint.disabled` to the others.")
    {
        Query = QueryParameter.OfPage,
        Answers = [Example.Of<WebhookEndpointList>(200, "A page.", $$"""{"data": [{{Endpoint}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Show = new(
        Tag, "Show a webhook endpoint", "Returns the endpoint with its status and failures, without its secret.")
    {
        Path = OfEndpoint,
        Answers = [Example.Of<WebhookEndpointView>(200, "The endpoint.", Endpoint)],
        Errors = [ErrorCode.WebhookEndpointNotFound],
    };

    public static readonly Description Change = new(Tag, "Change a webhook endpoint",
        "A field that you leave out stays. While an endpoint is disabled, Tollgate sends nothing and creates no deliveries for new events; "
            + "redeliver a range afterwards to fill the gap. "
        + "Enabling an endpoint clears its failures and sends the waiting deliveries.")
    {
        Path = OfEndpoint,
        Request = Example.Of<ChangeWebhookEndpointRequest>("""{"events": ["invoice.*"], "enabled": true}"""),
        Answers = [Example.Of<WebhookEndpointView>(200, "The endpoint as it is now.", Endpoint)],
        Errors = [ErrorCode.WebhookEndpointNotFound, ErrorCode.ValidationFailed],
    };

    public static readonly Description Delete = new(Tag, "Delete a webhook endpoint",
        "Tollgate sends nothing more to the endpoint and abandons its waiting deliveries. Its deliveries stay visible.")
    {
        Path = OfEndpoint,
        Answers = [Example.Nothing("Deleted.")],
        Errors = [ErrorCode.WebhookEndpointNotFound],
    };

    public static readonly Description Rotate = new(Tag, "Rotate an endpoint's secret",
        "Creates a new secret. For `grace_seconds`, each message is signed with both secrets, so you can change the receiver at any time "
            + "within the grace. Another rotation "
        + "within the grace ends the oldest secret at once.")
    {
        Path = OfEndpoint,
        Request = Example.Of<RotateWebhookSecretRequest>("""{"grace_seconds": 86400}"""),
        BodyMayBeAbsent = true,
        Answers = [Example.Of<WebhookEndpointSecret>(200, "The new secret. Only this answer shows it.", Secret)],
        Errors = [ErrorCode.WebhookEndpointNotFound, ErrorCode.ValidationFailed],
    };

    public static readonly Description RedeliverRange = new(Tag, "Redeliver a range of events",
        "Creates new deliveries of the events that the endpoint subscribes to, oldest first, behind its waiting deliveries. "
            + $"A call reads {Engine.Webhooks.Redeliver.MostAtOnce} "
        + "events; while `has_more`, call again with `after` = `last_event`. Events that are already waiting get no second delivery.")
    {
        Path = OfEndpoint,
        Request = Example.Of<RedeliverRangeRequest>("""{"from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z"}"""),
        Answers = [
            Example.Of<RedeliveredRange>(
                200, "The number of new deliveries.",
                """{"deliveries": 12, "last_event": "019aa5a1-0b7c-7d10-a6a4-9c2f5e1d3b42", "has_more": false}""")],
        Errors = [ErrorCode.WebhookEndpointNotFound, ErrorCode.WebhookEndpointState, ErrorCode.ValidationFailed],
    };

    public static readonly Description Types = new(
        Tag, "List event types", "Lists all event types, each with a JSON Schema of its payload and an example.")
    {
        Answers =
        [
            Example.Of<WebhookEventTypeList>(200, "All of them.", $$"""
                {"data": [{"type": "quota.threshold_reached", "object_type": "quota", "description": "Usage crossed a threshold.",
                 "schema": {"type": "object"},
                  "example": {"type": "quota.threshold_reached", "timestamp": "2026-11-21T08:00:00Z", "sequence": 1, "data": {{Quota}} } }],
                   "has_more": false}
                """),
        ],
    };

    public static readonly Description Events = new(Tag, "List events",
        "Lists the events of the last 90 days, the oldest first, delivered or not. With `after` = the last `webhook-id` that you have "
            + "handled, it lists the events that you missed. "
        + "Tollgate records events from the project's first endpoint on.")
    {
        Query =
        [
            new("limit", $"Items of the page: 1 to {WireLimits.LargestPageItems}, default {WireLimits.PageItems}.", "integer"),
            new("after", "The id of an event: lists the events after it."), new("starting_after", "The same as `after`."),
            new("type", "Only events of this type.", Words: [.. WebhookEventType.All.Select(static type => type.Name)]),
            new("object",
                "Only events of this object: the id of a subscription, an invoice, a payment, a checkout or an endpoint, "
                    + "or `customer/feature` of a quota."),
        ],
        Answers = [Example.Of<WebhookEventList>(200, "A page.", $$"""{"data": [{{Event}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description ShowEvent = new(Tag, "Show an event", "Returns the event. It never changes.")
    {
        Path = OfEvent,
        Answers = [Example.Of<WebhookEventView>(200, "The event.", Event)],
        Errors = [ErrorCode.WebhookEventNotFound],
    };

    public static readonly Description Deliveries = new(
        Tag, "List deliveries",
        "Lists deliveries, the newest first. A delivery is one event for one endpoint, with its last attempt.")
    {
        Query =
        [
            .. QueryParameter.OfPage, new("endpoint", "Only deliveries to this endpoint."), new("event", "Only deliveries of this event."),
            new("status", "Only deliveries in this status.", Words: WebhookQueries.States),
        ],
        Answers = [Example.Of<WebhookDeliveryList>(200, "A page.", $$"""{"data": [{{Delivery}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description ShowDelivery = new(
        Tag, "Show a delivery", "Returns the delivery with the request and response of each attempt.")
    {
        Path = OfDelivery,
        Answers = [Example.Of<WebhookDeliveryDetail>(200, "The delivery.", Detail)],
        Errors = [ErrorCode.DeliveryNotFound],
    };

    public static readonly Description Redeliver = new(Tag, "Redeliver a delivery",
        "Creates a new delivery of the same event to the same endpoint, behind the waiting deliveries of its object. "
            + "It has the event's `webhook-id`, so a receiver that "
        + "has handled the event recognises the repeat.")
    {
        Path = OfDelivery,
        Answers = [Example.Of<WebhookDeliveryView>(201, "The new delivery.", Delivery)],
        Errors = [ErrorCode.DeliveryNotFound, ErrorCode.WebhookEndpointState],
    };
}
