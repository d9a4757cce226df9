using Tollgate.Core.Money;

namespace Tollgate.Core.Analytics;

/// <summary>An exchange rate that holds from a day until the next rate of the currency.</summary>
/// <param name="Rate">The units of the target currency for one unit of <paramref name="Currency"/>.</param>
public sealed record ExchangeRate(string Currency, DateOnly ValidFrom, decimal Rate);

/// <summary>The dated rates into one currency. A day before the first rate has none: Tollgate never guesses.</summary>
public sealed class ExchangeRates(Currency target, IEnumerable<ExchangeRate> rates)
{
    private readonly Dictionary<string, ExchangeRate[]> _byCurrency = rates.GroupBy(static rate => rate.Currency)
        .ToDictionary(static one => one.Key, static one => one.OrderBy(static rate => rate.ValidFrom).ToArray());

    public Currency Target => target;

    /// <summary>Returns the rate of a day; null: there is none.</summary>
    public decimal? At(string currency, DateOnly day) => currency == target.Code
        ? 1m
        : _byCurrency.GetValueOrDefault(currency)?.LastOrDefault(rate => rate.ValidFrom <= day)?.Rate;

    /// <summary>Converts minor units of a currency; null: the day has no rate.</summary>
    public ExactMoney? Convert(decimal minor, string currency, DateOnly day) => At(currency, day) is { } rate
        ? new(minor / Currency.Of(currency).MinorPerMajor * rate, target)
        : null;
}
