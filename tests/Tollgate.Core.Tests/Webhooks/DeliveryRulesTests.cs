using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Webhooks;

namespace Tollgate.Core.Tests.Webhooks;

public sealed class DeliveryRulesTests
{
    private static readonly AttemptResult Failed = new(500, null);

    [Fact]
    public void The_schedule_is_that_of_Standard_Webhooks()
    {
        DeliveryRules.MostAttempts.ShouldBe(10);
        DeliveryRules.Waits.Select(static wait => (int)wait.TotalSeconds)
            .ShouldBe([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
        DeliveryRules.Waits.Aggregate(TimeSpan.Zero, static (sum, wait) => sum + wait).ShouldBe(new TimeSpan(75, 35, 5));
    }

    [Theory]
    [InlineData(200, 1, DeliveryVerdict.Delivered)]
    [InlineData(204, 1, DeliveryVerdict.Delivered)]
    [InlineData(299, 10, DeliveryVerdict.Delivered)]
    [InlineData(301, 1, DeliveryVerdict.Retry)]
    [InlineData(400, 1, DeliveryVerdict.Retry)]
    [InlineData(404, 9, DeliveryVerdict.Retry)]
    [InlineData(410, 1, DeliveryVerdict.Gone)]
    [InlineData(410, 10, DeliveryVerdict.Gone)]
    [InlineData(429, 1, DeliveryVerdict.Retry)]
    [InlineData(500, 9, DeliveryVerdict.Retry)]
    [InlineData(500, 10, DeliveryVerdict.GiveUp)]
    [InlineData(null, 1, DeliveryVerdict.Retry)]
    [InlineData(null, 10, DeliveryVerdict.GiveUp)]
    public void The_meaning_of_an_answer(int? status, int attempts, DeliveryVerdict verdict) =>
        DeliveryRules.Decide(new(status, null), attempts, TimeSpan.Zero, 1, TimeSpan.Zero, 0).Verdict.ShouldBe(verdict);

    [Theory]
    [InlineData(429, 120, 120, 120)]
    [InlineData(503, 1, 5, 2)]
    [InlineData(500, 120, 120, null)]
    [InlineData(502, null, 5, 2)]
    [InlineData(504, null, 5, 2)]
    [InlineData(429, 1_000_000, 86_400, 86_400)]
    public void A_receiver_that_asks_for_time_gets_it(int status, int? retryAfter, int retryIn, int? pause)
    {
        var decision = DeliveryRules.Decide(
            new(status, retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null), 1, TimeSpan.Zero, 1, TimeSpan.Zero, 0);
        decision.RetryIn.ShouldBe(TimeSpan.FromSeconds(retryIn));
        decision.PauseFor.ShouldBe(pause is { } time ? TimeSpan.FromSeconds(time) : null);
    }

    [Fact]
    public void An_endpoint_that_keeps_failing_is_tried_ever_more_seldom()
    {
        int?[] pauses = [null, null, null, null, 2, 4, 8, 16, 32, 60, 60];
        Enumerable.Range(1, pauses.Length)
            .Select(failures => (int?)DeliveryRules.Decide(Failed, 1, TimeSpan.Zero, failures, TimeSpan.Zero, 0).PauseFor?.TotalSeconds)
            .ShouldBe(pauses);
        DeliveryRules.Decide(Failed, 1, TimeSpan.Zero, int.MaxValue, TimeSpan.Zero, 0).PauseFor.ShouldBe(TimeSpan.FromMinutes(1));
        DeliveryRules.Decide(new(200, null), 1, TimeSpan.Zero, 0, TimeSpan.Zero, 0).PauseFor.ShouldBeNull();
    }

    [Theory]
    [InlineData(410, 1, 0, EndpointFault.Gone)]
    [InlineData(500, 10, 120, EndpointFault.Failing)]
    [InlineData(null, 10, 200, EndpointFault.Failing)]
    [InlineData(500, 10, 119, null)]
    [InlineData(500, 9, 200, null)]
    [InlineData(200, 10, 200, null)]
    public void An_endpoint_is_disabled_when_it_is_gone_or_a_delivery_is_given_up_after_five_days(
        int? status, int attempts, int failingHours, EndpointFault? fault) =>
        DeliveryRules.Decide(new(status, null), attempts, TimeSpan.Zero, 1, TimeSpan.FromHours(failingHours), 0).Disable.ShouldBe(fault);

    [Fact]
    public void A_delivery_that_waited_too_long_behind_others_fails_once_and_is_given_up() =>
        DeliveryRules.Decide(Failed, 1, DeliveryRules.LongestLife + TimeSpan.FromSeconds(1), 9, TimeSpan.Zero, 0).Verdict
            .ShouldBe(DeliveryVerdict.GiveUp);

    [Fact]
    public void Chance_moves_a_wait_by_a_tenth_at_most() => Prop.ForAll<byte, int>((attempt, chance) =>
    {
        var attempts = 1 + (attempt % DeliveryRules.Waits.Count);
        var wait = DeliveryRules.Waits[attempts - 1];
        var decided = DeliveryRules.Decide(Failed, attempts, TimeSpan.Zero, 1, TimeSpan.Zero, chance % 101).RetryIn;
        return decided >= wait * 0.9 && decided <= wait * 1.1;
    }).QuickCheckThrowOnFailure();
}
