using Tollgate.Contracts.Http;
using Tollgate.Contracts.Webhooks;
using Tollgate.Core.Webhooks;
using Tollgate.Engine.Webhooks;
using Tollgate.Server.Http;

namespace Tollgate.Server.Webhooks;

/// <summary>What the OpenAPI document says of webhooks.</summary>
internal static class WebhookDescriptions
{
    private const string Tag = "Webhooks";

    private const string Endpoint =
        """
        {"id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "url": "https://app.example.com/hooks/tollgate", "events": ["*"], "description": null,
         "status": "enabled", "disabled_reason": null, "disabled_at": null, "failures": 0, "paused_until": null, "previous_secret_until": null,
         "created_at": "2026-11-21T08:00:00Z", "updated_at": "2026-11-21T08:00:00Z"}
        """;

    /// <summary>One that is disabled.</summary>
    public const string Gone =
        """
        {"id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "url": "https://old.example.com/hooks/tollgate", "events": ["*"], "description": null,
         "status": "disabled", "disabled_reason": "gone", "disabled_at": "2026-11-21T08:00:00Z", "failures": 1, "paused_until": null, "previous_secret_until": null,
         "created_at": "2026-11-20T08:00:00Z", "updated_at": "2026-11-20T08:00:00Z"}
        """;

    private const string Secret =
        $$"""{"id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "secret": "whsec_…", "previous_secret_until": null, "endpoint": {{Endpoint}}}""";

    private const string Quota =
        """
        {"customer": {"id": "acme", "name": null, "email": null, "currency": null, "time_zone": null, "country": null, "tax_id": null,
          "tax": {"vat_status": "unchecked", "checked_at": null, "source": null, "consultation_number": null, "name": null, "detail": null}, "tax_exempt": null, "metadata": {},
          "plan": "free", "plan_version": 1, "member_of": null, "created_at": "2026-11-01T00:00:00Z"},
         "quota": {"feature": "api_call", "percent": 80, "used": 801, "granted": 1000, "period_start": "2026-11-01T00:00:00Z", "reached_at": "2026-11-21T08:00:00Z"}}
        """;

    private const string Event =
        $$"""
        {"id": "019aa5a1-0b7c-7d10-a6a4-9c2f5e1d3b42", "type": "quota.threshold_reached", "object_type": "quota", "object": "acme/api_call", "sequence": 1,
         "timestamp": "2026-11-21T08:00:00Z", "published_at": "2026-11-21T08:00:01Z", "data": {{Quota}}}
        """;

    private const string Delivery =
        """
        {"id": "5f0c8a4b-7e10-4a52-9d31-019aa5a03c1e", "endpoint": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "event": "019aa5a1-0b7c-7d10-a6a4-9c2f5e1d3b42",
         "type": "quota.threshold_reached", "object_type": "quota", "object": "acme/api_call", "sequence": 1, "status": "waiting", "redelivery": false,
         "attempts": 1, "next_attempt_at": "2026-11-21T08:00:06Z", "created_at": "2026-11-21T08:00:01Z", "finished_at": null,
         "last_attempt_at": "2026-11-21T08:00:01Z", "last_status": 500, "last_error": null}
        """;

    private const string Detail =
        $$"""
        {"delivery": {{Delivery}}, "request_body": "{\"type\":\"quota.threshold_reached\",…}",
         "history": [{"attempt": 1, "at": "2026-11-21T08:00:01Z", "url": "https://app.example.com/hooks/tollgate",
          "request_headers": {"user-agent": "Tollgate-Webhooks/1", "webhook-id": "019aa5a1-0b7c-7d10-a6a4-9c2f5e1d3b42", "webhook-timestamp": "1795248001",
           "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="}, "status": 500, "error": null, "response": "oops", "duration_ms": 12}]}
        """;

    private static readonly Dictionary<string, string> OfEndpoint = new() { ["id"] = "The endpoint's id." };
    private static readonly Dictionary<string, string> OfEvent = new() { ["id"] = "The event's id: the header `webhook-id`." };
    private static readonly Dictionary<string, string> OfDelivery = new() { ["id"] = "The delivery's id." };

    public static readonly Description Create = new(Tag, "Create a webhook endpoint",
        "From now on the project's events are sent there, signed as [Standard Webhooks](https://www.standardwebhooks.com) has it. The secret is shown this "
        + "once. The address must be `https` and of the public internet; in sandbox projects, and where the operator allows it, it may be local.")
    {
        Request = Example.Of<CreateWebhookEndpointRequest>("""{"url": "https://app.example.com/hooks/tollgate", "events": ["*"]}"""),
        Answers = [Example.Of<WebhookEndpointSecret>(201, "Created; the secret is shown this once.", Secret)],
        Errors = [ErrorCode.ValidationFailed, ErrorCode.WebhookEndpointState],
    };

