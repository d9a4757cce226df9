using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Ledger;

/// <summary>Where a quantity beside the plan's own quota comes from. The order is the burn order among equals.</summary>
public enum GrantSource
{
    Rollover = 0,

    // The plan's own quota burns here, after Rollover (see GrantRules.PlanRank); then what was given, and what was bought last.
    Promotion = 2,
    Gift = 3,
    TopUp = 4,
}

/// <summary>A quantity of a feature that a customer holds beside the plan's quota.</summary>
public sealed record Grant
{
    /// <summary>Burn order starts with the lowest. The plan's own quota has this priority too.</summary>
    public const int DefaultPriority = 100;

    public required Guid Id { get; init; }

    /// <summary>The caller's id, where that is not a UUID.</summary>
    public string? Reference { get; init; }

    /// <summary>The id by which everybody outside knows it.</summary>
    public string Name => Reference ?? Id.ToString("D");

    public required int FeatureKey { get; init; }

    public required GrantSource Source { get; init; }

    public int Priority { get; init; } = DefaultPriority;

    public required Quantity Amount { get; init; }

    public Quantity Used { get; init; }

    /// <summary>Taken back without use: a rollover trimmed to its bound, a voided remainder.</summary>
    public Quantity Forfeited { get; init; }

    /// <summary>What callers took back of it; part of <see cref="Forfeited"/>.</summary>
    public Quantity Withdrawn { get; init; }

    public required Instant EffectiveAt { get; init; }

    public required Instant ExpiresAt { get; init; }

    public required Instant CreatedAt { get; init; }

    public Quantity Remaining => Amount - Used - Forfeited;

    public bool IsLive(Instant at) => EffectiveAt <= at && at < ExpiresAt;
}

/// <summary>An amount that was burned from a grant (or, negative, given back to it).</summary>
public readonly record struct Burn(Guid Grant, Quantity Amount);
