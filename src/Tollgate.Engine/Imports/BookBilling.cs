using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Imports;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Imports;

/// <summary>A subscription or an invoice before it is booked.</summary>
/// <param name="Object">The id of its row, which follows from the record's own id.</param>
/// <param name="Content">A hash of the record.</param>
internal readonly record struct HistoryObject<TRecord>(Numbered<TRecord> One, HistoryAccount Account, Guid Object, Guid Content)
    where TRecord : ImportRecord;

/// <summary>
/// Books subscriptions and invoices as ended, paid or void ones: nothing renews, collects or bills them, and their facts lie before the
/// places of webhooks and mails. 1. sets aside records that were booked before; 2. rejects subscriptions that overlap; 3. writes the
/// others, with the changes of recurring revenue.
/// </summary>
internal sealed class BookBilling(ImportTurn turn, Instant now)
{
    private sealed record Fact(HistoryObject<InvoiceRecord> One, string Verb, Instant At, string? Note);

    private const string Discount = "Discount", Tax = "Tax";

    /// <summary>The reason for which a subscription ends that still ran in the other system.</summary>
    private const string Moved = "moved";

    public async Task SubscriptionsAsync(IReadOnlyList<Numbered<SubscriptionRecord>> records, CancellationToken cancel)
    {
        var fresh = await FreshAsync(records, one => Sum(one.Record), OverlapAsync, cancel);
        if (fresh.Count == 0)
        {
            return;
        }

        var timelines = fresh.Select(one => (One: one, Line: new SubscriptionTimeline(one.One.Record, turn.Project.Catalog, now)))
            .ToArray();
        var facts = timelines.SelectMany(static row => row.Line.Facts.Select((fact, at) => (row.One, Fact: fact, Sequence: at + 1)))
            .ToArray();
        await using var batch = new NpgsqlBatch(turn.Connection);
        batch.BatchCommands.Add(Keys(fresh)
            .Whole(timelines.Select(static row => row.Line.Facts.Count))
            .Text(timelines.Select(static row => CatalogWords.Of(row.Line.Status)))
            .Whole(timelines.Select(static row => row.Line.Terms.Plan.Id))
            .Text(fresh.Select(static one => CatalogWords.Of(one.One.Record.Period)))
            .Text(fresh.Select(static one => one.One.Record.Currency.Code))
            .Long(fresh.Select(static one => (long?)one.One.Record.Quantity))
            .Long(fresh.Select(static one => one.One.Record.Amount))
            .Times(fresh.Select(static one => (Instant?)one.One.Record.StartedAt))
            .Times(timelines.Select(static row => (Instant?)row.Line.Last.Start))
            .Times(timelines.Select(static row => (Instant?)row.Line.Last.End))
            .Times(fresh.Select(static one => one.One.Record.TrialEnd))
            .Text(fresh.Select(static one => one.One.Record.CancelReason))
            .Whole(fresh.Select(_ => turn.Import.Number))
            .Command(SubscriptionHistorySql.Insert));
        batch.BatchCommands.Add(new Columns()
            .Small(facts.Select(static row => row.One.Account.Partition))
            .Whole(facts.Select(static row => row.One.Account.Account))
            .Ids(facts.Select(static row => (Guid?)row.One.Object))
            .Whole(facts.Select(static row => row.Sequence))
            .Text(facts.Select(static row => CatalogWords.Of(row.Fact.Verb)))
            .Times(facts.Select(static row => (Instant?)row.Fact.At))
            .Text(facts.Select(static row => row.Fact.After))
            .Command(SubscriptionHistorySql.InsertFacts));
        await batch.ExecuteNonQueryAsync(cancel);
        await WriteImportedMrr.RunAsync(
            turn.Connection, turn.Project, timelines.SelectMany(static row => PaidTimesOf(row.One, row.Line)), cancel);
    }

    private static IEnumerable<PaidTime> PaidTimesOf(HistoryObject<SubscriptionRecord> one, SubscriptionTimeline line)
    {
        if (line.Paid is var (from, step, end))
        {
            var record = one.One.Record;

            // The customer may still move here, and is not lost on the day of the import.
            var to = record.EndedAt is null ? end.Plus(MrrRules.MovingTime) : end;
            var reason = record.CancelReason ?? (record.EndedAt is null ? Moved : CatalogWords.Of(SubscriptionVerb.Cancel));
            yield return new(
                one.Account.Partition, one.Account.Account, one.Object, line.Terms, from, step, to, line.Facts.Count, reason);
        }
    }

