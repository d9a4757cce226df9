using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Grants;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Grants;

public enum AddGrantOutcome
{
    Added,

    /// <summary>A repeat of an earlier order; the answer is the grant as it is now.</summary>
    Replayed,

    /// <summary>A grant with this id and different content exists. Nothing was changed.</summary>
    IdReused,

    /// <summary>The order has faults. Nothing was changed.</summary>
    Refused,

    /// <summary>The customer uses another customer's balances: grant that one.</summary>
    IsMember,

    /// <summary>
    /// The customer has the most grants that it may (<see cref="AddGrant.MostLive"/>, <see cref="AddGrant.MostUnexpired"/>). Nothing was
    /// changed.
    /// </summary>
    TooMany,
}

/// <param name="Owner">The owner, if the customer is a member.</param>
public sealed record AddGrantAnswer(AddGrantOutcome Outcome, GrantRow? Grant, IReadOnlyList<FieldFault> Faults, string? Owner = null);

/// <summary>Gives a customer a quantity in addition to the plan's quota. The next decision can burn it.</summary>
public sealed class AddGrant(CustomerChanges changes, Clock clock)
{
    /// <summary>
    /// The most grants of one customer that are unexpired and not used up. Each decision walks all of them: 1,000 are 20 µs.
    /// </summary>
    public const int MostLive = 1_000;

    /// <summary>
    /// The most grants that are unexpired, or expired within 36 days, used up or not: Tollgate reads them with the account, 10,000 in 20
    /// ms.
    /// </summary>
    public const int MostUnexpired = 10_000;

    /// <summary>Creates the customer if it is missing. Idempotent by <see cref="GrantOrder.Id"/>.</summary>
    public async Task<AddGrantAnswer> RunAsync(ProjectSnapshot project, string customer, GrantOrder order, CancellationToken cancel)
    {
        var now = clock.Now(project);
        var feature = project.Catalog.Features.GetValueOrDefault(order.Feature);
        var faults = GrantTerms.FaultsOf(order, feature?.Feature, now);
        if (faults.Count > 0)
        {
            return new(AddGrantOutcome.Refused, null, faults);
        }

        var key = order.Id is { } id ? EventKey.Parse(id, now) : EventKey.Generate(now);
        await using var change = await changes.BeginAsync(project, customer, cancel);
        if (change.Row.Owner is { } owner)
        {
            return new(AddGrantOutcome.IsMember, null, [], owner);
        }

        var added = await InsertAsync(change, feature!, order, key, now, cancel);
        if (added)
        {
            if (await HasTooManyAsync(change, now, cancel))
            {
                return new(AddGrantOutcome.TooMany, null, []);
            }

            await change.TouchAsync(now, cancel);
        }

        var grant = await GrantRow.FindAsync(change, key.Id, cancel);
        if (!added)
        {
            return new(IsSame(order, grant) ? AddGrantOutcome.Replayed : AddGrantOutcome.IdReused, grant, []);
        }

        await change.CommitAsync();
        return new(AddGrantOutcome.Added, grant, []);
    }

    private static async Task<bool> InsertAsync(
        CustomerChange change, FeatureEntry feature, GrantOrder order, EventKey key, Instant now, CancellationToken cancel) =>
        await change.ScalarAsync(
            GrantSql.InsertGrant,
            cancel,
            change.Row.Partition,
            change.Row.Account,
            feature.Key,
            key.Id,
            GrantRow.NameOf(order.Source),
            (short)(order.Priority ?? GrantTerms.DefaultPriorityOf(order.Source)),
            order.Amount.Value,
            (order.EffectiveAt ?? now).ToUtc(),
            (order.ExpiresAt ?? Instant.FarFuture).ToUtc(),
            now.ToUtc(),
            key.Text) is not null;

    internal static async Task<bool> HasTooManyAsync(CustomerChange change, Instant now, CancellationToken cancel) =>
        (bool)(await change.ScalarAsync(
            GrantSql.HasTooMany, cancel, change.Row.Partition, change.Row.Account, now.ToUtc(), (long)MostLive, (long)MostUnexpired))!;

    /// <summary>
    /// True if a repeat orders the same. A time that the order left open does not count, so a minute later it is still the same order.
    /// </summary>
    private static bool IsSame(GrantOrder order, GrantRow stored) =>
        stored.Feature == order.Feature
        && stored.Grant.Amount == order.Amount
        && stored.Grant.Source == order.Source
        && stored.Grant.Priority == (order.Priority ?? GrantTerms.DefaultPriorityOf(order.Source))
        && stored.Grant.ExpiresAt == (order.ExpiresAt ?? Instant.FarFuture)
        && (order.EffectiveAt is null || order.EffectiveAt == stored.Grant.EffectiveAt);
}
