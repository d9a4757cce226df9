using System.Text.Json;
using Tollgate.Core.Time;

namespace Tollgate.Core.Payments.Stripe;

/// <summary>An event of Stripe: a change of an object, with the object as of then.</summary>
/// <param name="Created">Whole seconds; several events can share one.</param>
/// <param name="ObjectType"><c>subscription</c>, <c>invoice</c>, <c>checkout.session</c>, …</param>
/// <param name="ObjectId">Null: a preview, which has no id.</param>
public sealed record StripeEvent(
    string Id, string Type, Instant Created, bool IsLive, string ObjectType, string? ObjectId, JsonElement Object)
{
    /// <summary>The event types that Tollgate handles; it stores and ignores all others.</summary>
    public static IReadOnlySet<string> Handled { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted", "customer.subscription.paused",
        "customer.subscription.resumed", "customer.subscription.trial_will_end",
        "invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded", "invoice.payment_failed", "invoice.voided",
        "invoice.marked_uncollectible", "invoice.updated",
        "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.requires_action", "payment_intent.processing",
        "payment_intent.canceled",
        "charge.refunded", "refund.created", "refund.updated", "refund.failed", "charge.dispute.created", "charge.dispute.updated",
        "charge.dispute.closed", "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    };

    public bool IsHandled => Handled.Contains(Type);

    /// <returns>Null: it is not an event of API v1 (thin events of v2 are another product).</returns>
    public static StripeEvent? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 64 });
            var json = JsonElement.ParseValue(ref reader);
            return reader.Read() ? null : Read(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <inheritdoc cref="Read(ReadOnlySpan{byte})"/>
    public static StripeEvent? Read(JsonElement json) =>
        json.Text("object") == "event" && json.Text("id") is { Length: > 0 and <= 255 } id
            && json.Text("type") is { Length: > 0 and <= 255 } type
        && json.Moment("created") is { } created && json.Child("data", "object") is { ValueKind: JsonValueKind.Object } moved
            ? new(id, type, created, json.Flag("livemode"), moved.Text("object") ?? "", moved.Text("id"), moved)
            : null;
}
