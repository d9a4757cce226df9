using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using NpgsqlTypes;
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
/// Brings the row of an invoice that a provider made, and the payment of it, to what the provider says. Told again, or late, it changes nothing.
/// </summary>
public sealed class FollowInvoice(CustomerChanges changes, SecretBox secrets, Clock clock)
{
    /// <returns>Null: it is so now. Else why it cannot be yet, for people.</returns>
    public async Task<string?> RunAsync(ProjectSnapshot project, PaymentProvider provider, InvoiceNews news, CancellationToken cancel)
    {
        await using (var change = await changes.BeginOnExistingAsync(project, news.Customer, cancel))
        {
            if (change is null)
            {
                return $"No customer '{news.Customer}' is known.";
            }

            var (row, subscription) = (change.Row, ProviderReference.IdOf(news.Subscription));
            if (await change.AskAsync(ProviderInvoiceSql.IsDriven, cancel, row.Partition, row.Account, subscription) is null)
            {
                return $"{news.Reference} is for {news.Subscription}, which is not followed.";
            }

            var written = await change.ExecuteAsync(
                ProviderInvoiceSql.Write, cancel, row.Partition, row.Account, CatalogWords.Of(provider), news.Reference, project.Id, subscription,
                SqlCommands.OrNull(news.Number, NpgsqlDbType.Text), CatalogWords.Of(news.Status), news.Total.Currency.Code, news.Total.Minor, news.Tax.Minor, news.Paid.Minor,
                SqlCommands.OrNull(news.Url is { } url ? secrets.CloseText(url, SecretPlace.InvoicePage(project.Id, CatalogWords.Of(provider), news.Reference)) : null, NpgsqlDbType.Text), LinesOf(news), news.CreatedAt.ToUtc(),
                SqlCommands.OrNull(news.PaidAt?.ToUtc(), NpgsqlDbType.TimestampTz), news.AskedAt.ToUtc());
            if (written == 1)
            {
                await PayAsync(change, project, provider, news, cancel);
                await change.CommitAsync();
            }

            return null;
        }
    }

    /// <summary>One row for an invoice, however often it was asked for: failed until money comes. What asked for nothing has none.</summary>
    private async Task PayAsync(CustomerChange change, ProjectSnapshot project, PaymentProvider provider, InvoiceNews news, CancellationToken cancel)
    {
        var isPaid = news.Status == ProviderInvoiceStatus.Paid && news.Paid.Minor > 0;
        if (!isPaid && !news.HasFailed)
        {
            return;
        }

        var (word, now) = (CatalogWords.Of(provider), clock.Now(project));
        var (status, failure) = isPaid ? (PaymentStatus.Succeeded, (string?)null) : (PaymentStatus.Failed, CatalogWords.Of(PaymentFailure.Declined));
        var (amount, settled) = (isPaid ? news.Paid : news.Total, isPaid ? news.PaidAt ?? now : now);
        var payment = await change.AskAsync(
            ProviderInvoiceSql.WritePayment, cancel, change.Row.Partition, change.Row.Account, Guid.CreateVersion7(now.ToOffset()), project.Id, word, news.Reference,
            amount.Currency.Code, amount.Minor, CatalogWords.Of(status), SqlCommands.OrNull(failure, NpgsqlDbType.Text), news.Payment ?? news.Reference,
            news.CreatedAt.ToUtc(), settled.ToUtc());
        if (payment is Guid id)
        {
            await change.ExecuteAsync(
                PaymentSql.AddFact, cancel, change.Row.Partition, change.Row.Account, id, isPaid ? "succeed" : "fail", settled.ToUtc(), amount.Minor, word, news.Reference);
        }
    }

    private static NpgsqlParameter LinesOf(InvoiceNews news) => new()
    {
        NpgsqlDbType = NpgsqlDbType.Jsonb,
        Value = JsonSerializer.Serialize(
            [.. news.Lines.Select(static line => new StoredProviderLine(line.Description, line.Amount, line.Period.Start.ToUtc(), line.Period.End.ToUtc()))],
            ProviderInvoiceJson.Default.StoredProviderLineArray),
    };
}

/// <summary>How <c>provider_invoices.lines</c> is written.</summary>
internal sealed record StoredProviderLine(string Description, long Amount, DateTime Start, DateTime End);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredProviderLine[]))]
internal sealed partial class ProviderInvoiceJson : JsonSerializerContext;
