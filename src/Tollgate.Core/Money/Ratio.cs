namespace Tollgate.Core.Money;

/// <summary>A part of a whole, such as 0.25 for a quarter. Negative, or more than 1, where the part is.</summary>
public readonly record struct Ratio
{
    /// <summary>The decimals of a ratio that is shown.</summary>
    private const int Decimals = 4;

    private Ratio(decimal exact) => Exact = exact;

    public decimal Exact { get; }

    /// <summary>The ratio with 4 decimals, rounded half away from zero.</summary>
    public decimal Rounded => decimal.Round(Exact, Decimals, MidpointRounding.AwayFromZero);

    /// <summary>Returns null if the whole is not positive: there is no base.</summary>
    public static Ratio? Of(long part, long whole) => whole > 0 ? new((decimal)part / whole) : null;

    /// <inheritdoc cref="Of(long, long)"/>
    public static Ratio? Of(ExactMoney part, ExactMoney whole)
    {
        Invariant.That(part.Currency == whole.Currency, $"{part.Currency} is no part of {whole.Currency}.");
        return whole.Major > 0 ? new(part.Major / whole.Major) : null;
    }
}
