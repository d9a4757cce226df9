using Tollgate.Core.Grants;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Customers;

/// <summary>Recurring grants follow the calendar of the project's zone, and withdrawals take credits in burn order.</summary>
public sealed class GrantScheduleTests
{
    private static readonly TimeZoneInfo Cairo = TimeZoneInfo.FindSystemTimeZoneById("Africa/Cairo");

    [Fact]
    public void A_month_ends_in_Cairo_on_its_last_day_at_the_same_local_time()
    {
        var schedule = Monthly("2026-01-31T06:00:00Z");
        Enumerable.Range(0, 5).Select(number => schedule.StartOf(number, Cairo).ToString()).ShouldBe(
            ["2026-01-31T06:00:00Z", "2026-02-28T06:00:00Z", "2026-03-31T06:00:00Z", "2026-04-30T05:00:00Z", "2026-05-31T05:00:00Z"]);
        (schedule with { Lives = 1 }).ExpiryOf(2, Cairo).ShouldBe(schedule.StartOf(3, Cairo));
        schedule.ExpiryOf(2, Cairo).ShouldBe(Instant.FarFuture);
        Enumerable.Range(0, 3)
            .Select(number => (schedule with { Every = GrantInterval.Day, StartsAt = At("2026-04-23T06:00:00Z") }).StartOf(number, Cairo)
                .ToString()).ShouldBe(
            ["2026-04-23T06:00:00Z", "2026-04-24T05:00:00Z", "2026-04-25T05:00:00Z"]);
        (schedule with { Every = GrantInterval.Year, StartsAt = At("2028-02-29T06:00:00Z") }).StartOf(1, Cairo)
            .ShouldBe(At("2029-02-28T06:00:00Z"));
    }

    [Theory]
    [InlineData(GrantInterval.Month, 0, "2025-12-25T00:00:00Z")]
    [InlineData(GrantInterval.Month, 1, "2026-01-01T00:00:00Z")]
    [InlineData(GrantInterval.Day, 20, "2026-01-14T00:00:00Z")]
    public void A_grant_is_made_a_week_ahead_or_when_the_one_before_begins(GrantInterval every, int next, string due) =>
        (Monthly("2026-01-01T00:00:00Z") with { Every = every, Next = next }).DueAt(TimeZoneInfo.Utc).ShouldBe(At(due));

    [Fact]
    public void Nothing_is_due_after_the_end_and_in_a_pause()
    {
        var schedule = Monthly("2026-01-01T00:00:00Z") with { Next = 2, EndsAt = At("2026-03-01T00:00:00Z") };
        schedule.DueAt(TimeZoneInfo.Utc).ShouldBeNull();
        (schedule with { EndsAt = At("2026-03-01T00:00:01Z") }).DueAt(TimeZoneInfo.Utc).ShouldNotBeNull();
        (schedule with { EndsAt = null, PausedAt = At("2026-02-01T00:00:00Z") }).DueAt(TimeZoneInfo.Utc).ShouldBeNull();
        (schedule.FirstFrom(At("2026-02-01T00:00:00Z"), TimeZoneInfo.Utc), schedule.FirstFrom(At("2026-02-01T00:00:01Z"), TimeZoneInfo.Utc),
            schedule.FirstFrom(At("2026-08-15T00:00:00Z"), TimeZoneInfo.Utc))
            .ShouldBe((1, 2, 8));
        (schedule.NameOf(1), (schedule with { Turn = 2 }).NameOf(1)).ShouldBe(("club:2", "club:2.2"));
    }

    [Theory]
    [InlineData(GrantInterval.Day, 4_000)]
    [InlineData(GrantInterval.Week, 900)]
    [InlineData(GrantInterval.Month, 400)]
    [InlineData(GrantInterval.Year, 60)]
    public void The_first_grant_from_an_instant_on_is_found_without_counting_from_the_start(GrantInterval every, int most)
    {
        var schedule = Monthly("2028-02-29T22:30:00Z") with { Every = every, Next = most / 3 };
        for (var number = 1; number < most; number += 1 + (most / 97))
        {
            var start = schedule.StartOf(number, Cairo);
            (schedule.FirstFrom(start, Cairo),
                schedule.FirstFrom(start.Plus(TimeSpan.FromMicroseconds(1)), Cairo)).ShouldBe((number, number + 1));
        }

        schedule.FirstFrom(At("1999-01-01T00:00:00Z"), Cairo).ShouldBe(0);
    }

    [Theory]
    [InlineData("0", "")]
    [InlineData("5", "a 5")]
    [InlineData("12", "a 7, b 5")]
    [InlineData("100", "a 7, b 20")]
    public void A_withdrawal_follows_the_burn_order_and_keeps_burned_units(string amount, string parts)
    {
        var (a, b) = (Grant("a", 10, 3, 1), Grant("b", 20, 0, 2));
        string.Join(
            ", ", GrantRules.Withdrawn(
                GrantRules.InBurnOrder([b, a], Instant.Epoch),
                Quantity.Of(decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture)))
            .Select(part => $"{(part.Grant == a.Id ? "a" : "b")} {part.Amount}")).ShouldBe(parts);
    }

    private static Grant Grant(string name, int amount, int used, int priority) => new()
    {
        Id = new(name == "a" ? "00000000-0000-0000-0000-00000000000a" : "00000000-0000-0000-0000-00000000000b"), FeatureKey = 1,
        Source = GrantSource.TopUp, Priority = priority,
        Amount = Quantity.Of(amount), Used = Quantity.Of(used), EffectiveAt = Instant.Epoch, ExpiresAt = Instant.FarFuture,
        CreatedAt = Instant.Epoch,
    };

    private static GrantSchedule Monthly(string start) => new()
    {
        Id = Guid.Empty, Name = "club", Feature = "scan", FeatureKey = 1, Amount = Quantity.Of(100), Source = GrantSource.Gift,
        Priority = 50, Every = GrantInterval.Month,
        StartsAt = At(start), CreatedAt = At(start),
    };

    private static Instant At(string text) => Instant.From(DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
}
