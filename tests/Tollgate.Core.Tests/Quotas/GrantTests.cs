using Tollgate.Core.Ledger;
using Tollgate.Core.Quotas;

namespace Tollgate.Core.Tests.Quotas;

public sealed class GrantTests
{
    [Fact]
    public void A_grant_lives_from_its_tick_to_just_before_its_expiry()
    {
        var grant = TestAccount.Grant(1, 5) with { EffectiveAt = new(1_000), ExpiresAt = new(2_000) };
        (long, bool)[] table = [(999, false), (1_000, true), (1_999, true), (2_000, false)];
        foreach (var (at, isLive) in table)
        {
            grant.IsLive(new(at)).ShouldBe(isLive, $"at {at}");
        }
    }

    /// <summary>Priority first, then the earlier expiry, then rollover before top-up, then the earlier creation.</summary>
    [Fact]
    public void Grants_burn_in_the_order_that_the_documents_promise()
    {
        Grant[] inOrder =
        [
            TestAccount.Grant(9, 1, priority: 50, days: 90),
            TestAccount.Grant(8, 1, days: 10),
            TestAccount.Grant(7, 1, GrantSource.Rollover, days: 20),
            TestAccount.Grant(6, 1, days: 20),
            TestAccount.Grant(5, 1, days: 20) with
            {
                CreatedAt = TestAccount.Month.Start.Plus(TimeSpan.FromTicks(TimeSpan.TicksPerMicrosecond)),
            },
            TestAccount.Grant(4, 1, priority: 150, days: 1),
        ];
        GrantRules.InBurnOrder([.. inOrder.Reverse()], TestAccount.Now).Select(grant => grant.Id)
            .ShouldBe(inOrder.Select(grant => grant.Id));
    }
}
