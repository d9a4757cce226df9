using Npgsql;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>A line that the provider's invoice must contain in addition to its own price.</summary>
/// <param name="Id">The idempotency key at the provider.</param>
/// <param name="Amount">Before tax; negative for a correction.</param>
public sealed record ProviderLine(Guid Id, string Description, MoneyAmount Amount, Period Period);

/// <summary>The unsent lines of one subscription.</summary>
/// <param name="Reference">The provider's own id of the subscription.</param>
/// <param name="Provider">The provider that manages it.</param>
/// <param name="IsOver">True if the subscription has ended: its provider makes no further invoice automatically.</param>
public sealed record ProviderBill(
    string Customer, Guid Subscription, string Provider, string Reference, bool IsOver, IReadOnlyList<ProviderLine> Lines);

/// <summary>
/// Overage, and agreed minimums, of subscriptions that a provider bills: written in the transaction that rated them, and sent to the
/// provider after it.
/// </summary>
public sealed class ProviderLines(NpgsqlDataSource database)
{
    /// <summary>Builds the command that writes lines. Null: there are none.</summary>
    internal static NpgsqlBatchCommand? Rows(
        ProjectSnapshot project, IReadOnlyList<BilledOrder> orders, Func<BilledOrder, Instant> writtenAt)
    {
        var rows = orders.Where(static order => order.Billed is { Bill: not null, After.ManagedBy: not null })
            .SelectMany(order => order.Billed.Bill!.Draft.Lines.Where(static line => !line.Amount.IsZero)
                .Select(line => (order, line, At: writtenAt(order)))).ToArray();
        return rows.Length == 0 ? null : new Columns()
            .Small(rows.Select(static r => r.order.Order.Customer.Partition))
            .Whole(rows.Select(static r => r.order.Order.Customer.Account))
            .Ids(rows.Select(static r => (Guid?)Guid.CreateVersion7(r.At.ToOffset())))
            .Whole(rows.Select(_ => project.Id))
            .Ids(rows.Select(static r => (Guid?)r.order.Billed.After.Id))
            .WholeOrNull(rows.Select(r => r.line.Feature is { } code ? project.Catalog.FeatureKeys[code] : (int?)null))
            .Text(rows.Select(static r => r.line.Description))
            .Text(rows.Select(static r => r.line.Amount.Currency.Code))
            .Long(rows.Select(static r => (long?)r.line.Amount.Minor))
            .Times(rows.Select(static r => (Instant?)r.line.Period.Start))
            .Times(rows.Select(static r => (Instant?)r.line.Period.End))
            .Times(rows.Select(static r => (Instant?)r.At))
            .Command(ProviderLineSql.Write);
    }

    /// <summary>Takes subscriptions with lines that were not sent for a while. Each server takes others.</summary>
    /// <returns>Project and subscription.</returns>
    public async Task<IReadOnlyList<(int Project, Guid Subscription)>> TakeUnsentAsync(TimeSpan after, int limit,
        CancellationToken cancel)
    {
        var found = new List<(int, Guid)>();
        await using var command = database.Command(ProviderLineSql.TakeUnsent, after.TotalSeconds, limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            found.Add((reader.GetInt32(0), reader.GetGuid(1)));
        }

        return [.. found.Distinct()];
    }

    /// <summary>Null: all lines were sent.</summary>
    internal async Task<ProviderBill?> UnsentAsync(ProjectSnapshot project, Guid subscription, CancellationToken cancel)
    {
        await using var command = database.Command(ProviderLineSql.Unsent, project.Id, subscription);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        ProviderBill? bill = null;
        var lines = new List<ProviderLine>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            bill ??= new(
                row.Text("customer_id"), subscription, row.Text("managed_by"), row.Text("reference"), row.Flag("has_ended"), lines);
            lines.Add(new(
                row.Id("id"), row.Text("description"), new(row.Long("amount"), Currency.Of(row.Text("currency"))),
                new(row.Time("period_start"), row.Time("period_end"))));
        }

        return bill;
    }

    /// <param name="reference">The provider's own id of the line.</param>
    internal async Task SentAsync(ProjectSnapshot project, ProviderBill bill, ProviderLine line, string reference, CancellationToken cancel)
    {
        await using var command = database.Command(
            ProviderLineSql.Sent, CustomerPlace.PartitionOf(project.Id, bill.Customer), project.Id, line.Id, reference);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
