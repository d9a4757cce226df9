using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Quotas;

/// <summary>Properties of any sequence of decisions. Failing cases print their seed and shrink.</summary>
public sealed class QuotaProperties
{
    private static readonly Entitlement Ten = new() { Feature = "unit", Quota = TestAccount.Q(10), Thresholds = [] };

    private static void Always(Func<int[], bool> holds, int tests = 500) =>
        Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(tests));

    /// <summary>
    /// Uses, reservations, settlements, releases and voids in any order, against a model of three numbers: no hard cap is exceeded, nothing
    /// that fits is refused, and the account has the model's counts.
    /// </summary>
    [Fact]
    public void A_hard_cap_is_never_passed_and_nothing_that_fits_is_refused() => Always(steps =>
    {
        var model = new Model();
        return steps.Select(Math.Abs).All(step => model.Step(step % 5, step / 5 % 6) && model.Agrees);
    });

    private sealed class Model
    {
        private const int Granted = 17;

        private readonly TestAccount _test = new(
            Ten, TestAccount.Grant(1, 4), TestAccount.Grant(2, 3, GrantSource.Promotion, priority: 50, days: 5));
        private readonly List<(Slot<Hold> Slot, int Amount)> _holds = [];
        private readonly List<(Verdict Verdict, int Amount)> _events = [];
        private int _used;
        private int _held;

        public bool Agrees =>
            _test.Balance.Used.Value == _used && _test.Balance.Held.Value == _held && _used + _held <= Granted
            && _test.Balance.OpenHolds == _holds.Count && _test.Unit.Grants.Sum(g => g.Current.Used.Value) == _test.Balance.Drawn.Value;

        /// <summary>False: the decision differs from the model's.</summary>
        public bool Step(int kind, int amount) => kind switch
        {
            0 => Use(amount),
            1 => Reserve(amount),
            2 => _holds.Count == 0 || Settle(amount),
            3 => _holds.Count == 0 || Release(),
            _ => _events.Count == 0 || Void(),
        };

        private bool Use(int amount)
        {
            var fits = _used + _held + amount <= Granted;
            var verdict = AccountRules.Use(_test.Account, [_test.Of(amount)], TestAccount.Now, TestAccount.Now, enforce: true);
            if (verdict.Allowed)
            {
                _used += amount;
                _events.Add((verdict, amount));
            }

            return verdict.Allowed == fits;
        }

        private bool Reserve(int amount)
        {
            var fits = _used + _held + amount <= Granted;
            var verdict = AccountRules.Reserve(_test.Account, [_test.Of(amount)], TestAccount.Now);
            if (verdict.Allowed)
            {
                _held += amount;
                _holds.Add((_test.Account.OpenHold(HoldOf(verdict, amount, _holds.Count)), amount));
            }

            return verdict.Allowed == fits;
        }

        private bool Settle(int amount)
        {
            var (slot, held) = _holds[^1];
            _holds.RemoveAt(_holds.Count - 1);
            var truth = Math.Min(amount, held);
            _events.Add((AccountRules.Settle(_test.Account, slot.Current, [_test.Of(truth)], TestAccount.Now), truth));
            _test.Account.CloseHold(slot.Current.Id);
            (_held, _used) = (_held - held, _used + truth);
            return true;
        }

        private bool Release()
        {
            AccountRules.Close(_test.Account, _holds[0].Slot, HoldState.Released);
            _held -= _holds[0].Amount;
            _holds.RemoveAt(0);
            return true;
        }

        private bool Void()
        {
            var (done, amount) = _events[0];
            _events.RemoveAt(0);
            AccountRules.Reverse(
                _test.Account, VoidRules.Reverse(done.Postings, [], new Dictionary<Reading, OtherReading>(), TestAccount.Now), done.Burns,
                TestAccount.Now);
            _used -= amount;
            return true;
        }

        private static Hold HoldOf(Verdict verdict, int amount, int number) => new()
        {
            Id = new Guid(number, 0, 0, BitConverter.GetBytes((long)amount)), State = HoldState.Open, CreatedAt = TestAccount.Now,
            ExpiresAt = TestAccount.Now.Plus(TimeSpan.FromMinutes(10)), Amounts = [new(1, TestAccount.Q(amount))], Parts = verdict.Parts,
        };
    }

    /// <summary>A refusal changes only the count of refusals.</summary>
    [Fact]
    public void A_refusal_leaves_nothing_but_a_count() => Always(steps =>
    {
        var test = new TestAccount(Ten);
        foreach (var amount in steps.Select(s => Math.Abs(s) % 12))
        {
            var before = test.Balance;
            var verdict = AccountRules.Use(test.Account, [test.Of(amount)], TestAccount.Now, TestAccount.Now, enforce: true);
            if (!verdict.Allowed && test.Balance != before with { Denied = before.Denied + 1 })
            {
                return false;
            }
        }

        return true;
    });

    /// <summary>Grants and the plan's own quota together cover exactly the amount; only the excess is overage of the plan.</summary>
    [Fact]
    public void Burns_and_the_plans_share_make_the_amount() => Always(numbers =>
    {
        var grants = numbers.Skip(2).Take(5).Select((n, i) => TestAccount.Grant(
            i, (Math.Abs(n) % 9) + 1, (GrantSource)new[] { 0, 2, 3, 4 }[Math.Abs(n) % 4], 50 + (Math.Abs(n) % 3 * 50),
            1 + (Math.Abs(n) % 40))).ToArray();
        var amount = TestAccount.Q(Math.Abs(numbers.ElementAtOrDefault(0)) % 60);
        var used = TestAccount.Q(Math.Abs(numbers.ElementAtOrDefault(1)) % 12);
        var facts = new TestAccount(Ten).Facts(Ten.Quota, Ten, Balance.Empty(1, TestAccount.Month, Ten.Quota) with { Used = used }, grants);
        var burns = GrantRules.Burns(facts, amount);
        var burned = burns.Sum(b => b.Amount.Value);
        var total = grants.Sum(g => g.Remaining.Value);
        var ofPlan = amount.Value - burned;
        return burns.All(b => b.Amount.IsPositive && b.Amount <= grants.Single(g => g.Id == b.Grant).Remaining)
            && burns.Select(b => b.Grant).Distinct().Count() == burns.Count
            && (amount.Value <= total + facts.PlanRemaining.Value ? ofPlan <= facts.PlanRemaining.Value : burned == total);
    });

    [Fact]
    public void Live_rollovers_never_exceed_their_bound_and_are_never_negative() => Always(numbers =>
    {
        var max = TestAccount.Q(Math.Abs(numbers.ElementAtOrDefault(0)) % 10);
        var live = numbers.Skip(2).Take(4).Select((n, i) => TestAccount.Grant(i, (Math.Abs(n) % 9) + 1, GrantSource.Rollover, days: i + 1))
            .ToList();
        var ended = new GrantRules.EndedPeriod(
            TestAccount.Month, TestAccount.Q(10), TestAccount.Q(Math.Abs(numbers.ElementAtOrDefault(1)) % 15), Quantity.Zero,
            Quantity.Zero);
        var (rolled, trimmed) = GrantRules.Roll(new(max, 1, false), ended, live);
        var left = live.Sum(g => g.Remaining.Value) - trimmed.Sum(t => t.Amount.Value);
        return !rolled.IsNegative && rolled <= ended.Unused && rolled.Value + left <= max.Value
            && trimmed.All(t => t.Amount <= live.Single(g => g.Id == t.Grant).Remaining);
    });

    /// <summary>A smooth window admits exactly its burst immediately, tells when the next one passes, and is right about that.</summary>
    [Fact]
    public void A_smooth_window_admits_its_burst_at_once_and_its_rate_in_the_long_run() => Always(numbers =>
    {
        var limit = new RateLimit(
            RateUnit.Minute, TestAccount.Q((Math.Abs(numbers.ElementAtOrDefault(0)) % 50) + 1),
            TestAccount.Q((Math.Abs(numbers.ElementAtOrDefault(1)) % 50) + 1), true);
        RateState? state = null;
        var burst = 0;
        RateRules.Verdict verdict;
        while ((verdict = RateRules.Judge(limit, 1, 0, state, Quantity.One, TestAccount.Now, default)).Allowed)
        {
            (state, burst) = (verdict.State, burst + 1);
        }

        var almost = TestAccount.Now.Plus(verdict.RetryAfter!.Value - TimeSpan.FromMicroseconds(1));
        if (burst != limit.Burst!.Value.Value
            || RateRules.Judge(limit, 1, 0, state, Quantity.One, almost, default).Allowed
            || !RateRules.Judge(limit, 1, 0, state, Quantity.One, TestAccount.Now.Plus(verdict.RetryAfter.Value), default).Allowed)
        {
            return false;
        }

        // A caller that always retries at the time that the answer names.
        var admitted = 0;
        var end = TestAccount.Now.Plus(TimeSpan.FromMinutes(10));
        for (var at = TestAccount.Now; at <= end;)
        {
            verdict = RateRules.Judge(limit, 1, 0, state, Quantity.One, at, default);
            (state, admitted) = verdict.Allowed ? (verdict.State, admitted + 1) : (state, admitted);
            at = at.Plus(verdict.RetryAfter!.Value);
        }

        // Steps are rounded down to a microsecond: one more may be admitted before the end.
        return Math.Abs(admitted - (10 * limit.Limit.Value)) <= 1;
    }, tests: 50);

    [Fact]
    public void A_fixed_window_admits_its_limit_and_starts_anew() => Always(numbers =>
    {
        var limit = new RateLimit(RateUnit.Hour, TestAccount.Q((Math.Abs(numbers.ElementAtOrDefault(0)) % 20) + 1), null, false);
        var window = new Period(TestAccount.Now, TestAccount.Now.Plus(TimeSpan.FromHours(1)));
        var next = new Period(window.End, window.End.Plus(TimeSpan.FromHours(1)));
        RateState? state = null;
        var admitted = 0m;
        foreach (var amount in numbers.Select(n => Math.Abs(n) % 5))
        {
            var verdict = RateRules.Judge(limit, 1, 0, state, TestAccount.Q(amount), TestAccount.Now, window);
            if (verdict.Allowed != (admitted + amount <= limit.Limit.Value))
            {
                return false;
            }

            (state, admitted) = verdict.Allowed ? (verdict.State, admitted + amount) : (state, admitted);
        }

        return RateRules.Judge(limit, 1, 0, state, limit.Limit, next.Start, next).Allowed;
    });
}
