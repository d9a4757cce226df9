using Npgsql;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>
/// Ends a membership: from the commit on the user has its own balances again, unchanged. The member's use of the customer's balances stays
/// counted, and its holds stay until they settle, are released or expire.
/// </summary>
public sealed class RemoveMember(CustomerChanges changes, Clock clock)
{
    /// <summary>Returns false if the customer has no such member.</summary>
    public async Task<bool> RunAsync(ProjectSnapshot project, string customer, string id, CancellationToken cancel)
    {
        if (customer == id)
        {
            return false;
        }

        await using (var change = await changes.BeginOnTwoAsync(project, customer, id, create: false, cancel))
        {
            if (change?.Other is not { } member)
            {
                return false;
            }

            if (member.Owner != customer)
            {
                return false;
            }

            var now = clock.Now(project);
            await change.ExecuteAsync(MemberSql.Delete, cancel, change.Row.Partition, change.Row.Account, id, project.Id, now.ToUtc());
            await change.ExecuteAsync(MemberSql.SetOwner, cancel, member.Partition, member.Account, AddMember.Text(null));

            // The owner's versions, too: a server that has cached the member decides on the owner's balances.
            foreach (var row in new[] { change.Row, member }.OrderBy(row => row.Partition).ThenBy(row => row.Account))
            {
                await change.TouchAsync(row, now, cancel);
            }

            await change.CommitAsync();
            return true;
        }
    }
}
