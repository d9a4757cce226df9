using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Grants;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Grants;

/// <summary>Reads and writes rows of <c>grant_schedules</c>.</summary>
internal static class GrantScheduleRow
{
    /// <summary>Returns the id that the database stores for the caller's id.</summary>
    public static Guid KeyOf(string name) => EventKey.Parse(name, default).Id;

    public static async Task<GrantSchedule?> FindAsync(CustomerChange change, Guid id, CancellationToken cancel)
    {
        await using var command = change.Command(ScheduleSql.Find, change.Row.Partition, change.Row.Account, id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Read(new(reader)) : null;
    }

    public static Task SetAsync(CustomerChange change, GrantSchedule schedule, TimeZoneInfo zone, CancellationToken cancel) =>
        change.ExecuteAsync(
        ScheduleSql.Set, cancel, change.Row.Partition, change.Row.Account, schedule.Id, schedule.Next, schedule.Turn,
        TimeOrNull(schedule.PausedAt),
        TimeOrNull(schedule.EndedAt), TimeOrNull(schedule.DueAt(zone)));

    public static NpgsqlParameter TimeOrNull(Instant? at) => SqlCommands.OrNull(at?.ToUtc(), NpgsqlDbType.TimestampTz);

    /// <summary>Reads the columns of <c>ScheduleSql.Columns</c>.</summary>
    public static GrantSchedule Read(RowReader row)
    {
        return new()
        {
            Id = row.Id("id"),
            Name = row.Text("name"),
            Feature = row.Text("feature_code"),
            FeatureKey = row.Whole("feature"),
            Amount = Quantity.Of(row.Number("amount")),
            Source = GrantRow.SourceOf(row.Text("source")),
            Priority = row.Small("priority"),
            Every = CatalogWords.Read<GrantInterval>(row.Text("every")),
            Lives = row.WholeOrNull("lives"),
            StartsAt = row.Time("starts_at"),
            EndsAt = row.TimeOrNull("ends_at"),
            PausedAt = row.TimeOrNull("paused_at"),
            Turn = row.Whole("turn"),
            Next = row.Whole("next_number"),
            CreatedAt = row.Time("created_at"),
            EndedAt = row.TimeOrNull("ended_at"),
        };
    }
}
