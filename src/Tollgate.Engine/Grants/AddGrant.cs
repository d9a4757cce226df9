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

    /// <summary>The same order came before; the answer is the grant as it is now.</summary>
    Replayed,

    /// <summary>A grant with this id and other content exists. Nothing was changed.</summary>
    IdReused,

    /// <summary>The order has faults. Nothing was changed.</summary>
    Refused,

    /// <summary>It uses another customer's balances: grant that one.</summary>
    IsMember,

    /// <summary>
    /// The customer has as many as it may (<see cref="AddGrant.MostLive"/>, <see cref="AddGrant.MostUnexpired"/>). Nothing was changed.
    /// </summary>
    TooMany,
}

/// <param name="Owner">Whose member the customer is.</param>
public sealed record AddGrantAnswer(AddGrantOutcome Outcome, GrantRow? Grant, IReadOnlyList<FieldFault> Faults, string? Owner = null);

/// <summary>Gives a customer a quantity beside the plan's quota. The next decision can burn it.</summary>
public sealed class AddGrant(CustomerChanges changes, Clock clock)
{
    /// <summary>
    /// Grants of one customer that have something left and are not over. Each decision walks all of them: 1,000 are 20 µs.
    /// </summary>
    public const int MostLive = 1_000;

    /// <summary>
    /// Those that are not over, or not for longer than 36 days, used up or not: an account is read with them, 10,000 in 20 ms.
    /// </summary>
    public const int MostUnexpired = 10_000;

    /// <summary>Creates the customer when it is missing. Idempotent by <see cref="GrantOrder.Id"/>.</summary>
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

    /// <summary>An order that left the time open is the same order a minute later.</summary>
    private static bool IsSame(GrantOrder order, GrantRow stored) =>
        stored.Feature == order.Feature
        && stored.Grant.Amount == order.Amount
        && stored.Grant.Source == order.Source
        && stored.Grant.Priority == (order.Priority ?? GrantTerms.DefaultPriorityOf(order.Source))
        && stored.Grant.ExpiresAt == (order.ExpiresAt ?? Instant.FarFuture)
        && (order.EffectiveAt is null || order.EffectiveAt == stored.Grant.EffectiveAt);
}
