using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Payments;

/// <summary>An invoice that a provider made for a subscription that it manages, in the provider's last known state.</summary>
/// <param name="Reference">The provider's own id.</param>
/// <param name="Subscription">The provider's id of the subscription.</param>
/// <param name="Payment">Our id of the payment or failed attempt; null: there was no attempt yet.</param>
/// <param name="Url">The page on which the customer sees it.</param>
public sealed record ProviderInvoice(
    string Reference, PaymentProvider Provider, string Customer, string Subscription, string? Number, ProviderInvoiceStatus Status,
    MoneyAmount Total, MoneyAmount Tax,
    MoneyAmount Paid, Guid? Payment, string? Url, IReadOnlyList<ProviderInvoiceLine> Lines, Instant CreatedAt, Instant? PaidAt);

/// <summary>Filters of a list of provider invoices. A null filter matches every invoice.</summary>
public sealed record ProviderInvoiceFilter(string? Customer, string? Subscription, ProviderInvoiceStatus? Status);

/// <summary>Reads of invoices that providers made.</summary>
public sealed class ProviderInvoiceQueries(NpgsqlDataSource database, SecretBox secrets)
{
    /// <summary>Newest first.</summary>
    /// <param name="after">The reference of the last invoice of the previous page.</param>
    public async Task<IReadOnlyList<ProviderInvoice>> ListAsync(
        ProjectSnapshot project, ProviderInvoiceFilter filter, string? after, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(
            ProviderInvoiceSql.List(filter), project.Id, SqlCommands.OrNull(filter.Customer, NpgsqlDbType.Text),
            SqlCommands.OrNull(filter.Subscription, NpgsqlDbType.Text),
            SqlCommands.OrNull(filter.Status is { } wanted ? CatalogWords.Of(wanted) : null, NpgsqlDbType.Text),
            SqlCommands.OrNull(after, NpgsqlDbType.Text), limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var invoices = new List<ProviderInvoice>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            var currency = Currency.Of(row.Text("currency"));
            var lines = JsonSerializer.Deserialize(row.Text("lines"), ProviderInvoiceJson.Stored.StoredProviderLineArray)!;
            invoices.Add(new(
                row.Text("reference"), CatalogWords.Read<PaymentProvider>(row.Text("provider")), row.Text("customer_id"),
                row.Text("subscription"),
                row.TextOrNull("number"),
                CatalogWords.Read<ProviderInvoiceStatus>(row.Text("status")), new(row.Long("total"), currency),
                new(row.Long("tax"), currency), new(row.Long("paid"), currency),
                row.IdOrNull("payment"), row.IsNull("url")
                    ? null
                    : secrets.OpenText(row.Text("url"), SecretPlace.InvoicePage(project.Id, row.Text("provider"), row.Text("reference"))),
                [.. lines.Select(static line =>
                    new ProviderInvoiceLine(line.Description, line.Amount, new(Instant.FromUtc(line.Start), Instant.FromUtc(line.End))))],
                row.Time("created_at"), row.TimeOrNull("paid_at")));
        }

        return invoices;
    }
}
