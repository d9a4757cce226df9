using Tollgate.Contracts.Http;
using Tollgate.Contracts.Inbox;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Inbox;
using Tollgate.Server.Http;

namespace Tollgate.Server.Inbox;

/// <summary>The OpenAPI descriptions of webhooks of providers.</summary>
internal static class InboxDescriptions
{
    private const string Tag = "Payments";

    private const string Event =
        """
        {"id": "stripe:evt_1QxDemo", "provider": "stripe", "type": "charge.refunded", "object": "ch_1QxDemo", "state": "waiting",
         "reason": "Tollgate knows no payment of ch_1QxDemo.", "attempts": 2, "happened_at": "2026-04-02T10:00:00Z",
          "received_at": "2026-04-02T10:00:01Z",
         "due_at": "2026-04-02T10:00:13Z", "done_at": null, "body": null}
        """;

    private static readonly Dictionary<string, string> Id =
        new() { ["id"] = "The provider's name and its own id of the event: `stripe:evt_…`." };

    public static readonly Description Receive = new(
        Tag,
        "Receive a provider's webhook",
        "Receives webhooks of `stripe`, `paymob` and `sandbox`. The signature authenticates the request and identifies the project. "
            + "Tollgate stores an event with a valid signature, answers at once, and applies it "
        + "a moment later, once, even if the provider sends it again. A forged event, or one older than five minutes, gets a 400, "
        + "and Tollgate stores nothing.")
    {
        Path = new Dictionary<string, string> { ["provider"] = "`stripe`, `paymob` or `sandbox`." },
        Request = Example.OfText("application/json", """{"id": "evt_1QxDemo", "object": "event", "type": "charge.refunded", "data": {}}"""),
        Answers = [Example.Of<WebhookReceived>(200, "The event is stored, or was stored before.", """{"received": true}""")],
        Errors = [ErrorCode.WebhookSignatureInvalid, ErrorCode.MalformedRequest, ErrorCode.NotFound, ErrorCode.PayloadTooLarge],
    };

    public static readonly Description List = new(
        Tag,
        "List provider events",
        "Lists the events that payment providers sent, the newest first. Tollgate retries an event that it cannot apply for two days, "
            + "and then parks it (`parked`): its `reason` says what is missing.")
    {
        Query =
        [
            new("state", "Only events in this state.", Words: CatalogWords.All<InboxState>()),
            new("provider", "Only events of this provider.", Words: CatalogWords.All<PaymentProvider>()),
            new("type", "Only events of this type, in the provider's words."), .. QueryParameter.OfPage,
        ],
        Answers = [Example.Of<ProviderEventList>(200, "A page.", $$"""{"data": [{{Event}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Show = new(Tag, "Show a provider event", "Returns the event with its body as the provider sent it.")
    {
        Path = Id,
        Answers = [Example.Of<ProviderEventView>(200, "The event.", Event)],
        Errors = [ErrorCode.ProviderEventNotFound],
    };

    public static readonly Description Retry = new(
        Tag, "Retry a provider event",
        "Processes an event that is parked, ignored or waiting again, now. An event that is done stays done.")
    {
        Path = Id,
        Answers = [Example.Of<ProviderEventView>(200, "Tollgate processes the event in a moment.", Event)],
        Errors = [ErrorCode.ProviderEventNotFound],
    };

    public static readonly Description RetryParked = new(
        Tag, "Retry all parked provider events", "Processes all parked events again, after you have fixed their cause.")
    {
        Answers = [Example.Of<ProviderEventsRetried>(200, "The number of events.", """{"events": 3}""")],
    };
}
