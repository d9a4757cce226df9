using Npgsql;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>The time at which a subscription gets the newest version.</summary>
public enum MigrationTime
{
    Now,
    PeriodEnd,

    /// <summary>When a paused subscription resumes.</summary>
    Resume,
}

/// <summary>A subscription that was migrated, or would be.</summary>
/// <param name="AmountAfter">The price of one whole period; zero if it was refused as implausible.</param>
/// <param name="DueNow">The amount due at once; null: none.</param>
/// <param name="Refused">The reason why it was not migrated; null: it was.</param>
public sealed record MigratedSubscription(
    SubscriptionItem Before, MigrationTime When, MoneyAmount AmountAfter, int ToVersion, MoneyAmount? DueNow, string? Refused);

/// <summary>
/// Ends grandfathering: moves subscriptions of older versions of a plan to its newest one, now or from their next period on. Each is a
/// separate change, with its own transaction and timeline entry, so an interrupted call has moved some and can be repeated. It takes them
/// in the order of their ids; a caller that continues after the last one sees each once, migrated or not.
/// </summary>
public sealed class MigratePlan(NpgsqlDataSource database, ChangeAtOnce change)
{
    /// <returns>Null: the current catalogue has no such plan. HasMore is true if more are left.</returns>
    public async Task<(IReadOnlyList<MigratedSubscription> Moved, bool HasMore)?> RunAsync(
        ProjectSnapshot project, MigrationOrder order, string actor, CancellationToken cancel)
    {
        if (!project.Catalog.Plans.TryGetValue(order.Plan, out var newest))
        {
            return null;
        }

        var found = await SubscriptionQueries.OnOlderVersionsAsync(database, project, newest, order, cancel);
        var moved = new List<MigratedSubscription>();
        foreach (var item in found.Take(order.Most))
        {
            var before = item.Row.Subscription;
            var terms = before.Terms with { Plan = newest };
            var answer = await change.MigrateAsync(
                project, before.Id, newest, order.When, order.Proration, new(actor, order.DryRun), cancel);
            moved.Add(new(
                item, ChangeAtOnce.WhenMoved(before, order.When), terms.IsPayable ? terms.Amount : MoneyAmount.Zero(terms.Currency),
                newest.Number, answer.Invoice?.Total,
                answer.Outcome is SubscriptionOutcome.Done ? null : answer.Detail ?? answer.Outcome.ToString()));
        }

        return (moved, found.Count > order.Most);
    }
}
