using Npgsql;
using Tollgate.Core.Alerts;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Alerts;

/// <summary>
/// Adds recommendations of plans to facts about usage. It reads the usage of all customers of a batch in one statement. Customers with
/// terms of their own (overrides, add-ons, agreed amounts, several units) get none: their price is no plan's.
/// </summary>
internal static class AdvisePlans
{
    /// <summary>The percentage of a limit from which a larger plan is worth a thought.</summary>
    private const int EnoughPercent = 80;

    /// <summary>A customer's plan, with the usage of its features in their running periods.</summary>
    private sealed record Standing(Plan Plan, PriceInterval Interval, Currency Currency)
    {
        public List<(string Feature, Quantity Used, Period Period)> Used { get; } = [];
    }

    /// <param name="facts">Facts of the project.</param>
    public static async Task<IReadOnlyList<AlertFact>> RunAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<AlertFact> facts, Instant now, CancellationToken cancel)
    {
        var customers = facts.Where(IsAboutUsage).Select(static fact => fact.Customer!.Id).Distinct(StringComparer.Ordinal).ToArray();
        if (customers.Length == 0)
        {
            return facts;
        }

        var standings = await ReadAsync(connection, project, customers, now, cancel);
        Plan[] plans = [.. project.Catalog.Plans.Values.Select(static version => version.Plan)];
        return
        [
            .. facts.Select(fact => IsAboutUsage(fact) && standings.TryGetValue(fact.Customer!.Id, out var standing)
                ? fact with { Recommendation = Of(fact, standing, plans, now) }
                : fact),
        ];
    }

    private static bool IsAboutUsage(AlertFact fact) =>
        fact is CrossingFact { IsHighest: true, Percent: >= EnoughPercent, Feature.IsLevel: false } or LowUseFact;

    private static string? Of(AlertFact fact, Standing standing, Plan[] plans, Instant now)
    {
        if (fact is LowUseFact low)
        {
            return PlanAdvice.Of(Use(low.Used, isProjected: false), null, plans);
        }

        var crossing = (CrossingFact)fact;
        var atThisPace = standing.Used.ToDictionary(
            static one => one.Feature, one => UsageProjection.AtPeriodEnd(one.Used, one.Period, now) ?? one.Used);
        var advice = PlanAdvice.Of(Use(atThisPace, isProjected: true), crossing.Feature, plans);
        if (advice is not null || crossing.Used < crossing.Granted)
        {
            return advice;
        }

        // No plan has room for the pace. A plan that has room for the usage helps for a while.
        var soFar = standing.Used.ToDictionary(static one => one.Feature, static one => one.Used);
        return PlanAdvice.Of(Use(soFar, isProjected: false), crossing.Feature, plans);

        PlanUse Use(IReadOnlyDictionary<string, Quantity> used, bool isProjected) =>
            new(standing.Plan, standing.Interval, standing.Currency, used, isProjected);
    }

    private static async Task<Dictionary<string, Standing>> ReadAsync(
        NpgsqlConnection connection, ProjectSnapshot project, string[] customers, Instant now, CancellationToken cancel)
    {
        await using var command = connection.Command(AlertFactSql.Uses, project.Id, customers, now.ToUtc());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (standings, row) = (new Dictionary<string, Standing>(StringComparer.Ordinal), new RowReader(reader));
        while (await reader.ReadAsync(cancel))
        {
            var customer = row.Text("customer");
            if (!standings.TryGetValue(customer, out var standing))
            {
                var plan = row.WholeOrNull("plan_version_id") is { } version
                    && project.Catalog.PlanVersions.TryGetValue(version, out var known)
                    ? known.Plan
                    : project.Catalog.DefaultPlan.Plan;
                standings[customer] = standing = new(
                    plan, row.TextOrNull("interval") is { } interval ? CatalogWords.Read<PriceInterval>(interval) : PriceInterval.Monthly,
                    Currency.Of(row.TextOrNull("currency") ?? project.Currency));
            }

            if (row.WholeOrNull("feature") is { } key && project.Catalog.FeaturesByKey.TryGetValue(key, out var feature)
                && IsMonthly(standing.Plan, feature.Code))
            {
                standing.Used.Add(
                    (feature.Code, Quantity.Of(row.Number("used")), new(row.Time("period_start"), row.Time("period_end"))));
            }
        }

        return standings;
    }

    /// <summary>Prices are for months: the usage of other periods is not comparable.</summary>
    private static bool IsMonthly(Plan plan, string feature) => plan.Entitlements.FirstOrDefault(one => one.Feature == feature) is
        { Period: QuotaPeriodKind.BillingMonth or QuotaPeriodKind.CalendarMonth };
}
