using System.Text.Json;
using Tollgate.Core.Alerts;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Alerts;

/// <summary>Facts in, alerts out.</summary>
public sealed class AlertRulesTests
{
    private static readonly TimeZoneInfo Cairo = TimeZoneInfo.FindSystemTimeZoneById("Africa/Cairo");
    private static readonly Instant Noon = At("2026-11-20T12:00:00Z");
    private static readonly Feature Calls = new() { Code = "calls", Name = "Calls" };

    [Theory]
    [InlineData(null, "80 90 100", "80 90 100")]
    [InlineData(80, "80 90 100", "80")]
    [InlineData(85, "80 90 100", "90")]
    [InlineData(100, "80 90 100", "100")]
    [InlineData(101, "80 90 100", "")]
    public void A_rule_on_usage_fires_at_its_own_threshold_or_at_each_of_the_plan(int? threshold, string crossed, string fires)
    {
        AlertFact[] facts = [.. crossed.Split(' ').Select(percent => Crossing(int.Parse(percent, null)))];

        var fired = AlertRules.Fire(
            facts, [Rule(AlertKind.UsageThreshold) with { Threshold = threshold is { } value ? Quantity.Of(value) : null }], Noon,
            TimeZoneInfo.Utc);

        string.Join(' ', fired.Select(static one => ((CrossingFact)one.Fact).Percent)).ShouldBe(fires);
    }

    [Theory]
    [InlineData(50, null, AlertSeverity.Info)]
    [InlineData(80, null, AlertSeverity.Warning)]
    [InlineData(100, null, AlertSeverity.Critical)]
    [InlineData(100, AlertSeverity.Info, AlertSeverity.Info)]
    public void The_fact_decides_the_severity_unless_the_rule_does(int percent, AlertSeverity? own, AlertSeverity expected) =>
        AlertRules.Fire([Crossing(percent)], [Rule(AlertKind.UsageThreshold) with { Severity = own }], Noon, TimeZoneInfo.Utc)
            .ShouldHaveSingleItem().Severity.ShouldBe(expected);

    [Fact]
    public void A_rule_applies_to_no_earlier_fact_no_other_kind_and_not_while_it_is_disabled()
    {
        var rule = Rule(AlertKind.UsageThreshold) with { Since = 100 };
        AlertRules.Applies(rule, Crossing(80, place: 99)).ShouldBeFalse();
        AlertRules.Applies(rule, Crossing(80, place: 100)).ShouldBeTrue();
        AlertRules.Applies(rule with { IsEnabled = false }, Crossing(80, place: 100)).ShouldBeFalse();
        AlertRules.Applies(rule with { Kind = AlertKind.PaymentFailed }, Crossing(80, place: 100)).ShouldBeFalse();
        AlertRules.Applies(rule with { Kind = AlertKind.UnknownModel }, new UnknownModelFact("openai", "gpt-9", Noon)).ShouldBeTrue();
    }

    [Fact]
    public void A_rule_with_a_new_threshold_fires_again_in_the_period_and_one_with_its_old_threshold_does_not()
    {
        var rule = Rule(AlertKind.UsageThreshold) with { Threshold = Quantity.Of(80) };
        var first = AlertRules.OccasionOf(rule, Crossing(80), TimeZoneInfo.Utc);
        AlertRules.OccasionOf(rule with { Threshold = Quantity.Of(90) }, Crossing(90), TimeZoneInfo.Utc).ShouldNotBe(first);
        AlertRules.OccasionOf(rule, Crossing(90), TimeZoneInfo.Utc).ShouldBe(first);
    }

    /// <summary>In Cairo, summer time ends in the night to 30 October: local midnight is an hour later in UTC.</summary>
    [Theory]
    [InlineData(AlertRepeat.Daily, "2026-10-31T21:59:59Z", "2026-10-31T22:00:00Z")]
    [InlineData(AlertRepeat.Daily, "2026-07-31T20:59:59Z", "2026-07-31T21:00:00Z")]
    [InlineData(AlertRepeat.Weekly, "2026-11-01T21:59:59Z", "2026-11-01T22:00:00Z")]
    [InlineData(AlertRepeat.Hourly, "2026-10-31T22:59:59Z", "2026-10-31T23:00:00Z")]
    public void Days_weeks_and_months_begin_at_midnight_of_the_project(AlertRepeat repeat, string before, string after)
    {
        var rule = Rule(AlertKind.UsageThreshold) with { Repeat = repeat };
        var (last, next) = (Occasion(before), Occasion(after));
        next.ShouldNotBe(last);
        Occasion(At(after).Plus(TimeSpan.FromMinutes(30)).ToString()).ShouldBe(next);

        string Occasion(string at) => AlertRules.OccasionOf(rule, Crossing(80) with { At = At(at) }, Cairo);
    }

