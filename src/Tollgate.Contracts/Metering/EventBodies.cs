using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace Tollgate.Contracts.Metering;

/// <summary>A fact: body of <c>POST /v1/events</c>, item of its array, line of its stream.</summary>
public sealed record EventRequest
{
    /// <summary>
    /// Makes retries safe: unique per customer. A UUIDv7 is the fastest. Default: the header <c>Idempotency-Key</c> (in an
    /// array or stream with <c>:index</c> behind it), else generated; an event with a generated id cannot be retried safely.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>The project's own id; created on first use.</summary>
    [Required]
    public string? Customer { get; init; }

    /// <summary>The type that meters read; a feature without meters of its own counts the events whose type is its code.</summary>
    [Required]
    public string? Type { get; init; }

    /// <summary>0 or more, at most nine decimals; default 1.</summary>
    public decimal? Quantity { get; init; }

    /// <summary>When it happened; default now. At most 35 days ago, at most 5 minutes ahead.</summary>
    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>Kept with the event; meters may filter on it and take their value from it. At most 16 KiB.</summary>
    public JsonElement? Properties { get; init; }
}

/// <summary>The result for the events of a request. Every event is in exactly one of accepted, replayed and rejected.</summary>
public sealed record RecordedEvents
{
    /// <summary>
    /// The event's id, if the request recorded or replayed exactly one event; use it to void the event, also if Tollgate generated it.
    /// Null: none or several.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>Events that this request recorded.</summary>
    public required long Accepted { get; init; }

    /// <summary>Events that were recorded under the same id before; Tollgate does not count them again.</summary>
    public required long Replayed { get; init; }

    /// <summary>Accepted facts beyond a hard cap.</summary>
    public required long OverLimit { get; init; }

    public required long RejectedCount { get; init; }

    /// <summary>The rejected items: of a stream the first 1,000, otherwise all.</summary>
    public required IReadOnlyList<RejectedEvent> Rejected { get; init; }

    /// <summary>
    /// True: no meter reads some of the recorded events, so they count for nothing. <c>GET /v1/unmatched-events</c> lists their types.
    /// </summary>
    public required bool Unmatched { get; init; }

    /// <summary>The number of unmatched events.</summary>
    public required long UnmatchedCount { get; init; }

    /// <summary>The types of the unmatched events, the first 20.</summary>
    public required IReadOnlyList<string> UnmatchedTypes { get; init; }
}

/// <summary>A type of events that no meter reads.</summary>
public sealed record UnmatchedEventView
{
    public required string Type { get; init; }

    /// <summary>The recorded events of this type, and those refused for their type.</summary>
    public required long Count { get; init; }

    public required DateTimeOffset FirstSeenAt { get; init; }

    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>The feature or the type of events whose name is nearest to it; null: none is near.</summary>
    public string? Nearest { get; init; }
}

public sealed record UnmatchedEventList(IReadOnlyList<UnmatchedEventView> Data, bool HasMore);

/// <summary>An event that was not recorded.</summary>
/// <param name="Index">Its place in the array, or its line in the stream, from 0; empty lines count.</param>
/// <param name="Id">The id in the request; null if it could not be read.</param>
/// <param name="Code">An error code: a fault of the event, or why it was denied.</param>
public sealed record RejectedEvent(long Index, string? Id, string Code, string Detail);

/// <summary>Body of <c>POST /v1/events/{id}/void</c>; may be omitted.</summary>
public sealed record VoidRequest
{
    /// <summary>The event's customer: a faster lookup, and necessary if several customers use the id.</summary>
    public string? Customer { get; init; }
}

/// <summary>A reversing event and the feature's balance after it.</summary>
public sealed record VoidedView
{
    /// <summary>The id of the reversing event.</summary>
    public required string Id { get; init; }

    /// <summary>The id of the event that was reversed.</summary>
    public required string Voids { get; init; }

    /// <summary>True: it was voided before, and nothing is given back again.</summary>
    public required bool Replayed { get; init; }

    /// <summary>Null: no meter had counted the event.</summary>
    public string? Feature { get; init; }

    public string? Plan { get; init; }

    /// <summary>Granted in this period; null is unlimited.</summary>
    public decimal? Limit { get; init; }

    public decimal? Used { get; init; }

    public decimal? Held { get; init; }

    public decimal? Remaining { get; init; }

