using System.ComponentModel.DataAnnotations;

namespace Tollgate.Contracts.Analytics;

/// <summary>Changes of MRR, in minor units. They add up to the difference of MRR, to the last minor unit.</summary>
/// <param name="Contraction">Not positive.</param>
/// <param name="Churn">Not positive. A pause is churn, and a resumption reactivation.</param>
/// <param name="Exchange">The effect of changed exchange rates on the MRR at the start.</param>
public sealed record MrrMovementsView(long New, long Expansion, long Contraction, long Churn, long Reactivation, long Exchange);

/// <summary>A month, or the part of it that lies in the range.</summary>
/// <param name="From">The first day, in the project's time zone.</param>
/// <param name="To">The last day, inclusive.</param>
/// <param name="Opening">The MRR at the start.</param>
/// <param name="Mrr">The MRR at the end: <c>opening</c> plus all movements.</param>
/// <param name="Customers">Paying customers at the end.</param>
public sealed record MrrMonthView(
    string Month, DateOnly From, DateOnly To, long Opening, long Mrr, long Arr, MrrMovementsView Movements, long NewCustomers,
    long Customers);

/// <param name="Mrr">Minor units of the currency.</param>
public sealed record CurrencyMrr(string Currency, long Mrr);

/// <summary>Answer of <c>GET /v1/analytics/mrr</c>. Amounts are minor units of the project's currency.</summary>
/// <param name="At">The end of the range; now if the range includes today.</param>
/// <param name="Arr">12 × the exact MRR, rounded once.</param>
/// <param name="Movements">The sum of the months.</param>
/// <param name="ByCurrency">The included currencies, in their own minor units.</param>
/// <param name="Unconverted">
/// Currencies that lack an exchange rate on a day of the report. No other figure includes them: set a rate with PUT /v1/exchange-rates.
/// </param>
public sealed record MrrView(
    DateTimeOffset At, DateOnly From, DateOnly To, string Currency, long Opening, long Mrr, long Arr, long Customers,
    MrrMovementsView Movements, IReadOnlyList<MrrMonthView> Series, IReadOnlyList<CurrencyMrr> ByCurrency,
    IReadOnlyList<CurrencyMrr> Unconverted);

/// <summary>A fact behind the MRR: a step of a subscription that changed its recurring revenue.</summary>
/// <param name="ArrBefore">Recurring revenue per year before the step, in minor units. MRR is a twelfth of it.</param>
/// <param name="ArrChange">The change of MRR is a twelfth of it.</param>
/// <param name="Fact">The number of the step in the subscription's timeline.</param>
/// <param name="Reason">The reason of a churn.</param>
public sealed record MrrFactView(
    string Id, DateTimeOffset At, string Kind, string Customer, string Subscription, int Fact, string Currency, long ArrBefore,
    long ArrAfter,
    long ArrChange, string? PlanBefore, string Plan, string Interval, string? Reason);

public sealed record MrrFactList(IReadOnlyList<MrrFactView> Data, bool HasMore);

public sealed record ExchangeRateRequest
{
    [Required]
    public string? Currency { get; init; }

    /// <summary>Units of the project's currency for one unit of the currency, as a decimal string.</summary>
    [Required]
    public string? Rate { get; init; }

    /// <summary>The first day, in the project's time zone. Default: today.</summary>
    public DateOnly? ValidFrom { get; init; }
}

/// <param name="Target">The project's currency.</param>
public sealed record ExchangeRateView(string Id, string Currency, string Target, string Rate, DateOnly ValidFrom);

public sealed record ExchangeRateList(IReadOnlyList<ExchangeRateView> Data, bool HasMore);
