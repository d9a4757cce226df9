using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Quotas;

/// <summary>A check: may the customer use this amount?</summary>
public sealed record CheckRequest
{
    /// <summary>The project's own id of the customer. A check creates no customer.</summary>
    [Required]
    public string? Customer { get; init; }

    [Required]
    public string? Feature { get; init; }

    /// <summary>Units; default 1.</summary>
    public decimal? Amount { get; init; }

    /// <summary>A model: the answer then has the longest response that the customer's limits allow.</summary>
    public string? Model { get; init; }

    /// <summary>The model's provider; default: the one in the price book.</summary>
    public string? Provider { get; init; }

    /// <summary>Tokens of the prompt; default 0.</summary>
    public long? InputTokens { get; init; }
}

/// <summary>A consume: decide, and record the use if it is allowed.</summary>
public sealed record ConsumeRequest
{
    /// <summary>The project's own id; created on first use.</summary>
    [Required]
    public string? Customer { get; init; }

    [Required]
    public string? Feature { get; init; }

    /// <summary>Units, more than 0; default 1.</summary>
    public decimal? Amount { get; init; }

    /// <summary>
    /// Makes retries safe: unique per customer. A UUIDv7 is the fastest. Default: the header Idempotency-Key, else generated.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>When it happened; default now. At most 35 days ago, at most 5 minutes ahead.</summary>
    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>Kept with the event; meters may filter on it.</summary>
    public JsonElement? Properties { get; init; }
}

/// <summary>A reservation of one feature (feature, amount) or of several (amounts).</summary>
public sealed record ReserveRequest
{
    [Required]
    public string? Customer { get; init; }

    public string? Feature { get; init; }

    public decimal? Amount { get; init; }

    /// <summary>Feature code → amount, instead of feature and amount. All are held, or none.</summary>
    public Dictionary<string, decimal>? Amounts { get; init; }

    /// <summary>Seconds until it expires: 1 to 86400, default 600.</summary>
    public int? TtlSeconds { get; init; }

    public string? Id { get; init; }
}

/// <summary>The true amounts; default: the reserved ones.</summary>
public sealed record SettleRequest
{
    public decimal? Amount { get; init; }

    public Dictionary<string, decimal>? Amounts { get; init; }

    /// <summary>The reservation's customer: a faster lookup, and necessary if several customers use the id.</summary>
    public string? Customer { get; init; }
}

public sealed record ExtendRequest
{
    /// <summary>Seconds from now: 1 to 86400, default 600.</summary>
    public int? TtlSeconds { get; init; }

    public string? Customer { get; init; }
}

/// <summary>A decision and the numbers behind it. Numbers that do not apply are null.</summary>
public record DecisionView
{
    public required bool Allowed { get; init; }

    /// <summary>within_quota, unlimited, overage, switched_on, or the reason of the refusal.</summary>
    public required string Reason { get; init; }

    public string? Feature { get; init; }

    public string? Plan { get; init; }

    /// <summary>Granted in this period; null is unlimited.</summary>
    public decimal? Limit { get; init; }

    public decimal? Used { get; init; }

    public decimal? Held { get; init; }

    public decimal? Remaining { get; init; }

    public bool Unlimited { get; init; }

    public DateTimeOffset? ResetsAt { get; init; }

    /// <summary>
    /// For a check with a model: the largest <c>max_tokens</c> with which the gateway accepts one call of it; absent when nothing limits
    /// it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Affordable { get; init; }
}

/// <summary>The answer to a consume.</summary>
public sealed record ConsumedView : DecisionView
{
    public required string Id { get; init; }

    /// <summary>True: this id was recorded before, and Tollgate counts nothing again.</summary>
    public required bool Replayed { get; init; }

    /// <summary>Grants that it used, in order; absent when the plan's own quota covered it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<BurnView>? Burned { get; init; }
}

public sealed record BurnView(string Grant, decimal Amount);

/// <summary>A reservation and the numbers right after it.</summary>
public sealed record ReservationView : DecisionView
{
    public required string Id { get; init; }

    public required DateTimeOffset? ExpiresAt { get; init; }

    public required bool Replayed { get; init; }

    /// <summary>For a settle after the expiry: recorded as a fact.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Late { get; init; }

    /// <summary>For several features: the numbers of each.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, DecisionView>? Features { get; init; }
}