    public DateTimeOffset? ResetsAt { get; init; }
}

/// <summary>A recorded event.</summary>
public sealed record EventView
{
    public required string Id { get; init; }

    public required string Customer { get; init; }

    /// <summary>The member who used it; null: the customer itself.</summary>
    public string? Member { get; init; }

    public required string Type { get; init; }

    /// <summary>The feature whose meter read it; null when none did. One event may count for several: see its decision.</summary>
    public string? Feature { get; init; }

    /// <summary>As it was reported; negative for a reversing event.</summary>
    public required decimal Quantity { get; init; }

    public required DateTimeOffset OccurredAt { get; init; }

    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>As they were sent; null when none were.</summary>
    public JsonElement? Properties { get; init; }

    /// <summary>The request behind the use, where a seed door records it: Trendit's guards.</summary>
    public EventOrigin? Origin { get; init; }

    /// <summary>Id of the reversing event; null when it counts.</summary>
    public string? VoidedBy { get; init; }

    /// <summary>For a reversing event: the id of the event that it reverses.</summary>
    public string? Voids { get; init; }

    /// <summary>
    /// <c>customer_token</c>: the id came with a customer token, and the back end may have an event with the same id. <c>import</c>: closed
    /// history, which moved no quota. Null: the back end sent it.
    /// </summary>
    public string? Source { get; init; }

    /// <summary>For an event of a customer token: the name to use instead of the id (for its decision, its void, starting_after).</summary>
    public string? Key { get; init; }
}

/// <summary>The request behind a use.</summary>
/// <param name="RequestId">The caller's <c>X-Request-Id</c>, or the server's own.</param>
/// <param name="IpAddress">The address of the user.</param>
/// <param name="UserAgent">The user's agent, at most 512 characters.</param>
public sealed record EventOrigin(string? RequestId = null, string? IpAddress = null, string? UserAgent = null);

public sealed record EventList(IReadOnlyList<EventView> Data, bool HasMore);

/// <summary>The reason why Tollgate allowed recorded usage, and everything that the usage changed.</summary>
public sealed record DecisionExplained
{
    /// <summary>The event's (or reservation's) id.</summary>
    public required string Id { get; init; }

    /// <summary><c>event</c>, <c>settlement</c>, <c>void</c> or <c>reservation</c>.</summary>
    public required string Kind { get; init; }

    public required string Customer { get; init; }

    /// <summary>The member who used it; null: the customer itself.</summary>
    public string? Member { get; init; }

    public required DateTimeOffset OccurredAt { get; init; }

    public required DateTimeOffset RecordedAt { get; init; }

    public required bool Allowed { get; init; }

    /// <summary>within_quota, unlimited, overage, recorded_over_limit; for a reservation its state.</summary>
    public required string Reason { get; init; }

    public string? Type { get; init; }

    public decimal? Quantity { get; init; }

    /// <summary>One for each balance that it changed: its own feature's first, then others and credit pools.</summary>
    public required IReadOnlyList<PostingView> Postings { get; init; }

    /// <summary>Grants that it burned (negative: gave back), in order.</summary>
    public required IReadOnlyList<BurnedGrant> Burned { get; init; }

    public required IReadOnlyList<CrossedThreshold> Thresholds { get; init; }

    public string? VoidedBy { get; init; }

    public string? Voids { get; init; }

    /// <summary>The explanation in plain sentences.</summary>
    public required IReadOnlyList<string> Because { get; init; }
}

/// <summary>The change of one balance.</summary>
public sealed record PostingView
{
    public required string Feature { get; init; }

    public required DateTimeOffset PeriodStart { get; init; }

    public required decimal Used { get; init; }

    /// <summary>The part of used that grants or a credit pool paid for.</summary>
    public required decimal Drawn { get; init; }

    /// <summary>The balance right after it; known for the first posting.</summary>
    public decimal? UsedAfter { get; init; }

    /// <summary>The plan's own quota of that period when it was last decided; null is unlimited.</summary>
    public decimal? Quota { get; init; }

    /// <summary>The present balance.</summary>
    public decimal? UsedNow { get; init; }
}

public sealed record BurnedGrant(string Grant, string Source, decimal Amount);

public sealed record CrossedThreshold(string Feature, int Percent, decimal Used, decimal Granted, DateTimeOffset At);