    /// <summary>
    /// A customer has one subscription at a time: reports of customers rely on it. Returns the times that are taken, and the check of a
    /// record against them, which takes its time.
    /// </summary>
    private async Task<Func<HistoryObject<SubscriptionRecord>, ImportFault?>> OverlapAsync(
        IReadOnlyList<HistoryObject<SubscriptionRecord>> all, CancellationToken cancel)
    {
        var taken = new Dictionary<(int, string), List<(Instant Start, Instant End)>>();
        await using (var batch = new NpgsqlBatch(turn.Connection))
        {
            batch.BatchCommands.Add(new Columns()
                .Small(all.Select(static one => one.Account.Partition)).Whole(all.Select(static one => one.Account.Account))
                .Command(SubscriptionHistorySql.Spans));
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            var row = new RowReader(reader);
            while (await reader.ReadAsync(cancel))
            {
                Spans((row.Whole("account"), "")).Add((row.Time("started_at"), row.TimeOrNull("ended_at") ?? Instant.FarFuture));
            }
        }

        return one =>
        {
            // In a dry run, new customers have no account yet.
            var (account, record) = (one.Account.Account, one.One.Record);
            var (start, end, spans) =
                (record.StartedAt, record.EndedAt ?? now, Spans((account, account == 0 ? record.Customer : "")));
            var other = spans.FirstOrDefault(span => span.Start < end && start < span.End);
            if (other != default)
            {
                return new(
                    ImportCodes.Overlapping,
                    $"The customer has another subscription from {other.Start}"
                    + (other.End == Instant.FarFuture ? " on" : $" to {other.End}") + ". A customer has one at a time.");
            }

            spans.Add((start, end));
            return null;
        };

        List<(Instant Start, Instant End)> Spans((int, string) account) =>
            CollectionsMarshal.GetValueRefOrAddDefault(taken, account, out _) ??= [];
    }

    public async Task InvoicesAsync(IReadOnlyList<Numbered<InvoiceRecord>> records, CancellationToken cancel)
    {
        var subscriptions = await SubscriptionsOfAsync(records, cancel);
        var known = new List<Numbered<InvoiceRecord>>(records.Count);
        foreach (var one in records)
        {
            if (one.Record.Subscription is { } id && !subscriptions.ContainsKey((one.Record.Customer, id)))
            {
                turn.Tally.Reject(
                    one, new(ImportCodes.UnknownSubscription, $"The customer has no imported subscription '{id}'. Import it first."));
            }
            else
            {
                known.Add(one);
            }
        }

        var fresh = await FreshAsync(
            known, one => turn.Tally.Sum(
                ImportKind.Invoices, one.Record.IssuedAt, one.Record.Total.Currency.Code, Quantity.Of(one.Record.Total.Minor)),
            static (_, _) => Task.FromResult<Func<HistoryObject<InvoiceRecord>, ImportFault?>>(static _ => null), cancel);
        if (fresh.Count > 0)
        {
            await WriteInvoicesAsync(fresh, subscriptions, cancel);
            await WriteLinesAsync(fresh, cancel);
            await WriteFactsAsync(fresh, cancel);
        }
    }

    private void Sum(SubscriptionRecord record)
    {
        var terms = SubscriptionTimeline.TermsOf(record, turn.Project.Catalog);
        turn.Tally.Sum(ImportKind.Subscriptions, record.StartedAt, record.Plan, Quantity.Of(terms.Amount.Minor));
    }

