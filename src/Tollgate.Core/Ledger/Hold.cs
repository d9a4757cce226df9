using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Ledger;

public enum HoldState
{
    Open,
    Settled,
    Released,
    Expired,
}

/// <summary>An amount of a feature, by the feature's number.</summary>
public readonly record struct FeatureQuantity(int FeatureKey, Quantity Amount);

/// <summary>The balance row that carries a part of a hold.</summary>
public readonly record struct HeldPart(int FeatureKey, Instant PeriodStart, Quantity Amount);

/// <summary>A reservation: taken before the work, settled with the true amount or released; expires by itself.</summary>
public sealed record Hold
{
    public required Guid Id { get; init; }

    public required HoldState State { get; init; }

    /// <summary>What was asked for.</summary>
    public required IReadOnlyList<FeatureQuantity> Amounts { get; init; }

    /// <summary>Where it is held; a part may lie on a credit pool.</summary>
    public required IReadOnlyList<HeldPart> Parts { get; init; }

    public required Instant CreatedAt { get; init; }

    public required Instant ExpiresAt { get; init; }

    /// <summary>The caller's id where it was not a UUID.</summary>
    public string? Reference { get; init; }

    /// <summary>The member of the customer that made it; null: the customer itself.</summary>
    public string? Member { get; init; }

    /// <summary>The work may be reported this long after the expiry and is then recorded as a late fact.</summary>
    public static readonly TimeSpan LateSettle = TimeSpan.FromHours(24);
}
