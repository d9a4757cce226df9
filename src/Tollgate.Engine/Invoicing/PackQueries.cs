using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Customers;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>A purchase of packs.</summary>
/// <param name="Reference">The caller's id, if it was not a UUID.</param>
/// <param name="FeatureKey">The number by which the ledger knows <see cref="PackSale.Feature"/>.</param>
/// <param name="Grant">The id of the units' grant, now or once they are paid.</param>
/// <param name="IsGranted">True if the units were granted.</param>
public sealed record PackPurchase(
    Guid Id, string? Reference, PackSale Sale, int FeatureKey, Guid Invoice, Guid Grant, bool IsGranted, Instant BoughtAt)
{
    public string Name => Reference ?? Id.ToString("D");

    /// <summary>The grant's name in lists; null until it exists.</summary>
    public string? GrantName => IsGranted ? GrantPack.NameFor(Id) : null;

    /// <summary>Reads the columns of <c>PackSql.Columns</c>, in their order.</summary>
    internal static PackPurchase Read(RowReader row)
    {
        var sale = new PackSale
        {
            Pack = row.Text("pack"),
            Name = row.Text("name"),
            Feature = row.Text("feature_code"),
            Count = row.Long("count"),
            Units = Quantity.Of(row.Number("units")),
            Each = new(row.Long("unit_amount"), Currency.Of(row.Text("currency"))),
            Priority = row.Small("priority"),
            ExpiresAfterDays = row.WholeOrNull("expires_after_days"),
        };
        return new(
            row.Id("id"), row.TextOrNull("reference"), sale, row.Whole("feature"), row.Id("invoice"),
            row.Id("grant_id"), row.Flag("grant_exists"),
            row.Time("bought_at"));
    }
}

/// <summary>A purchase with its invoice, which determines its status.</summary>
public sealed record PackItem(PackPurchase Purchase, Invoice Invoice)
{
    public PackStatus Status => PackRules.StatusOf(Invoice, Purchase.IsGranted);
}

/// <summary>Reads purchases of credit packs. The project bounds every read.</summary>
public sealed class PackQueries(NpgsqlDataSource database)
{
    /// <summary>Lists the newest first; returns null if this project has no such customer.</summary>
    /// <param name="after">The id of the last purchase of the previous page; null: the beginning.</param>
    public async Task<IReadOnlyList<PackItem>?> ListAsync(
        ProjectSnapshot project, string customer, int limit, string? after, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        if (await CustomerRow.FindAsync(connection, project, customer, cancel) is not { } row)
        {
            return null;
        }

        var start = SqlCommands.OrNull(after is null ? null : EventKey.Parse(after, default).Id, NpgsqlDbType.Uuid);
        await using var command = connection.Command(PackSql.List, row.Partition, row.Account, start, limit);
        return await WithInvoicesAsync(connection, project, await ReadAsync(command, cancel), cancel);
    }

    /// <summary>Returns null if the customer has bought nothing under this id.</summary>
    internal static async Task<PackItem?> FindAsync(CustomerChange change, ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var command = change.Command(PackSql.Find, change.Row.Partition, change.Row.Account, id);
        return (await WithInvoicesAsync(change.Connection, project, await ReadAsync(command, cancel), cancel)).SingleOrDefault();
    }

    /// <summary>Returns null if the invoice is for something else.</summary>
    internal static async Task<PackPurchase?> OfInvoiceAsync(CustomerChange change, Guid invoice, CancellationToken cancel)
    {
        await using var command = change.Command(PackSql.OfInvoice, change.Row.Partition, change.Row.Account, invoice);
        return (await ReadAsync(command, cancel)).SingleOrDefault();
    }

    private static async Task<IReadOnlyList<PackItem>> WithInvoicesAsync(
        NpgsqlConnection connection, ProjectSnapshot project, List<PackPurchase> purchases, CancellationToken cancel)
    {
        if (purchases.Count == 0)
        {
            return [];
        }

        var invoices = await InvoiceQueries.FindAsync(connection, project, [.. purchases.Select(static one => one.Invoice)], cancel);
        var byId = invoices.ToDictionary(static row => row.Invoice.Id, static row => row.Invoice);
        return [.. purchases.Select(one => new PackItem(one, byId[one.Invoice]))];
    }

    private static async Task<List<PackPurchase>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var purchases = new List<PackPurchase>();
        var rows = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            purchases.Add(PackPurchase.Read(rows));
        }

        return purchases;
    }
}
