using Npgsql;
using Tollgate.Core.Analytics;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>The figures of a range, and of each of its months.</summary>
public sealed record SuccessReport(SuccessFigures Total, IReadOnlyList<(DateOnly Month, SuccessFigures Figures)> Months);

/// <summary>The figures of one customer, and its first and last signals.</summary>
/// <param name="SignedUpAt">When the customer was created.</param>
/// <param name="OnboardedAt">The first <c>onboarding_completed</c>; null: none.</param>
/// <param name="FirstValueAt">The first <c>value_metric</c>; null: none.</param>
/// <param name="LastScore">The last csat and its time.</param>
/// <param name="Total">The sums of all months of the range.</param>
public sealed record CustomerSuccess(
    string Customer, Instant SignedUpAt, Instant? OnboardedAt, Instant? FirstValueAt, (int Score, Instant At)? LastScore,
    SignalFigures Total, IReadOnlyList<(DateOnly Month, SignalFigures Figures)> Months)
{
    /// <summary>Null: no value yet. Zero: Tollgate learned of the customer later.</summary>
    public TimeSpan? TimeToValue => FirstValueAt is not { } first ? null : first > SignedUpAt ? first - SignedUpAt : TimeSpan.Zero;
}

/// <summary>Reads customer success of a project and of one customer, by calendar month of the project's time zone.</summary>
public sealed class SuccessQueries(NpgsqlDataSource database, CustomerQueries customers)
{
    /// <param name="first">The first day of a month.</param>
    /// <param name="last">A day of the last month, which counts whole.</param>
    public async Task<SuccessReport> ReportAsync(
        ProjectSnapshot project, DateOnly first, DateOnly last, Instant now, CancellationToken cancel)
    {
        var months = MonthsOf(project, first, last);
        DateTime[] bounds = [.. months.Select(static month => month.Time.Start.ToUtc()), months[^1].Time.End.ToUtc()];
        var sums = (await SumsAsync(
            database.Command(SuccessSql.Months, project.Id, months[0].From, months[^1].From), cancel)).ToLookup(static one => one.Month);
        var signUps = await CountsAsync(database.Command(SuccessSql.SignUps, project.Id, bounds, bounds[^1]), cancel);
        var onboarded = await CountsAsync(database.Command(SuccessSql.Onboarded, project.Id, bounds, bounds[0], bounds[^1]), cancel);
        var times = await TimesAsync(project, bounds, cancel);
        var churn = await ChurnAsync(project, months, bounds, now, cancel);
        var lines = new List<(DateOnly Month, SuccessFigures Figures)>();
        var known = signUps.GetValueOrDefault(0);
        for (var i = 0; i < months.Count; i++)
        {
            known += signUps.GetValueOrDefault(i + 1);
            lines.Add((months[i].From, new(
                known, signUps.GetValueOrDefault(i + 1), onboarded.GetValueOrDefault(i + 1),
                times.GetValueOrDefault(i + 1, TimeToValue.None), SuccessRules.FiguresOf(sums[months[i].From]), churn[i])));
        }

        var ended = churn.Where((_, at) => months[at].Time.End <= now).ToArray();
        var total = new SuccessFigures(
            known, lines.Sum(static one => one.Figures.SignedUp), lines.Sum(static one => one.Figures.Onboarded),
            times.GetValueOrDefault(AllMonths, TimeToValue.None), SuccessRules.FiguresOf(sums.SelectMany(static one => one)),
            SuccessRules.Sum(ended));
        return new(total, lines);
    }

    /// <summary>Returns null if this project has no such customer. A member stands for the customer whose balances it uses.</summary>
    /// <inheritdoc cref="ReportAsync"/>
    public async Task<CustomerSuccess?> OfCustomerAsync(
        ProjectSnapshot project, string customer, DateOnly first, DateOnly last, CancellationToken cancel)
    {
        if (await customers.FindAccountAsync(project, customer, cancel) is not { } account)
        {
            return null;
        }

        var months = MonthsOf(project, first, last);
        var sums = (await SumsAsync(
            database.Command(SuccessSql.MonthsOfCustomer, account.Partition, account.Account, months[0].From, months[^1].From), cancel))
            .ToLookup(static one => one.Month);
        await using var command = database.Command(SuccessSql.Customer, account.Partition, account.Account);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var row = new RowReader(reader);
        return !await reader.ReadAsync(cancel)
            ? null
            : new(
                customer, row.Time("created_at"), row.TimeOrNull("onboarded_at"), row.TimeOrNull("first_value_at"),
                row.TextOrNull("score") is { } score ? (ScoreOf(score), row.Time("scored_at")) : null,
                SuccessRules.FiguresOf(sums.SelectMany(static one => one)),
                [.. months.Select(month => (month.From, SuccessRules.FiguresOf(sums[month.From])))]);
    }

