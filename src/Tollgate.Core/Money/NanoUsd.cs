using System.Globalization;

namespace Tollgate.Core.Money;

/// <summary>
/// The cost of a call to a model, in whole billionths of a dollar: 3 tokens at $0.15 a million are 450. Prices of models are too small for
/// cents, and binary floating point is not exact.
/// </summary>
/// <param name="Value">Nano-dollars. 64 bits hold 9.2 billion dollars.</param>
public readonly record struct NanoUsd(long Value)
{
    private const decimal PerDollar = 1_000_000_000m;

    /// <summary>The largest amount in dollars.</summary>
    public const decimal MostDollars = long.MaxValue / 1_000_000_000;

    public static NanoUsd Zero => default;

    /// <summary>The exact amount in dollars.</summary>
    public decimal Dollars => Value / PerDollar;

    /// <summary>Rounds once, half away from zero: the only place that rounds a cost.</summary>
    /// <exception cref="OverflowException">The amount does not fit.</exception>
    public static NanoUsd OfDollars(decimal dollars) =>
        new(checked((long)decimal.Round(dollars * PerDollar, 0, MidpointRounding.AwayFromZero)));

    public static NanoUsd operator +(NanoUsd a, NanoUsd b) => new(checked(a.Value + b.Value));

    public static NanoUsd operator -(NanoUsd a, NanoUsd b) => new(checked(a.Value - b.Value));

    public static bool operator <(NanoUsd a, NanoUsd b) => a.Value < b.Value;

    public static bool operator >(NanoUsd a, NanoUsd b) => a.Value > b.Value;

    /// <summary>Returns the dollars without trailing zeros, as in the API: <c>0.00045</c>.</summary>
    public override string ToString() => Dollars.ToString("0.#########", CultureInfo.InvariantCulture);
}
