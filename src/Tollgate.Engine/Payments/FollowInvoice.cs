using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Payments;

/// <summary>
/// Updates the row of a provider's invoice, and the payment of it, to the provider's state. Repeated or late updates change nothing.
/// </summary>
public sealed class FollowInvoice(CustomerChanges changes, SecretBox secrets, Clock clock)
{
    /// <returns>Null: the update is applied. Else why it cannot be applied yet.</returns>
    public async Task<Unresolved?> RunAsync(
        ProjectSnapshot project, PaymentProvider provider, InvoiceUpdate update, CancellationToken cancel)
    {
        await using (var change = await changes.BeginOnExistingAsync(project, update.Customer, cancel))
        {
            if (change is null)
            {
                return new($"Tollgate knows no customer '{update.Customer}'.");
            }

            var (row, subscription) = (change.Row, ProviderReference.IdOf(update.Subscription));
            if (await change.ScalarAsync(ProviderInvoiceSql.IsProviderManaged, cancel, row.Partition, row.Account, subscription) is null)
            {
                return Unresolved.NotFollowed(
                    update.Subscription, $"{update.Reference} is for {update.Subscription}, which Tollgate does not follow.");
            }

            var written = await change.ExecuteAsync(
                ProviderInvoiceSql.Write, cancel, row.Partition, row.Account, CatalogWords.Of(provider), update.Reference, project.Id,
                subscription,
                SqlCommands.OrNull(update.Number, NpgsqlDbType.Text), CatalogWords.Of(update.Status), update.Total.Currency.Code,
                update.Total.Minor, update.Tax.Minor, update.Paid.Minor,
                SqlCommands.OrNull(update.Url is { } url
                    ? secrets.CloseText(url, SecretPlace.InvoicePage(project.Id, CatalogWords.Of(provider), update.Reference))
                    : null, NpgsqlDbType.Text), LinesOf(update), update.CreatedAt.ToUtc(),
                SqlCommands.OrNull(update.PaidAt?.ToUtc(), NpgsqlDbType.TimestampTz), update.AskedAt.ToUtc());
            if (written == 1)
            {
                await PayAsync(change, project, provider, update, cancel);
                await change.CommitAsync();
            }

            return null;
        }
    }

    /// <summary>
    /// Writes one payment for an invoice, for any number of attempts: failed until money arrives. An invoice without an attempt has none.
    /// </summary>
    private async Task PayAsync(
        CustomerChange change, ProjectSnapshot project, PaymentProvider provider, InvoiceUpdate update, CancellationToken cancel)
    {
        var isPaid = update.Status == ProviderInvoiceStatus.Paid && update.Paid.Minor > 0;
        if (!isPaid && !update.HasFailed)
        {
            return;
        }

        var (word, now) = (CatalogWords.Of(provider), clock.Now(project));
        var (status, failure) = isPaid
            ? (PaymentStatus.Succeeded, (string?)null)
            : (PaymentStatus.Failed, CatalogWords.Of(PaymentFailure.Declined));
        var (amount, settled) = (isPaid ? update.Paid : update.Total, isPaid ? update.PaidAt ?? now : now);
        var payment = await change.ScalarAsync(
            ProviderInvoiceSql.WritePayment, cancel, change.Row.Partition, change.Row.Account, Guid.CreateVersion7(now.ToOffset()),
            project.Id, word, update.Reference,
            amount.Currency.Code, amount.Minor, CatalogWords.Of(status), SqlCommands.OrNull(failure, NpgsqlDbType.Text),
            update.Payment ?? update.Reference,
            update.CreatedAt.ToUtc(), settled.ToUtc());
        if (payment is Guid id)
        {
            await change.ExecuteAsync(
                PaymentSql.AddFact, cancel, change.Row.Partition, change.Row.Account, id, isPaid ? "succeed" : "fail", settled.ToUtc(),
                amount.Minor, word, update.Reference);
        }
    }

    private static NpgsqlParameter LinesOf(InvoiceUpdate update) => new()
    {
        NpgsqlDbType = NpgsqlDbType.Jsonb,
        Value = JsonSerializer.Serialize(
            [.. update.Lines.Select(static line =>
                new StoredProviderLine(line.Description, line.Amount, line.Period.Start.ToUtc(), line.Period.End.ToUtc()))],
            ProviderInvoiceJson.Stored.StoredProviderLineArray),
    };
}

/// <summary>The stored form of one of <c>provider_invoices.lines</c>.</summary>
internal sealed record StoredProviderLine(string Description, long Amount, DateTime Start, DateTime End);

[JsonSerializable(typeof(StoredProviderLine[]))]
internal sealed partial class ProviderInvoiceJson : JsonSerializerContext
{
    public static ProviderInvoiceJson Stored { get; } = new(PlainJson.Stored());
}
