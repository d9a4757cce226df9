using System.Collections.Frozen;
using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Subscriptions;

public sealed class SubscriptionLifeTests
{
    private static readonly PlanVersion Pro = Version(
        1, "pro", "Pro", (PriceInterval.Monthly, 2900), (PriceInterval.Yearly, 29_000), (PriceInterval.Weekly, 900));
    private static readonly PlanVersion Enterprise = Version(
        2, "enterprise", "Enterprise", (PriceInterval.Monthly, 29_900), (PriceInterval.Yearly, 299_000));

    private static PlanVersion Version(int id, string code, string name, params (PriceInterval Interval, long Minor)[] prices) => new(
        id, 1, new()
        {
            Code = code, Name = name, Prices = [.. prices.Select(price => new PlanPrice(price.Interval, "USD", price.Minor, 0))],
        },
        FrozenDictionary<int, Entitlement>.Empty);

    private static SubscriptionTerms Terms(PlanVersion plan, PriceInterval interval = PriceInterval.Monthly, long quantity = 1) =>
        new(plan, interval, Currency.Usd, quantity);

    private static LifeFacts Facts() => new(TimeZoneInfo.Utc, null);

    private static SubscriptionStep Started(string at, SubscriptionTerms? terms = null, int trial = 0, bool converts = true) =>
        SubscriptionLife.Start(Guid.Empty, terms ?? Terms(Pro), trial, converts, Utc(at), TimeZoneInfo.Utc);

    private static string Told(IReadOnlyList<Charge> charges) =>
        string.Join(" | ", charges.Select(charge => $"{charge.Kind} {charge.Amount.Minor}"));

    private static string Told(Period period) => $"{period.Start} … {period.End}";

    [Fact]
    public void From_the_31st_of_January_with_an_upgrade_in_the_middle_of_February()
    {
        var start = Started("2026-01-31T00:00:00.5Z");
        Told(start.After.Current).ShouldBe("2026-01-31T00:00:00Z … 2026-02-28T00:00:00Z");
        Told(start.Charges).ShouldBe("Advance 2900");

        // 14 of 28 days remain: half of $29 back, half of $299 charged.
        var upgrade = SubscriptionLife.Change(start.After, Terms(Enterprise), Proration.Second, Facts(), Utc("2026-02-14T00:00:00Z"));
        Told(upgrade.Charges).ShouldBe("UnusedTime -1450 | RemainingTime 14950");
        upgrade.Charges.ShouldAllBe(charge => Told(charge.Period) == "2026-02-14T00:00:00Z … 2026-02-28T00:00:00Z");
        upgrade.Charges[0].Share.ShouldBe(new Fraction(1_209_600, 2_419_200));
        Told(upgrade.After.Current).ShouldBe("2026-01-31T00:00:00Z … 2026-02-28T00:00:00Z");

        var subscription = upgrade.After;
        foreach (var end in (string[])["2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"])
        {
            var renewal = SubscriptionLife.Due(subscription, Facts());
            (renewal.Verb, renewal.At, Told(renewal.Charges)).ShouldBe((SubscriptionVerb.Renew, subscription.Current.End, "Advance 29900"));
            subscription = renewal.After;
            subscription.Current.End.ShouldBe(Utc(end + "T00:00:00Z"));
        }
    }

    [Fact]
    public void Two_upgrades_in_a_month_never_give_back_more_than_was_billed()
    {
        var start = Started("2026-04-01T00:00:00Z").After;
        var first = SubscriptionLife.Change(start, Terms(Enterprise), Proration.Second, Facts(), Utc("2026-04-11T00:00:00Z"));
        Told(first.Charges).ShouldBe("UnusedTime -1933 | RemainingTime 19933");
        var second = SubscriptionLife.Change(
            first.After, Terms(Enterprise, quantity: 2), Proration.Second, Facts(), Utc("2026-04-21T00:00:00Z"));
        Told(second.Charges).ShouldBe("UnusedTime -9967 | RemainingTime 19933");
    }

    [Fact]
    public void A_downgrade_waits_for_the_period_and_can_be_undone()
    {
        var start = Started("2026-04-01T00:00:00Z", Terms(Enterprise)).After;
        var scheduled = SubscriptionLife.Schedule(start, Terms(Pro), Utc("2026-04-10T00:00:00Z"));
        (Told(scheduled.Charges), scheduled.After.Terms.Plan, scheduled.After.Scheduled!.Plan).ShouldBe(("", Enterprise, Pro));
        Told(SubscriptionLife.Due(scheduled.After, Facts()).Charges).ShouldBe("Advance 2900");
        var undone = SubscriptionLife.Schedule(scheduled.After, null, Utc("2026-04-11T00:00:00Z"));
        (undone.Verb, Told(SubscriptionLife.Due(undone.After, Facts()).Charges)).ShouldBe((SubscriptionVerb.Unschedule, "Advance 29900"));
    }

