using System.Globalization;

namespace Tollgate.Core.Money;

/// <summary>
/// An exact price in major units of its currency: for one unit of usage, for a million tokens, for a seat, or a fee. Never negative, at
/// most 12 decimals and 12 digits before the point (a fee of a thousand dollars has 8 digits in dong).
/// </summary>
public readonly record struct UnitPrice
{
    public const int Scale = 12;
    public const decimal Largest = 999_999_999_999m;

    private UnitPrice(decimal value) => Value = value;

    public decimal Value { get; }

    public static UnitPrice Free => default;

    /// <summary>Returns the price in its currency.</summary>
    public ExactMoney In(Currency currency) => new(Value, currency);

    /// <summary>Returns false if the text is not a plain decimal number, or negative, too large or too exact.</summary>
    public static bool TryParse(string? text, out UnitPrice price)
    {
        price = default;

        // The framework's parser ignores U+0000 at the end.
        return text is { Length: <= 26 } && !text.EndsWith('\0')
            && decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && TryCreate(value, out price);
    }

    public static bool TryCreate(decimal value, out UnitPrice price)
    {
        price = default;
        if (value is < 0 or > Largest || decimal.Round(value, Scale) != value)
        {
            return false;
        }

        price = new(value);
        return true;
    }

    /// <summary>Returns a price that was validated on input.</summary>
    public static UnitPrice Of(decimal value)
    {
        Invariant.That(TryCreate(value, out var price), $"{value} is not a unit price.");
        return price;
    }

    /// <summary>Returns the number without trailing zeros: <c>0.15</c>.</summary>
    public override string ToString() => Value.ToString("0.############", CultureInfo.InvariantCulture);
}
