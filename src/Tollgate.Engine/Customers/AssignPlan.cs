using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

public enum AssignPlanOutcome
{
    Assigned,

    /// <summary>The current catalogue has no such plan.</summary>
    PlanUnknown,

    /// <summary>The plan comes from a subscription: change the subscription.</summary>
    Subscribed,

    /// <summary>The customer uses another customer's balances: change the plan of that one.</summary>
    IsMember,
}

/// <summary>
/// Assigns a plan to a customer manually. It pins the newest published version: later versions do not affect the customer until somebody
/// assigns the plan again. To assign the current version again changes nothing and writes no fact.
/// </summary>
/// <remarks>
/// Use stays counted; the new plan's quota applies from now on in the current periods. The size of the quota in those periods
/// (<c>grant_on_change: full | prorated</c>) depends on the time of the change and on the replaced version, both of which are stored;
/// <c>QuotaRules.QuotaFor</c> reads them.
/// </remarks>
public sealed class AssignPlan(CustomerChanges changes, Clock clock)
{
    public const string ByHand = "assigned";

    private static readonly string[] SetsPlan = ["plan"];

    /// <summary>Creates the customer if it is missing. While the customer has a subscription, its plan follows that.</summary>
    /// <param name="plan">Null: return to the newest version of the project's default plan.</param>
    public async Task<(AssignPlanOutcome Outcome, Customer? Customer)> RunAsync(ProjectSnapshot project, string customer, string? plan,
        CancellationToken cancel)
    {
        PlanVersion? version = null;
        if (plan is not null && !project.Catalog.Plans.TryGetValue(plan, out version))
        {
            return (AssignPlanOutcome.PlanUnknown, null);
        }

        await using var change = await changes.BeginAsync(project, customer, cancel);
        if (change.Row.Owner is not null)
        {
            return (AssignPlanOutcome.IsMember, change.Row.Customer);
        }

        if (await change.ScalarAsync(CustomerSql.HasSubscription, cancel, change.Row.Partition, change.Row.Account) is true)
        {
            return (AssignPlanOutcome.Subscribed, null);
        }

        if (change.Row.PlanVersionId != version?.Id)
        {
            await PinAsync(change, project, version?.Id, cancel);
        }

        var assigned = await change.ReadAgainAsync(project, cancel);
        await change.CommitAsync();
        return (AssignPlanOutcome.Assigned, assigned.Customer);
    }

    private async Task PinAsync(CustomerChange change, ProjectSnapshot project, int? versionId, CancellationToken cancel)
    {
        var (partition, account, now) = (change.Row.Partition, change.Row.Account, clock.Now(project));
        var replaced = change.Row.PlanVersionId ?? project.Catalog.DefaultPlan.Id;
        await change.ExecuteAsync(CustomerSql.AssignPlan, cancel, partition, account, versionId, replaced, now.ToUtc());
        await change.TouchAsync(now, cancel);
        await change.ExecuteAsync(CustomerSql.InsertTerms, cancel, partition, account, now.ToUtc(), SetsPlan, ByHand);
    }
}
