using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Quotas;

public sealed class HoldTests
{
    [Fact]
    public void A_customer_has_so_many_holds_open_and_no_more()
    {
        var test = new TestAccount(new Entitlement { Feature = "unit", Quota = null });
        for (var i = 0; i < AccountState.MostOpenHolds; i++)
        {
            Open(test, i, minutes: 1 + (i % 60));
        }

        AccountRules.Reserve(test.Account, [test.Of(1)], TestAccount.Now).Outcome.ShouldBe(Outcome.ConcurrencyLimited);
        AccountRules.Close(test.Account, test.Account.Holds[IdOf(0)], HoldState.Released);
        AccountRules.Reserve(test.Account, [test.Of(1)], TestAccount.Now).Allowed.ShouldBeTrue();
    }

    [Fact]
    public void A_hold_expires_at_its_tick_and_not_before()
    {
        var test = new TestAccount(new Entitlement { Feature = "unit", Quota = null });
        Open(test, 1, minutes: 5);
        var expiry = In(5).UnixMicroseconds;
        test.Account.ExpiredHolds(new(expiry - 1)).ShouldBeEmpty();
        test.Account.ExpiredHolds(new(expiry)).ShouldHaveSingleItem();
        test.Account.ExpiredHolds(new(expiry + 1), since: new(expiry - 1)).ShouldHaveSingleItem();
        test.Account.ExpiredHolds(new(expiry + 1), since: new(expiry)).ShouldBeEmpty();
    }

    [Fact]
    public void The_next_expiry_follows_what_is_opened_extended_and_closed()
    {
        var test = new TestAccount(new Entitlement { Feature = "unit", Quota = null });
        foreach (var minutes in (int[])[5, 3, 9])
        {
            Open(test, minutes, minutes);
        }

        test.Account.NextExpiry.ShouldBe(In(3));
        test.Account.Extend(test.Account.Holds[IdOf(3)], In(7));
        test.Account.NextExpiry.ShouldBe(In(5));
        test.Account.ExpiredHolds(In(7)).Select(slot => slot.Current.Id).ShouldBe([IdOf(5), IdOf(3)]);
        test.Account.ExpiredHolds(In(7), since: In(5)).Select(slot => slot.Current.Id).ShouldBe([IdOf(3)]);
        AccountRules.CloseExpired(test.Account, In(7));
        (test.Account.NextExpiry, test.Account.Holds.Count, test.Balance.OpenHolds).ShouldBe((In(9), 1, 1));
        test.Account.CloseHold(IdOf(9));
        test.Account.NextExpiry.ShouldBe(Instant.FarFuture);
    }

    private static Instant In(int minutes) => TestAccount.Now.Plus(TimeSpan.FromMinutes(minutes));

    private static Guid IdOf(int number) => new(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);

    private static void Open(TestAccount test, int number, int minutes)
    {
        var verdict = AccountRules.Reserve(test.Account, [test.Of(1)], TestAccount.Now);
        verdict.Allowed.ShouldBeTrue();
        test.Account.OpenHold(new()
        {
            Id = IdOf(number), State = HoldState.Open, Amounts = [new(1, TestAccount.Q(1))], Parts = verdict.Parts,
            CreatedAt = TestAccount.Now, ExpiresAt = In(minutes),
        });
    }
}
