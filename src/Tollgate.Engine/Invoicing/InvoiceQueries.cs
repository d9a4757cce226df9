using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>An invoice, and the place of its rows.</summary>
/// <param name="SubscriptionReference">The caller's id of the subscription, if it was not a UUID.</param>
public sealed record InvoiceRow(
    Invoice Invoice, short Partition, int Account, string? SubscriptionReference, string? Footer, string Language);

/// <summary>The computation of a usage line.</summary>
/// <param name="Drawn">The units that grants and pools covered.</param>
/// <param name="Events">The first of <paramref name="EventCount"/> events.</param>
public sealed record RatedUsageRow(
    Period Period, Quantity Quota, Quantity Beyond, Quantity Used, Quantity Drawn, long EventCount,
    IReadOnlyList<(string Id, Instant At, Quantity Quantity)> Events, IReadOnlyList<UsagePart> Parts);

/// <summary>The filter of a list of invoices. A null property does not filter.</summary>
/// <param name="IssuedFrom">Inclusive.</param>
/// <param name="IssuedBefore">Exclusive.</param>
/// <param name="OldestFirst">Ascending by number; otherwise the newest first.</param>
public sealed record InvoiceFilter(
    string? Customer, Guid? Subscription, InvoiceStatus? Status, Instant? IssuedFrom, Instant? IssuedBefore, bool OldestFirst)
{
    public string? Number { get; init; }
}

