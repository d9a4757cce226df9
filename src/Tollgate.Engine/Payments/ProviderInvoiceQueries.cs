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
        while (await reader.ReadAsync(cancel))
        {
            var currency = Currency.Of(reader.GetString(6));
            var lines = JsonSerializer.Deserialize(reader.GetString(12), ProviderInvoiceJson.Stored.StoredProviderLineArray)!;
            invoices.Add(new(
                reader.GetString(0), CatalogWords.Read<PaymentProvider>(reader.GetString(1)), reader.GetString(2), reader.GetString(3),
                reader.IsDBNull(4) ? null : reader.GetString(4),
                CatalogWords.Read<ProviderInvoiceStatus>(reader.GetString(5)), new(reader.GetInt64(7), currency),
                new(reader.GetInt64(8), currency), new(reader.GetInt64(9), currency),
                reader.IsDBNull(10) ? null : reader.GetGuid(10), reader.IsDBNull(11)
                    ? null
                    : secrets.OpenText(reader.GetString(11), SecretPlace.InvoicePage(project.Id, reader.GetString(1), reader.GetString(0))),
                [.. lines.Select(static line =>
                    new ProviderInvoiceLine(line.Description, line.Amount, new(Instant.FromUtc(line.Start), Instant.FromUtc(line.End))))],
                Instant.FromUtc(reader.GetDateTime(13)), reader.IsDBNull(14) ? null : Instant.FromUtc(reader.GetDateTime(14))));
        }

        return invoices;
    }
}
