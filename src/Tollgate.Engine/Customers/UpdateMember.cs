using Npgsql;
using Tollgate.Core.Customers;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>Changes the profile of a member. No part of it affects quotas, so no decision becomes stale.</summary>
public sealed class UpdateMember(CustomerChanges changes)
{
    /// <summary>Returns null if the customer has no such member. With faults, nothing was changed.</summary>
    public async Task<(Member Member, IReadOnlyList<FieldFault> Faults)?> RunAsync(
        ProjectSnapshot project, string customer, string id, MemberPatch patch, CancellationToken cancel)
    {
        await using var change = await changes.BeginOnExistingAsync(project, customer, cancel);
        if (change is null || await MemberQueries.FindAsync(change, id, cancel) is not { } known)
        {
            return null;
        }

        var profile = patch.ApplyTo(known.Profile);
        var faults = MemberRules.FaultsOf(profile);
        if (faults.Count == 0)
        {
            await change.ExecuteAsync(
                MemberSql.Update, cancel, change.Row.Partition, change.Row.Account, id, AddMember.Text(profile.Name),
                AddMember.Text(profile.Email),
                AddMember.Text(profile.Role));
            await change.CommitAsync();
        }

        return (known with { Profile = profile }, faults);
    }
}