    /// <summary>The key of all months together.</summary>
    private const int AllMonths = 0;

    private static int ScoreOf(string name) => name[0] - '0';

    private static IReadOnlyList<ReportSpan> MonthsOf(ProjectSnapshot project, DateOnly first, DateOnly last) =>
        ReportSpan.Months(
            new(first.Year, first.Month, 1), new DateOnly(last.Year, last.Month, 1).AddMonths(1).AddDays(-1), project.Zone);

    private static async Task<List<SignalSum>> SumsAsync(NpgsqlCommand sums, CancellationToken cancel)
    {
        await using var command = sums;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<SignalSum>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            found.Add(new(
                row.Value<DateOnly>("month"), row.Text("type"), row.Text("name"), row.Text("unit"), row.Long("signals"),
                Quantity.Of(row.Number("total"))));
        }

        return found;
    }

    private static async Task<Dictionary<int, long>> CountsAsync(NpgsqlCommand counts, CancellationToken cancel)
    {
        await using var command = counts;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new Dictionary<int, long>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            found[row.Whole("month")] = row.Long("customers");
        }

        return found;
    }

    private async Task<Dictionary<int, TimeToValue>> TimesAsync(ProjectSnapshot project, DateTime[] bounds, CancellationToken cancel)
    {
        await using var command = database.Command(SuccessSql.TimesToValue, project.Id, bounds, bounds[0], bounds[^1]);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new Dictionary<int, TimeToValue>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            found[row.WholeOrNull("month") ?? AllMonths] = new(row.Long("customers"), Wait("median"), Wait("p90"));
        }

        return found;

        TimeSpan? Wait(string column) =>
            row.LongOrNull(column) is { } microseconds ? TimeSpan.FromTicks(microseconds * TimeSpan.TicksPerMicrosecond) : null;
    }

    private async Task<IReadOnlyList<IReadOnlyList<CsatChurn>>> ChurnAsync(
        ProjectSnapshot project, IReadOnlyList<ReportSpan> months, DateTime[] bounds, Instant now, CancellationToken cancel)
    {
        var begun = months.Count(month => month.Time.Start <= now);
        DateTime[] ends = [.. months.Select(month => ReportSpan.Happened(month.Time.End, now).ToUtc())];
        var rated = await RatedAsync(project, bounds[..begun], ends[..begun], cancel);
        var (changes, lost) = await PayingAsync(project, bounds, ends[^1], cancel);
        var (lines, paying) = (new List<IReadOnlyList<CsatChurn>>(), 0L);
        for (var i = 0; i < months.Count; i++)
        {
            paying += changes.GetValueOrDefault(i);
            lines.Add(
                i < begun
                    ? SuccessRules.ChurnOf(rated[i + 1], paying, lost.GetValueOrDefault(i + 1))
                    : SuccessRules.ChurnOf([], 0, 0));
        }

        return lines;
    }

    private async Task<ILookup<int, (int Score, long Customers, long Lost)>> RatedAsync(
        ProjectSnapshot project, DateTime[] starts, DateTime[] ends, CancellationToken cancel)
    {
        await using var command = database.Command(
            SuccessSql.RatedChurn, project.Id, starts, ends, (int)SuccessRules.ScoreAge.TotalHours);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<(int Month, (int, long, long) Line)>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            found.Add(((int)row.Long("month"), (ScoreOf(row.Text("score")), row.Long("customers"), row.Long("lost"))));
        }

        return found.ToLookup(static one => one.Month, static one => one.Line);
    }

    private async Task<(Dictionary<int, long> Changes, Dictionary<int, long> Lost)> PayingAsync(
        ProjectSnapshot project, DateTime[] bounds, DateTime until, CancellationToken cancel)
    {
        await using var command = database.Command(SuccessSql.Churn, project.Id, bounds, until);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (changes, lost) = (new Dictionary<int, long>(), new Dictionary<int, long>());
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            (changes[row.Whole("month")], lost[row.Whole("month")]) = (row.Long("change"), row.Long("lost"));
        }

        return (changes, lost);
    }
}