/// <summary>Reads invoices. The project bounds every statement.</summary>
public sealed class InvoiceQueries(NpgsqlDataSource database)
{
    public async Task<InvoiceRow?> FindAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await FindAsync(connection, project, id, cancel);
    }

    /// <summary>Returns the invoices that exist among the ids, in no order.</summary>
    public async Task<IReadOnlyList<InvoiceRow>> FindSeveralAsync(
        ProjectSnapshot project, IReadOnlyCollection<Guid> ids, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await FindAsync(connection, project, [.. ids], cancel);
    }

    /// <param name="after">The id of the last invoice of the previous page.</param>
    public async Task<IReadOnlyList<InvoiceRow>> ListAsync(
        ProjectSnapshot project, InvoiceFilter filter, Guid? after, int limit, CancellationToken cancel)
    {
        var serial = filter.Number is null ? null : InvoiceSettings.SerialOf(filter.Number);
        if (filter.Number is not null && serial is null)
        {
            return [];
        }

        await using var connection = await database.OpenConnectionAsync(cancel);
        var command = connection.Command(
            InvoiceSql.List(filter.OldestFirst, filter.Customer is not null),
            project.Id,
            SqlCommands.OrNull(filter.Customer, NpgsqlDbType.Text),
            SqlCommands.OrNull(filter.Status is { } status ? CatalogWords.Of(status) : null, NpgsqlDbType.Text),
            SqlCommands.OrNull(after, NpgsqlDbType.Uuid),
            limit,
            SqlCommands.OrNull(filter.Subscription, NpgsqlDbType.Uuid),
            SqlCommands.OrNull(filter.IssuedFrom?.ToUtc(), NpgsqlDbType.TimestampTz),
            SqlCommands.OrNull(filter.IssuedBefore?.ToUtc(), NpgsqlDbType.TimestampTz),
            SqlCommands.OrNull(serial, NpgsqlDbType.Bigint),
            SqlCommands.OrNull(filter.Number, NpgsqlDbType.Text));
        return await WholeAsync(connection, project, await HeadsAsync(command, cancel), cancel);
    }

    /// <summary>
    /// Returns a customer's account in a currency: all invoices with their credit notes and without their lines, and their payments. At
    /// most <paramref name="most"/> invoices.
    /// </summary>
    public async Task<(IReadOnlyList<Invoice> Invoices, IReadOnlyList<StatementPayment> Payments)> AccountAsync(
        ProjectSnapshot project, string customer, Currency currency, int most, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var heads = await HeadsAsync(connection.Command(InvoiceSql.Account, project.Id, customer, currency.Code, most), cancel);
        var notes = await NotesAsync(
            connection.Command(InvoiceSql.CreditNotes, KeysOf(heads)),
            heads.ToDictionary(static row => row.Invoice.Id, static row => row.Invoice.Currency), cancel);
        await using var command = connection.Command(InvoiceSql.AccountPayments, project.Id, customer, currency.Code);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var payments = new List<StatementPayment>();
        while (await reader.ReadAsync(cancel))
        {
            payments.Add(new(
                CatalogWords.Read<StatementEntryKind>(reader.GetString(0)), Instant.FromUtc(reader.GetDateTime(1)), reader.GetString(2),
                new(reader.GetInt64(3), currency)));
        }

        return ([.. heads.Select(row => row.Invoice with { CreditNotes = [.. notes[row.Invoice.Id]] })], payments);
    }

    /// <summary>Returns null if the line's period was not rated.</summary>
    public async Task<RatedUsageRow?> UsageOfAsync(
        ProjectSnapshot project, InvoiceRow row, InvoiceLine line, int mostEvents, CancellationToken cancel)
    {
        var feature = project.Catalog.FeaturesByKey.Values.FirstOrDefault(entry => entry.Code == line.Feature);
        if (feature is null)
        {
            return null;
        }

        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var rated = connection.Command(
            InvoiceSql.RatedPeriod, row.Partition, row.Account, feature.Key, line.Period.Start.ToUtc());
        RatedUsageRow found;
        await using (var reader = await rated.ExecuteReaderAsync(cancel))
        {
            if (!await reader.ReadAsync(cancel))
            {
                return null;
            }

            found = new(
                new(line.Period.Start, Instant.FromUtc(reader.GetDateTime(0))), Quantity.Of(reader.GetDecimal(1)),
                Quantity.Of(reader.GetDecimal(2)),
                Quantity.Of(reader.GetDecimal(3)), Quantity.Of(reader.GetDecimal(4)), 0, [],
                PartText.Read(reader.GetString(5), row.Invoice.Currency, id => project.Catalog.VersionOf(id)));
        }

        await using var command = connection.Command(
            InvoiceSql.EventsOfPeriod, row.Partition, row.Account, feature.Key, line.Period.Start.ToUtc(), mostEvents);
        await using var events = await command.ExecuteReaderAsync(cancel);
        var (list, count) = (new List<(string, Instant, Quantity)>(), 0L);
        while (await events.ReadAsync(cancel))
        {
            list.Add((events.GetString(0), Instant.FromUtc(events.GetDateTime(1)), Quantity.Of(events.GetDecimal(2))));
            count = events.GetInt64(3);
        }

        return found with { EventCount = count, Events = list };
    }

    public async Task<InvoiceSettings> SettingsAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await SettingsText.LoadAsync(connection, project, cancel);
    }

    /// <summary>Returns a PNG or JPEG; null: none was set.</summary>
    public async Task<byte[]?> LogoAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(InvoiceSql.Settings, project.Id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) && !reader.IsDBNull(1) ? reader.GetFieldValue<byte[]>(1) : null;
    }

    /// <summary>Changes a part of the settings; concurrent changes of different parts both apply.</summary>
    /// <param name="hasLogo">True: the logo is set, or removed if null; otherwise it stays.</param>
    /// <returns>The settings after the change.</returns>
    public async Task<InvoiceSettings> ChangeSettingsAsync(
        ProjectSnapshot project, Func<InvoiceSettings, InvoiceSettings> change, bool hasLogo, byte[]? logo, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var locked = connection.Command(InvoiceSql.LockSettings, project.Id))
        {
            await locked.ExecuteNonQueryAsync(cancel);
        }

        var settings = change(await SettingsText.LoadAsync(connection, project, cancel));
        await using (var command = connection.Command(
            InvoiceSql.SetSettings, project.Id, SettingsText.Write(settings), SqlCommands.OrNull(logo, NpgsqlDbType.Bytea), hasLogo))
        {
            await command.ExecuteNonQueryAsync(cancel);
        }

        await transaction.CommitAsync(cancel);
        return settings;
    }

    /// <summary>Returns the invoices that exist among the ids, in no particular order.</summary>
    internal static async Task<IReadOnlyList<InvoiceRow>> FindAsync(
        NpgsqlConnection connection, ProjectSnapshot project, Guid[] ids, CancellationToken cancel) =>
        await WholeAsync(
            connection, project, await HeadsAsync(connection.Command(InvoiceSql.ShowSeveral, project.Id, ids), cancel), cancel);

    internal static async Task<InvoiceRow?> FindAsync(
        NpgsqlConnection connection, ProjectSnapshot project, Guid id, CancellationToken cancel) =>
        (await WholeAsync(
            connection, project, await HeadsAsync(connection.Command(InvoiceSql.Show, project.Id, id), cancel), cancel)).SingleOrDefault();

    private static async Task<List<InvoiceRow>> HeadsAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(cancel);
            var rows = new List<InvoiceRow>();
            var row = new RowReader(reader);
            while (await reader.ReadAsync(cancel))
            {
                rows.Add(Read(row));
            }

            return rows;
        }
    }

    private static async Task<IReadOnlyList<InvoiceRow>> WholeAsync(
        NpgsqlConnection connection, ProjectSnapshot project, List<InvoiceRow> heads, CancellationToken cancel)
    {
        if (heads.Count == 0)
        {
            return heads;
        }

        var keys = KeysOf(heads);
        var currencies = heads.ToDictionary(static row => row.Invoice.Id, static row => row.Invoice.Currency);
        var lines = await LinesAsync(connection.Command(InvoiceSql.Lines, keys), project, currencies, cancel);
        var notes = await NotesAsync(connection.Command(InvoiceSql.CreditNotes, keys), currencies, cancel);
        return
        [
            .. heads.Select(row => row with
            {
                Invoice = row.Invoice with { Lines = [.. lines[row.Invoice.Id]], CreditNotes = [.. notes[row.Invoice.Id]] },
            }),
        ];
    }

    private static object[] KeysOf(List<InvoiceRow> heads) =>
    [
        heads.Select(static row => row.Partition).ToArray(), heads.Select(static row => row.Account).ToArray(),
        heads.Select(static row => row.Invoice.Id).ToArray(),
    ];

    private static async Task<ILookup<Guid, InvoiceLine>> LinesAsync(
        NpgsqlCommand command, ProjectSnapshot project, Dictionary<Guid, Currency> currencies, CancellationToken cancel)
    {
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(cancel);
            var lines = new List<(Guid Invoice, InvoiceLine Line)>();
            var row = new RowReader(reader);
            while (await reader.ReadAsync(cancel))
            {
                var currency = currencies[row.Id("invoice")];
                lines.Add((row.Id("invoice"), new()
                {
                    Kind = CatalogWords.Read<InvoiceLineKind>(row.Text("kind")),
                    Description = row.Text("description"),
                    Feature = row.IsNull("feature") ? null : project.Catalog.FeatureOf(row.Whole("feature")).Code,
                    Quantity = Quantity.Of(row.Number("quantity")),
                    UnitPrice = row.IsNull("unit_price") ? null : new ExactMoney(row.Number("unit_price"), currency),
                    Amount = new(row.Long("amount"), currency),
                    Period = new(row.Time("period_start"), row.Time("period_end")),
                    Steps = JsonSerializer.Deserialize(row.Text("steps"), InvoicingJson.Stored.IReadOnlyListString)!,
                    Tax = row.IsNull("tax") ? null : new MoneyAmount(row.Long("tax"), currency),
                }));
            }

            return lines.ToLookup(static one => one.Invoice, static one => one.Line);
        }
    }

    private static async Task<ILookup<Guid, CreditNote>> NotesAsync(
        NpgsqlCommand command, Dictionary<Guid, Currency> currencies, CancellationToken cancel)
    {
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(cancel);
            var notes = new List<(Guid Invoice, CreditNote Note)>();
            var row = new RowReader(reader);
            while (await reader.ReadAsync(cancel))
            {
                var currency = currencies[row.Id("invoice")];
                notes.Add((row.Id("invoice"), new(
                    row.Id("id"), row.Text("number"), row.Time("issued_at"), row.Text("reason"),
                    CreditLines.Read(row.Text("lines"), currency), new(row.Long("tax"), currency),
                    new(row.Long("total"), currency))));
            }

            return notes.ToLookup(static one => one.Invoice, static one => one.Note);
        }
    }

    private static InvoiceRow Read(RowReader row)
    {
        var currency = Currency.Of(row.Text("currency"));
        var details = JsonSerializer.Deserialize(row.Text("details"), InvoicingJson.Stored.StoredDetails)!;
        var invoice = new Invoice
        {
            Id = row.Id("id"),
            Number = row.Text("number"),
            Status = CatalogWords.Read<InvoiceStatus>(row.Text("status")),
            Kind = CatalogWords.Read<InvoiceKind>(row.Text("kind")),
            Customer = row.Text("customer_id"),
            Subscription = row.IdOrNull("subscription"),
            Currency = currency,
            Period = new(row.Time("period_start"), row.Time("period_end")),
            CreatedAt = row.Time("issued_at"),
            IssuedAt = row.Time("issued_at"),
            DueAt = row.Time("due_at"),
            ClosedAt = row.TimeOrNull("closed_at"),
            Seller = details.Seller,
            Buyer = details.Buyer,
            Lines = [],
            Taxes = [
                .. details.Taxes.Select(
                    t => new InvoiceTax(t.Name, new Percent(t.Percent), t.Inclusive, new(t.Base, currency), new(t.Amount, currency))
                    {
                        Lines = t.Lines,
                    })],
            TaxNote = details.TaxNote,
            Subtotal = Money("subtotal"),
            Discount = Money("discount"),
            Tax = Money("tax"),
            Total = Money("total"),
            FromCredits = Money("from_credits"),
            Paid = Money("paid"),
            Prorated = Money("prorated"),
            ProratedTax = Money("prorated_tax"),
        };
        return new(
            invoice, row.Small("partition"), row.Whole("account"), row.TextOrNull("subscription_reference"), details.Footer,
            details.Language ?? "en");

        MoneyAmount Money(string column) => new(row.Long(column), currency);
    }
}

