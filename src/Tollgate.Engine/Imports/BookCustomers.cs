using System.Text.Json;
using Tollgate.Core.Customers;
using Tollgate.Core.Imports;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Imports;

/// <summary>
/// Books customers: it creates those that are missing, and completes profiles where they have no value. A value that a customer has stays:
/// history does not overwrite the present.
/// </summary>
internal sealed class BookCustomers(ImportTurn turn)
{
    /// <returns>The ids of changed customers, which caches must forget.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(
        IReadOnlyList<Numbered<CustomerRecord>> customers, Instant now, CancellationToken cancel)
    {
        foreach (var one in customers)
        {
            turn.Tally.Sum(ImportKind.Customers, one.Record.CreatedAt ?? now, "", Quantity.One);
        }

        var distinct = customers.DistinctBy(static one => one.Record.Id).ToArray();
        if (distinct.Length == 0)
        {
            return [];
        }

        var changed = turn.Import.IsDryRun ? await JudgeAsync(distinct, cancel) : await WriteAsync(distinct, now, cancel);
        turn.Tally.Book(changed.Count);
        turn.Tally.Replay(customers.Count - changed.Count);
        return changed;
    }

    private async Task<IReadOnlyList<string>> WriteAsync(
        IReadOnlyList<Numbered<CustomerRecord>> customers, Instant now, CancellationToken cancel)
    {
        var changed = new List<string>();
        await using var batch = new Npgsql.NpgsqlBatch(turn.Connection);
        batch.BatchCommands.Add(Columns(customers, now).Command(CustomerSql.CompleteImported));
        batch.BatchCommands.Add(Columns(customers, now).Command(CustomerSql.InsertImported));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        do
        {
            while (await reader.ReadAsync(cancel))
            {
                changed.Add(reader.GetString(0));
            }
        }
        while (await reader.NextResultAsync(cancel));

        return changed;
    }

    /// <summary>A dry run counts customers that are missing, or have less than their record, as those that would be booked.</summary>
    private async Task<IReadOnlyList<string>> JudgeAsync(IReadOnlyList<Numbered<CustomerRecord>> customers, CancellationToken cancel)
    {
        var complete = new HashSet<string>(StringComparer.Ordinal);
        await using (var batch = new Npgsql.NpgsqlBatch(turn.Connection))
        {
            batch.BatchCommands.Add(Columns(customers, Instant.Epoch).Command(CustomerSql.CompleteOfImported));
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                complete.Add(reader.GetString(0));
            }
        }

        var others = customers.Where(one => !complete.Contains(one.Record.Id)).ToArray();
        var seen = await SeenRecords.NoteAsync(turn, [.. others.Select(static one => (one.Record as ImportRecord, ""))], cancel);
        var repeated = seen.Select(one => others[one.At].Record.Id).ToHashSet(StringComparer.Ordinal);
        return [.. others.Select(static one => one.Record.Id).Where(id => !repeated.Contains(id))];
    }

    private Columns Columns(IReadOnlyList<Numbered<CustomerRecord>> customers, Instant now) => new Columns()
        .Whole([turn.Project.Id])
        .Small(customers.Select(one => CustomerPlace.PartitionOf(turn.Project.Id, one.Record.Id)))
        .Text(customers.Select(static one => one.Record.Id))
        .Text(customers.Select(static one => one.Record.Profile.Name))
        .Text(customers.Select(static one => one.Record.Profile.Email))
        .Text(customers.Select(static one => one.Record.Profile.Currency))
        .Text(customers.Select(static one => one.Record.Profile.TimeZone))
        .Text(customers.Select(static one => one.Record.Profile.Country))
        .Text(customers.Select(static one => one.Record.Profile.TaxId))
        .Text(customers.Select(static one => JsonSerializer.Serialize(one.Record.Profile.Metadata)))
        .Times(customers.Select(one => (Instant?)(one.Record.CreatedAt ?? now)));
}
