using System.Globalization;
using Tollgate.Core.Alerts;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Alerts;

/// <summary>Measured values, their thresholds, and the times at which they are measured.</summary>
public sealed class MeasuredFactsTests
{
    private static readonly Feature Calls = new() { Code = "calls", Name = "Calls" };

    private static readonly Period January = new(Day(1), At("2027-02-01T00:00:00Z"));

    private static Instant Day(int day) => At($"2027-01-{day:00}T00:00:00Z");

    private static Instant At(string time) => Instant.From(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture));

    [Theory]
    [InlineData(100, 40, 60)]
    [InlineData(100, 150, -50)]
    [InlineData(0, 1, -100)]
    [InlineData(0, 0, null)]
    public void A_margin_is_a_share_of_the_revenue(int revenue, int cost, int? percent) =>
        MarginFact.Of(Quantity.Of(revenue), Quantity.Of(cost)).ShouldBe(percent is { } value ? Quantity.Of(value) : null);

    [Theory]
    [InlineData(AlertKind.Budget, 100, 99.99, false)]
    [InlineData(AlertKind.Budget, 100, 100, true)]
    [InlineData(AlertKind.MarginBelow, 20, 20, false)]
    [InlineData(AlertKind.MarginBelow, 20, 19.9, true)]
    [InlineData(AlertKind.UsageBelow, 20, 20, false)]
    [InlineData(AlertKind.UsageBelow, 20, 0, true)]
    [InlineData(AlertKind.ProviderErrors, 10, 9.9, false)]
    [InlineData(AlertKind.ProviderErrors, 10, 10, true)]
    [InlineData(AlertKind.CustomerMarginBelow, 0, 0, false)]
    [InlineData(AlertKind.CustomerMarginBelow, 0, -0.1, true)]
    [InlineData(AlertKind.ChurnAbove, 5, 4.9, false)]
    [InlineData(AlertKind.ChurnAbove, 5, 5, true)]
    [InlineData(AlertKind.ProjectedOverrun, 100, 99.9, false)]
    [InlineData(AlertKind.ProjectedOverrun, 100, 100, true)]
    [InlineData(AlertKind.DecisionsRefused, 3, 2, false)]
    [InlineData(AlertKind.DecisionsRefused, 3, 3, true)]
    [InlineData(AlertKind.IngestLag, 30, 29, false)]
    [InlineData(AlertKind.IngestLag, 30, 30, true)]
    public void A_measure_fires_on_its_side_of_the_threshold_and_never_without_one(AlertKind kind, int threshold, double value, bool fires)
    {
        var measured = Quantity.Of((decimal)value);
        AlertFact fact = kind switch
        {
            AlertKind.Budget => new BudgetFact("2026-11", measured, Instant.Epoch),
            AlertKind.MarginBelow => new MarginFact("2026-11", measured, Quantity.One, Quantity.One, Instant.Epoch),
            AlertKind.UsageBelow =>
                new LowUseFact(new("acme", null), "Pro", measured, new Dictionary<string, Quantity>(), "1 Nov 2026", Instant.Epoch, 1),
            AlertKind.CustomerMarginBelow =>
                new CustomerMarginFact(
                    new("acme", null), "2026-11", measured, new(100, Currency.Usd), new(100, Currency.Usd), Instant.Epoch),
            AlertKind.ChurnAbove => new ChurnFact("2026-11", 1, ChurnFact.FewestCustomers, measured, Instant.Epoch),
            AlertKind.ProjectedOverrun => new OverrunFact(
                new("acme", null), Calls, Quantity.One, Quantity.One, measured, "1 Nov 2026", Instant.Epoch, Instant.Epoch),
            AlertKind.DecisionsRefused => new RefusedFact(new("acme", null), Calls, measured, Instant.Epoch, Instant.Epoch),
            AlertKind.IngestLag => new LagFact("2026-11-20T10", measured, Instant.Epoch),
            _ => new ProviderErrorsFact("openai", "2026-11-20", 20, 2, measured, Instant.Epoch),
        };
        var rule = new AlertRule(Guid.NewGuid(), 1, kind, Quantity.Of(threshold), null, [AlertChannel.InApp], 0);
        AlertRules.Applies(rule, fact).ShouldBe(fires);
        AlertRules.Applies(rule with { Threshold = null }, fact).ShouldBeFalse();
        if (fact is ChurnFact churn)
        {
            AlertRules.Applies(rule, churn with { Opening = ChurnFact.FewestCustomers - 1 }).ShouldBeFalse();
        }

        if (fact is ProviderErrorsFact errors)
        {
            AlertRules.Applies(rule, errors with { Calls = ProviderErrorsFact.FewestCalls - 1 }).ShouldBeFalse();
        }
    }

    // January in UTC, of which 10 days have passed.
    [Theory]
    [InlineData(6, 10, "186", "17 Jan 2027")]
    [InlineData(3, 10, "93", "3 Feb 2027")]
    [InlineData(12, 10, "372", "11 Jan 2027")]
    public void Use_is_projected_to_the_end_of_the_period_at_its_pace(int used, int quota, string percent, string day)
    {
        var fact = OverrunFact.Of(new("acme", null), Calls, Quantity.Of(used), Quantity.Of(quota), January, Day(11), TimeZoneInfo.Utc);
        fact.ShouldNotBeNull();
        (fact.Value, fact.Day).ShouldBe((Quantity.Of(decimal.Parse(percent, CultureInfo.InvariantCulture)), day));
    }

    [Fact]
    public void Levels_and_periods_that_begin_now_have_no_projection()
    {
        var seats = Calls with { Meters = [new("seats", MeterAggregate.Latest, "n", [], LateEventPolicy.NextInvoice)] };
        Of(seats, Day(11)).ShouldBeNull();
        Of(Calls, January.Start).ShouldBeNull();
        Of(Calls, Day(11)).ShouldNotBeNull();

        static OverrunFact? Of(Feature feature, Instant now) =>
            OverrunFact.Of(new("acme", null), feature, Quantity.One, Quantity.Of(10), January, now, TimeZoneInfo.Utc);
    }

    // Project 5 verifies at 03:05 UTC, project 40 at 24:40, which is 00:40.
    [Theory]
    [InlineData(5, "2027-01-01T03:04:59Z", "2027-01-01T03:05:00Z")]
    [InlineData(5, "2027-01-01T03:05:00Z", "2027-01-02T03:05:00Z")]
    [InlineData(5, "2026-12-31T23:00:00Z", "2027-01-01T03:05:00Z")]
    [InlineData(40, "2026-12-31T23:59:00Z", "2027-01-01T00:40:00Z")]
    public void A_project_is_verified_in_its_minute_of_the_day(int project, string now, string next) =>
        DailyVerification.NextAfter(project, At(now)).ShouldBe(At(next));

    [Theory]
    [InlineData(5, 1, "00:00:03")]
    [InlineData(5, 1_000, "00:00:50")]
    [InlineData(200, 4, "00:00:08")]
    [InlineData(250_000, 100_000, "00:10:00")]
    public void A_figure_is_read_as_often_as_a_tenth_of_a_connection_allows(int milliseconds, int figures, string pause) =>
        FigurePace.After(TimeSpan.FromMilliseconds(milliseconds), figures).ToString().ShouldBe(pause);
}
