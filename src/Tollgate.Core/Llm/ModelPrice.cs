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

/// <summary>What a provider takes for one model, from one day to another. Never edited: a new price is a new one with a later start.</summary>
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

    /// <summary>Where the price was read: a list and its date, a page, a contract.</summary>
    public required string Source { get; init; }

    /// <summary>
    /// Dollars of a price or a reported cost, at most: what a call costs must fit <see cref="NanoUsd"/>, and a million dollars for a
    /// million tokens is a slip of the keyboard.
    /// </summary>
    public static readonly UnitPrice LargestPrice = UnitPrice.Of(999_999);

    /// <summary>A price that the provider takes: a <see cref="UnitPrice"/> that is not beyond <see cref="LargestPrice"/>.</summary>
    public static bool TryParse(string? text, out UnitPrice price) => UnitPrice.TryParse(text, out price) && price.Value <= LargestPrice.Value;

    public bool HoldsAt(Instant at) => ValidFrom <= at && (ValidTo is not { } end || at < end);
}
