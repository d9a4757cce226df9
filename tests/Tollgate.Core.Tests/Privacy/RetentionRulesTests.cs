using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Privacy;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Privacy;

public sealed class RetentionRulesTests
{
    private static readonly Instant Now = At("2027-03-01T12:00:00Z");

    /// <summary>"-": the plan does not have the value.</summary>
    [Theory]
    [InlineData("-", false, null, null, RetentionSource.None)]
    [InlineData("-", false, 60, 60, RetentionSource.Project)]
    [InlineData("-", false, 3, 36, RetentionSource.Project)]
    [InlineData("30", false, 60, 36, RetentionSource.Plan)]
    [InlineData("36", false, null, 36, RetentionSource.Plan)]
    [InlineData("37", false, 60, 37, RetentionSource.Plan)]
    [InlineData("365", false, 60, 365, RetentionSource.Plan)]
    [InlineData("365", true, 60, 365, RetentionSource.Customer)]
    [InlineData(null, false, 60, null, RetentionSource.Plan)]
    [InlineData("-1", false, 60, null, RetentionSource.Plan)]
    [InlineData("0", false, 60, 36, RetentionSource.Plan)]
    [InlineData("45.5", false, 60, 46, RetentionSource.Plan)]
    [InlineData("99999999999999", false, 60, RetentionRules.MostDays, RetentionSource.Plan)]
    [InlineData("a year", false, 60, null, RetentionSource.Plan)]
    [InlineData("1e9", false, 60, null, RetentionSource.Plan)]
    public void The_value_of_the_plan_decides_before_the_project(
        string? value, bool isOverride, int? project, int? days, RetentionSource source)
    {
        var entitlement = value == "-" ? null : new Entitlement { Feature = RetentionRules.Feature, Value = value };
        var retention = RetentionRules.Of(entitlement, isOverride, project);
        (retention.Days, retention.Source).ShouldBe((days, source));
    }

    [Fact]
    public void A_longer_period_applies_at_once_and_a_shorter_one_after_the_notice()
    {
        var term = RetentionRules.Follow(RetentionTerm.Unlimited, 90, Now);
        term.ShouldBe(new(null, 90, Now.Plus(RetentionRules.Notice)));
        RetentionRules.Follow(term, 90, Now.Plus(RetentionRules.Notice).Minus(TimeSpan.FromSeconds(1))).ShouldBe(term);
        term = RetentionRules.Follow(term, 90, Now.Plus(RetentionRules.Notice));
        term.ShouldBe(new(90, null, null));

        RetentionRules.Follow(term, 365, Now).ShouldBe(new(365, null, null));
        RetentionRules.Follow(term, null, Now).ShouldBe(RetentionTerm.Unlimited);
        var shorter = RetentionRules.Follow(term, 36, Now);
        shorter.ShouldBe(new(90, 36, Now.Plus(RetentionRules.Notice)));
        RetentionRules.Follow(shorter, 90, Now).ShouldBe(term, "A mistake that is undone deletes nothing.");
        RetentionRules.Follow(shorter, 40, Now.Plus(TimeSpan.FromDays(6))).NextAt.ShouldBe(Now.Plus(TimeSpan.FromDays(13)));
    }

    /// <summary>On 30 April 2027 the clocks of Cairo go from 0:00 to 1:00: the day has no midnight.</summary>
    [Theory]
    [InlineData("2027-03-09", 36, "2027-01-31T22:00:00Z")]
    [InlineData("2027-06-05", 36, "2027-04-29T22:00:00Z")]
    [InlineData("2027-06-06", 36, "2027-04-30T21:00:00Z")]
    [InlineData("2028-03-31", 366, "2027-03-30T22:00:00Z")]
    [InlineData("2027-03-09", 36_500, "1927-04-02T22:00:00Z")]
    public void Whole_days_of_the_projects_zone_pass_out_together(string today, int days, string from) =>
        RetentionRules.KeptFrom(
            DateOnly.Parse(today, CultureInfo.InvariantCulture), days, TimeZoneInfo.FindSystemTimeZoneById("Africa/Cairo"))
            .ShouldBe(At(from));

    private static Instant At(string text) => Instant.From(DateTimeOffset.Parse(text, CultureInfo.InvariantCulture));
}
