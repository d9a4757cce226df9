using Npgsql;
using Tollgate.Core.Customers;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>The outcome of a change.</summary>
/// <param name="Faults">If not empty, nothing was changed. The limits apply to the profile after the change.</param>
/// <param name="CurrencyFixed">True: nothing was changed, because the customer has books in its current currency.</param>
public sealed record CustomerUpdate(Customer Customer, IReadOnlyList<FieldFault> Faults, bool CurrencyFixed);

/// <summary>Changes the profile of a customer. No part of it affects quotas, so no decision becomes stale.</summary>
public sealed class UpdateCustomer(CustomerChanges changes, CheckVatIds vat)
{
    /// <summary>Returns null if there is no such customer.</summary>
    public async Task<CustomerUpdate?> RunAsync(ProjectSnapshot project, string id, CustomerPatch patch, CancellationToken cancel)
    {
        await using var change = await changes.BeginOnExistingAsync(project, id, cancel);
        if (change is null)
        {
            return null;
        }

        var before = change.Row.Customer.Profile;
        var profile = patch.ApplyTo(before);
        var faults = CustomerRules.FaultsOf(profile, before);
        if (faults.Count > 0)
        {
            return new(change.Row.Customer, faults, CurrencyFixed: false);
        }

        // Subscriptions, invoices and credits are in the old currency; in another one Tollgate would not find or pay them.
        if (profile.Currency != before.Currency
            && await change.ScalarAsync(CustomerSql.HasBooks, cancel, change.Row.Partition, change.Row.Account) is true)
        {
            return new(change.Row.Customer, [], CurrencyFixed: true);
        }

        await change.ExecuteAsync(
            CustomerSql.UpdateProfile, cancel, [change.Row.Partition, project.Id, id, .. CustomerRow.ProfileParameters(profile)]);
        var changed = (await change.ReadAgainAsync(project, cancel)).Customer;
        await change.CommitAsync();
        return new(await vat.BeginAsync(project, changed, cancel), [], CurrencyFixed: false);
    }
}
