using Tollgate.Core.Analytics;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Analytics;

public sealed class AdoptionRulesTests
{
    private static readonly TimeZoneInfo Cairo = TimeZoneInfo.FindSystemTimeZoneById("Africa/Cairo");

    [Theory]
    [InlineData(FeatureKind.Metered, null, false, false, true)]
    [InlineData(FeatureKind.Metered, 10, false, false, true)]
    [InlineData(FeatureKind.Metered, 0, false, false, false)]
    [InlineData(FeatureKind.Metered, 0, false, true, true)]
    [InlineData(FeatureKind.Switch, null, true, false, true)]
    [InlineData(FeatureKind.Switch, null, false, false, false)]
    [InlineData(FeatureKind.Value, 0, false, false, true)]
    public void A_plan_offers_what_the_gate_allows(FeatureKind kind, int? quota, bool isOn, bool hasPool, bool offers) =>
        AdoptionRules.Offers(
            new Feature { Code = "f", Name = "F", Kind = kind },
            new()
            {
                Feature = "f", Quota = quota is { } units ? Quantity.Of(units) : null, Enabled = isOn,
                Pool = hasPool ? new("credits", Quantity.One) : null,
            }).ShouldBe(offers);

    /// <summary>Cairo is two hours ahead of UTC in March.</summary>
    [Theory]
    [InlineData("2027-03-31T21:59:59Z", null, 37, "2024-03-01", "2027-03-01")]
    [InlineData("2027-03-31T22:00:00Z", null, 37, "2024-04-01", "2027-04-01")]
    [InlineData("2027-03-31T21:59:59Z", "2027-03-01", 3, "2027-01-01", "2027-03-01")]
    [InlineData("2027-03-31T22:00:00Z", "2027-03-01", 4, "2027-01-01", "2027-04-01")]
    [InlineData("2027-03-15T00:00:00Z", "2026-09-01", 9, "2026-07-01", "2027-03-01")]
    [InlineData("2027-03-15T00:00:00Z", "2027-09-01", 3, "2027-01-01", "2027-03-01")]
    [InlineData("2027-03-15T00:00:00Z", "2019-09-01", 37, "2024-03-01", "2027-03-01")]
    public void Months_that_can_change_and_those_since_the_last_time_are_computed(
        string now, string? last, int count, string first, string current)
    {
        var at = Instant.From(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture));
        var months = AdoptionRules.MonthsOf(
            at, Cairo, last is null ? null : DateOnly.Parse(last, System.Globalization.CultureInfo.InvariantCulture));
        (months.Count, $"{months[0].Month:yyyy-MM-dd}", $"{months[^1].Month:yyyy-MM-dd}").ShouldBe((count, first, current));
        months[^1].Until.ShouldBe(new Instant(at.UnixMicroseconds + 1), "Terms from now on count.");
        months[^2].Until.ShouldBe(ReportSpan.Of(months[^1].Month, months[^1].Month, Cairo).Time.Start);
    }
}