    [Fact]
    public void Another_interval_at_once_begins_a_new_period_and_at_renewal_keeps_the_day()
    {
        var start = Started("2026-01-31T00:00:00Z").After;
        var now = SubscriptionLife.Change(start, Terms(Pro, PriceInterval.Yearly), Proration.Second, Facts(), Utc("2026-02-14T00:00:00Z"));
        Told(now.Charges).ShouldBe("UnusedTime -1450 | Advance 29000");
        Told(now.After.Current).ShouldBe("2026-02-14T00:00:00Z … 2027-02-14T00:00:00Z");

        var later = SubscriptionLife.Due(
            SubscriptionLife.Schedule(start, Terms(Pro, PriceInterval.Yearly), Utc("2026-02-14T00:00:00Z")).After, Facts());
        Told(later.After.Current).ShouldBe("2026-02-28T00:00:00Z … 2027-02-28T00:00:00Z");
        var back = SubscriptionLife.Due(SubscriptionLife.Schedule(later.After, Terms(Pro), Utc("2026-12-01T00:00:00Z")).After, Facts());
        Told(back.After.Current).ShouldBe("2027-02-28T00:00:00Z … 2027-03-31T00:00:00Z");
    }

    [Fact]
    public void A_trial_becomes_paid_and_hangs_on_its_end_or_ends_unpaid()
    {
        var trial = Started("2026-03-20T10:00:00Z", trial: 14);
        (Told(trial.Charges), trial.After.Status,
            Told(trial.After.Current)).ShouldBe(("", SubscriptionStatus.Trialing, "2026-03-20T10:00:00Z … 2026-04-03T10:00:00Z"));
        var paid = SubscriptionLife.Due(trial.After, Facts());
        (paid.Verb, Told(paid.Charges), Told(paid.After.Current))
            .ShouldBe((SubscriptionVerb.ConvertTrial, "Advance 2900", "2026-04-03T10:00:00Z … 2026-05-03T10:00:00Z"));

        var unpaid = SubscriptionLife.Due(Started("2026-03-20T10:00:00Z", trial: 14, converts: false).After, Facts());
        (unpaid.Verb, unpaid.After.Status, Told(unpaid.Charges),
            unpaid.After.DueAt).ShouldBe((SubscriptionVerb.ExpireTrial, SubscriptionStatus.Expired, "", null));
    }

    [Fact]
    public void A_cancellation_ends_with_the_period_bills_what_was_used_and_can_be_taken_back()
    {
        var start = Started("2026-04-01T00:00:00Z").After;
        var leaving = SubscriptionLife.CancelAtEnd(start, "too_expensive", Utc("2026-04-10T00:00:00Z")).After;
        leaving.DueAt.ShouldBe(leaving.Current.End);
        var ended = SubscriptionLife.Due(leaving, Facts());
        (ended.Verb, ended.After.Status, ended.After.CancelReason,
            Told(ended.Charges)).ShouldBe((SubscriptionVerb.Cancel, SubscriptionStatus.Canceled, "too_expensive", ""));
        ended.After.DueAt.ShouldBeNull();

        var stays = SubscriptionLife.Uncancel(leaving, Utc("2026-04-11T00:00:00Z")).After;
        SubscriptionLife.Due(stays, Facts()).Verb.ShouldBe(SubscriptionVerb.Renew);

        var now = SubscriptionLife.Cancel(start, null, Utc("2026-04-10T00:00:00Z"));
        (Told(now.Charges), Told(now.After.Current)).ShouldBe(("", "2026-04-01T00:00:00Z … 2026-04-10T00:00:00Z"));
    }

    [Fact]
    public void A_pause_across_a_renewal_gives_the_unused_time_back_and_begins_anew()
    {
        var start = Started("2026-04-01T00:00:00Z").After;
        var paused = SubscriptionLife.Pause(start, Utc("2026-06-10T00:00:00Z"), Utc("2026-04-16T00:00:00Z")).After;
        (paused.GivesPlan, paused.DueAt).ShouldBe((false, Utc("2026-06-10T00:00:00Z")));
        var resumed = SubscriptionLife.Due(paused, Facts());
        (resumed.Verb, Told(resumed.Charges), Told(resumed.After.Current))
            .ShouldBe((SubscriptionVerb.Resume, "UnusedTime -1450 | Advance 2900", "2026-06-10T00:00:00Z … 2026-07-10T00:00:00Z"));
    }

    [Fact]
    public void A_cancellation_moves_to_the_end_of_a_new_period()
    {
        var leaving = SubscriptionLife.CancelAtEnd(
            Started("2026-02-01T00:00:00Z").After, "too_expensive", Utc("2026-02-10T00:00:00Z")).After;
        var yearly = SubscriptionLife.Change(
            leaving, Terms(Pro, PriceInterval.Yearly), Proration.Second, Facts(), Utc("2026-02-15T00:00:00Z")).After;
        (yearly.CancelAt, yearly.CancelReason).ShouldBe((Utc("2027-02-15T00:00:00Z"), "too_expensive"));
        var upgraded = SubscriptionLife.Change(leaving, Terms(Enterprise), Proration.Second, Facts(), Utc("2026-02-15T00:00:00Z")).After;
        upgraded.CancelAt.ShouldBe(Utc("2026-03-01T00:00:00Z"));
        var paused = SubscriptionLife.Pause(leaving, null, Utc("2026-02-15T00:00:00Z")).After;
        SubscriptionLife.Resume(paused, Facts(), Utc("2026-02-20T00:00:00Z")).After.CancelAt.ShouldBe(Utc("2026-03-20T00:00:00Z"));
    }

