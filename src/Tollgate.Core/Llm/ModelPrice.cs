using System.Collections.Frozen;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Llm;

/// <summary>
/// Prices for long prompts. They hold for the whole call, not only for the excess, when its input tokens are more than
/// <paramref name="AboveTokens"/>: a tier starts above its threshold, not at it.
/// </summary>
/// <param name="Prices">What changes; a unit that is not here keeps the price of a lower tier or of the model.</param>
public sealed record PriceTier(long AboveTokens, IReadOnlyDictionary<LlmUnit, UnitPrice> Prices);

/// <summary>What a service tier (flex, priority, batch) changes.</summary>
/// <param name="Prices">A unit that is not here keeps the standard price.</param>
/// <param name="Tiers">Prices for long prompts; none: those of the standard tier.</param>
public sealed record ServiceTierPrice(IReadOnlyDictionary<LlmUnit, UnitPrice> Prices, IReadOnlyList<PriceTier> Tiers);

/// <summary>What the prices are in some hours of every day, by UTC. A window whose end is not after its start goes over midnight.</summary>
/// <param name="From">Inclusive.</param>
/// <param name="To">Exclusive.</param>
/// <param name="Prices">A unit that is not here keeps the price of the other hours.</param>
public sealed record PriceHours(TimeOnly From, TimeOnly To, IReadOnlyDictionary<LlmUnit, UnitPrice> Prices)
{
    public bool HoldAt(Instant at) => TimeOnly.FromDateTime(at.ToUtc()).IsBetween(From, To);
}

/// <summary>
/// What a provider takes for one model, from one day to another. Never edited: a new price is a new one with a later start.
/// </summary>
public sealed record ModelPrice
{
    /// <summary>As the price list writes it: <c>openai</c>, <c>azure</c>, <c>tavily</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>As the provider writes it, or a pattern in which <c>*</c> stands for any text: <c>gpt-4o-realtime*</c>.</summary>
    public required string Model { get; init; }

    /// <summary>Other names of the same model at the same provider; they may be patterns too.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Of the prices. Only US dollars for now: every provider in the list states them.</summary>
    public Currency Currency { get; init; } = Currency.Usd;

    /// <summary>Inclusive.</summary>
    public required Instant ValidFrom { get; init; }

    /// <summary>Exclusive; null: until a newer one starts.</summary>
    public Instant? ValidTo { get; init; }

    /// <summary>Of tokens for a million of them, of everything else for one. What is missing is not stated, not free.</summary>
    public IReadOnlyDictionary<LlmUnit, UnitPrice> Prices { get; init; } = FrozenDictionary<LlmUnit, UnitPrice>.Empty;

    /// <summary>In any order.</summary>
    public IReadOnlyList<PriceTier> Tiers { get; init; } = [];

    /// <summary>By the name of the tier. A tier that is not here costs what the standard one costs.</summary>
    public IReadOnlyDictionary<string, ServiceTierPrice> ByServiceTier { get; init; } = FrozenDictionary<string, ServiceTierPrice>.Empty;

    /// <summary>Hours of the day with prices of their own; they do not overlap.</summary>
    public IReadOnlyList<PriceHours> Hours { get; init; } = [];

    /// <summary>Where the price was read: a list and its date, a page, a contract.</summary>
    public required string Source { get; init; }

    /// <summary>
    /// Dollars of a price or a reported cost, at most: what a call costs must fit <see cref="NanoUsd"/>, and a million dollars for a
    /// million tokens is a slip of the keyboard.
    /// </summary>
    public static readonly UnitPrice LargestPrice = UnitPrice.Of(999_999);

    /// <summary>A price that the provider takes: a <see cref="UnitPrice"/> that is not beyond <see cref="LargestPrice"/>.</summary>
    public static bool TryParse(string? text, out UnitPrice price) =>
        UnitPrice.TryParse(text, out price) && price.Value <= LargestPrice.Value;

    public bool HoldsAt(Instant at) => ValidFrom <= at && (ValidTo is not { } end || at < end);
}
