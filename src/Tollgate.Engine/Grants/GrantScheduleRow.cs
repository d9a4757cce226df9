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
        return await reader.ReadAsync(cancel) ? Read(reader) : null;
    }

    public static Task SetAsync(CustomerChange change, GrantSchedule schedule, TimeZoneInfo zone, CancellationToken cancel) =>
        change.ExecuteAsync(
        ScheduleSql.Set, cancel, change.Row.Partition, change.Row.Account, schedule.Id, schedule.Next, schedule.Turn,
        TimeOrNull(schedule.PausedAt),
        TimeOrNull(schedule.EndedAt), TimeOrNull(schedule.DueAt(zone)));

    public static NpgsqlParameter TimeOrNull(Instant? at) => SqlCommands.OrNull(at?.ToUtc(), NpgsqlDbType.TimestampTz);

    /// <summary>Reads the columns of <c>ScheduleSql.Columns</c>, in their order.</summary>
    public static GrantSchedule Read(NpgsqlDataReader reader)
    {
        return new()
        {
            Id = reader.GetGuid(0),
            Name = reader.GetString(1),
            Feature = reader.GetString(2),
            FeatureKey = reader.GetInt32(3),
            Amount = Quantity.Of(reader.GetDecimal(4)),
            Source = GrantRow.SourceOf(reader.GetString(5)),
            Priority = reader.GetInt16(6),
            Every = CatalogWords.Read<GrantInterval>(reader.GetString(7)),
            Lives = reader.IsDBNull(8) ? null : reader.GetInt32(8),
            StartsAt = Instant.FromUtc(reader.GetDateTime(9)),
            EndsAt = TimeOf(10),
            PausedAt = TimeOf(11),
            Turn = reader.GetInt32(12),
            Next = reader.GetInt32(13),
            CreatedAt = Instant.FromUtc(reader.GetDateTime(14)),
            EndedAt = TimeOf(15),
        };

        Instant? TimeOf(int column) => reader.IsDBNull(column) ? null : Instant.FromUtc(reader.GetDateTime(column));
    }
}
