using System.Globalization;

namespace Tollgate.Core.Money;

/// <summary>
/// A payable amount: whole minor units of one currency. Arithmetic is checked; two currencies never mix. (The name differs from the room's
/// name <c>Money</c>, because a type of that name would be hidden by its own namespace.)
/// </summary>
/// <param name="Minor">Minor units, for instance cents; negative for a credit.</param>
public readonly record struct MoneyAmount(long Minor, Currency Currency) : IComparable<MoneyAmount>
{
    /// <summary>Currency signs that English readers know without a code; other currencies show their code.</summary>
    private static readonly Dictionary<string, string> Signs = new(StringComparer.Ordinal)
    {
        ["USD"] = "$", ["EUR"] = "€", ["GBP"] = "£", ["JPY"] = "¥", ["INR"] = "₹", ["KRW"] = "₩", ["BRL"] = "R$",
        ["CAD"] = "CA$", ["AUD"] = "A$", ["NZD"] = "NZ$", ["MXN"] = "MX$", ["HKD"] = "HK$", ["ILS"] = "₪", ["VND"] = "₫",
    };

    public static MoneyAmount Zero(Currency currency) => new(0, currency);

    public bool IsZero => Minor == 0;

    public bool IsNegative => Minor < 0;

    /// <summary>The exact amount in major units: 2999 cents are 29.99.</summary>
    public decimal Major => (decimal)Minor / Currency.MinorPerMajor;

    /// <exception cref="InvariantBrokenException">The currencies differ.</exception>
    /// <exception cref="OverflowException">The sum does not fit 64 bits.</exception>
    public static MoneyAmount operator +(MoneyAmount a, MoneyAmount b) => new(checked(a.Minor + b.In(a.Currency)), a.Currency);

    /// <inheritdoc cref="op_Addition"/>
    public static MoneyAmount operator -(MoneyAmount a, MoneyAmount b) => new(checked(a.Minor - b.In(a.Currency)), a.Currency);

    public static MoneyAmount operator -(MoneyAmount a) => new(checked(-a.Minor), a.Currency);

    /// <summary>Multiplies an amount, for instance by a number of seats.</summary>
    public static MoneyAmount operator *(MoneyAmount a, long times) => new(checked(a.Minor * times), a.Currency);

    public static bool operator <(MoneyAmount a, MoneyAmount b) => a.CompareTo(b) < 0;

    public static bool operator >(MoneyAmount a, MoneyAmount b) => a.CompareTo(b) > 0;

    public static bool operator <=(MoneyAmount a, MoneyAmount b) => a.CompareTo(b) <= 0;

    public static bool operator >=(MoneyAmount a, MoneyAmount b) => a.CompareTo(b) >= 0;

    public static MoneyAmount Min(MoneyAmount a, MoneyAmount b) => a < b ? a : b;

    public MoneyAmount FloorAtZero() => IsNegative ? Zero(Currency) : this;

    public int CompareTo(MoneyAmount other) => Minor.CompareTo(other.In(Currency));

    /// <summary>
    /// Returns the amount as an English price: <c>$29.99</c>, <c>$0.00</c>, <c>¥1,200</c>, <c>CHF 9.90</c>, <c>-$5.00</c>.
    /// </summary>
    public string Display()
    {
        var tagged = Tagged(Math.Abs(Major).ToString($"N{Currency.Decimals}", CultureInfo.InvariantCulture), Currency);
        return IsNegative ? "-" + tagged : tagged;
    }

    /// <summary>Puts the sign or the code of the currency in front of digits.</summary>
    internal static string Tagged(string digits, Currency currency) =>
        Signs.TryGetValue(currency.Code, out var sign) ? sign + digits : $"{currency.Code} {digits}";

    /// <summary>Returns the amount for messages and logs: <c>29.99 USD</c>.</summary>
    public override string ToString() => $"{Major.ToString($"F{Currency.Decimals}", CultureInfo.InvariantCulture)} {Currency.Code}";

    private long In(Currency currency)
    {
        Invariant.That(Currency == currency, $"{Currency} and {currency} do not mix.");
        return Minor;
    }
}
