using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Dunning;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Billing;

public enum AddMethodOutcome
{
    Added,

    /// <summary>The method is already saved, and stays as it is.</summary>
    Known,

    /// <summary>The customer is a member, whose owner pays.</summary>
    IsMember,

    /// <summary>The customer has <see cref="PaymentMethods.Most"/> methods.</summary>
    TooMany,
}

/// <param name="Method">Null: nothing was added.</param>
public sealed record AddedMethod(AddMethodOutcome Outcome, PaymentMethod? Method = null);

/// <summary>Changes the saved payment methods of a customer. A new default makes Tollgate retry failed collections at once.</summary>
public sealed class KeepPaymentMethod(CustomerChanges changes, SecretBox secrets, Clock clock)
{
    /// <summary>Creates the customer if it is missing.</summary>
    public Task<AddedMethod> AddAsync(ProjectSnapshot project, string customer, SandboxCard card, CancellationToken cancel) =>
        AddAsync(project, new(customer, card.Token, card.Brand, card.Last4), SandboxCard.Provider, cancel);

    /// <summary>
    /// Saves a customer's method that a provider reports. A known method stays as it is; one too many removes the oldest.
    /// </summary>
    internal Task SaveAsync(ProjectSnapshot project, PaymentProvider provider, PaymentMethodUpdate method, CancellationToken cancel) =>
        AddAsync(project, method, provider, cancel, isOnce: true);

    private async Task<AddedMethod> AddAsync(
        ProjectSnapshot project, PaymentMethodUpdate card, PaymentProvider provider, CancellationToken cancel, bool isOnce = false)
    {
        await using var change = await changes.BeginAsync(project, card.Customer, cancel);
        if (change.Row.Owner is not null)
        {
            return new(AddMethodOutcome.IsMember);
        }

        var known = await PaymentMethods.KeptAsync(change.Connection, change.Row, cancel);
        if (isOnce
            && known.FirstOrDefault(one => one.Provider == provider
                && secrets.OpenText(one.Token, SecretPlace.Card(one.Id)) == card.Token) is { } same)
        {
            return new(AddMethodOutcome.Known, same);
        }

        if (!isOnce && known.Count >= PaymentMethods.Most)
        {
            return new(AddMethodOutcome.TooMany);
        }

        var now = clock.Now(project);
        var (row, method) =
            (change.Row, new PaymentMethod(Guid.CreateVersion7(now.ToOffset()), provider, card.Token, card.Brand, card.Last4, true, now));
        await change.ExecuteAsync(PaymentSql.NoDefault, cancel, row.Partition, row.Account);
        await change.ExecuteAsync(
            PaymentSql.InsertMethod, cancel, row.Partition, row.Account, method.Id, CatalogWords.Of(method.Provider),
            secrets.CloseText(method.Token, SecretPlace.Card(method.Id)),
            method.Brand, method.Last4, now.ToUtc());
        await change.ExecuteAsync(PaymentSql.RemoveOldMethods, cancel, row.Partition, row.Account, now.ToUtc(), PaymentMethods.Most - 1);
        await change.ExecuteAsync(CollectionSql.Hasten, cancel, row.Partition, row.Account, now.ToUtc());
        await change.CommitAsync();
        return new(AddMethodOutcome.Added, method);
    }

    /// <returns>False: the customer has no method with this id.</returns>
    public async Task<bool> RemoveAsync(ProjectSnapshot project, string customer, Guid id, CancellationToken cancel)
    {
        await using var change = await changes.BeginOnExistingAsync(project, customer, cancel);
        if (change is null
            || await change.ExecuteAsync(
                PaymentSql.RemoveMethod, cancel, change.Row.Partition, change.Row.Account, id, clock.Now(project).ToUtc()) == 0)
        {
            return false;
        }

        await change.ExecuteAsync(PaymentSql.MakeNewestDefault, cancel, change.Row.Partition, change.Row.Account);
        await change.CommitAsync();
        return true;
    }

    /// <summary>Makes a method the one that Tollgate charges from now on.</summary>
    /// <returns>False: the customer has no method with this id.</returns>
    public async Task<bool> MakeDefaultAsync(ProjectSnapshot project, string customer, Guid id, CancellationToken cancel)
    {
        await using var change = await changes.BeginOnExistingAsync(project, customer, cancel);
        if (change is null
            || await change.ScalarAsync(PaymentSql.MethodIsKept, cancel, change.Row.Partition, change.Row.Account, id) is null)
        {
            return false;
        }

        await change.ExecuteAsync(PaymentSql.NoDefault, cancel, change.Row.Partition, change.Row.Account);
        await change.ExecuteAsync(PaymentSql.KeepMethod, cancel, change.Row.Partition, change.Row.Account, id);
        await change.ExecuteAsync(CollectionSql.Hasten, cancel, change.Row.Partition, change.Row.Account, clock.Now(project).ToUtc());
        await change.CommitAsync();
        return true;
    }

    /// <summary>Saves a method that has paid. One that paid for a plan becomes the default. One too many removes the oldest.</summary>
    /// <param name="isDefault">Makes it the default, even if another one is saved.</param>
    internal static async Task KeepAsync(CustomerChange change, Guid id, bool isDefault, Instant now, CancellationToken cancel)
    {
        var row = change.Row;
        var isKept = await change.ScalarAsync(PaymentSql.MethodIsKept, cancel, row.Partition, row.Account, id) is not null;
        if (!isKept || isDefault)
        {
            await change.ExecuteAsync(PaymentSql.NoDefault, cancel, row.Partition, row.Account);
            await change.ExecuteAsync(PaymentSql.KeepMethod, cancel, row.Partition, row.Account, id);
            await change.ExecuteAsync(
                PaymentSql.RemoveOldMethods, cancel, row.Partition, row.Account, now.ToUtc(), PaymentMethods.Most - 1);
            await change.ExecuteAsync(CollectionSql.Hasten, cancel, row.Partition, row.Account, now.ToUtc());
        }
    }
}
