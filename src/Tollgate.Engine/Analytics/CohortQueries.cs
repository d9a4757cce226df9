using Npgsql;
using Tollgate.Core.Analytics;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>Paying customers with one plan, currency or country at an instant, and their MRR in the project's currency.</summary>
public sealed record Segment(string? Name, long Customers, MoneyAmount Mrr);

/// <summary>The dimensions of segments.</summary>
public enum SegmentBy
{
    Plan,
    Currency,
    Country,
}

/// <summary>Paying customers by month of their first payment, and by plan, currency or country.</summary>
public sealed class CohortQueries(NpgsqlDataSource database, RateQueries rateTable)
{
    /// <summary>Returns the cohorts of whole months up to a day, the oldest first.</summary>
    /// <param name="first">The first day of a month.</param>
    public async Task<(IReadOnlyList<Cohort> Cohorts, IReadOnlyList<string> Unconverted)> CohortsAsync(
        ProjectSnapshot project, DateOnly first, DateOnly last, Instant now, CancellationToken cancel)
    {
        var months = ReportSpan.Months(first, last, project.Zone);
        DateTime[] bounds = [.. months.Select(static month => month.Time.Start.ToUtc()), months[^1].Time.End.ToUtc()];
        var rates = await rateTable.LoadAsync(project, cancel);
        await using var command = database.Command(
            CohortSql.Cohorts, project.Id, bounds, bounds[0], ReportSpan.Happened(months[^1].Time.End, now).ToUtc());
        var (changes, started) = (new List<CohortChange>(), new Dictionary<DateOnly, long>());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            var change = new CohortChange(
                months[row.Whole("cohort") - 1].From, months[row.Whole("month") - 1].From, MrrQueries.MoneyOf(row, "year", "currency"),
                row.Long("customers"));
            changes.Add(change);
            started[change.Cohort] = started.GetValueOrDefault(change.Cohort) + row.Long("started");
        }

        return (CohortRules.Of(first, last, started, changes, rates, out var unconverted), unconverted);
    }

    /// <summary>Returns the segments at the end of a day, or now, the highest MRR first.</summary>
    public async Task<(IReadOnlyList<Segment> Segments, IReadOnlyList<string> Unconverted)> SegmentsAsync(
        ProjectSnapshot project, SegmentBy by, DateOnly day, Instant now, CancellationToken cancel)
    {
        var rates = await rateTable.LoadAsync(project, cancel);
        await using var command = database.Command(
            CohortSql.SegmentsBy(by), project.Id, ReportSpan.Happened(ReportSpan.Of(day, day, project.Zone).Time.End, now).ToUtc());
        var segments = new Dictionary<string, (long Customers, ExactMoney Year)>();
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            var (name, customers) = (row.TextOrNull("name") ?? "", row.Long("customers"));
            var (known, year) = segments.GetValueOrDefault(name, (0, ExactMoney.Zero(rates.Target)));
            if (rates.Convert(MrrQueries.MoneyOf(row, "year", "currency"), day) is { } converted)
            {
                year += converted;
            }
            else
            {
                missing.Add(row.Text("currency"));
            }

            segments[name] = (known + customers, year);
        }

        return (
            [.. segments.Select(static one => new Segment(
                    one.Key.Length == 0 ? null : one.Key, one.Value.Customers, (one.Value.Year / MrrReport.MonthsPerYear).Rounded()))
                .OrderByDescending(static one => one.Mrr.Minor).ThenBy(static one => one.Name, StringComparer.Ordinal)],
            [.. missing]);
    }
}
