using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Quotas;

/// <summary>Recounts after late reports; <c>ReadsChangeNothingTests</c> covers the rest.</summary>
public sealed class RecountTests
{
    [Fact]
    public void A_lifetime_has_no_next_period_although_a_row_began_later()
    {
        var account = new TestAccount(new() { Feature = "unit", Quota = Quantity.Of(10), Period = QuotaPeriodKind.Lifetime });
        var lifetime = account.Unit.PeriodAt(TestAccount.Now);
        var month = Balance.Empty(1, TestAccount.Month, Quantity.Of(10));
        account.Unit.Load(Balance.Empty(1, lifetime, Quantity.Of(10)));
        account.Unit.Load(month);

        RolloverRules.Recount(account.Account, account.Unit, lifetime, TestAccount.Now, gives: false);

        lifetime.End.ShouldBe(Instant.FarFuture);
        account.Unit.FindBalance(TestAccount.Month.Start)!.Current.ShouldBe(month);
    }
}
