using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Core.Customers;
using Tollgate.Core.Imports;
using Tollgate.Core.Money;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Imports;

/// <summary>
/// Books received imports, each project's in the order of arrival, chunk after chunk. A chunk is one transaction: its records, the counts
/// and the position. Any server may do the next chunk; one at a time works on a project. A killed server has booked all of a chunk or
/// nothing of it.
/// </summary>
public sealed class RunImports(
    Database database, ProjectDirectory directory, ForgetCustomer forget, ParkedWork parked, ImportBell bell, Clock clock, UsageKeys keys,
    ILogger<RunImports> log)
    : WokenLoop(bell, Interval, "Importing history failed", log)
{
    /// <summary>The longest wait for an import that another server received.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>The time without a further chunk after which an import that is being received is given up.</summary>
    private static readonly TimeSpan LongestIdle = TimeSpan.FromMinutes(15);

    /// <summary>Chunks of one project before the next project's turn: a few seconds.</summary>
    private const int MostChunks = 16;

    private const string Silent =
        "The server that received it stopped, or the sender paused for 15 minutes. Nothing was booked; send it again.";

    protected override Task<bool> LookAsync(CancellationToken cancel) => RunAsync(cancel);

    /// <returns>True: there may be more to do at once.</returns>
    public async Task<bool> RunAsync(CancellationToken cancel)
    {
        await using (var silent = database.Source.Command(
            ImportSql.GiveUp, SqlCommands.OrNull(null, NpgsqlTypes.NpgsqlDbType.Uuid), LongestIdle.TotalSeconds, Silent))
        {
            await silent.ExecuteNonQueryAsync(cancel);
        }

        var hasMore = false;
        foreach (var (projectId, import) in await PendingAsync(cancel))
        {
            if (directory.Current.ProjectsById.TryGetValue(projectId, out var project))
            {
                await parked.TryAsync(
                    WorkNames.Imports, project, import.ToString("D"),
                    async () => hasMore |= await PageAsync(project, import, cancel), cancel);
            }
        }

        return hasMore;
    }

    private async Task<List<(int Project, Guid Import)>> PendingAsync(CancellationToken cancel)
    {
        await using var command = database.Source.Command(ImportSql.Pending);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var pending = new List<(int, Guid)>();
        while (await reader.ReadAsync(cancel))
        {
            pending.Add((reader.GetInt32(0), reader.GetGuid(1)));
        }

        return pending;
    }

    /// <returns>True: this server did some of the import, or finished it.</returns>
    private async Task<bool> PageAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        if (await FindAsync(project, id, cancel) is not { } import)
        {
            return false;
        }

        // A connection of its own: a chunk sends its rows in one parameter, which the pool does not know.
        await using var connection = await database.OpenDedicatedAsync(cancel);
        var types = await RowTypes.ReadAsync(connection);
        var accounts = new HistoryAccounts(connection, project, creates: !import.IsDryRun);
        var (end, did) = (Math.Min(import.Chunks, import.Position + MostChunks), false);
        var next = import.Position < end ? LoadAsync(project, import, import.Position, cancel) : null;
        for (var position = import.Position; next is not null; position++)
        {
            var chunk = await next;
            next = position + 1 < end ? LoadAsync(project, import, position + 1, cancel) : null;
            if (chunk is not null && !import.IsDryRun)
            {
                await BookEvents.AddNamesAsync(connection, project, chunk.Usage, cancel);
            }

            await using var transaction = await connection.BeginTransactionAsync(cancel);
            var turn = new ImportTurn(connection, transaction, project, import, accounts, types.NewEvent, new(), keys);
            if (chunk is null || !await BookAsync(turn, position, chunk, cancel))
            {
                await DropAsync(next);
                return did;
            }

            did = true;
        }

        return await FinishAsync(connection, import, cancel) || did;
    }

    private async Task<ImportRow?> FindAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var command = database.Source.Command(ImportSql.Find, project.Id, id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? ImportRow.Read(new(reader)) : null;
    }

    /// <summary>Reads and parses a chunk while the one before is booked. Null: another server has booked it.</summary>
    private async Task<ParsedChunk?> LoadAsync(ProjectSnapshot project, ImportRow import, int position, CancellationToken cancel)
    {
        await using var command = database.Source.Command(ImportSql.Chunk, import.Id, position);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return null;
        }

        IReadOnlyList<RecordField>? header = null;
        if (import.Header is { } text)
        {
            RecordFields.ReadHeader(text, import.Kind, out header);
        }

        var terms = new ImportTerms(
            project.Catalog, Currency.Of(project.Currency), project.Zone, clock.Now(project), import.Kind);
        var (line, bytes, records) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2));
        return await Task.Run(() => ParsedChunk.Of(StoredChunk.Unpack(records), line, bytes, header, terms), cancel);
    }

    private static async Task DropAsync(Task<ParsedChunk?>? load)
    {
        if (load is not null)
        {
            await ((Task)load).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The transaction of a chunk.</summary>
    /// <returns>False: another server works on the project, or has booked the chunk.</returns>
    private async Task<bool> BookAsync(ImportTurn turn, int position, ParsedChunk chunk, CancellationToken cancel)
    {
        await using (var claim = turn.Connection.Command(ImportSql.TryLock, turn.Project.Id))
        {
            if (await claim.ExecuteScalarAsync(cancel) is not true)
            {
                return false;
            }
        }

        await LockAsync(turn, chunk, cancel);
        turn.Tally.Rejected.AddRange(chunk.Rejected);
        var now = clock.Now(turn.Project);
        var changed = await new BookCustomers(turn).RunAsync(chunk.Customers, now, cancel);
        await turn.Accounts.LoadAsync(
            [.. CustomersOf(chunk.Subscriptions), .. CustomersOf(chunk.Invoices), .. CustomersOf(chunk.Usage), .. CustomersOf(chunk.Calls)],
            cancel);
        var billing = new BookBilling(turn, now);
        await billing.SubscriptionsAsync(chunk.Subscriptions, cancel);
        await billing.InvoicesAsync(chunk.Invoices, cancel);
        var events = new BookEvents(turn);
        await events.UsageAsync(chunk.Usage, cancel);
        await events.CallsAsync(chunk.Calls, cancel);
        if (!await CountAsync(turn, position, chunk, cancel))
        {
            return false;
        }

        await events.SignalsAsync(cancel);
        await turn.Transaction.CommitAsync(CancellationToken.None);
        foreach (var customer in changed.Concat(turn.Accounts.Created))
        {
            await forget(turn.Project, customer);
        }

        turn.Accounts.Created.Clear();
        return true;
    }

    /// <summary>
    /// Every change of a customer's subscriptions and invoices takes the lock of its row first. The chunk takes all its locks at once, in
    /// the order of all transactions.
    /// </summary>
    private static async Task LockAsync(ImportTurn turn, ParsedChunk chunk, CancellationToken cancel)
    {
        if (turn.Import.IsDryRun || chunk.Subscriptions.Count + chunk.Invoices.Count == 0)
        {
            return;
        }

        var ids = CustomersOf(chunk.Subscriptions).Concat(CustomersOf(chunk.Invoices)).Concat(CustomersOf(chunk.Customers))
            .Distinct(StringComparer.Ordinal).ToArray();
        await turn.Connection.ExecuteAsync(
            CustomerSql.LockImported, cancel, turn.Project.Id, Array.ConvertAll(ids, id => CustomerPlace.PartitionOf(turn.Project.Id, id)),
            ids);
    }

    private static IEnumerable<string> CustomersOf<TRecord>(IEnumerable<Numbered<TRecord>> records)
        where TRecord : ImportRecord => records.Select(static one => one.Record.Customer);

    private static async Task<bool> CountAsync(ImportTurn turn, int position, ParsedChunk chunk, CancellationToken cancel)
    {
        var (connection, import, tally) = (turn.Connection, turn.Import.Id, turn.Tally);
        await using var advance = connection.Command(
            ImportSql.Advance, import, position, chunk.Bytes, tally.Booked, tally.Replayed, (long)tally.Rejected.Count);
        if (await advance.ExecuteScalarAsync(cancel) is not long before)
        {
            return false;
        }

        var listed = tally.Rejected.OrderBy(static one => one.Line).Take((int)Math.Max(0, ImportLimits.Listed - before)).ToArray();
        var sums = tally.Sums.ToArray();
        await using var batch = new NpgsqlBatch(connection);
        if (listed.Length > 0)
        {
            batch.BatchCommands.Add(new Columns()
                .Ids([import])
                .Long(listed.Select(static one => (long?)one.Line))
                .Text(listed.Select(static one => one.Record))
                .Text(listed.Select(static one => one.Fault.Code))
                .Text(listed.Select(static one => one.Fault.Detail))
                .Text(listed.Select(static one => one.Customer))
                .Command(ImportSql.AddRejections));
        }

        if (sums.Length > 0)
        {
            batch.BatchCommands.Add(new Columns()
                .Ids([import])
                .Text(sums.Select(static one => one.Kind))
                .Days(sums.Select(static one => one.Month))
                .Text(sums.Select(static one => one.Name))
                .Long(sums.Select(static one => (long?)one.Records))
                .Numbers(sums.Select(static one => (decimal?)one.Amount))
                .Command(ImportSql.AddSums));
        }

        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(cancel);
        }

        return true;
    }

    private static async Task<bool> FinishAsync(NpgsqlConnection connection, ImportRow import, CancellationToken cancel)
    {
        await using var command = connection.Command(ImportSql.Finish, import.Id);
        return await command.ExecuteScalarAsync(cancel) is not null;
    }
}
