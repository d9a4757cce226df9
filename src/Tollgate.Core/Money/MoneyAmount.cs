using System.Globalization;

namespace Tollgate.Core.Money;

/// <summary>
/// An amount that can be paid: whole minor units of one currency. Arithmetic is checked; two currencies never mix.
/// (Named so because <c>Money</c> is the room, and a type of that name would hide behind its own namespace.)
/// </summary>
/// <param name="Minor">Minor units, for instance cents; negative for a credit.</param>
public readonly record struct MoneyAmount(long Minor, Currency Currency) : IComparable<MoneyAmount>
{
    /// <summary>Signs that are understood alone in English; other currencies are shown by their code.</summary>
    private static readonly Dictionary<string, string> Signs = new(StringComparer.Ordinal)
    {
        ["USD"] = "$", ["EUR"] = "€", ["GBP"] = "£", ["JPY"] = "¥", ["INR"] = "₹", ["KRW"] = "₩", ["BRL"] = "R$",
        ["CAD"] = "CA$", ["AUD"] = "A$", ["NZD"] = "NZ$", ["MXN"] = "MX$", ["HKD"] = "HK$", ["ILS"] = "₪", ["VND"] = "₫",
    };

    public static MoneyAmount Zero(Currency currency) => new(0, currency);

    public bool IsZero => Minor == 0;

    public bool IsNegative => Minor < 0;

    /// <summary>In major units, exactly: 2999 cents are 29.99.</summary>
    public decimal Major => (decimal)Minor / Currency.MinorPerMajor;

    /// <exception cref="InvariantBrokenException">The currencies differ.</exception>
    /// <exception cref="OverflowException">The sum does not fit 64 bits.</exception>
    public static MoneyAmount operator +(MoneyAmount a, MoneyAmount b) => new(checked(a.Minor + b.In(a.Currency)), a.Currency);

    /// <inheritdoc cref="op_Addition"/>
    public static MoneyAmount operator -(MoneyAmount a, MoneyAmount b) => new(checked(a.Minor - b.In(a.Currency)), a.Currency);

    public static MoneyAmount operator -(MoneyAmount a) => new(checked(-a.Minor), a.Currency);

    /// <summary>So many times, for instance seats.</summary>
    public static MoneyAmount operator *(MoneyAmount a, long times) => new(checked(a.Minor * times), a.Currency);

    public static bool operator <(MoneyAmount a, MoneyAmount b) => a.CompareTo(b) < 0;

    public static bool operator >(MoneyAmount a, MoneyAmount b) => a.CompareTo(b) > 0;

    public static bool operator <=(MoneyAmount a, MoneyAmount b) => a.CompareTo(b) <= 0;

    public static bool operator >=(MoneyAmount a, MoneyAmount b) => a.CompareTo(b) >= 0;

    public int CompareTo(MoneyAmount other) => Minor.CompareTo(other.In(Currency));

    /// <summary>As a price tag, in English: <c>$29.99</c>, <c>$0.00</c>, <c>¥1,200</c>, <c>CHF 9.90</c>, <c>-$5.00</c>.</summary>
    public string Display()
    {
        var digits = Math.Abs(Major).ToString($"N{Currency.Decimals}", CultureInfo.InvariantCulture);
        var tagged = Signs.TryGetValue(Currency.Code, out var sign) ? sign + digits : $"{Currency.Code} {digits}";
        return IsNegative ? "-" + tagged : tagged;
    }

    /// <summary>For messages and logs: <c>29.99 USD</c>.</summary>
    public override string ToString() => $"{Major.ToString($"F{Currency.Decimals}", CultureInfo.InvariantCulture)} {Currency.Code}";

    private long In(Currency currency)
    {
        Invariant.That(Currency == currency, $"{Currency} and {currency} do not mix.");
        return Minor;
    }
}