    /// <summary>Returns the records to book. In a dry run there are none.</summary>
    private async Task<IReadOnlyList<HistoryObject<TRecord>>> FreshAsync<TRecord>(
        IReadOnlyList<Numbered<TRecord>> records, Action<Numbered<TRecord>> accept,
        Func<IReadOnlyList<HistoryObject<TRecord>>, CancellationToken, Task<Func<HistoryObject<TRecord>, ImportFault?>>> check,
        CancellationToken cancel)
        where TRecord : ImportRecord
    {
        if (records.Count == 0)
        {
            return [];
        }

        var all = records.Select(one => ObjectOf(one)).ToArray();
        var (fresh, contents) = (new List<HistoryObject<TRecord>>(), await KnownAsync(all, cancel));
        var faultOf = await check(all, cancel);
        foreach (var one in all)
        {
            if (!contents.TryGetValue(one.Object, out var content))
            {
                if (faultOf(one) is { } fault)
                {
                    turn.Tally.Reject(one.One, fault);
                    continue;
                }

                contents[one.Object] = one.Content;
                fresh.Add(one);
                accept(one.One);
            }
            else if (content == one.Content)
            {
                turn.Tally.Replay(1);
                accept(one.One);
            }
            else
            {
                turn.Tally.RejectReused(one.One);
            }
        }

        turn.Tally.Book(fresh.Count);
        if (turn.Import.IsDryRun || fresh.Count == 0)
        {
            return [];
        }

        await new Columns()
            .Small(fresh.Select(static one => one.Account.Partition))
            .Whole(fresh.Select(static one => one.Account.Account))
            .Text(fresh.Select(static one => CatalogWords.Of(one.One.Record.Kind)))
            .Text(fresh.Select(static one => one.One.Record.Id))
            .Ids(fresh.Select(static one => (Guid?)one.Object))
            .Ids(fresh.Select(static one => (Guid?)one.Content))
            .Whole(fresh.Select(_ => turn.Import.Number))
            .CopyAsync(turn.Connection, ImportSql.AddRecords, cancel);
        return fresh;
    }

    private HistoryObject<TRecord> ObjectOf<TRecord>(Numbered<TRecord> one)
        where TRecord : ImportRecord
    {
        var record = one.Record;
        var key = ValueHash.Of($"{CatalogWords.Of(record.Kind)}\0{turn.Project.Id}\0{record.Customer}\0{record.Id}");
        return new(one, turn.Accounts[record.Customer], record is InvoiceRecord bill ? AtTime(bill.IssuedAt, key) : key, ContentOf(record));
    }

    private static Guid ContentOf(ImportRecord record) => ValueHash.Of(record is InvoiceRecord bill
        ? $"{bill with { Lines = [] }} {string.Join(' ', bill.Lines)}"
        : record.ToString()!);

