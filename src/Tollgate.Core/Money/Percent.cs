using System.Globalization;

namespace Tollgate.Core.Money;

/// <summary>A rate: of a tax, a discount.</summary>
/// <param name="Value">19 for 19 %.</param>
public readonly record struct Percent(decimal Value)
{
    public static Percent operator +(Percent a, Percent b) => new(a.Value + b.Value);

    public override string ToString() => Value.ToString("0.######", CultureInfo.InvariantCulture) + " %";
}
