using Tollgate.Core.Money;

namespace Tollgate.Core.Rating;

/// <summary>The worth of saved time against a price.</summary>
/// <param name="Worth">Hours times the rate.</param>
/// <param name="Gain">The worth less the price; negative if the price is higher.</param>
/// <param name="Tenths">The worth as a multiple of the price, in tenths, rounded down; null: the price is zero.</param>
public sealed record ReturnOnPrice(MoneyAmount Worth, MoneyAmount Gain, long? Tenths);

/// <summary>Compares the worth of saved hours with a price.</summary>
public static class ReturnRules
{
    /// <summary>The hours of two months: nobody saves more in one.</summary>
    public const long MostHours = 1_488;

    /// <summary>More than an hour costs in any currency, in major units.</summary>
    public const long LargestRate = 100_000_000;

    /// <param name="hours">Hours saved in a month; at most <see cref="MostHours"/>.</param>
    /// <param name="rate">The worth of one hour, in major units; at most <see cref="LargestRate"/>.</param>
    /// <param name="months">The months that the price pays for.</param>
    public static ReturnOnPrice Of(Quantity hours, Quantity rate, MoneyAmount price, int months)
    {
        var worth = new ExactMoney(hours.Value * rate.Value * months, price.Currency).Rounded();
        return new(worth, worth - price, price.Minor <= 0 ? null : (long)((Int128)worth.Minor * 10 / price.Minor));
    }
}
