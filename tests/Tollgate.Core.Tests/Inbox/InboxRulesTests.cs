using Tollgate.Core.Inbox;

namespace Tollgate.Core.Tests.Inbox;

/// <summary>An event that cannot be applied yet is read again, after seconds at first; after two days it waits for an operator.</summary>
public sealed class InboxRulesTests
{
    [Fact]
    public void It_is_tried_ever_more_seldom_for_two_days_and_then_parked()
    {
        var waits = Enumerable.Range(1, 20).Select(InboxRules.NextAfter).TakeWhile(static wait => wait is not null)
            .Select(static wait => wait!.Value).ToList();

        waits[0].ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(5));
        waits.ShouldBe(waits.Order());
        waits.Aggregate(TimeSpan.Zero, static (sum, wait) => sum + wait).ShouldBeInRange(TimeSpan.FromHours(48), TimeSpan.FromHours(72));
        InboxRules.NextAfter(waits.Count + 1).ShouldBeNull();
    }
}