    [Theory]
    [InlineData(AlertRepeat.Once, 1)]
    [InlineData(AlertRepeat.Always, 3)]
    [InlineData(AlertRepeat.Daily, 2)]
    public void Repeat_says_how_often_a_rule_fires_about_one_subject(AlertRepeat repeat, int alerts)
    {
        AlertFact[] facts =
        [
            Failure(1, "2026-11-20T01:00:00Z"), Failure(2, "2026-11-20T02:00:00Z"), Failure(3, "2026-11-21T01:00:00Z"),
            Failure(3, "2026-11-21T01:00:00Z"),
        ];
        AlertRules.Fire(facts, [Rule(AlertKind.PaymentFailed) with { Repeat = repeat }], Noon, TimeZoneInfo.Utc).Count.ShouldBe(alerts);
    }

    [Theory]
    [InlineData("22:00", "07:00", "2026-11-20T19:59:59Z", null)]
    [InlineData("22:00", "07:00", "2026-11-20T20:00:00Z", "2026-11-21T05:00:00Z")]
    [InlineData("22:00", "07:00", "2026-11-21T04:59:59Z", "2026-11-21T05:00:00Z")]
    [InlineData("22:00", "07:00", "2026-11-21T05:00:00Z", null)]
    [InlineData("12:00", "13:30", "2026-11-20T10:00:00Z", "2026-11-20T11:30:00Z")]
    [InlineData("12:00", "13:30", "2026-11-20T09:59:59Z", null)]
    // The clocks go forward at midnight of 24 April: the end at 00:30 is skipped, and they end at the jump.
    [InlineData("23:00", "00:30", "2026-04-23T21:30:00Z", "2026-04-23T22:00:00Z")]
    // The clocks go back at midnight of 30 October: 23:30 comes twice.
    [InlineData("23:00", "23:30", "2026-10-29T20:10:00Z", "2026-10-29T20:30:00Z")]
    [InlineData("23:00", "23:30", "2026-10-29T21:10:00Z", null)]
    public void Quiet_hours_end_at_their_time_in_the_projects_zone(string from, string until, string at, string? end) =>
        new QuietHours(TimeOnly.Parse(from, null), TimeOnly.Parse(until, null)).EndAfter(At(at), Cairo)
            .ShouldBe(end is null ? null : At(end));

    [Fact]
    public void Channels_wait_for_the_end_of_quiet_hours_and_get_the_highest_threshold_of_a_step()
    {
        var rule = Rule(AlertKind.UsageThreshold) with { Channels = [AlertChannel.InApp, AlertChannel.Log] };
        var lower = Crossing(80) with { IsHighest = false };
        AlertRules.Fire([lower, Crossing(90)], [rule], Noon, TimeZoneInfo.Utc).Select(static one => one.PushAt)
            .ShouldBe([null, Instant.Epoch]);
        AlertRules.Fire([Crossing(90)], [rule with { Quiet = new(new(11, 0), new(13, 0)) }], Noon, TimeZoneInfo.Utc)
            .ShouldHaveSingleItem().PushAt.ShouldBe(At("2026-11-20T13:00:00Z"));
        AlertRules.Fire([Crossing(90)], [rule with { Channels = [AlertChannel.InApp] }], Noon, TimeZoneInfo.Utc)
            .ShouldHaveSingleItem().PushAt.ShouldBeNull();
    }

    [Fact]
    public void A_name_stays_a_name_in_a_title_and_in_Slack()
    {
        var fact = Crossing(90) with { Customer = new("acme", "محمد \"أبو\" <علي> & *co*") };
        fact.Title.ShouldBe("محمد \"أبو\" <علي> & *co* (acme): Calls 90% used");
        var text = AlertText.OfSlack("warning", fact.Title, fact.Detail, "Pro & more");
        text.ShouldStartWith("*[warning] محمد \"أبو\" &lt;علي&gt; &amp; ∗co∗ (acme): Calls 90% used*\n");
        text.ShouldEndWith("\nPro &amp; more");
        JsonSerializer.Deserialize<string>(JsonSerializer.Serialize(text)).ShouldBe(text);
    }

    [Fact]
    public void Every_kind_has_its_meaning() =>
        AlertKinds.InOrder.Select(static one => one.Kind).Order().ShouldBe(Enum.GetValues<AlertKind>().Order());

    private static AlertRule Rule(AlertKind kind) => new(Guid.NewGuid(), 1, kind, null, null, [AlertChannel.InApp], 0);

    private static CrossingFact Crossing(int percent, ulong place = 1) => new(
        new("acme", null), Calls, percent, Quantity.Of(percent), Quantity.Of(100), At("2026-11-01T00:00:00Z"), Noon, place);

    private static PaymentFailedFact Failure(int attempt, string at) => new(
        new("acme", null), "0199", "A-1", new(2900, Currency.Usd), "declined", null, attempt, At(at), 1);

    private static Instant At(string text) => Instant.From(DateTimeOffset.Parse(text, null));
}
