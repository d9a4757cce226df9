using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Metering;

/// <summary>The change that an event made to one balance, and the balance as it is now.</summary>
/// <param name="UsedAfter">Known for the balance of the event's own feature.</param>
public sealed record PostingFact(string Feature, Posting Posting, Quantity? UsedAfter, Quantity? Quota, Quantity? UsedNow);

public sealed record CrossingFact(string Feature, int Percent, Quantity Used, Quantity Granted, Instant At);

/// <summary>A recorded decision with everything that the ledger stores about it.</summary>
/// <param name="Hold">Its reservation: of a settlement, or the whole decision while it is not settled.</param>
public sealed record DecisionFacts(
    EventRow? Event, Hold? Hold, Outcome? Outcome, bool IsSettle, bool IsLate, IReadOnlyList<PostingFact> Postings,
    IReadOnlyList<(string Grant, string Source, Quantity Amount)> Burned, IReadOnlyList<CrossingFact> Crossings, string Customer);

/// <summary>Explains a decision from the records under its id.</summary>
/// <param name="keys">Null: no usage is encrypted.</param>
public sealed class DecisionQueries(Database database, UsageKeys? keys = null)
{
    /// <returns>The facts, or the fault: the id is unknown, or several customers have it.</returns>
    public async Task<(DecisionFacts? Facts, GateFault Fault)> FindAsync(
        ProjectSnapshot project, string id, string? customer, Instant now, CancellationToken cancel)
    {
        var key = EventKey.Sought(id, now);
        if (customer is null)
        {
            var (place, fault) = await LedgerQueries.FindEventAsync(database, project.Id, key, cancel);
            if (fault == GateFault.EventUnknown)
            {
                (place, fault) = await LedgerQueries.FindHoldAsync(database, project.Id, key, cancel);
            }

            if (fault != GateFault.None)
            {
                return (null, fault == GateFault.HoldUnknown ? GateFault.EventUnknown : fault);
            }

            customer = place.Customer;
        }

        await using var connection = await database.Source.OpenConnectionAsync(cancel);
        var hold = await HoldAsync(connection, project, customer, key, cancel);
        if (await EventAsync(connection, project, customer, key, cancel) is { } found)
        {
            return (await FactsAsync(connection, project, found, hold, cancel), GateFault.None);
        }

        return hold is null
            ? (null, GateFault.EventUnknown)
            : (new DecisionFacts(null, hold, null, false, false, [], [], [], customer), GateFault.None);
    }

    private static async Task<EventQueries.FoundEvent?> EventAsync(
        NpgsqlConnection connection, ProjectSnapshot project, string customer, Guid key, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(MeteringSql.DecidedEvent, connection);
        EventQueries.AddPlace(command.Parameters, project, customer);
        command.Parameters.Add(new() { Value = key, NpgsqlDbType = NpgsqlDbType.Uuid });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? EventQueries.Read(reader) : null;
    }

    private static async Task<Hold?> HoldAsync(
        NpgsqlConnection connection, ProjectSnapshot project, string customer, Guid key, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(MeteringSql.Hold, connection);
        EventQueries.AddPlace(command.Parameters, project, customer);
        command.Parameters.Add(new() { Value = key, NpgsqlDbType = NpgsqlDbType.Uuid });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? AccountLoader.ReadHold(reader) : null;
    }

    private async Task<DecisionFacts> FactsAsync(
        NpgsqlConnection connection, ProjectSnapshot project, EventQueries.FoundEvent found, Hold? hold, CancellationToken cancel)
    {
        var stored = found.Stored;
        var rows = await EventQueries.NamedAsync(connection, project, [found], keys, cancel);
        var balances = await BalancesAsync(connection, found, cancel);
        var postings = new List<PostingFact>();
        foreach (var posting in stored.Postings.OrderBy(p => p.FeatureKey == stored.FeatureKey ? 0 : 1))
        {
            var balance = balances.GetValueOrDefault((posting.FeatureKey, posting.PeriodStart));
            postings.Add(new(CodeOf(project, posting.FeatureKey), posting,
                posting.FeatureKey == stored.FeatureKey ? stored.UsedAfter : null, balance?.Quota, balance?.Used));
        }

        return new(
            rows[0], hold, OutcomeOf(stored, postings), stored.Data.IsSettle, stored.Data.IsLate, postings,
            await BurnedAsync(connection, found, cancel), await CrossingsAsync(connection, project, found, cancel), found.Customer);
    }

