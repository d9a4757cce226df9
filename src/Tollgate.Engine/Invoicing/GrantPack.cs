using Tollgate.Core.Invoicing;
using Tollgate.Core.Ledger;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>
/// Grants a purchase, in the transaction that pays its invoice. The grant's id depends on the purchase's: however often this runs, it
/// grants the units once.
/// </summary>
internal static class GrantPack
{
    /// <summary>Does nothing if the invoice is for something else. The caller locks the customer and commits.</summary>
    public static async Task RunAsync(
        CustomerChange change, ProjectSnapshot project, Invoice invoice, Instant paidAt, CancellationToken cancel)
    {
        if (invoice.Kind != InvoiceKind.OneOff || await PackQueries.OfInvoiceAsync(change, invoice.Id, cancel) is not { } purchase)
        {
            return;
        }

        // Balances first, then the grant: the lock order of the lanes.
        await change.TouchAsync(paidAt, cancel);
        var (sale, row) = (purchase.Sale, change.Row);
        await change.ScalarAsync(
            GrantSql.InsertGrant, cancel, row.Partition, row.Account, purchase.FeatureKey, purchase.Grant,
            GrantRow.NameOf(GrantSource.TopUp), (short)sale.Priority,
            sale.Units.Value, paidAt.ToUtc(), PackRules.ExpiryOf(sale, paidAt, project.Zone).ToUtc(), paidAt.ToUtc(), NameFor(purchase.Id));
    }

    /// <summary>Returns the id of a purchase's grant, as callers write it.</summary>
    public static string NameFor(Guid purchase) => "pack:" + purchase.ToString("D");

    /// <summary>Returns the same id as the ledger stores it.</summary>
    public static Guid IdFor(Guid purchase) => GrantRow.KeyOf(NameFor(purchase));
}
