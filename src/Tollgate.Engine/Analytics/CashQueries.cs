using Npgsql;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>What money a project got, whatever it was for and whenever that is earned.</summary>
public sealed class CashQueries(NpgsqlDataSource database)
{
    /// <summary>
    /// A payment ends at most so long after it began: a page on which an invoice is paid is open for 60 days, and a bank may be late.
    /// </summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(400);

    /// <summary>Each day's cash in one currency, taxes included, the first day's first. Negative: more went back than came.</summary>
    public async Task<IReadOnlyList<MoneyAmount>> ByDayAsync(
        ProjectSnapshot project, DayRange days, Currency currency, CancellationToken cancel)
    {
        var start = days.First.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        var end = days.Last.AddDays(1).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        await using var command = database.Command(
            CashSql.ByDay, project.Id, RevenueQueries.LeastIdOf(new DateTimeOffset(start) - LongestWait), start, end, currency.Code);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new Dictionary<DateOnly, long>();
        while (await reader.ReadAsync(cancel))
        {
            found[reader.GetFieldValue<DateOnly>(0)] = reader.GetInt64(1);
        }

        return [.. days.All().Select(day => new MoneyAmount(found.GetValueOrDefault(day), currency))];
    }
}
