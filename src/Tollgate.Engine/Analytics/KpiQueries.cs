using Npgsql;
using Tollgate.Core.Analytics;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>The key figures of a range and of the same number of days before it.</summary>
/// <param name="Unconverted">The currencies that lack an exchange rate on a day that needs one. No figure includes them.</param>
public sealed record KpiReport(ReportSpan Before, Kpis Previous, Kpis Current, IReadOnlyList<string> Unconverted);

/// <summary>Reads the facts of key figures: movements, recognised revenue, costs, spend, trials and payments.</summary>
public sealed class KpiQueries(
    NpgsqlDataSource database, MrrQueries recurring, RateQueries rateTable, RevenueQueries revenue, CostQueries costs)
{
    public async Task<KpiReport> ReadAsync(ProjectSnapshot project, ReportSpan span, Instant now, CancellationToken cancel)
    {
        ReportSpan[] spans = [span.Previous(project.Zone), span];
        var rates = await rateTable.LoadAsync(project, cancel);
        var report = await recurring.ReportAsync(project, spans, now, cancel);
        var money = new Converted(rates);
        foreach (var missing in report.Unconverted)
        {
            money.Unconverted.Add(missing.Currency.Code);
        }

        var days = new DayRange(spans[0].From, span.To);
        var earned = new List<(DateOnly Day, ExactMoney Amount)>();
        foreach (var currency in await revenue.CurrenciesAsync(project, days, cancel))
        {
            earned.AddRange(days.All().Zip((await revenue.ByDayAsync(project, days, currency, cancel)).Select(ExactMoney.Of)));
        }

        var called = (await costs.GroupsAsync(project, days, CostGroups.Day, days.Days, null, cancel))
            .Select(static row => (row.Day!.Value, new ExactMoney(row.Totals.Cost.Value, Currency.Usd))).ToList();
        var spent = await SpendAsync(project, days, cancel);
        var both = new Kpis[spans.Length];
        for (var i = 0; i < spans.Length; i++)
        {
            both[i] = KpiRules.Of(
                await FactsAsync(
                    project, report.Parts[i],
                    (money.Sum(earned, spans[i]), money.Sum(called, spans[i]), money.Sum(spent, spans[i])), now, cancel),
                rates);
        }

        return new(spans[0], both[0], both[1], [.. money.Unconverted]);
    }

    private async Task<KpiFacts> FactsAsync(
        ProjectSnapshot project, MrrPart part, (ExactMoney? Revenue, ExactMoney? Cost, ExactMoney? Spend) money, Instant now,
        CancellationToken cancel)
    {
        var (from, until) = (part.Span.Time.Start.ToUtc(), part.Span.Time.End.ToUtc());
        var moved = await MovedAsync(project, part.Span.Time.Start, ReportSpan.Happened(part.Span.Time.End, now), cancel);
        var (over, paid) = await PairAsync(database.Command(KpiSql.Trials, project.Id, from, until), cancel);
        var (succeeded, failed) = await PairAsync(database.Command(KpiSql.Payments, project.Id, from, until), cancel);
        return new(part, moved, money.Revenue, money.Cost, money.Spend, over, paid, succeeded, failed);
    }

    private async Task<IReadOnlyList<MovedCustomers>> MovedAsync(
        ProjectSnapshot project, Instant from, Instant until, CancellationToken cancel)
    {
        await using var command = database.Command(KpiSql.Moved, project.Id, from.ToUtc(), until.ToUtc());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var moved = new List<MovedCustomers>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            moved.Add(new(
                MrrQueries.MoneyOf(row, "before", "currency_before"), MrrQueries.MoneyOf(row, "after", "currency_after"),
                row.Long("customers"), row.TextOrNull("reason")));
        }

        return moved;
    }

    private async Task<List<(DateOnly Day, ExactMoney Amount)>> SpendAsync(
        ProjectSnapshot project, DayRange days, CancellationToken cancel)
    {
        await using var command = database.Command(KpiSql.Spend, project.Id, days.First, days.Last);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var spent = new List<(DateOnly, ExactMoney)>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            spent.Add((row.Value<DateOnly>("day"), MrrQueries.MoneyOf(row, "amount", "currency")));
        }

        return spent;
    }

    private static async Task<(long First, long Second)> PairAsync(NpgsqlCommand counts, CancellationToken cancel)
    {
        await using var command = counts;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>Sums of days in the project's currency, each day at its rate.</summary>
    private sealed class Converted(ExchangeRates rates)
    {
        public SortedSet<string> Unconverted { get; } = new(StringComparer.Ordinal);

        /// <summary>Returns null if a day lacks a rate.</summary>
        public ExactMoney? Sum(IEnumerable<(DateOnly Day, ExactMoney Amount)> amounts, ReportSpan span)
        {
            var (sum, isComplete) = (ExactMoney.Zero(rates.Target), true);
            foreach (var (day, amount) in amounts.Where(one => one.Day >= span.From && one.Day <= span.To))
            {
                if (rates.Convert(amount, day) is { } converted)
                {
                    sum += converted;
                }
                else
                {
                    Unconverted.Add(amount.Currency.Code);
                    isComplete = false;
                }
            }

            return isComplete ? sum : null;
        }
    }
}
