using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Metering;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Hosting.Demo;

/// <summary>The use of one feature on one day.</summary>
internal readonly record struct DemoEvent(string Id, string Type, long Amount, DateTime At);

/// <summary>Invents the daily use of a customer: a share of the quotas of the plan that it has on the day.</summary>
internal sealed class DemoUse(ProjectSnapshot project, DemoLife life, long seed, DateTime today)
{
    private const long MostOfQuota = 1_000_000, Unlimited = 300;

    /// <summary>The use in a range of time, the oldest first. The same day has the same use in any range.</summary>
    public IEnumerable<DemoEvent> Between(DateTime from, DateTime until)
    {
        for (var day = Math.Min(DemoCalls.Days, (today - life.Joined.Date).Days - 1); day > 0; day--)
        {
            var chance = new Random(unchecked((int)(seed * 31) + (project.Id * 1009) + (life.Number * 199) + day));
            var at = today.AddDays(-day).AddMinutes(chance.Next(7 * 60, 23 * 60));
            var plan = project.Catalog.Plans[life.PlanAt(at, project.Catalog.Document.DefaultPlan)];
            foreach (var (key, entitlement) in plan.Entitlements.OrderBy(static pair => pair.Key))
            {
                // Nobody uses everything on each day.
                var amount = chance.Next(10) < 7 ? 0 : AmountOf(entitlement, chance);
                if (amount > 0 && at >= from && at < until && TypeOf(project.Catalog, key) is { } type)
                {
                    yield return new(string.Create(CultureInfo.InvariantCulture, $"{life.Id}-{type}-{day}"), type, amount, at);
                }
            }
        }
    }

    /// <summary>
    /// Whole units of one day. The share of a month is spread over nine days at random, so that small quotas stay whole numbers.
    /// </summary>
    private long AmountOf(Entitlement entitlement, Random chance)
    {
        var quota = entitlement.Quota is { } limited ? Math.Min((long)limited.Value, MostOfQuota) : Unlimited;
        var hundredths = quota * life.Appetite / 9;
        var spread = hundredths * chance.Next(40, 160) / 100;
        return (spread / 100) + (chance.Next(100) < spread % 100 ? 1 : 0);
    }

    /// <summary>An event type that counts only for this feature, by the event's quantity; null: there is none.</summary>
    private static string? TypeOf(PublishedCatalog catalog, int feature) =>
        catalog.FeaturesByKey.TryGetValue(feature, out var entry) && entry.Feature.Kind == FeatureKind.Metered
            && catalog.MetersByEventType.TryGetValue(entry.Code, out var targets)
            && targets is [{ Meter: { ValueProperty: null, Filters.Count: 0 } meter } only] && AggregateRules.AddsQuantity(meter.Aggregate)
            && only.Feature.Key == feature
            ? entry.Code
            : null;
}
