using Tollgate.Core.Money;

namespace Tollgate.Core.Analytics;

/// <summary>The change of the customers of a cohort and of their revenue per year, in one month.</summary>
/// <param name="Cohort">The first day of the month in which the customers paid first.</param>
/// <param name="Month">The first day of the month of the change.</param>
public readonly record struct CohortChange(DateOnly Cohort, DateOnly Month, ExactMoney Year, long Customers);

/// <summary>The customers of a cohort that pay at the end of a month, and their MRR.</summary>
public sealed record CohortMonth(DateOnly Month, long Customers, MoneyAmount Mrr);

/// <summary>Customers that paid first in one month.</summary>
/// <param name="Customers">Their number, whether they still pay or not.</param>
/// <param name="Months">From the month of the start on; the first one has those who paid at its end.</param>
public sealed record Cohort(DateOnly Month, long Customers, IReadOnlyList<CohortMonth> Months);

/// <summary>Retention by month of the first payment.</summary>
public static class CohortRules
{
    /// <param name="started">The customers of each cohort.</param>
    /// <param name="last">The last day; the last month may be incomplete.</param>
    /// <param name="unconverted">The currencies that lack a rate at the end of a month; no amount includes them.</param>
    public static IReadOnlyList<Cohort> Of(
        DateOnly first, DateOnly last, IReadOnlyDictionary<DateOnly, long> started, IReadOnlyCollection<CohortChange> changes,
        ExchangeRates rates, out IReadOnlyList<string> unconverted)
    {
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        var byCohort = changes.ToLookup(static change => change.Cohort);
        var cohorts = new List<Cohort>();
        for (var cohort = first; cohort <= last; cohort = cohort.AddMonths(1))
        {
            var months = new List<CohortMonth>();
            for (var month = cohort; month <= last; month = month.AddMonths(1))
            {
                var end = month.AddMonths(1).AddDays(-1) is var day && day < last ? day : last;
                var until = byCohort[cohort].Where(change => change.Month <= month).ToArray();
                var year = ExactMoney.Zero(rates.Target);
                foreach (var one in until.GroupBy(static change => change.Year.Currency))
                {
                    var sum = one.Aggregate(ExactMoney.Zero(one.Key), static (sum, change) => sum + change.Year);
                    if (rates.Convert(sum, end) is { } converted)
                    {
                        year += converted;
                    }
                    else
                    {
                        missing.Add(one.Key.Code);
                    }
                }

                months.Add(new(
                    month, until.Sum(static change => change.Customers), (year / MrrReport.MonthsPerYear).Rounded()));
            }

            cohorts.Add(new(cohort, started.GetValueOrDefault(cohort), months));
        }

        unconverted = [.. missing];
        return cohorts;
    }
}
