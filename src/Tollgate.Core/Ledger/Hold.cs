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

/// <summary>
/// A reservation: it takes units before the work, and settles with the actual amount, is released, or expires automatically.
/// </summary>
public sealed record Hold
{
    public required Guid Id { get; init; }

    public required HoldState State { get; init; }

    /// <summary>The requested amounts.</summary>
    public required IReadOnlyList<FeatureQuantity> Amounts { get; init; }

    /// <summary>The balance rows that hold the amounts; a credit pool may hold a part.</summary>
    public required IReadOnlyList<HeldPart> Parts { get; init; }

    public required Instant CreatedAt { get; init; }

    public required Instant ExpiresAt { get; init; }

    /// <summary>The caller's id, if it is not a UUID.</summary>
    public string? Reference { get; init; }

    /// <summary>The member of the customer that made the reservation; null: the customer itself.</summary>
    public string? Member { get; init; }

    /// <summary>The time after the expiry in which a caller may still report the work. Tollgate then records it as a late fact.</summary>
    public static readonly TimeSpan LateSettle = TimeSpan.FromHours(24);
}
