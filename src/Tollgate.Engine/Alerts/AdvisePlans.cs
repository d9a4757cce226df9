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
/// Adds recommendations of plans to facts about usage: of the usage when the fact happened, however late somebody derives it, and of the
/// customer's present plan. It reads the usage of all customers of a batch in one statement. Customers with terms of their own (overrides,
/// add-ons, agreed amounts, several units) get none: their price is no plan's.
/// </summary>
internal static class AdvisePlans
{
    /// <summary>The percentage of a limit from which a larger plan is worth a thought.</summary>
    private const int EnoughPercent = 80;

    /// <summary>The age of a fact up to which the present balances show the usage at its instant.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>A customer's plan, with the usage of its features in the periods that ran at an instant.</summary>
    private sealed record Standing(Plan Plan, PriceInterval Interval, Currency Currency)
    {
        public List<(string Feature, Quantity Used, Period Period)> Used { get; } = [];
    }

    /// <param name="facts">Facts of the project.</param>
    public static async Task<IReadOnlyList<AlertFact>> RunAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<AlertFact> facts, Instant now, CancellationToken cancel)
    {
        var asked = facts.Where(IsAboutUsage).Select(KeyOf).Distinct().ToArray();
        if (asked.Length == 0)
        {
            return facts;
        }

        var standings = await ReadAsync(connection, project, asked, now.Plus(-Fresh), cancel);
        Plan[] plans = [.. project.Catalog.Plans.Values.Select(static version => version.Plan)];
        return
        [
            .. facts.Select(fact => IsAboutUsage(fact) && standings.TryGetValue(KeyOf(fact), out var standing)
                ? fact with { Recommendation = Of(fact, standing, plans) }
                : fact),
        ];
    }

    private static (string Customer, Instant At) KeyOf(AlertFact fact) => (fact.Customer!.Id, fact.At);

    private static bool IsAboutUsage(AlertFact fact) =>
        fact is CrossingFact { IsHighest: true, Percent: >= EnoughPercent, Feature.IsLevel: false } or LowUseFact;

    private static string? Of(AlertFact fact, Standing standing, Plan[] plans)
    {
        if (fact is LowUseFact low)
        {
            return PlanAdvice.Of(Use(low.Used, isProjected: false), null, plans);
        }

        var crossing = (CrossingFact)fact;
        var atThisPace = standing.Used.ToDictionary(static one => one.Feature, one => one.Feature == crossing.Feature.Code
            ? UsageProjection.AtPeriodEnd(crossing.Used, one.Period, crossing.At) ?? crossing.Used
            : UsageProjection.AtPeriodEnd(one.Used, one.Period, crossing.At) ?? one.Used);
        var advice = PlanAdvice.Of(Use(atThisPace, isProjected: true), crossing.Feature, plans);
        if (advice is not null || crossing.Used < crossing.Granted)
        {
            return advice;
        }

        // No plan has room for the pace. A plan that has room for the usage helps for a while.
        var soFar = standing.Used.ToDictionary(
            static one => one.Feature, one => one.Feature == crossing.Feature.Code ? crossing.Used : one.Used);
        return PlanAdvice.Of(Use(soFar, isProjected: false), crossing.Feature, plans);

        PlanUse Use(IReadOnlyDictionary<string, Quantity> used, bool isProjected) =>
            new(standing.Plan, standing.Interval, standing.Currency, used, isProjected);
    }

    private static async Task<Dictionary<(string Customer, Instant At), Standing>> ReadAsync(
        NpgsqlConnection connection, ProjectSnapshot project, (string Customer, Instant At)[] asked, Instant fresh,
        CancellationToken cancel)
    {
        await using var command = connection.Command(
            AlertFactSql.Uses, project.Id, Array.ConvertAll(asked, static one => one.Customer),
            Array.ConvertAll(asked, static one => one.At.ToUtc()), fresh.ToUtc());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (standings, row) = (new Dictionary<(string Customer, Instant At), Standing>(), new RowReader(reader));
        while (await reader.ReadAsync(cancel))
        {
            var key = (row.Text("customer"), row.Time("at"));
            if (!standings.TryGetValue(key, out var standing))
            {
                var plan = row.WholeOrNull("plan_version_id") is { } version
                    && project.Catalog.PlanVersions.TryGetValue(version, out var known)
                    ? known.Plan
                    : project.Catalog.DefaultPlan.Plan;
                standings[key] = standing = new(
                    plan, row.TextOrNull("interval") is { } interval ? CatalogWords.Read<PriceInterval>(interval) : PriceInterval.Monthly,
                    Currency.Of(row.TextOrNull("currency") ?? project.Currency));
            }

            if (row.WholeOrNull("feature") is { } number && project.Catalog.FeaturesByKey.TryGetValue(number, out var feature)
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
