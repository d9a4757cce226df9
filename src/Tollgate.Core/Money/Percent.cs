using System.Globalization;

namespace Tollgate.Core.Money;

/// <summary>A rate of a tax or a discount.</summary>
/// <param name="Value">19 for 19 %.</param>
public readonly record struct Percent(decimal Value)
{
    /// <summary>The number of decimals.</summary>
    public const int Scale = 6;

    /// <summary>The largest rate: ten times the whole. A higher one is a typing error.</summary>
    public const decimal Largest = 1000m;

    /// <summary>Accepts a rate from outside: 0 to 1000 with at most six decimals.</summary>
    public static bool TryCreate(decimal value, out Percent percent)
    {
        percent = new(value);
        return value is >= 0 and <= Largest && decimal.Round(value, Scale) == value;
    }

    /// <summary>Returns the percentage of one unit of a currency: 2.5 % of a dollar is 0.025.</summary>
    public ExactMoney OfOne(Currency currency) => new ExactMoney(1m, currency).Times(this);

    /// <summary>Returns the total percentage that successive reductions take off.</summary>
    public static Percent Together(IEnumerable<Percent> percents) =>
        new(decimal.Round((1m - percents.Aggregate(1m, static (left, one) => left * (1m - (one.Value / 100m)))) * 100m, Scale));

    public static Percent operator +(Percent a, Percent b) => new(a.Value + b.Value);

    public override string ToString() => Value.ToString("0.######", CultureInfo.InvariantCulture) + " %";
}
