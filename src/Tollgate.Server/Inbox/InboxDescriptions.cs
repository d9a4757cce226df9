using Tollgate.Contracts.Http;
using Tollgate.Contracts.Inbox;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Inbox;
using Tollgate.Server.Http;

namespace Tollgate.Server.Inbox;

/// <summary>What the OpenAPI document says about webhooks of providers.</summary>
internal static class InboxDescriptions
{
    private const string Tag = "Payments";

    private const string Event =
        """
        {"id": "stripe:evt_1QxDemo", "provider": "stripe", "type": "charge.refunded", "object": "ch_1QxDemo", "state": "waiting",
         "reason": "No payment is known of ch_1QxDemo.", "attempts": 2, "happened_at": "2026-04-02T10:00:00Z", "received_at": "2026-04-02T10:00:01Z",
         "due_at": "2026-04-02T10:00:13Z", "done_at": null, "body": null}
        """;

    private static readonly Dictionary<string, string> Id = new() { ["id"] = "The provider and its own id of the event: `stripe:evt_…`." };

    public static readonly Description Receive = new(
        Tag,
        "Take a provider's webhook",
        "For `stripe`, `paymob` and `sandbox`. The signature is the key, and says whose event it is. A good one is kept and answered at once; what it says is applied "
        + "a moment later, once, however often it comes. One that is forged, or older than five minutes, is answered 400, and nothing is kept of it.")
    {
        Path = new Dictionary<string, string> { ["provider"] = "`stripe`, `paymob` or `sandbox`." },
        Request = Example.OfText("application/json", """{"id": "evt_1QxDemo", "object": "event", "type": "charge.refunded", "data": {}}"""),
        Answers = [Example.Of<WebhookReceived>(200, "It is kept, or was known already.", """{"received": true}""")],
        Errors = [ErrorCode.WebhookSignatureInvalid, ErrorCode.MalformedRequest, ErrorCode.NotFound, ErrorCode.PayloadTooLarge],
    };

    public static readonly Description List = new(
        Tag,
        "List what providers told",
        "Newest first. What could not be applied is tried again for two days, and then `parked`: its `reason` says what is missing.")
    {
        Query =
        [
            new("state", "Only in this state.", Words: CatalogWords.All<InboxState>()), new("provider", "Only of this provider.", Words: CatalogWords.All<PaymentProvider>()),
            new("type", "The provider's own word."), .. QueryParameter.OfPage,
        ],
        Answers = [Example.Of<ProviderEventList>(200, "A page.", $$"""{"data": [{{Event}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Show = new(Tag, "Show an event of a provider", "With its body as it came in.")
    {
        Path = Id,
        Answers = [Example.Of<ProviderEventView>(200, "The event.", Event)],
        Errors = [ErrorCode.ProviderEventNotFound],
    };

    public static readonly Description Retry = new(Tag, "Read an event of a provider again", "Now, when it is parked, ignored or waiting. What is done stays done.")
    {
        Path = Id,
        Answers = [Example.Of<ProviderEventView>(200, "It is read in a moment.", Event)],
        Errors = [ErrorCode.ProviderEventNotFound],
    };

    public static readonly Description RetryParked = new(Tag, "Read all parked events again", "After what they lacked was mended.")
    {
        Answers = [Example.Of<ProviderEventsRetried>(200, "How many.", """{"events": 3}""")],
    };
}
