using Tollgate.Core.Invoicing;
using Tollgate.Core.Ledger;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>
/// Gives what was bought, in the transaction in which its invoice is paid. The grant's id is made of the purchase's: however often this
/// is done, the units are there once.
/// </summary>
internal static class GrantPack
{
    /// <summary>Nothing where the invoice is for something else. The caller holds the customer and commits.</summary>
    public static async Task RunAsync(
        CustomerChange change, ProjectSnapshot project, Invoice invoice, Instant paidAt, CancellationToken cancel)
    {
        if (invoice.Kind != InvoiceKind.OneOff || await PackQueries.OfInvoiceAsync(change, invoice.Id, cancel) is not { } purchase)
        {
            return;
        }

        // The balances first, then the grant: the order of the lanes.
        await change.TouchAsync(paidAt, cancel);
        var (sale, row) = (purchase.Sale, change.Row);
        await change.ScalarAsync(
            GrantSql.InsertGrant, cancel, row.Partition, row.Account, purchase.FeatureKey, purchase.Grant,
            GrantRow.NameOf(GrantSource.TopUp), (short)sale.Priority,
            sale.Units.Value, paidAt.ToUtc(), PackRules.ExpiryOf(sale, paidAt, project.Zone).ToUtc(), paidAt.ToUtc(), NameFor(purchase.Id));
    }

    /// <summary>The id that the units of a purchase have, as callers write it.</summary>
    public static string NameFor(Guid purchase) => "pack:" + purchase.ToString("D");

    /// <summary>The same as the ledger keeps it.</summary>
    public static Guid IdFor(Guid purchase) => GrantRow.KeyOf(NameFor(purchase));
}
