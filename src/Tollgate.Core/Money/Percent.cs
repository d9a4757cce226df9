using System.Globalization;

namespace Tollgate.Core.Money;

/// <summary>A rate: of a tax, a discount.</summary>
/// <param name="Value">19 for 19 %.</param>
public readonly record struct Percent(decimal Value)
{
    /// <summary>Decimals kept.</summary>
    public const int Scale = 6;

    /// <summary>Ten times the whole: more is a slip of the keyboard.</summary>
    public const decimal Largest = 1000m;

    /// <summary>A rate from outside: 0 to 1000 with at most six decimals.</summary>
    public static bool TryCreate(decimal value, out Percent percent)
    {
        percent = new(value);
        return value is >= 0 and <= Largest && decimal.Round(value, Scale) == value;
    }

    /// <summary>What it is of one unit of a currency: 2.5 % of a dollar are 0.025.</summary>
    public ExactMoney OfOne(Currency currency) => new ExactMoney(1m, currency).Times(this);

    /// <summary>What percentages that are taken off one after the other take off in all.</summary>
    public static Percent Together(IEnumerable<Percent> percents) =>
        new(decimal.Round((1m - percents.Aggregate(1m, static (left, one) => left * (1m - (one.Value / 100m)))) * 100m, Scale));

    public static Percent operator +(Percent a, Percent b) => new(a.Value + b.Value);

    public override string ToString() => Value.ToString("0.######", CultureInfo.InvariantCulture) + " %";
}
