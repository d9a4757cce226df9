using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>A dispute: a customer's bank took the money of a payment back, or asks whether it should.</summary>
/// <param name="Reference">The provider's own id.</param>
public sealed record Dispute(
    Guid Payment, string Customer, PaymentProvider Provider, string Reference, MoneyAmount Amount, DisputeStatus Status, string? Reason,
    Instant OpenedAt, Instant? ClosedAt);

/// <summary>Filters of a list of disputes. A null filter matches every dispute.</summary>
public sealed record DisputeFilter(string? Customer, Guid? Payment, DisputeStatus? Status);

/// <summary>Reads of disputes.</summary>
public sealed class DisputeQueries(NpgsqlDataSource database)
{
    /// <summary>Newest first.</summary>
    /// <param name="after">The reference of the last dispute of the page before.</param>
    public async Task<IReadOnlyList<Dispute>> ListAsync(
        ProjectSnapshot project, DisputeFilter filter, string? after, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(
            DisputeSql.List, project.Id,
            SqlCommands.OrNull(filter.Status is { } wanted ? CatalogWords.Of(wanted) : null, NpgsqlDbType.Text),
            SqlCommands.OrNull(filter.Payment, NpgsqlDbType.Uuid), SqlCommands.OrNull(after, NpgsqlDbType.Text), limit,
            SqlCommands.OrNull(filter.Customer, NpgsqlDbType.Text));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var disputes = new List<Dispute>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            disputes.Add(new(
                row.Id("payment"), row.Text("customer_id"), CatalogWords.Read<PaymentProvider>(row.Text("provider")), row.Text("reference"),
                new(row.Long("amount"), Currency.Of(row.Text("currency"))), CatalogWords.Read<DisputeStatus>(row.Text("status")),
                row.TextOrNull("reason"), row.Time("opened_at"),
                row.TimeOrNull("closed_at")));
        }

        return disputes;
    }
}
