using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>A payment with its refunds and the place of its row.</summary>
public sealed record PaymentRow(Payment Payment, short Partition, int Account, IReadOnlyList<Refund> Refunds)
{
    /// <summary>The amount that the customer's bank holds or took, and the status of the dispute; null: it was never disputed.</summary>
    public (MoneyAmount Amount, DisputeStatus Status)? Dispute { get; init; }

    /// <summary>Reads the columns of <c>PaymentSql.Columns</c>.</summary>
    internal static PaymentRow Read(RowReader row)
    {
        var currency = Currency.Of(row.Text("currency"));
        var payment = new Payment
        {
            Id = row.Id("id"),
            Customer = row.Text("customer_id"),
            Invoice = row.IdOrNull("invoice"),
            Provider = CatalogWords.Read<PaymentProvider>(row.Text("provider")),
            Method = row.IdOrNull("method"),
            Amount = new(row.Long("amount"), currency),
            Refunded = new(row.Long("refunded"), currency),
            Status = CatalogWords.Read<PaymentStatus>(row.Text("status")),
            Failure = row.IsNull("failure") ? null : CatalogWords.Read<PaymentFailure>(row.Text("failure")),
            Reference = row.TextOrNull("reference"),
            CreatedAt = row.Time("created_at"),
            SettledAt = row.TimeOrNull("settled_at"),
            Checkout = row.IdOrNull("checkout"),
            QuotedAt = row.TimeOrNull("quoted_at"),
            ExpectedVersion = row.WholeOrNull("expected_version"),
            ProviderInvoice = row.TextOrNull("provider_invoice"),
        };
        return new(payment, row.Small("partition"), row.Whole("account"), []);
    }
}

/// <summary>Filters of a list of payments. A null filter matches every payment.</summary>
public sealed record PaymentFilter(string? Customer, Guid? Invoice, PaymentStatus? Status);

/// <summary>Reads of payments. Every statement is bounded by the project.</summary>
public sealed class PaymentQueries(NpgsqlDataSource database)
{
    public async Task<PaymentRow?> FindAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await FindAsync(connection, project, id, cancel);
    }

    /// <returns>The payments that exist, in any order.</returns>
    public async Task<IReadOnlyList<PaymentRow>> FindSeveralAsync(ProjectSnapshot project, IReadOnlySet<Guid> ids, CancellationToken cancel)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        await using var connection = await database.OpenConnectionAsync(cancel);
        return await ReadAsync(connection, connection.Command(PaymentSql.FindSeveral, project.Id, ids.ToArray()), cancel);
    }

    /// <param name="reference">The provider's own id.</param>
    internal async Task<PaymentRow?> FindByReferenceAsync(
        ProjectSnapshot project, PaymentProvider provider, string reference, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return (await ReadAsync(
            connection, connection.Command(PaymentSql.FindByReference, project.Id, CatalogWords.Of(provider), reference),
            cancel)) is [var row, ..] ? row : null;
    }

    /// <summary>Newest first.</summary>
    /// <param name="after">The id of the last payment of the page before.</param>
    public async Task<IReadOnlyList<PaymentRow>> ListAsync(
        ProjectSnapshot project, PaymentFilter filter, Guid? after, int limit, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await ReadAsync(
            connection,
            connection.Command(
                PaymentSql.List(filter),
                project.Id,
                SqlCommands.OrNull(filter.Customer, NpgsqlDbType.Text),
                SqlCommands.OrNull(filter.Invoice, NpgsqlDbType.Uuid),
                SqlCommands.OrNull(filter.Status is { } status ? CatalogWords.Of(status) : null, NpgsqlDbType.Text),
                SqlCommands.OrNull(after, NpgsqlDbType.Uuid),
                limit),
            cancel);
    }

    internal static async Task<PaymentRow?> FindAsync(
        NpgsqlConnection connection, ProjectSnapshot project, Guid id, CancellationToken cancel) =>
        (await ReadAsync(connection, connection.Command(PaymentSql.Find, project.Id, id), cancel)).SingleOrDefault();

    internal static async Task<IReadOnlyList<PaymentRow>> ReadAsync(
        NpgsqlConnection connection, NpgsqlCommand select, CancellationToken cancel)
    {
        var rows = new List<PaymentRow>();
        await using (select)
        await using (var reader = await select.ExecuteReaderAsync(cancel))
        {
            var row = new RowReader(reader);
            while (await reader.ReadAsync(cancel))
            {
                rows.Add(PaymentRow.Read(row));
            }
        }

        // Failed refunds are shown too, so the refunded amount does not tell whether there are refunds.
        if (!rows.Exists(static row => row.Payment.Status == PaymentStatus.Succeeded))
        {
            return rows;
        }

        var (refunds, disputes) = (await RefundsAsync(connection, rows, cancel), await DisputesAsync(connection, rows, cancel));
        return
        [
            .. rows.Select(row => row with
            {
                Refunds = [.. refunds[row.Payment.Id]],
                Dispute = disputes.TryGetValue(row.Payment.Id, out var held)
                    ? (new(held.Minor, row.Payment.Amount.Currency), held.Status)
                    : null,
            }),
        ];
    }

    private static async Task<Dictionary<Guid, (long Minor, DisputeStatus Status)>> DisputesAsync(NpgsqlConnection connection,
        List<PaymentRow> rows, CancellationToken cancel)
    {
        await using var command = Of(connection, DisputeSql.OfPayments, rows);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new Dictionary<Guid, (long, DisputeStatus)>();
        while (await reader.ReadAsync(cancel))
        {
            found[reader.GetGuid(0)] = (reader.GetInt64(1), CatalogWords.Read<DisputeStatus>(reader.GetString(2)));
        }

        return found;
    }

    private static NpgsqlCommand Of(NpgsqlConnection connection, string statement, List<PaymentRow> rows) => connection.Command(
        statement,
        rows.Select(static row => row.Partition).ToArray(),
        rows.Select(static row => row.Account).ToArray(),
        rows.Select(static row => row.Payment.Id).ToArray());

    private static async Task<ILookup<Guid, Refund>> RefundsAsync(
        NpgsqlConnection connection, List<PaymentRow> rows, CancellationToken cancel)
    {
        var currencies = rows.ToDictionary(static row => row.Payment.Id, static row => row.Payment.Amount.Currency);
        await using var command = Of(connection, PaymentSql.Refunds, rows);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<Refund>();
        var refund = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            found.Add(new(
                refund.Id("id"), refund.Id("payment"), new(refund.Long("amount"), currencies[refund.Id("payment")]),
                new(refund.Long("from_credit"), currencies[refund.Id("payment")]), CatalogWords.Read<PaymentStatus>(refund.Text("status")),
                refund.TextOrNull("reason"), refund.TextOrNull("reference"),
                refund.IdOrNull("credit_note"),
                refund.Time("created_at"), refund.TimeOrNull("settled_at")));
        }

        return found.ToLookup(static one => one.Payment);
    }
}
