using System.Collections.Frozen;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Llm;

/// <summary>
/// Prices for long prompts. They apply to the whole call, not only to the excess, if its input tokens exceed
/// <paramref name="AboveTokens"/>: a tier starts above its threshold, not at it.
/// </summary>
/// <param name="Prices">The changed prices; a missing unit keeps the price of a lower tier or of the model.</param>
public sealed record PriceTier(long AboveTokens, IReadOnlyDictionary<LlmUnit, UnitPrice> Prices);

/// <summary>The changes by a service tier (flex, priority, batch).</summary>
/// <param name="Prices">The changed prices; a missing unit keeps the standard price.</param>
/// <param name="Tiers">Prices for long prompts; empty: those of the standard tier.</param>
public sealed record ServiceTierPrice(IReadOnlyDictionary<LlmUnit, UnitPrice> Prices, IReadOnlyList<PriceTier> Tiers);

/// <summary>The prices in some hours of every day, in UTC. A window whose end is before its start crosses midnight.</summary>
/// <param name="From">Inclusive.</param>
/// <param name="To">Exclusive.</param>
/// <param name="Prices">The changed prices; a missing unit keeps the price of the other hours.</param>
public sealed record PriceHours(TimeOnly From, TimeOnly To, IReadOnlyDictionary<LlmUnit, UnitPrice> Prices)
{
    public bool HoldAt(Instant at) => TimeOnly.FromDateTime(at.ToUtc()).IsBetween(From, To);
}

/// <summary>The price of a provider for one model over a span of time. Immutable: a change is a new price with a later start.</summary>
public sealed record ModelPrice
{
    /// <summary>The provider in the price list's spelling: <c>openai</c>, <c>azure</c>, <c>tavily</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>The model in the provider's spelling, or a pattern in which <c>*</c> matches any text: <c>gpt-4o-realtime*</c>.</summary>
    public required string Model { get; init; }

    /// <summary>Other names of the same model at the same provider, possibly patterns.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The currency of the prices: only US dollars for now, which every provider in the list uses.</summary>
    public Currency Currency { get; init; } = Currency.Usd;

    /// <summary>Inclusive.</summary>
    public required Instant ValidFrom { get; init; }

    /// <summary>Exclusive; null: until a newer price starts.</summary>
    public Instant? ValidTo { get; init; }

    /// <summary>Prices of a million tokens, or of one of any other unit. A missing price is unknown, not zero.</summary>
    public IReadOnlyDictionary<LlmUnit, UnitPrice> Prices { get; init; } = FrozenDictionary<LlmUnit, UnitPrice>.Empty;

    /// <summary>The tiers, in any order.</summary>
    public IReadOnlyList<PriceTier> Tiers { get; init; } = [];

    /// <summary>The changes by name of the service tier. A missing tier costs as much as the standard one.</summary>
    public IReadOnlyDictionary<string, ServiceTierPrice> ByServiceTier { get; init; } = FrozenDictionary<string, ServiceTierPrice>.Empty;

    /// <summary>Hours of the day with their own prices; they do not overlap.</summary>
    public IReadOnlyList<PriceHours> Hours { get; init; } = [];

    /// <summary>The source of the price: a list and its date, a page, a contract.</summary>
    public required string Source { get; init; }

    /// <summary>
    /// The largest price or reported cost in dollars: the cost of a call must fit <see cref="NanoUsd"/>, and a million dollars for a
    /// million tokens is a typing error.
    /// </summary>
    public static readonly UnitPrice LargestPrice = UnitPrice.Of(999_999);

    /// <summary>Reads a valid price: a <see cref="UnitPrice"/> of at most <see cref="LargestPrice"/>.</summary>
    public static bool TryParse(string? text, out UnitPrice price) =>
        UnitPrice.TryParse(text, out price) && price.Value <= LargestPrice.Value;

    public bool HoldsAt(Instant at) => ValidFrom <= at && (ValidTo is not { } end || at < end);
}
