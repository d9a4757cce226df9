using Tollgate.Core.Money;

namespace Tollgate.Core.Analytics;

/// <summary>An exchange rate that holds from a day until the next rate of the currency.</summary>
/// <param name="Rate">The price of one unit of the currency in the target currency.</param>
public sealed record ExchangeRate(string Currency, DateOnly ValidFrom, UnitPrice Rate);

/// <summary>The dated rates into one currency. A day before the first rate has none: Tollgate never guesses.</summary>
public sealed class ExchangeRates(Currency target, IEnumerable<ExchangeRate> rates)
{
    private static readonly UnitPrice Same = UnitPrice.Of(1);

    private readonly Dictionary<string, ExchangeRate[]> _byCurrency = rates.GroupBy(static rate => rate.Currency)
        .ToDictionary(static one => one.Key, static one => one.OrderBy(static rate => rate.ValidFrom).ToArray());

    public Currency Target => target;

    /// <summary>Returns the rate of a day; null: there is none.</summary>
    public UnitPrice? At(Currency currency, DateOnly day) => currency == target
        ? Same
        : _byCurrency.GetValueOrDefault(currency.Code)?.LastOrDefault(rate => rate.ValidFrom <= day)?.Rate;

    /// <summary>Converts an amount at the rate of a day; null: the day has none. Zero needs no rate.</summary>
    public ExactMoney? Convert(ExactMoney amount, DateOnly day) => amount.Major == 0
        ? ExactMoney.Zero(target)
        : At(amount.Currency, day) is { } rate ? new(amount.Major * rate.Value, target) : null;
}
