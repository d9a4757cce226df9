using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>The facts on which the explanation of a decision rests.</summary>
/// <param name="TermsFrom">The start of the current plan, add-ons and overrides; null: the customer had no other terms before.</param>
/// <param name="Entitlement">The entitlement after overrides; null if the plan does not name the feature.</param>
/// <param name="Standing">Null for switches, values and features outside the plan.</param>
/// <param name="GrantsLeft">The remaining units of all live grants.</param>
/// <param name="OneMore">The outcome of a decision about one more unit now; null for a setting, which needs no decision.</param>
/// <param name="Denied">The number of decisions refused in the period.</param>
public sealed record ExplainedFacts(
    Feature Feature,
    string Plan,
    int PlanVersion,
    Instant? TermsFrom,
    bool IsOverridden,
    Entitlement? Entitlement,
    Standing? Standing,
    int Grants,
    Quantity GrantsLeft,
    Outcome? OneMore,
    long Denied);

/// <summary>The derivation of a decision in words and numbers, for operators.</summary>
public static class Explanation
{
    /// <summary>Returns sentences in the order of the reasoning: plan, terms, override, grants, arithmetic, verdict.</summary>
    public static IReadOnlyList<string> Of(ExplainedFacts facts)
    {
        var lines = new List<string> { PlanLine(facts) };
        if (facts.TermsFrom is { } from)
        {
            lines.Add($"These terms are in force since {from}.");
        }

        if (facts.IsOverridden)
        {
            lines.Add("An override of the customer changes the plan's entitlement.");
        }

        if (facts.Standing is { } standing)
        {
            lines.AddRange(Arithmetic(facts, standing));
        }

        if (facts.Entitlement?.Pool is { } pool)
        {
            lines.Add($"Beyond that it draws on {pool.Feature}, {pool.Rate} for each unit.");
        }

        lines.Add(Verdict(facts.OneMore));
        if (facts.Denied > 0)
        {
            lines.Add(facts.Denied == 1
                ? "One decision was refused in this period."
                : $"{facts.Denied} decisions were refused in this period.");
        }

        return lines;
    }

    private static string PlanLine(ExplainedFacts facts)
    {
        var plan = $"Plan {facts.Plan}, version {facts.PlanVersion},";
        if (facts.Entitlement is not { } entitlement)
        {
            return $"{plan} does not name {facts.Feature.Code}.";
        }

        return facts.Feature.Kind switch
        {
            FeatureKind.Switch => $"{plan} has {facts.Feature.Code} switched {(entitlement.Enabled ? "on" : "off")}.",
            FeatureKind.Value => $"{plan} sets {facts.Feature.Code} to {entitlement.Value ?? "unlimited"}.",
            _ =>
                $"{plan} gives {entitlement.Quota?.ToString() ?? "unlimited"} {facts.Feature.Code} {PeriodWords(entitlement.Period)}, "
                    + $"{CapWords(entitlement)}.",
        };
    }

    private static string PeriodWords(QuotaPeriodKind period) =>
        period == QuotaPeriodKind.Lifetime ? "once for ever" : "per " + CatalogWords.Of(period).Replace('_', ' ');

    private static string CapWords(Entitlement entitlement) => entitlement switch
    {
        { Quota: null } => "without a cap",
        { HardCap: true } => "with a hard cap",
        { OverageLimit: { } most } => $"with a soft cap that allows {most} beyond it",
        _ => "with a soft cap",
    };

    private static IEnumerable<string> Arithmetic(ExplainedFacts facts, Standing standing)
    {
        var until = standing.ResetsAt is { } end ? $"until {end}" : "for ever";
        if (standing.Limit is not { } limit)
        {
            yield return $"Used {standing.Used} in this period, held {standing.Held} by open reservations; there is no limit.";
            yield break;
        }

        if (facts.Grants > 0)
        {
            yield return $"{(facts.Grants == 1 ? "One live grant has" : $"{facts.Grants} live grants have")} {facts.GrantsLeft} left.";
        }

        var quota = facts.Entitlement?.Quota ?? Quantity.Zero;
        if (limit > quota)
        {
            yield return $"Limit {limit} = {quota} of the plan + {limit - quota} of grants, burned or left.";
        }
        else if (limit < quota)
        {
            yield return $"Limit {limit}: in this period the plan's {quota} is less by {quota - limit}, "
                + "for a plan change inside it or overage of the one before.";
        }

        yield return $"Remaining {standing.Remaining} = limit {limit} − used {standing.Used} − held {standing.Held}, {until}.";
        if (standing.OverLimit.IsPositive)
        {
            yield return $"Used and held exceed the limit by {standing.OverLimit}: Tollgate records facts beyond it, too.";
        }
    }

    private static string Verdict(Outcome? outcome) => outcome switch
    {
        null => "It is a setting: read, not counted.",
        Outcome.WithinQuota => "One more is allowed: it fits into what remains.",
        Outcome.Unlimited => "One more is allowed: there is no limit.",
        Outcome.Overage => "One more is allowed: it counts as overage beyond the soft cap.",
        Outcome.SwitchedOn => "It is allowed: the switch is on.",
        Outcome.RecordedOverLimit => "One more is recorded beyond the limit.",
        Outcome.QuotaExceeded => "One more is refused: it does not fit into what remains.",
        Outcome.BudgetExceeded => "One more is refused: it does not fit into what remains of the budget.",
        Outcome.OverageLimitReached => "One more is refused: the overage that the soft cap allows is used up.",
        Outcome.FeatureDisabled => "One more is refused: the quota is zero and no grant covers it.",
        Outcome.FeatureNotInPlan => "It is refused: the plan does not have the feature.",
        Outcome.RateLimited => "One more is refused for now: a rate window is full.",
        Outcome.ConcurrencyLimited => "One more reservation is refused for now: as many are open as the plan allows.",
        Outcome.SubscriptionInactive => "One more is refused: the subscription is not active.",
        Outcome.OutOfRange => "One more is refused: the sum would be larger than Tollgate can count.",
        _ => throw new InvariantBrokenException($"{outcome} is not an outcome."),
    };
}
