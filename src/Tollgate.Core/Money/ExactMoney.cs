using System.Globalization;

namespace Tollgate.Core.Money;

/// <summary>An amount that is not rounded yet: a unit price, a sum of steps, a month's share of a year.</summary>
/// <param name="Major">Major units of the currency.</param>
public readonly record struct ExactMoney(decimal Major, Currency Currency)
{
    /// <summary>Returns the amount rounded half away from zero, as is usual on invoices (<c>SEMANTICS</c> 4).</summary>
    /// <exception cref="OverflowException">The amount does not fit.</exception>
    public MoneyAmount Rounded() =>
        new(checked((long)decimal.Round(Major * Currency.MinorPerMajor, 0, MidpointRounding.AwayFromZero)), Currency);

    public static ExactMoney Of(MoneyAmount amount) => new(amount.Major, amount.Currency);

    public static ExactMoney Zero(Currency currency) => new(0, currency);

    public static ExactMoney operator +(ExactMoney a, ExactMoney b)
    {
        Invariant.That(a.Currency == b.Currency, $"{a.Currency} and {b.Currency} do not add up.");
        return a with { Major = a.Major + b.Major };
    }

    public static ExactMoney operator -(ExactMoney a, ExactMoney b) => a + (b with { Major = -b.Major });

    public static ExactMoney operator /(ExactMoney amount, long parts) => amount with { Major = amount.Major / parts };

    /// <summary>Returns a percentage of the amount: <c>amount.Times(new(1.5m))</c> is one and a half percent of it.</summary>
    public ExactMoney Times(Percent percent) => this with { Major = Major * percent.Value / 100m };

    /// <summary>Returns the amount without <paramref name="contained"/> percent that it includes: 119 with 19 % in it is 100.</summary>
    public ExactMoney Without(Percent contained) => this with { Major = Major / (1m + (contained.Value / 100m)) };

    /// <summary>
    /// Returns a price as English readers write it, with all its decimals and at least those of the currency: <c>$0.02</c>,
    /// <c>$0.0015</c>. Not negative.
    /// </summary>
    public string Display() => MoneyAmount.Tagged(
        Major.ToString($"#,0.{new string('0', Currency.Decimals)}{new string('#', 12)}", CultureInfo.InvariantCulture), Currency);

    /// <summary>Returns the amount without trailing zeros: <c>0.0025 USD</c>.</summary>
    public override string ToString() => $"{Major.ToString("0.##################", CultureInfo.InvariantCulture)} {Currency.Code}";
}