    /// <summary>Reports find invoices and payments by the time in their ids.</summary>
    private static Guid AtTime(Instant at, Guid hash)
    {
        Span<byte> bytes = stackalloc byte[16];
        hash.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = at.UnixMicroseconds / 1000;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)(milliseconds & ushort.MaxValue));
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)(milliseconds >> 16));
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
        return new(bytes, bigEndian: true);
    }

    private async Task<Dictionary<Guid, Guid>> KnownAsync<TRecord>(IReadOnlyList<HistoryObject<TRecord>> all, CancellationToken cancel)
        where TRecord : ImportRecord
    {
        var contents = new Dictionary<Guid, Guid>();
        await using (var batch = new NpgsqlBatch(turn.Connection))
        {
            batch.BatchCommands.Add(new Columns()
                .Small(all.Select(static one => one.Account.Partition))
                .Whole(all.Select(static one => one.Account.Account))
                .Text(all.Select(static one => CatalogWords.Of(one.One.Record.Kind)))
                .Text(all.Select(static one => one.One.Record.Id))
                .Command(ImportSql.KnownRecords));
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                // An invoice with another time has another row, and is the same record.
                contents[all[(int)reader.GetInt64(0) - 1].Object] = reader.GetGuid(2);
            }
        }

        if (turn.Import.IsDryRun)
        {
            var others = all.Where(one => !contents.ContainsKey(one.Object)).DistinctBy(static one => one.Object).ToArray();
            var seen = await SeenRecords.NoteAsync(
                turn, [.. others.Select(static one => (one.One.Record as ImportRecord, one.Content.ToString("D")))], cancel);
            foreach (var (at, differs) in seen)
            {
                contents[others[at].Object] = differs ? Guid.Empty : others[at].Content;
            }
        }

        return contents;
    }

    private async Task<Dictionary<(string Customer, string Id), Guid>> SubscriptionsOfAsync(
        IReadOnlyList<Numbered<InvoiceRecord>> records, CancellationToken cancel)
    {
        var named = records.Where(static one => one.Record.Subscription is not null)
            .Select(static one => (one.Record.Customer, Id: one.Record.Subscription!)).Distinct().ToArray();
        var found = new Dictionary<(string, string), Guid>();
        if (named.Length == 0)
        {
            return found;
        }

        await using (var batch = new NpgsqlBatch(turn.Connection))
        {
            batch.BatchCommands.Add(new Columns()
                .Small(named.Select(one => turn.Accounts[one.Customer].Partition))
                .Whole(named.Select(one => turn.Accounts[one.Customer].Account))
                .Text(named.Select(static _ => CatalogWords.Of(ImportKind.Subscriptions)))
                .Text(named.Select(static one => one.Id))
                .Command(ImportSql.KnownRecords));
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                found[named[(int)reader.GetInt64(0) - 1]] = reader.GetGuid(1);
            }
        }

        if (turn.Import.IsDryRun)
        {
            foreach (var one in await SeenRecords.FindAsync(turn, ImportKind.Subscriptions, named, cancel))
            {
                found.TryAdd(one, Guid.Empty);
            }
        }

        return found;
    }

    private Columns Keys<TRecord>(IReadOnlyList<HistoryObject<TRecord>> all)
        where TRecord : ImportRecord => new Columns()
        .Small(all.Select(static one => one.Account.Partition))
        .Whole(all.Select(static one => one.Account.Account))
        .Ids(all.Select(static one => (Guid?)one.Object))
        .Whole(all.Select(_ => turn.Project.Id));

    private async Task WriteInvoicesAsync(
        IReadOnlyList<HistoryObject<InvoiceRecord>> all, Dictionary<(string Customer, string Id), Guid> subscriptions,
        CancellationToken cancel)
    {
        var settings = await SettingsText.LoadAsync(turn.Connection, turn.Project, cancel);
        var bills = all.Select(static one => one.One.Record).ToArray();
        await using var batch = new NpgsqlBatch(turn.Connection);
        batch.BatchCommands.Add(Keys(all)
            .Text(bills.Select(static bill => bill.Number))
            .Text(bills.Select(static bill => CatalogWords.Of(bill.Status)))
            .Ids(bills.Select(bill => bill.Subscription is { } id ? subscriptions[(bill.Customer, id)] : (Guid?)null))
            .Text(bills.Select(static bill => bill.Total.Currency.Code))
            .Times(bills.Select(static bill => (Instant?)bill.Period.Start))
            .Times(bills.Select(static bill => (Instant?)bill.Period.End))
            .Times(bills.Select(static bill => (Instant?)bill.IssuedAt))
            .Times(bills.Select(static bill => (Instant?)bill.DueAt))
            .Long(bills.Select(static bill => (long?)bill.Subtotal.Minor))
            .Long(bills.Select(static bill => (long?)bill.Discount.Minor))
            .Long(bills.Select(static bill => (long?)bill.Tax.Minor))
            .Long(bills.Select(static bill => (long?)bill.Total.Minor))
            .Long(bills.Select(static bill => (long?)(bill.Status == InvoiceStatus.Paid ? bill.Total.Minor : 0)))
            .Text(bills.Select(bill => DetailsOf(bill, settings)))
            .Whole(bills.Select(_ => turn.Import.Number))
            .Command(InvoiceHistorySql.Insert));
        await batch.ExecuteNonQueryAsync(cancel);
    }

    private static string DetailsOf(InvoiceRecord bill, InvoiceSettings settings)
    {
        var net = bill.Subtotal - bill.Discount;
        var percent = net.Minor > 0 ? Math.Round((decimal)bill.Tax.Minor * 100 / net.Minor, 4) : 0;
        StoredTax[] taxes = bill.Tax.IsZero ? [] : [new(Tax, percent, Inclusive: false, net.Minor, bill.Tax.Minor)];
        return JsonSerializer.Serialize(
            new StoredDetails(settings.Seller, new() { Name = bill.Customer }, taxes, null, settings.Footer, settings.Language),
            InvoicingJson.Stored.StoredDetails);
    }

    private async Task WriteLinesAsync(IReadOnlyList<HistoryObject<InvoiceRecord>> all, CancellationToken cancel)
    {
        var rows = all.SelectMany(static one => LinesOf(one.One.Record)
            .Select((line, at) => (One: one, Line: line, Position: (short)(at + 1))))
            .ToArray();
        await using var batch = new NpgsqlBatch(turn.Connection);
        batch.BatchCommands.Add(new Columns()
            .Small(rows.Select(static row => row.One.Account.Partition))
            .Whole(rows.Select(static row => row.One.Account.Account))
            .Ids(rows.Select(static row => (Guid?)row.One.Object))
            .Small(rows.Select(static row => row.Position))
            .Text(rows.Select(static row => CatalogWords.Of(row.Line.Line.Kind)))
            .Text(rows.Select(static row => row.Line.Line.Description))
            .Numbers(rows.Select(static row => (decimal?)row.Line.Line.Quantity.Value))
            .Long(rows.Select(static row => (long?)row.Line.Line.Amount.Minor))
            .Long(rows.Select(static row => (long?)row.Line.Tax))
            .Times(rows.Select(static row => (Instant?)row.Line.Line.Period.Start))
            .Times(rows.Select(static row => (Instant?)row.Line.Line.Period.End))
            .Command(InvoiceHistorySql.InsertLines));
        await batch.ExecuteNonQueryAsync(cancel);
    }

    private static IEnumerable<(ImportedLine Line, long Tax)> LinesOf(InvoiceRecord bill)
    {
        var weights = bill.Lines.Select(static line => Math.Max(0, line.Amount.Minor)).ToArray();
        var taxes = weights.All(static weight => weight == 0)
            ? weights.Select((_, at) => at == 0 ? bill.Tax.Minor : 0)
            : MoneyParts.Spread(bill.Tax, weights).Select(static part => part.Minor);
        var lines = bill.Lines.Zip(taxes);
        return bill.Discount.IsZero
            ? lines
            : lines.Append((new(InvoiceLineKind.Discount, Discount, Quantity.One, -bill.Discount, bill.Period), 0));
    }

    /// <summary>Writes the history of each invoice, and the payment of a paid one.</summary>
    private async Task WriteFactsAsync(IReadOnlyList<HistoryObject<InvoiceRecord>> all, CancellationToken cancel)
    {
        var paid = all.Where(static one => one.One.Record is { Status: InvoiceStatus.Paid, Total.IsZero: false })
            .Select(static one => (One: one, At: PaidAt(one.One.Record), Payment: AtTime(PaidAt(one.One.Record), one.Content))).ToArray();
        var facts = all.Select(static one => new Fact(one, "finalize", one.One.Record.IssuedAt, null))
            .Concat(all.Where(static one => one.One.Record.Status == InvoiceStatus.Void)
                .Select(static one => new Fact(one, "void", one.One.Record.IssuedAt, null)))
            .Concat(paid.Select(static row => new Fact(row.One, "pay", row.At, PaymentActors.NoteOf(row.Payment)))).ToArray();
        await using var batch = new NpgsqlBatch(turn.Connection);
        batch.BatchCommands.Add(new Columns()
            .Small(facts.Select(static row => row.One.Account.Partition))
            .Whole(facts.Select(static row => row.One.Account.Account))
            .Ids(facts.Select(static row => (Guid?)row.One.Object))
            .Whole(facts.Select(static row => row.Verb == "finalize" ? 1 : 2))
            .Text(facts.Select(static row => row.Verb))
            .Times(facts.Select(static row => (Instant?)row.At))
            .Long(facts.Select(static row => (long?)row.One.One.Record.Total.Minor))
            .Text(facts.Select(static row => row.Note))
            .Command(InvoiceHistorySql.InsertFacts));
        batch.BatchCommands.Add(new Columns()
            .Small(paid.Select(static row => row.One.Account.Partition))
            .Whole(paid.Select(static row => row.One.Account.Account))
            .Ids(paid.Select(static row => (Guid?)row.Payment))
            .Whole(paid.Select(_ => turn.Project.Id))
            .Ids(paid.Select(static row => (Guid?)row.One.Object))
            .Text(paid.Select(static row => row.One.One.Record.Total.Currency.Code))
            .Long(paid.Select(static row => (long?)row.One.One.Record.Total.Minor))
            .Times(paid.Select(static row => (Instant?)row.At))
            .Command(PaymentHistorySql.Insert));
        await batch.ExecuteNonQueryAsync(cancel);
    }

    private static Instant PaidAt(InvoiceRecord bill) => bill.PaidAt ?? bill.IssuedAt;
}
