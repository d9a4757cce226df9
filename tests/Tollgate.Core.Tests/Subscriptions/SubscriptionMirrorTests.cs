using System.Collections.Frozen;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Subscriptions;

public sealed class SubscriptionMirrorTests
{
    private static readonly SubscriptionTerms Pro = Terms("pro", 2900), Max = Terms("max", 9900);
    private static readonly Instant Now = Utc("2026-11-20T12:00:00Z");
    private static readonly Period June = Span("2026-06-10", "2026-07-10"), July = Span("2026-07-10", "2026-08-10"),
        August = Span("2026-08-10", "2026-09-10");

    private static SubscriptionTerms Terms(string code, long amount, PriceInterval interval = PriceInterval.Monthly) => new(
        new(code.Length, 1, new() { Code = code, Name = code, Prices = [new(interval, "USD", amount, 0)] },
            FrozenDictionary<int, Entitlement>.Empty), interval, Currency.Usd, 1);

    private static Period Span(string start, string end) => new(Utc(start + "T00:00:00Z"), Utc(end + "T00:00:00Z"));

    private static MirroredState In(
        Period period, SubscriptionStatus status = SubscriptionStatus.Active, SubscriptionTerms? terms = null) =>
        new(status, terms ?? Pro, June.Start, new(June.Start), period, null, null, null, null);

    private static MirroredState Ended(MirroredState state, string at) =>
        state with { Status = SubscriptionStatus.Canceled, EndedAt = Utc(at + "T00:00:00Z"), Reason = "too_expensive" };

    private static string Told(params MirroredState[] states)
    {
        var (at, told) = ((Subscription?)null, new List<string>());
        foreach (var state in states)
        {
            foreach (var step in SubscriptionMirror.Follow(Guid.Empty, "stripe", at, state, Now))
            {
                step.Charges.ShouldBeEmpty("The party that manages a subscription also bills it.");
                step.After.DueAt.ShouldBeNull("Nothing happens by itself.");
                at = step.After;
                told.Add($"{step.Verb} {at.Status} {step.At.ToString()[..10]}");
            }
        }

        return string.Join(", ", told);
    }

    [Fact]
    public void A_trial_that_has_something_to_be_paid_with_by_now_is_told_and_nothing_else_of_it_changes()
    {
        var trial = In(June, SubscriptionStatus.Trialing) with { TrialEnd = June.End };
        var needs = trial with { ConvertsTrial = false };
        Told(needs, needs, trial).ShouldBe("Start Trialing 2026-06-10, Change Trialing 2026-11-20");
        var begun = SubscriptionMirror.Follow(Guid.Empty, "stripe", null, needs, Now)[^1].After;
        begun.ConvertsTrial.ShouldBeFalse();
        SubscriptionMirror.Follow(Guid.Empty, "stripe", begun, trial, Now).ShouldHaveSingleItem().After
            .ShouldBe(begun with { ConvertsTrial = true });
        Told(needs, In(July) with { TrialEnd = June.End }).ShouldBe("Start Trialing 2026-06-10, ConvertTrial Active 2026-07-10");
    }

