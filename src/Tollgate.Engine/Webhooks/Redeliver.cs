using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;
using Tollgate.Core.Webhooks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Webhooks;

public enum RedeliveryOutcome
{
    Done,
    NotFound,

    /// <summary>The endpoint is deleted or disabled, and gets nothing.</summary>
    NotSending,
}

/// <summary>A range of events to send to an endpoint again. A null bound does not limit it.</summary>
/// <param name="After">A position.</param>
/// <param name="From">The earliest time of publication, inclusive.</param>
/// <param name="Before">The latest time of publication, exclusive.</param>
/// <param name="OnlyMissing">True to leave out events that already arrived there.</param>
public sealed record RangeOrder(long After, Instant? From, Instant? Before, bool OnlyMissing);

/// <param name="Deliveries">The number of new deliveries.</param>
/// <param name="LastEvent">The last event that the call read; null: there was none.</param>
/// <param name="HasMore">True if further events follow it.</param>
public sealed record RangeAnswer(RedeliveryOutcome Outcome, int Deliveries = 0, Guid? LastEvent = null, bool HasMore = false);

/// <summary>
/// Sends events again, as new deliveries that follow the open ones of the same object. An event keeps its id and number, so a receiver that
/// already has it sees a repeat.
/// </summary>
public sealed class Redeliver(NpgsqlDataSource database)
{
    /// <summary>The maximum number of events that one call reads.</summary>
    public const int MostAtOnce = 1000;

    /// <returns>The new delivery's id, if one was made.</returns>
    public async Task<(RedeliveryOutcome Outcome, Guid? Id)> OneAsync(ProjectSnapshot project, Guid delivery, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        (Guid Endpoint, long Event) what;
        await using (var command = connection.Command(DeliverySql.WhatItSends, project.Id, delivery))
        await using (var row = await command.ExecuteReaderAsync(cancel))
        {
            if (!await row.ReadAsync(cancel))
            {
                return (RedeliveryOutcome.NotFound, null);
            }

            what = (row.GetGuid(0), row.GetInt64(1));
        }

        if (await HoldAsync(connection, project, what.Endpoint, cancel) is not (true, _))
        {
            return (RedeliveryOutcome.NotSending, null);
        }

        await using var insert = connection.Command(DeliverySql.Insert, project.Id, new[] { what.Endpoint }, new[] { what.Event }, true);
        var id = (Guid)(await insert.ExecuteScalarAsync(cancel))!;
        await transaction.CommitAsync(cancel);
        return (RedeliveryOutcome.Done, id);
    }

    /// <summary>Sends a range of events again. Open deliveries do not change.</summary>
    public async Task<RangeAnswer> RangeAsync(ProjectSnapshot project, Guid endpoint, RangeOrder order, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);

        // The start of the range is searched before the endpoint is locked, because the lock stops sending and publishing to it.
        var after = order.From is { } from ? Math.Max(order.After, await BeforeAsync(connection, project, from, cancel)) : order.After;
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var (isSending, wanted) = await HoldAsync(connection, project, endpoint, cancel);
        if (isSending is not true)
        {
            return new(isSending is null ? RedeliveryOutcome.NotFound : RedeliveryOutcome.NotSending);
        }

        var events = new List<(long Position, Guid Id, string Type, bool IsWanted)>();
        await using (var command = connection.Command(
            DeliverySql.EventsOfRange, project.Id, after, SqlCommands.OrNull(order.From?.ToUtc(), NpgsqlDbType.TimestampTz),
            SqlCommands.OrNull(order.Before?.ToUtc(), NpgsqlDbType.TimestampTz), MostAtOnce + 1, endpoint, order.OnlyMissing))
        await using (var row = await command.ExecuteReaderAsync(cancel))
        {
            while (await row.ReadAsync(cancel))
            {
                events.Add((row.GetInt64(0), row.GetGuid(1), row.GetString(2), row.GetBoolean(3)));
            }
        }

        var page = events.Take(MostAtOnce).ToList();
        var due = page.Where(one => one.IsWanted && WebhookEventType.Matches(wanted, one.Type)).Select(static one => one.Position)
            .ToArray();
        await using var insert = connection.Command(DeliverySql.Insert, project.Id, due.Select(_ => endpoint).ToArray(), due, true);
        await insert.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
        return new(RedeliveryOutcome.Done, due.Length, page.Count == 0 ? null : page[^1].Id, events.Count > MostAtOnce);
    }

    /// <returns>A position before every event that was published at that time or later.</returns>
    private static async Task<long> BeforeAsync(
        NpgsqlConnection connection, ProjectSnapshot project, Instant from, CancellationToken cancel)
    {
        await using var command = connection.Command(DeliverySql.LastBeforeRange, project.Id, from.ToUtc());
        return await command.ExecuteScalarAsync(cancel) is long last ? last : 0;
    }

    /// <returns>True if the endpoint gets events, null if there is none; and its event types.</returns>
    private static async Task<(bool? IsSending, string[] Wanted)> HoldAsync(NpgsqlConnection connection, ProjectSnapshot project,
        Guid endpoint, CancellationToken cancel)
    {
        await using var command = connection.Command(DeliverySql.HoldOne, project.Id, endpoint);
        await using var row = await command.ExecuteReaderAsync(cancel);
        return await row.ReadAsync(cancel) ? (row.GetBoolean(0), row.GetFieldValue<string[]>(1)) : (null, []);
    }
}
