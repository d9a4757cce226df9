using Tollgate.Core.Ledger;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Quotas;

public sealed class HoldTests
{
    [Fact]
    public void A_hold_expires_at_its_tick_and_not_before()
    {
        var expiry = TestBook.Now;
        var hold = new Hold { Id = Guid.Empty, State = HoldState.Open, Amounts = [], Parts = [], CreatedAt = Instant.Epoch, ExpiresAt = expiry };
        hold.IsExpired(new(expiry.UnixMicroseconds - 1)).ShouldBeFalse();
        hold.IsExpired(expiry).ShouldBeTrue();
        hold.IsExpired(new(expiry.UnixMicroseconds + 1)).ShouldBeTrue();
    }
}