    [Fact]
    public void Each_state_is_told_as_what_happened()
    {
        Told(In(June), In(June)).ShouldBe("Start Active 2026-06-10", "An unchanged state is not an update.");
        Told(In(June, SubscriptionStatus.Incomplete), In(June)).ShouldBe("Start Incomplete 2026-06-10, Activate Active 2026-11-20");
        Told(In(June), In(July), In(August)).ShouldBe("Start Active 2026-06-10, Renew Active 2026-07-10, Renew Active 2026-08-10");
        Told(In(June), In(August)).ShouldBe("Start Active 2026-06-10, Change Active 2026-08-10", "A period was missed.");
        Told(In(June), In(June, terms: Max)).ShouldBe("Start Active 2026-06-10, Change Active 2026-11-20");
        Told(In(June), In(July, terms: Max)).ShouldBe("Start Active 2026-06-10, Renew Active 2026-07-10");
        Told(In(June), In(July, SubscriptionStatus.PastDue), In(July)).ShouldBe(
            "Start Active 2026-06-10, Renew Active 2026-07-10, FailPayment PastDue 2026-11-20, RecoverPayment Active 2026-11-20");
        Told(In(June), In(June, SubscriptionStatus.Paused), In(July))
            .ShouldBe("Start Active 2026-06-10, Pause Paused 2026-11-20, Renew Paused 2026-07-10, Resume Active 2026-11-20");
        Told(In(June), In(June) with { CancelAt = June.End }, In(June))
            .ShouldBe("Start Active 2026-06-10, ScheduleCancel Active 2026-11-20, Uncancel Active 2026-11-20");
        Told(In(June), Ended(In(June), "2026-06-20")).ShouldBe("Start Active 2026-06-10, Cancel Canceled 2026-06-20");
        Told(Ended(In(June), "2026-06-20")).ShouldBe("Start Canceled 2026-06-20", "An ended subscription is not created here.");
        Told(Ended(In(June), "2026-06-20"), In(July)).ShouldBe("Start Canceled 2026-06-20", "An end is an end.");
    }

    [Fact]
    public void A_trial_converts_at_its_end_and_what_was_used_in_it_is_never_billed()
    {
        var trial = In(Span("2026-06-03", "2026-06-10"), SubscriptionStatus.Trialing) with { TrialEnd = June.Start };
        var began = SubscriptionMirror.Follow(Guid.Empty, "stripe", null, trial, Now).Single().After;
        began.UsageFrom.ShouldBe(June.Start);
        var paid = SubscriptionMirror.Follow(Guid.Empty, "stripe", began, In(June) with { TrialEnd = June.Start }, Now).Single();
        (paid.Verb, paid.After.Status,
            paid.After.UsageFrom).ShouldBe((SubscriptionVerb.ConvertTrial, SubscriptionStatus.Active, June.Start));
    }

    [Fact]
    public void However_many_states_were_missed_it_ends_in_the_same()
    {
        SubscriptionStatus[] statuses = [
            SubscriptionStatus.Incomplete, SubscriptionStatus.Trialing, SubscriptionStatus.Active, SubscriptionStatus.PastDue,
            SubscriptionStatus.Paused];
        Period[] periods = [June, July, August];
        for (var seed = 0; seed < 1_000; seed++)
        {
            var chance = new Random(seed);
            var states = Enumerable.Range(0, 8)
                .Select(i => In(periods[Math.Min(2, i / 3)], statuses[chance.Next(5)], chance.Next(2) == 0 ? Pro : Max) with
            {
                CancelAt = chance.Next(3) == 0 ? August.End : null, Reason = chance.Next(2) == 0 ? "too_expensive" : null,
                TrialEnd = chance.Next(3) == 0 ? July.Start : null,
            }).ToList();
            if (chance.Next(3) == 0)
            {
                states[^1] = Ended(states[^1], "2026-08-20");
            }

            var last = EndOf([states[^1]]);
            for (var walk = 0; walk < 4; walk++)
            {
                var seen = states.Take(7).Where(_ => chance.Next(2) == 0).Append(states[^1])
                    .SelectMany(state => Enumerable.Repeat(state, chance.Next(1, 3)));
                EndOf(seen).ShouldBe(last, $"seed {seed}, walk {walk}");
            }
        }
    }

    /// <summary>Returns the subscription after the last state.</summary>
    private static Subscription EndOf(IEnumerable<MirroredState> states)
    {
        Subscription? at = null;
        foreach (var state in states)
        {
            at = SubscriptionMirror.Follow(Guid.Empty, "stripe", at, state, Now) is [.., var last] ? last.After : at;
        }

        return at! with { UsageFrom = Now, TermsSince = Now, Committed = MoneyAmount.Zero(Currency.Usd), PausedAt = null };
    }
}
