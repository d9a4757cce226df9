using System.Globalization;

namespace Tollgate.Core.Money;

/// <summary>
/// An exact amount of a feature: calls, tokens, seconds, dollars of a cost budget. At most 9 decimal places
/// and 18 digits before the point, the same as <c>numeric(27,9)</c> in the database.
/// </summary>
/// <remarks>
/// Adding never rounds. A value outside the range is refused at the edge by <see cref="TryCreate"/>, a sum by the decision that makes it.
/// </remarks>
public readonly record struct Quantity : IComparable<Quantity>
{
    /// <summary>Decimal places kept: a nano-unit, so that LLM costs in dollars stay exact to the nano-dollar.</summary>
    public const int Scale = 9;

    /// <summary>The largest magnitude that a single quantity may have.</summary>
    public const decimal Largest = 999_999_999_999_999_999.999_999_999m;

    private readonly decimal _value;

    private Quantity(decimal value) => _value = value;

    public static Quantity Zero => default;

    public static Quantity One => new(1m);

    public decimal Value => _value;

    public bool IsZero => _value == 0m;

    public bool IsNegative => _value < 0m;

    public bool IsPositive => _value > 0m;

    /// <summary>Accepts what fits the range and has at most nine decimals; never rounds.</summary>
    public static bool TryCreate(decimal value, out Quantity quantity)
    {
        if (Math.Abs(value) > Largest || decimal.Round(value, Scale) != value)
        {
            quantity = default;
            return false;
        }

        quantity = new(value);
        return true;
    }

    /// <summary>A quantity that is known to be in range: a constant, a sum of stored ones, a row of the database.</summary>
    public static Quantity Of(decimal value)
    {
        Invariant.That(TryCreate(value, out var quantity), $"{value} is not a quantity: more than {Scale} decimals or beyond {Largest}.");
        return quantity;
    }

    public static Quantity Max(Quantity a, Quantity b) => a._value >= b._value ? a : b;

    public static Quantity Min(Quantity a, Quantity b) => a._value <= b._value ? a : b;

    /// <summary>No column holds it: a sum has outgrown the range that each of its parts is in.</summary>
    public bool IsBeyondRange => Math.Abs(_value) > Largest;

    /// <summary>The quantity, or zero when it is negative.</summary>
    public Quantity FloorAtZero() => IsNegative ? Zero : this;

    /// <summary>
    /// Times a whole or fractional rate, rounded up to the ninth decimal so that a pool is never undercharged. Null: beyond
    /// <see cref="Largest"/>.
    /// </summary>
    public Quantity? TimesRoundedUp(Quantity rate)
    {
        if (rate.IsPositive && Math.Abs(_value) > Largest / rate._value)
        {
            return null;
        }

        var rounded = decimal.Round(_value * rate._value, Scale, MidpointRounding.ToPositiveInfinity);
        return TryCreate(rounded, out var product) ? product : null;
    }

    public int CompareTo(Quantity other) => _value.CompareTo(other._value);

    public static Quantity operator +(Quantity a, Quantity b) => new(a._value + b._value);

    public static Quantity operator -(Quantity a, Quantity b) => new(a._value - b._value);

    public static Quantity operator -(Quantity a) => new(-a._value);

    public static bool operator <(Quantity a, Quantity b) => a._value < b._value;

    public static bool operator >(Quantity a, Quantity b) => a._value > b._value;

    public static bool operator <=(Quantity a, Quantity b) => a._value <= b._value;

    public static bool operator >=(Quantity a, Quantity b) => a._value >= b._value;

    /// <summary>Without trailing zeros, invariant: <c>3</c>, <c>0.0021</c>.</summary>
    public override string ToString() => _value.ToString("0.#########", CultureInfo.InvariantCulture);
}
