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
}

/// <summary>One reported fact. <c>Enforce</c> applies caps; otherwise it is recorded also beyond them.</summary>
public sealed record EventOrder(
    string Id, string Customer, string Type, Quantity Quantity, Instant? OccurredAt, string? PropertiesJson, bool Enforce)
{
    /// <summary>
    /// What the server found out about the event, such as its cost: a JSON object that meters read like properties. It is
    /// kept with the event but is no part of its content: a retry replays although prices have changed since. A null in it
    /// means unknown; meters that read it are then not moved.
    /// </summary>
    public string? ComputedJson { get; init; }

    /// <summary>A feature that the event uses once, beside those whose meters read it. One that is not metered is not counted.</summary>
    public string? Feature { get; init; }

    /// <summary>It is about what the customer did on its own account, also when it uses the balances of another now.</summary>
    public bool OnOwnAccount { get; init; }

    /// <summary>The id came with a customer token: it is the customer's own, and never one of the back end's.</summary>
    public bool IsOfToken { get; init; }

    /// <summary>Recorded and listed, but no meter reads it: a call that failed and used nothing.</summary>
    public bool MovesNothing { get; init; }

    /// <summary>As meters see it.</summary>
    public MeteredEvent Metered => new(Type, Quantity, PropertiesJson, ComputedJson) { Feature = Feature, MovesNothing = MovesNothing };
}

public sealed record ReserveOrder(string Customer, IReadOnlyList<FeatureAmount> Amounts, string? Id, TimeSpan? TimeToLive);

/// <summary>A customer as the ledger sees it now: plan and the standing of every feature of it.</summary>
/// <param name="Known">False: no such customer yet; the answer shows what one would get.</param>
public sealed record CustomerStanding(
    string Customer, bool Known, Core.Catalog.PlanVersion Plan, IReadOnlyList<FeatureStanding> Features, Instant Now);

/// <summary>A feature of the customer's plan. <see cref="Standing"/> is null for switches and values.</summary>
/// <param name="HeldBack">What of live grants nobody can use; see <see cref="GrantRules.HeldBack"/>.</param>
public sealed record FeatureStanding(
    Core.Catalog.FeatureEntry Feature, Core.Catalog.Entitlement Entitlement, Standing? Standing, long Denied,
    IReadOnlyList<Core.Ledger.Burn> HeldBack);