    [Fact]
    public void A_reason_stays_until_another_is_given_or_the_cancellation_is_taken_back()
    {
        var (start, later) = (Started("2026-04-01T00:00:00Z").After, Utc("2026-04-11T00:00:00Z"));
        var leaving = SubscriptionLife.CancelAtEnd(start, "too_expensive", Utc("2026-04-10T00:00:00Z")).After;
        SubscriptionLife.Cancel(leaving, null, later).After.CancelReason.ShouldBe("too_expensive");
        SubscriptionLife.CancelAtEnd(leaving, null, later).After.CancelReason.ShouldBe("too_expensive");
        SubscriptionLife.CancelAtEnd(leaving, "moved", later).After.CancelReason.ShouldBe("moved");
        SubscriptionLife.Cancel(SubscriptionLife.Uncancel(leaving, later).After, null, later).After.CancelReason.ShouldBeNull();
    }

    [Fact]
    public void A_cancellation_gives_back_on_request_what_was_billed_and_not_used()
    {
        var start = Started("2026-04-01T00:00:00Z").After;
        var ended = SubscriptionLife.CancelWithCredit(start, null, Facts(), Utc("2026-04-16T00:00:00Z"));
        (Told(ended.Charges), ended.After.Billed.Minor,
            ended.After.Status).ShouldBe(("UnusedTime -1450", 1450, SubscriptionStatus.Canceled));
        var billed = start with { Billed = new(500, Currency.Usd) };
        Told(SubscriptionLife.CancelWithCredit(billed, null, Facts(), Utc("2026-04-16T00:00:00Z")).Charges).ShouldBe("UnusedTime -500");
        Told(SubscriptionLife.CancelWithCredit(
            Started("2026-04-01T00:00:00Z", trial: 14).After, null, Facts(), Utc("2026-04-02T00:00:00Z")).Charges).ShouldBe("");
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(1_000_000, true)]
    [InlineData(3_448_275_862, true)]
    [InlineData(3_448_275_863, false)]
    [InlineData(long.MaxValue, false)]
    public void Free_steps_are_known_before_they_are_computed(long quantity, bool payable) =>
        Terms(Pro, quantity: quantity).IsPayable.ShouldBe(payable);

    [Fact]
    public void The_end_comes_before_the_renewal_of_the_same_moment()
    {
        var leaving = SubscriptionLife.CancelAtEnd(Started("2026-04-01T00:00:00Z").After, null, Utc("2026-04-02T00:00:00Z")).After;
        SubscriptionLife.Due(leaving, Facts()).Verb.ShouldBe(SubscriptionVerb.Cancel);
    }

    [Fact]
    public void After_any_changes_periods_have_no_gaps_and_are_paid_once() => Prop.ForAll<int[]>(steps =>
    {
        var subscription = Started("2026-01-31T08:00:00Z").After;
        var (billed, ends) = (2900L, new List<Period> { subscription.Current });
        foreach (var step in steps.Take(40))
        {
            var span = subscription.Current.End - subscription.Current.Start;
            var at = subscription.Current.Start.Plus(span * (Math.Abs(step % 1000) / 1000.0));
            var next = (Math.Abs(step) % 3) switch
            {
                0 => SubscriptionLife.Due(subscription, Facts()),
                1 => SubscriptionLife.Change(
                    subscription, Terms(step % 2 == 0 ? Pro : Enterprise, quantity: 1 + Math.Abs(step % 5)), Proration.Second, Facts(), at),
                _ => SubscriptionLife.Schedule(
                    subscription, Terms(Enterprise, step % 2 == 0 ? PriceInterval.Yearly : PriceInterval.Monthly), at),
            };
            var credits = next.Charges.Where(charge => charge.Kind == ChargeKind.UnusedTime).Sum(charge => -charge.Amount.Minor);
            if (credits > billed)
            {
                return false;
            }

            if (next.After.Current != subscription.Current)
            {
                // A renewal, or an immediate change of the interval, which cuts the running period.
                ends[^1] = ends[^1] with { End = next.At };
                ends.Add(next.After.Current);
                billed = 0;
            }

            billed += next.Charges.Where(charge => charge.Period.End == next.After.Current.End).Sum(charge => charge.Amount.Minor);
            if (next.After.Billed.Minor != billed)
            {
                return false;
            }

            subscription = next.After;
        }

        return ends.Zip(ends.Skip(1)).All(pair => pair.First.End == pair.Second.Start);
    }).QuickCheckThrowOnFailure();
}