    public static readonly Description List = new(Tag, "List webhook endpoints", "Oldest first, without their secrets. `failures` tells how an endpoint does. One that answers 410, or takes nothing for five days, is "
        + "`disabled`, and the others hear of it by `webhook_endpoint.disabled`.")
    {
        Query = QueryParameter.OfPage,
        Answers = [Example.Of<WebhookEndpointList>(200, "A page.", $$"""{"data": [{{Endpoint}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Show = new(Tag, "Show a webhook endpoint", "With how it does, and without its secret.")
    {
        Path = OfEndpoint,
        Answers = [Example.Of<WebhookEndpointView>(200, "The endpoint.", Endpoint)],
        Errors = [ErrorCode.WebhookEndpointNotFound],
    };

    public static readonly Description Change = new(Tag, "Change a webhook endpoint",
        "What is left out stays. While it is disabled nothing is sent, and what happens makes no deliveries; send a range again afterwards to fill the gap. "
        + "Enabling it forgets its failures and sends what waits.")
    {
        Path = OfEndpoint,
        Request = Example.Of<ChangeWebhookEndpointRequest>("""{"events": ["invoice.*"], "enabled": true}"""),
        Answers = [Example.Of<WebhookEndpointView>(200, "As it is now.", Endpoint)],
        Errors = [ErrorCode.WebhookEndpointNotFound, ErrorCode.ValidationFailed],
    };

    public static readonly Description Delete = new(Tag, "Delete a webhook endpoint",
        "Nothing is sent to it any more; what was on its way is given up. Its deliveries stay visible.")
    {
        Path = OfEndpoint,
        Answers = [Example.Nothing("Deleted.")],
        Errors = [ErrorCode.WebhookEndpointNotFound],
    };

    public static readonly Description Rotate = new(Tag, "Rotate an endpoint's secret",
        "Makes a new secret. For `grace_seconds` each message has a signature by both, so that the receiver can be changed at any time within. A rotation "
        + "within the grace ends the oldest secret at once.")
    {
        Path = OfEndpoint,
        Request = Example.Of<RotateWebhookSecretRequest>("""{"grace_seconds": 86400}"""),
        BodyMayBeAbsent = true,
        Answers = [Example.Of<WebhookEndpointSecret>(200, "The new secret; it is shown this once.", Secret)],
        Errors = [ErrorCode.WebhookEndpointNotFound, ErrorCode.ValidationFailed],
    };

    public static readonly Description RedeliverRange = new(Tag, "Send a range of events again",
        $"Events of the types that the endpoint asked for, oldest first, as deliveries of their own behind what is on its way. Looks at {Engine.Webhooks.Redeliver.MostAtOnce} "
        + "events; while `has_more`, call again with `after` = `last_event`. What waits already is left alone.")
    {
        Path = OfEndpoint,
        Request = Example.Of<RedeliverRangeRequest>("""{"from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z"}"""),
        Answers = [Example.Of<RedeliveredRange>(200, "How many are on their way.", """{"deliveries": 12, "last_event": "019aa5a1-0b7c-7d10-a6a4-9c2f5e1d3b42", "has_more": false}""")],
        Errors = [ErrorCode.WebhookEndpointNotFound, ErrorCode.WebhookEndpointState, ErrorCode.ValidationFailed],
    };

    public static readonly Description Types = new(Tag, "List the types of events", "Each with a JSON Schema of what is sent, and an example.")
    {
        Answers =
        [
            Example.Of<WebhookEventTypeList>(200, "All of them.", $$"""
                {"data": [{"type": "quota.threshold_reached", "object_type": "quota", "description": "Usage went through a threshold.", "schema": {"type": "object"},
                  "example": {"type": "quota.threshold_reached", "timestamp": "2026-11-21T08:00:00Z", "sequence": 1, "data": {{Quota}} } }], "has_more": false}
                """),
        ],
    };

    public static readonly Description Events = new(Tag, "List events",
        "What was told, oldest first, whether it was delivered or not; kept for 90 days. With `after` = the last `webhook-id` that you have handled it is what you missed. "
        + "Events exist from the project's first endpoint on.")
    {
        Query =
        [
            new("limit", $"Items of the page: 1 to {WireLimits.LargestPageItems}, default {WireLimits.PageItems}.", "integer"),
            new("after", "The id of an event: what came after it."), new("starting_after", "The same as `after`."), new("type", "Only of this type.", Words: [.. WebhookEventType.All.Select(static type => type.Name)]),
            new("object", "Only of this object: the id of a subscription, an invoice, a payment, a checkout or an endpoint, or `customer/feature` of a quota."),
        ],
        Answers = [Example.Of<WebhookEventList>(200, "A page.", $$"""{"data": [{{Event}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description ShowEvent = new(Tag, "Show an event", "As it was told. It never changes.")
    {
        Path = OfEvent,
        Answers = [Example.Of<WebhookEventView>(200, "The event.", Event)],
        Errors = [ErrorCode.WebhookEventNotFound],
    };

    public static readonly Description Deliveries = new(Tag, "List deliveries", "Newest first: an event on its way to an endpoint, with its last attempt.")
    {
        Query =
        [
            .. QueryParameter.OfPage, new("endpoint", "Only to this endpoint."), new("event", "Only of this event."),
            new("status", "Only in this status.", Words: WebhookQueries.States),
        ],
        Answers = [Example.Of<WebhookDeliveryList>(200, "A page.", $$"""{"data": [{{Delivery}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description ShowDelivery = new(Tag, "Show a delivery", "With what was sent and what came back, attempt by attempt.")
    {
        Path = OfDelivery,
        Answers = [Example.Of<WebhookDeliveryDetail>(200, "The delivery.", Detail)],
        Errors = [ErrorCode.DeliveryNotFound],
    };

    public static readonly Description Redeliver = new(Tag, "Send a delivery again",
        "A new delivery of the same event to the same endpoint, behind what is on its way for its object. It has the event's `webhook-id`, so a receiver that "
        + "had it already sees a repeat.")
    {
        Path = OfDelivery,
        Answers = [Example.Of<WebhookDeliveryView>(201, "The new delivery.", Delivery)],
        Errors = [ErrorCode.DeliveryNotFound, ErrorCode.WebhookEndpointState],
    };
}
