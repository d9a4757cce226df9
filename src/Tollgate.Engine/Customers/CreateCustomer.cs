using Npgsql;
using Tollgate.Core.Customers;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

public enum CreateCustomerOutcome
{
    Created,

    /// <summary>The customer existed with this content, or without any because its first use created it.</summary>
    Existed,

    /// <summary>The customer exists with other content. Nothing was changed.</summary>
    Conflict,

    /// <summary>The project has created the most customers that it may in a minute.</summary>
    Limited,
}

/// <summary>Creates a customer before its first use, with its profile.</summary>
public sealed class CreateCustomer(CustomerChanges changes, NewCustomers pace, Clock clock, CheckVatIds vat)
{
    /// <summary>The caller has checked id and profile with <see cref="CustomerRules"/>.</summary>
    public async Task<(CreateCustomerOutcome Outcome, Customer? Customer)> RunAsync(
        ProjectSnapshot project, string id, CustomerProfile profile, CancellationToken cancel)
    {
        if (!pace.MayCreate(project.Id))
        {
            return (CreateCustomerOutcome.Limited, null);
        }

        var now = clock.Now(project);
        if (!await InsertAsync(project, id, profile, now, cancel))
        {
            return await CompleteAsync(project, id, profile, cancel);
        }

        pace.Created(project.Id, 1);

        var plan = project.Catalog.DefaultPlan;
        var created = new Customer(id, profile, plan.Code, plan.Number, now)
        {
            Vat = VatStanding.Of(null, VatIds.InVies(profile.Country, profile.TaxId) is not null),
        };
        return (CreateCustomerOutcome.Created, await vat.BeginAsync(project, created, cancel));
    }

    private async Task<bool> InsertAsync(ProjectSnapshot project, string id, CustomerProfile profile, Instant now, CancellationToken cancel)
    {
        var partition = CustomerPlace.PartitionOf(project.Id, id);
        return await changes.InsertAsync(
            project, id, [partition, project.Id, id, .. CustomerRow.ProfileParameters(profile), now.ToUtc()], cancel);
    }

    /// <summary>First use may win the race against sign-up: a customer with a blank profile takes this one.</summary>
    private async Task<(CreateCustomerOutcome, Customer)> CompleteAsync(
        ProjectSnapshot project, string id, CustomerProfile profile, CancellationToken cancel)
    {
        await using var change = await changes.BeginAsync(project, id, cancel);
        var known = change.Row.Customer.Profile;
        if (known.Equals(profile))
        {
            return (CreateCustomerOutcome.Existed, change.Row.Customer);
        }

        if (!known.Equals(CustomerProfile.Blank))
        {
            return (CreateCustomerOutcome.Conflict, change.Row.Customer);
        }

        await change.ExecuteAsync(
            CustomerSql.UpdateProfile, cancel, [change.Row.Partition, project.Id, id, .. CustomerRow.ProfileParameters(profile)]);
        var completed = (await change.ReadAgainAsync(project, cancel)).Customer;
        await change.CommitAsync();
        return (CreateCustomerOutcome.Existed, await vat.BeginAsync(project, completed, cancel));
    }
}
