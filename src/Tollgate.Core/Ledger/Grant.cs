using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Ledger;

/// <summary>The source of a grant. The order is the burn order among equals.</summary>
public enum GrantSource
{
    Rollover = 0,

    // The plan's own quota burns here, after Rollover (see GrantRules.PlanRank); then what was given, and what was bought last.
    Promotion = 2,
    Gift = 3,
    TopUp = 4,
}

/// <summary>Units of a feature that a customer has in addition to the plan's quota.</summary>
public sealed record Grant
{
    /// <summary>The default priority, which the plan's own quota also has. The lowest priority burns first.</summary>
    public const int DefaultPriority = 100;

    public required Guid Id { get; init; }

    /// <summary>The caller's id, if it is not a UUID.</summary>
    public string? Reference { get; init; }

    /// <summary>The id outside Tollgate.</summary>
    public string Name => Reference ?? Id.ToString("D");

    public required int FeatureKey { get; init; }

    public required GrantSource Source { get; init; }

    public int Priority { get; init; } = DefaultPriority;

    public required Quantity Amount { get; init; }

    public Quantity Used { get; init; }

    /// <summary>Units taken back unused: a rollover trimmed to its bound, a withdrawal.</summary>
    public Quantity Forfeited { get; init; }

    /// <summary>The units that callers withdrew; part of <see cref="Forfeited"/>.</summary>
    public Quantity Withdrawn { get; init; }

    public required Instant EffectiveAt { get; init; }

    public required Instant ExpiresAt { get; init; }

    public required Instant CreatedAt { get; init; }

    public Quantity Remaining => Amount - Used - Forfeited;

    public bool IsLive(Instant at) => EffectiveAt <= at && at < ExpiresAt;
}

/// <summary>An amount burned from a grant; negative: returned to it.</summary>
public readonly record struct Burn(Guid Grant, Quantity Amount);
