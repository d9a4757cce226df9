using Npgsql;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>When a subscription gets the newest version.</summary>
public enum MigrationTime
{
    Now,
    PeriodEnd,

    /// <summary>When a paused one goes on.</summary>
    Resume,
}

/// <summary>One that was moved, or would be.</summary>
/// <param name="AmountAfter">For one whole period; zero where it is refused because nobody could pay it.</param>
/// <param name="DueNow">What the change asks for at once; null: nothing.</param>
/// <param name="Refused">Why it was left where it is; null: it was moved.</param>
public sealed record MigratedSubscription(
    SubscriptionItem Before, MigrationTime When, MoneyAmount AmountAfter, int ToVersion, MoneyAmount? DueNow, string? Refused);

/// <summary>
/// Ends grandfathering: subscriptions of older versions of a plan get its newest one, now or from their next period on. Each is a
/// change of its own, in its own transaction and timeline, so that a call that is cut short has moved some and can be repeated. They
/// are taken in the order of their ids; whoever goes on after the last one looks at each once, whether it could be moved or not.
/// </summary>
public sealed class MigratePlan(NpgsqlDataSource database, ChangeAtOnce change)
{
    /// <returns>Null: the catalogue in force has no such plan. With whether more are left.</returns>
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
