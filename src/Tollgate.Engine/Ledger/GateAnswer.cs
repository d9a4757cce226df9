using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Ledger;

/// <summary>The fault of a request, or none. Outcomes of a decision are <see cref="Outcome"/>.</summary>
public enum GateFault
{
    None,

    /// <summary>The project's catalogue has no such feature (404 <c>feature_not_found</c>).</summary>
    FeatureUnknown,

    /// <summary>The feature is a value, which can be read but not consumed (422 <c>feature_not_metered</c>).</summary>
    FeatureNotMetered,

    /// <summary>The feature is a level, which events report and no call consumes (422 <c>level_not_consumed</c>).</summary>
    LevelNotConsumed,

    /// <summary>The same id was used with other content (409 <c>idempotency_key_reused</c>).</summary>
    IdReused,

    /// <summary>occurred_at lies outside the accept window (422 <c>event_too_old</c>).</summary>
    TooOld,

    /// <summary>occurred_at lies more than 5 minutes ahead (422 <c>event_in_future</c>).</summary>
    InFuture,

    /// <summary>No reservation has that id (404 <c>reservation_not_found</c>).</summary>
    HoldUnknown,

    /// <summary>The reservation was released, or expired more than 24 hours ago (409 <c>reservation_closed</c>).</summary>
    HoldClosed,

    /// <summary>The same client id names reservations of several customers (409 <c>reservation_ambiguous</c>).</summary>
    HoldAmbiguous,

    /// <summary>No event has that id (404 <c>event_not_found</c>).</summary>
    EventUnknown,

    /// <summary>A property that the meter needs is missing or not a number (422 <c>event_value_invalid</c>).</summary>
    ValueInvalid,

    /// <summary>A signal of customer success lacks a valid property that its type needs (422 <c>event_value_invalid</c>).</summary>
    SignalInvalid,

    /// <summary>No meter reads events of that type, and the project refuses them (422 <c>event_unmatched</c>).</summary>
    Unmatched,

    /// <summary>The project has created the most customers that it may this minute (429 <c>customers_limited</c>).</summary>
    CustomersLimited,

    /// <summary>The customer is erased, and no use creates it again (410 <c>customer_erased</c>).</summary>
    CustomerErased,

    /// <summary>The lane's queue is full (503 <c>overloaded</c>).</summary>
    Overloaded,

    /// <summary>PostgreSQL does not answer (503 <c>storage_unavailable</c>).</summary>
    StorageUnavailable,
}

/// <summary>The gate's answer: a fault, or a decision with the id it was recorded under.</summary>
public sealed record GateAnswer(GateFault Fault, Decision? Decision, string? Id, bool Replayed)
{
    /// <summary>The reason of the fault, if <see cref="Fault"/> alone does not say it.</summary>
    public string? FaultDetail { get; init; }

    /// <summary>A reservation's expiry.</summary>
    public Instant? ExpiresAt { get; init; }

    /// <summary>True for a settle after its hold had expired: recorded as a fact.</summary>
    public bool Late { get; init; }

    /// <summary>True if no meter reads events of its type: it was recorded, and counted for nothing.</summary>
    public bool IsUnmatched { get; init; }

    /// <summary>For a replay: the values that the server computed for the event when it was recorded.</summary>
    public string? ComputedJson { get; init; }

    /// <summary>Granted quantities that the decision burned, in order: grant id and amount.</summary>
    public IReadOnlyList<(string Grant, Quantity Amount)> Burned { get; init; } = [];

    /// <summary>For operations without an answer: they read or drop.</summary>
    public static readonly GateAnswer Nothing = new(GateFault.None, null, null, false);

    public static GateAnswer Of(GateFault fault, string? id = null) => new(fault, null, id, false);
}
