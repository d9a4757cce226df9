using Npgsql;
using Tollgate.Core.Customers;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>Changes what is known about a customer. Nothing of it decides on quotas, so no decision becomes stale.</summary>
public sealed class UpdateCustomer(NpgsqlDataSource database)
{
    /// <summary>Null: no such customer. With faults, nothing was changed: the limits hold for the profile as it would become.</summary>
    public async Task<(Customer Customer, IReadOnlyList<FieldFault> Faults)?> RunAsync(
        ProjectSnapshot project, string id, CustomerPatch patch, CancellationToken cancel)
    {
        await using var change = await CustomerChange.BeginOnExistingAsync(database, project, id, cancel);
        if (change is null)
        {
            return null;
        }

        var profile = patch.ApplyTo(change.Row.Customer.Profile);
        var faults = CustomerRules.FaultsOf(profile);
        if (faults.Count == 0)
        {
            await change.ExecuteAsync(CustomerSql.UpdateProfile, cancel, [change.Row.Partition, project.Id, id, .. CustomerRow.ProfileParameters(profile)]);
            await change.CommitAsync(cancel);
        }

        return (change.Row.Customer with { Profile = profile }, faults);
    }
}
