using Npgsql;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Grants;

/// <summary>Voids the rest of a grant. Burned units stay burned; a repeat finds nothing left and changes nothing.</summary>
public sealed class VoidGrant(CustomerChanges changes, Clock clock)
{
    /// <summary>Returns null if there is no such customer, or it has no such grant.</summary>
    public async Task<GrantRow?> RunAsync(ProjectSnapshot project, string customer, string grant, CancellationToken cancel)
    {
        await using var change = await changes.BeginOnExistingAsync(project, customer, cancel);
        if (change is null)
        {
            return null;
        }

        // Balances first, then the grant: the lock order of the lanes.
        var now = clock.Now(project);
        await change.TouchAsync(now, cancel);
        if (await change.ScalarAsync(
            GrantSql.VoidGrant, cancel, change.Row.Partition, change.Row.Account, GrantRow.KeysSought(grant), now.ToUtc()) is not Guid key)
        {
            return null;
        }

        var voided = await GrantRow.FindAsync(change, key, cancel);
        await change.CommitAsync();
        return voided;
    }
}
