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

    /// <summary>The invoice has no amount due any more, and nobody paid it: void, credited, or written off by an operator.</summary>
    Dropped,

    /// <summary>The last attempt failed.</summary>
    GivenUp,

    /// <summary>An attempt failed for a reason that no customer can fix: it waits for the project's operators.</summary>
    Stopped,
}

/// <summary>The state of an invoice's collection.</summary>
/// <param name="CollectAt">The next attempt; null: one is pending, or the collection is over.</param>
/// <param name="Payment">The pending attempt.</param>
/// <param name="Failures">The number of failed attempts of the schedule.</param>
/// <param name="PlannedAt">The next attempt of the schedule, while one outside it comes first.</param>
internal sealed record Collection(
    Guid Invoice, CollectionState State, Guid Subscription, Instant? CollectAt, Guid? Payment, int Failures, Instant? FirstFailedAt,
    Instant? PlannedAt, Instant? EndedAt);

/// <summary>The invoices that Tollgate collects: the rows of <c>collections</c>.</summary>
internal static class Collections
{
    /// <summary>The time in which a caller that requested a change may charge for it before Tollgate does.</summary>
    private static readonly TimeSpan TimeOfWhoAsked = TimeSpan.FromHours(1);

    /// <summary>
    /// Starts the collection of new invoices of customers who can be charged, in the transaction that makes the invoices. Those that became
    /// due automatically are collected at once.
    /// </summary>
    /// <param name="drafts">The invoices, each with true if it became due automatically.</param>
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

    /// <summary>Finds the collection of an invoice; returns null if the invoice is not collected. The caller locks the customer.</summary>
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
