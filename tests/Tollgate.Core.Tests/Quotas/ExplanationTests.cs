using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Quotas;

public sealed class ExplanationTests
{
    private static readonly Instant Start = Instant.FromUtc(new DateTime(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc));
    private static readonly Period November = new(Start, Start.Plus(TimeSpan.FromDays(30)));
    private static readonly Feature Scans = new() { Code = "ats_scan", Name = "ATS scan" };
    private static readonly Entitlement Two = new() { Feature = "ats_scan", Quota = Quantity.Of(2) };

    [Fact]
    public void A_used_up_quota_is_derived_in_numbers() =>
        Explanation.Of(Facts(Two, limit: 2, used: 2, held: 0, Outcome.QuotaExceeded) with { Denied = 3 }).ShouldBe(
        [
            "Plan free, version 4, gives 2 ats_scan per billing month, with a hard cap.",
            "Remaining 0 = limit 2 − used 2 − held 0, until 2026-12-01T00:00:00Z.",
            "One more is refused: it does not fit into what remains.",
            "3 decisions were refused in this period.",
        ]);

    [Fact]
    public void Grants_and_overrides_are_told_apart_from_the_plan() =>
        Explanation.Of(
            Facts(Two, limit: 12, used: 1, held: 4, Outcome.WithinQuota) with
            {
                TermsFrom = Start, IsOverridden = true, Grants = 1, GrantsLeft = Quantity.Of(10),
            }).ShouldBe(
        [
            "Plan free, version 4, gives 2 ats_scan per billing month, with a hard cap.",
            "These terms are in force since 2026-11-01T00:00:00Z.",
            "An override of the customer changes the plan's entitlement.",
            "One live grant has 10 left.",
            "Limit 12 = 2 of the plan + 10 of grants, burned or left.",
            "Remaining 7 = limit 12 − used 1 − held 4, until 2026-12-01T00:00:00Z.",
            "One more is allowed: it fits into what remains.",
        ]);

    [Fact]
    public void An_overshoot_and_a_reduced_quota_are_visible()
    {
        var lines = Explanation.Of(Facts(Two, limit: 1, used: 3, held: 0, Outcome.QuotaExceeded));
        lines.ShouldContain(line => line.Contains("is less by 1", StringComparison.Ordinal));
        lines.ShouldContain(line => line.Contains("exceed the limit by 2", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_limit_there_is_no_arithmetic() =>
        Explanation.Of(Facts(Two with { Quota = null }, limit: null, used: 7, held: 1, Outcome.Unlimited)).ShouldBe(
        [
            "Plan free, version 4, gives unlimited ats_scan per billing month, without a cap.",
            "Used 7 in this period, held 1 by open reservations; there is no limit.",
            "One more is allowed: there is no limit.",
        ]);

    [Fact]
    public void Switches_values_and_missing_features_have_words_of_their_own()
    {
        FirstLine(FeatureKind.Switch, Two with { Enabled = true }).ShouldEndWith("has ats_scan switched on.");
        FirstLine(FeatureKind.Value, Two with { Value = "365" }).ShouldEndWith("sets ats_scan to 365.");
        FirstLine(FeatureKind.Value, Two).ShouldEndWith("sets ats_scan to unlimited.");
        FirstLine(FeatureKind.Metered, null).ShouldEndWith("does not name ats_scan.");
    }

    [Fact]
    public void Every_outcome_has_a_verdict()
    {
        foreach (var outcome in Enum.GetValues<Outcome>())
        {
            Explanation.Of(Facts(Two, limit: 2, used: 0, held: 0, outcome))[^1].ShouldEndWith(".");
        }
    }

    private static string FirstLine(FeatureKind kind, Entitlement? entitlement) =>
        Explanation.Of(
            Facts(entitlement, null, 0, 0, Outcome.FeatureNotInPlan) with { Feature = Scans with { Kind = kind }, Standing = null })[0];

    private static ExplainedFacts Facts(Entitlement? entitlement, int? limit, int used, int held, Outcome outcome)
    {
        Quantity? granted = limit is { } some ? Quantity.Of(some) : null;
        Quantity? remaining = granted is { } all ? (all - Quantity.Of(used) - Quantity.Of(held)).FloorAtZero() : null;
        var standing = new Standing(1, granted, Quantity.Of(used), Quantity.Of(held), remaining, November);
        return new(Scans, "free", 4, null, false, entitlement, standing, 0, Quantity.Zero, outcome, 0);
    }
}
