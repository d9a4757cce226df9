using Npgsql;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>The cash that a project received, for any purpose and regardless of when it is earned.</summary>
public sealed class CashQueries(NpgsqlDataSource database)
{
    /// <summary>
    /// Returns the cash of each day in one currency, taxes included, in order of days. An amount is negative if more was paid out than came
    /// in.
    /// </summary>
    public async Task<IReadOnlyList<MoneyAmount>> ByDayAsync(
        ProjectSnapshot project, DayRange days, Currency currency, CancellationToken cancel)
    {
        var start = days.First.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        var end = days.Last.AddDays(1).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        await using var command = database.Command(CashSql.ByDay, project.Id, start, end, currency.Code);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new Dictionary<DateOnly, long>();
        while (await reader.ReadAsync(cancel))
        {
            found[reader.GetFieldValue<DateOnly>(0)] = reader.GetInt64(1);
        }

        return [.. days.All().Select(day => new MoneyAmount(found.GetValueOrDefault(day), currency))];
    }
}
