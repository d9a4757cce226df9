using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Subscriptions;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>A: the body of <c>/admin/stats/plans</c>, from counts.</summary>
internal static class CareerCoachPlansAnswer
{
    public static readonly Description Description = new(
        "Seed door: career coach", "Show the distribution of plans",
        "Returns, for each plan, the number of its users now and of its subscriptions that have not ended.")
    {
        Answers =
        [
            Example.Of<CareerCoachPlans>(200, "In the catalogue's order, then plans that are no longer sold but that users still have.", """
                {"total_users": 250, "total_subscriptions": 51, "plans": [
                 {"plan_code": "free", "name": "Free", "users": 200, "percentage": 80.0, "subscriptions": 0, "by_status": {},
                  "by_billing_period": {} },
                 {"plan_code": "pro", "name": "Pro", "users": 50, "percentage": 20.0, "subscriptions": 51,
                  "by_status": {"active": 46, "paused": 1, "trialing": 4}, "by_billing_period": {"monthly": 41, "yearly": 10}}]}
                """),
        ],
    };

    public static CareerCoachPlans Of(IReadOnlyList<PlanCount> counts, CatalogDocument document)
    {
        var ofPlans = counts.ToLookup(count => count.Plan ?? document.DefaultPlan);
        var users = counts.Where(static count => count.Status is null).Sum(static count => count.Number);
        var known = document.Plans.Where(plan => plan.Active || ofPlans.Contains(plan.Code)).OrderBy(static plan => plan.SortOrder)
            .ToList();
        var others = ofPlans.Select(static plan => plan.Key).Except(known.Select(static plan => plan.Code)).Order(StringComparer.Ordinal);
        return new(
            users,
            counts.Where(static count => count.Status is not null).Sum(static count => count.Number),
            [.. known.Select(plan => Of(plan.Code, plan.Name, ofPlans[plan.Code], users)),
                .. others.Select(code => Of(code, null, ofPlans[code], users))]);
    }

    private static CareerCoachPlan Of(string code, string? name, IEnumerable<PlanCount> counts, long allUsers)
    {
        var subscriptions = counts.Where(static count => count.Status is not null).ToList();
        var users = counts.Where(static count => count.Status is null).Sum(static count => count.Number);
        return new(
            code,
            name,
            users,
            allUsers == 0 ? 0 : decimal.Round(100m * users / allUsers, 1, MidpointRounding.AwayFromZero),
            subscriptions.Sum(static count => count.Number),
            Sums(subscriptions, static count => CatalogWords.Of(count.Status!.Value)),
            Sums(subscriptions, static count => CatalogWords.Of(count.Interval!.Value)));
    }

    private static SortedDictionary<string, long> Sums(IEnumerable<PlanCount> counts, Func<PlanCount, string> by) => new(
        counts.GroupBy(by).ToDictionary(static group => group.Key, static group => group.Sum(static count => count.Number)),
        StringComparer.Ordinal);
}
