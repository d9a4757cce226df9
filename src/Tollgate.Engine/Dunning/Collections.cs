using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Dunning;

public enum CollectionState
{
    Open,
    Paid,

    /// <summary>The invoice asks for nothing any more, and nobody paid: void, credited, given up by hand.</summary>
    Dropped,

    /// <summary>The last attempt failed.</summary>
    GivenUp,

    /// <summary>An attempt failed for a reason that no customer can mend: it is left to the project's people.</summary>
    Stopped,
}

/// <summary>How an invoice is collected.</summary>
/// <param name="CollectAt">The next attempt; null: one is on its way, or it is over.</param>
/// <param name="Payment">The attempt that is on its way.</param>
/// <param name="Failures">Attempts of the schedule that have failed.</param>
/// <param name="PlannedAt">The next one of the schedule, while one outside of it comes first.</param>
internal sealed record Collection(
    Guid Invoice, CollectionState State, Guid Subscription, Instant? CollectAt, Guid? Payment, int Failures, Instant? FirstFailedAt,
    Instant? PlannedAt, Instant? EndedAt);

/// <summary>Which invoices are collected: the rows of <c>collections</c>.</summary>
internal static class Collections
{
    /// <summary>Whoever asks for a change may charge for it himself before that.</summary>
    private static readonly TimeSpan TimeOfWhoAsked = TimeSpan.FromHours(1);

    /// <summary>
    /// In the transaction that makes invoices of subscriptions: those of customers who can be charged are collected, what was due by itself
    /// at once.
    /// </summary>
    /// <param name="drafts">With whether it was due by itself.</param>
    public static async Task BeginAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<(BilledInvoice Invoice, bool ByItself)> drafts,
        CancellationToken cancel)
    {
        var owed = drafts.Where(static one => one.Invoice.Invoice is { Subscription: not null } invoice && invoice.Total > invoice.Paid)
            .ToArray();
        if (owed.Length == 0)
        {
            return;
        }

        await using var command = connection.Command(
            CollectionSql.Begin,
            Array.ConvertAll(owed, static one => one.Invoice.Customer.Partition),
            Array.ConvertAll(owed, static one => one.Invoice.Customer.Account),
            Array.ConvertAll(owed, static one => one.Invoice.Invoice.Id),
            Array.ConvertAll(owed, static one => one.Invoice.Invoice.Subscription!.Value),
            Array.ConvertAll(owed, static one => one.Invoice.Invoice.CreatedAt.Plus(one.ByItself ? TimeSpan.Zero : TimeOfWhoAsked).ToUtc()),
            Array.ConvertAll(owed, static one => one.Invoice.Invoice.CreatedAt.ToUtc()),
            project.Id);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The caller holds the customer. Null: the invoice is not collected.</summary>
    public static async Task<Collection?> FindAsync(CustomerChange change, Guid invoice, CancellationToken cancel)
    {
        await using var command = change.Command(CollectionSql.Find, change.Row.Partition, change.Row.Account, invoice);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return null;
        }

        return new(
            invoice, CatalogWords.Read<CollectionState>(reader.GetString(0)), reader.GetGuid(1), At(2),
            reader.IsDBNull(3) ? null : reader.GetGuid(3),
            reader.GetInt32(4), At(5), At(6), At(7));

        Instant? At(int column) => reader.IsDBNull(column) ? null : Instant.FromUtc(reader.GetDateTime(column));
    }
}
