using System.Globalization;

namespace Tollgate.Core.Money;

/// <summary>
/// An exact amount of a feature: calls, tokens, seconds, dollars of a cost budget. At most 9 decimal places
/// and 18 digits before the point, the same as <c>numeric(27,9)</c> in the database.
/// </summary>
/// <remarks>
/// Addition never rounds. <see cref="TryCreate"/> refuses an input outside of the range, and a decision refuses a sum outside of it.
/// </remarks>
public readonly record struct Quantity : IComparable<Quantity>
{
    /// <summary>The number of decimal places: LLM costs in dollars stay exact to the nano-dollar.</summary>
    public const int Scale = 9;

    /// <summary>The largest magnitude of a single quantity.</summary>
    public const decimal Largest = 999_999_999_999_999_999.999_999_999m;

    private readonly decimal _value;

    private Quantity(decimal value) => _value = value;

    public static Quantity Zero => default;

    public static Quantity One => new(1m);

    public decimal Value => _value;

    public bool IsZero => _value == 0m;

    public bool IsNegative => _value < 0m;

    public bool IsPositive => _value > 0m;

    /// <summary>Accepts a value in the range with at most nine decimals; never rounds.</summary>
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

    /// <summary>Returns a quantity that is known to be in range: a constant, a sum of stored ones, a row of the database.</summary>
    public static Quantity Of(decimal value)
    {
        Invariant.That(TryCreate(value, out var quantity), $"{value} is not a quantity: more than {Scale} decimals or beyond {Largest}.");
        return quantity;
    }

    public static Quantity Max(Quantity a, Quantity b) => a._value >= b._value ? a : b;

    public static Quantity Min(Quantity a, Quantity b) => a._value <= b._value ? a : b;

    /// <summary>True if no column can store it: a sum has exceeded the range of its parts.</summary>
    public bool IsBeyondRange => Math.Abs(_value) > Largest;

    /// <summary>Returns the quantity, or zero if it is negative.</summary>
    public Quantity FloorAtZero() => IsNegative ? Zero : this;

    /// <summary>
    /// Multiplies by a whole or fractional rate and rounds up to the ninth decimal, so that a pool is never undercharged. Null: the product
    /// exceeds <see cref="Largest"/>.
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

    /// <summary>Returns the number without trailing zeros, invariant: <c>3</c>, <c>0.0021</c>.</summary>
    public override string ToString() => _value.ToString("0.#########", CultureInfo.InvariantCulture);
}