/// <summary>The format of <c>credit_notes.lines</c>.</summary>
internal sealed record StoredCreditLine(string Kind, string Description, long Amount, DateTime From, DateTime Until, long? Tax = null);

internal static class CreditLines
{
    public static string Write(IReadOnlyList<InvoiceLine> lines) => JsonSerializer.Serialize(
        lines.Select(static line => new StoredCreditLine(
            CatalogWords.Of(line.Kind), line.Description, line.Amount.Minor, line.Period.Start.ToUtc(), line.Period.End.ToUtc(),
            line.Tax?.Minor)).ToArray(),
        InvoicingJson.Stored.IReadOnlyListStoredCreditLine);

    public static IReadOnlyList<InvoiceLine> Read(string json, Currency currency) =>
    [
        .. JsonSerializer.Deserialize(json, InvoicingJson.Stored.IReadOnlyListStoredCreditLine)!.Select(line => new InvoiceLine
        {
            Kind = CatalogWords.Read<InvoiceLineKind>(line.Kind), Description = line.Description, Quantity = Quantity.One,
            Amount = new(line.Amount, currency), Tax = line.Tax is { } tax ? new MoneyAmount(tax, currency) : null,
            Period = new(Instant.FromUtc(line.From), Instant.FromUtc(line.Until)),
        }),
    ];
}
