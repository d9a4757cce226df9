using Tollgate.Core.Dunning;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Dunning;

public sealed class DunningRulesTests
{
    private static readonly Instant First = Instant.From(new DateTimeOffset(2027, 2, 28, 9, 0, 0, TimeSpan.Zero));

    /// <summary>Days from the first failure to the n-th, and the day of the next attempt; null: that was the last.</summary>
    [Theory]
    [InlineData(1, 0, 1.0)]
    [InlineData(2, 1, 3.0)]
    [InlineData(3, 3, 5.0)]
    [InlineData(4, 5, 7.0)]
    [InlineData(5, 7, null)]
    [InlineData(2, 4, 5.0)] // No server ran on day 3: a day between two attempts all the same.
    [InlineData(4, 30, 31.0)]
    [InlineData(9, 7, null)]
    public void The_next_attempt_of_an_invoice(int failures, double failedOn, double? next) =>
        DunningRules.NextAttempt(DunningPolicy.Default, First, failures, First.Plus(TimeSpan.FromDays(failedOn)), TimeZoneInfo.Utc)
            .ShouldBe(next is { } day ? First.Plus(TimeSpan.FromDays(day)) : null);

    /// <summary>Attempts that have failed, the day of the next, and the day of the last.</summary>
    [Theory]
    [InlineData(1, 1, 7)]
    [InlineData(4, 7, 7)]
    [InlineData(3, 6, 7)]
    [InlineData(3, 30, 31)] // No server ran for weeks: a day lies between the last two.
    [InlineData(9, 40, 40)]
    public void The_last_attempt_is_where_the_schedule_ends(int failures, int next, int last) =>
        DunningRules.LastAttempt(DunningPolicy.Default, First, failures, First.Plus(TimeSpan.FromDays(next)), TimeZoneInfo.Utc)
            .ShouldBe(First.Plus(TimeSpan.FromDays(last)));

    [Fact]
    public void Days_are_those_of_the_calendar()
    {
        // The night of the 28th of March 2027 has 23 hours in Berlin.
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var failed = Instant.From(new DateTimeOffset(2027, 3, 27, 9, 0, 0, TimeSpan.FromHours(1)));

        DunningRules.NextAttempt(DunningPolicy.Default, failed, 1, failed, zone)
            .ShouldBe(Instant.From(new DateTimeOffset(2027, 3, 28, 9, 0, 0, TimeSpan.FromHours(2))));
    }

    [Theory]
    [InlineData(SubscriptionStatus.Active, false, DunningEnd.Cancel, SubscriptionVerb.FailPayment)]
    [InlineData(SubscriptionStatus.PastDue, false, DunningEnd.Cancel, null)]
    [InlineData(SubscriptionStatus.Paused, false, DunningEnd.Cancel, null)]
    [InlineData(SubscriptionStatus.Canceled, false, DunningEnd.Cancel, null)]
    [InlineData(SubscriptionStatus.PastDue, true, DunningEnd.Cancel, SubscriptionVerb.Cancel)]
    [InlineData(SubscriptionStatus.Active, true, DunningEnd.Cancel, SubscriptionVerb.Cancel)]
    [InlineData(SubscriptionStatus.PastDue, true, DunningEnd.DefaultPlan, SubscriptionVerb.Pause)]
    [InlineData(SubscriptionStatus.Paused, true, DunningEnd.DefaultPlan, null)]
    [InlineData(SubscriptionStatus.Expired, true, DunningEnd.Cancel, null)]
    public void The_effect_of_a_failure_on_the_subscription(
        SubscriptionStatus status, bool isLast, DunningEnd end, SubscriptionVerb? step) =>
        DunningRules.StepAfterFailure(DunningPolicy.Default with { FinalAction = end }, status, isLast).ShouldBe(step);

    [Theory]
    [InlineData(true)]
    [InlineData(true, 1)]
    [InlineData(true, 1, 3, 5, 7)]
    [InlineData(true, 1, 2, 3, 4, 5, 6, 7, 8, 9, 60)]
    [InlineData(false, 0)]
    [InlineData(false, 3, 3)]
    [InlineData(false, 5, 3)]
    [InlineData(false, 61)]
    [InlineData(false, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)]
    public void The_days_that_a_policy_may_have(bool isAllowed, params int[] days) =>
        (DunningPolicy.Fault(days) is null).ShouldBe(isAllowed);

    /// <summary>
    /// With any events between attempts, there are as many attempts as in the policy, a day or more apart, and then the end.
    /// </summary>
    [Fact]
    public void Attempts_come_to_an_end_and_never_close_together()
    {
        for (var seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            var days = Enumerable.Range(1, DunningPolicy.LastDay).Where(_ => random.Next(8) == 0).Take(DunningPolicy.MostRetries).ToArray();
            var policy = new DunningPolicy(days, DunningEnd.Cancel);
            var (now, failures, attempts) = (First, 0, 0);
            while (true)
            {
                attempts++;
                failures++;
                if (DunningRules.NextAttempt(policy, First, failures, now, TimeZoneInfo.Utc) is not { } next)
                {
                    break;
                }

                (next - now).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromDays(1), $"seed {seed}");
                now = random.Next(3) == 0 ? next.Plus(TimeSpan.FromHours(random.Next(200))) : next;
            }

            attempts.ShouldBe(days.Length + 1, $"seed {seed}");
        }
    }
}
