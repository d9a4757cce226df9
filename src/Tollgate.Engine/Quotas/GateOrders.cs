using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Quotas;

/// <summary>An amount of one feature, by its code.</summary>
public readonly record struct FeatureAmount(string Feature, Quantity Amount);

/// <summary>"May this customer do this? Then record it."</summary>
/// <param name="Customer">The project's own id; created on first use.</param>
/// <param name="Id">The caller's idempotency id; null: one is generated (UUIDv7).</param>
/// <param name="OccurredAt">Null: now.</param>
/// <param name="PropertiesJson">A JSON object as the caller sent it, or null.</param>
public sealed record ConsumeOrder(
    string Customer, string Feature, Quantity Amount, string? Id, Instant? OccurredAt, string? PropertiesJson)
{
    /// <inheritdoc cref="EventOrder.IsOfToken"/>
    public bool IsOfToken { get; init; }

    /// <summary>
    /// The request behind the use, a JSON object: id, address, user agent. It is stored with the event but is no part of its content, since
    /// it differs between a request and its repeat. Null: nothing is stored.
    /// </summary>
    public string? OriginJson { get; init; }
}

/// <summary>One reported fact. <c>Enforce</c> applies caps; otherwise it is recorded also beyond them.</summary>
public sealed record EventOrder(
    string Id, string Customer, string Type, Quantity Quantity, Instant? OccurredAt, string? PropertiesJson, bool Enforce)
{
    /// <summary>
    /// The values that the server computed for the event, such as its cost: a JSON object that meters read like properties. It is stored
    /// with the event but is no part of its content: a retry replays although prices have changed since. A null in it means unknown; meters
    /// that read it are then not moved.
    /// </summary>
    public string? ComputedJson { get; init; }

    /// <summary>
    /// A feature that the event uses once, in addition to those whose meters read it. A feature without a meter is not counted.
    /// </summary>
    public string? Feature { get; init; }

    /// <summary>The event concerns the customer's use on its own account, even if it now uses the balances of another customer.</summary>
    public bool OnOwnAccount { get; init; }

    /// <summary>The id came with a customer token: it is the customer's own, and never an id of the back end.</summary>
    public bool IsOfToken { get; init; }

    /// <summary>True if no meter reads the event, which is recorded and listed: a call that failed and used nothing.</summary>
    public bool MovesNothing { get; init; }

    /// <summary>Properties that a project's encryption leaves readable, because reports read them. Null: none.</summary>
    public IReadOnlySet<string>? Readable { get; init; }

    /// <summary>The event as meters read it.</summary>
    public MeteredEvent Metered => new(Type, Quantity, PropertiesJson, ComputedJson) { Feature = Feature, MovesNothing = MovesNothing };
}

public sealed record ReserveOrder(string Customer, IReadOnlyList<FeatureAmount> Amounts, string? Id, TimeSpan? TimeToLive);

/// <summary>A customer as the ledger has it now: the plan and the standing of each of its features.</summary>
/// <param name="Known">False: no such customer yet; the answer shows what a new customer would get.</param>
public sealed record CustomerStanding(
    string Customer, bool Known, Core.Catalog.PlanVersion Plan, IReadOnlyList<FeatureStanding> Features, Instant Now);

/// <summary>A feature of the customer's plan. <see cref="Standing"/> is null for switches and values.</summary>
/// <param name="HeldBack">The part of live grants that nobody can use; see <see cref="GrantRules.HeldBack"/>.</param>
public sealed record FeatureStanding(
    Core.Catalog.FeatureEntry Feature, Core.Catalog.Entitlement Entitlement, Standing? Standing, long Denied,
    IReadOnlyList<Core.Ledger.Burn> HeldBack);