    /// <summary>The ledger does not store the plain outcomes; an unlimited quota tells which of the two it was.</summary>
    private static Outcome? OutcomeOf(StoredEvent stored, IReadOnlyList<PostingFact> postings) =>
        stored.Data.Outcome ?? (postings.Count == 0 ? null : postings[0].Quota is null ? Outcome.Unlimited : Outcome.WithinQuota);

    private static string CodeOf(ProjectSnapshot project, int featureKey) => project.Catalog.FeatureOf(featureKey).Code;

    private sealed record BalanceNow(Quantity Used, Quantity? Quota);

    private static async Task<Dictionary<(int, Instant), BalanceNow>> BalancesAsync(
        NpgsqlConnection connection, EventQueries.FoundEvent found, CancellationToken cancel)
    {
        await using var command = CommandOf(connection, MeteringSql.BalancesOf, found);
        AddPostings(command, found.Stored.Postings);
        var balances = new Dictionary<(int, Instant), BalanceNow>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            balances[(reader.GetInt32(0), AccountLoader.At(reader, 1))] = new(
                Quantity.Of(reader.GetDecimal(2)), reader.IsDBNull(3) ? null : Quantity.Of(reader.GetDecimal(3)));
        }

        return balances;
    }

    private static async Task<IReadOnlyList<(string, string, Quantity)>> BurnedAsync(
        NpgsqlConnection connection, EventQueries.FoundEvent found, CancellationToken cancel)
    {
        var burns = found.Stored.Data.Burns;
        if (burns.Count == 0)
        {
            return [];
        }

        await using var command = CommandOf(connection, MeteringSql.GrantsOf, found);
        command.Parameters.Add(
            new() { Value = burns.Select(b => b.Grant).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        var grants = new Dictionary<Guid, (string Name, string Source)>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            grants[reader.GetGuid(0)] = (reader.IsDBNull(2) ? reader.GetGuid(0).ToString("D") : reader.GetString(2), reader.GetString(1));
        }

        return [.. burns.Select(b => grants.GetValueOrDefault(b.Grant, (b.Grant.ToString("D"), "unknown")))
            .Zip(burns, static (grant, burn) => (grant.Item1, grant.Item2, burn.Amount))];
    }

    /// <summary>Finds the crossings that this event made: their usage equals its used_after.</summary>
    private static async Task<IReadOnlyList<CrossingFact>> CrossingsAsync(
        NpgsqlConnection connection, ProjectSnapshot project, EventQueries.FoundEvent found, CancellationToken cancel)
    {
        var stored = found.Stored;
        if (stored.FeatureKey == 0 || stored.Quantity.IsNegative)
        {
            return [];
        }

        await using var command = CommandOf(connection, MeteringSql.CrossingsOf, found);
        AddPostings(command, [new(stored.FeatureKey, stored.PeriodStart, default, default)]);
        command.Parameters.Add(
            new() { Value = new[] { stored.UsedAfter.Value }, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Numeric });
        var crossings = new List<CrossingFact>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            crossings.Add(new(CodeOf(project, reader.GetInt32(0)), reader.GetInt16(1), Quantity.Of(reader.GetDecimal(2)),
                Quantity.Of(reader.GetDecimal(3)), AccountLoader.At(reader, 4)));
        }

        return crossings;
    }

    private static NpgsqlCommand CommandOf(NpgsqlConnection connection, string sql, EventQueries.FoundEvent found)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new() { Value = found.Partition, NpgsqlDbType = NpgsqlDbType.Smallint });
        command.Parameters.Add(new() { Value = found.Account, NpgsqlDbType = NpgsqlDbType.Integer });
        return command;
    }

    private static void AddPostings(NpgsqlCommand command, IReadOnlyList<Posting> postings)
    {
        command.Parameters.Add(
            new() { Value = postings.Select(p => p.FeatureKey).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(
            new() { Value = postings.Select(p => p.PeriodStart.ToUtc()).ToArray(),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
    }
}
