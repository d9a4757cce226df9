using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

public enum AssignPlanOutcome
{
    Assigned,

    /// <summary>The catalogue in force has no such plan.</summary>
    PlanUnknown,

    /// <summary>The plan comes of a subscription: change that.</summary>
    Subscribed,

    /// <summary>It uses another customer's balances: change the plan of that one.</summary>
    IsMember,
}

/// <summary>
/// Puts a customer on a plan by hand. The newest published version is pinned: later versions do not touch the customer
/// until the plan is assigned again. Assigning what it has already changes nothing and writes no fact.
/// </summary>
/// <remarks>
/// Used stays used; the new plan's quota counts from now on in the running periods. How much of it there is in those
/// periods (<c>grant_on_change: full | prorated</c>) follows from the time of the change and from the version that was
/// replaced, both of which are kept; <c>QuotaRules.QuotaFor</c> reads them.
/// </remarks>
public sealed class AssignPlan(CustomerChanges changes, Clock clock)
{
    public const string ByHand = "assigned";

    private static readonly string[] SetsPlan = ["plan"];

    /// <summary>Creates the customer when it is missing. The customer's plan follows its subscription while there is one.</summary>
    /// <param name="plan">Null: back to the project's default plan, whatever its newest version is.</param>
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
