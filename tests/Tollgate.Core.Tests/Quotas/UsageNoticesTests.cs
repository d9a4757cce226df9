using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;

namespace Tollgate.Core.Tests.Quotas;

public sealed class UsageNoticesTests
{
    [Theory]
    [InlineData(0, 10, null)]
    [InlineData(0, 0, null)]
    [InlineData(1, 100_000, NoticeLevel.Info)]
    [InlineData(799, 1_000, NoticeLevel.Info)]
    [InlineData(800, 1_000, NoticeLevel.Warning)]
    [InlineData(999, 1_000, NoticeLevel.Warning)]
    [InlineData(1_000, 1_000, NoticeLevel.Critical)]
    [InlineData(1, 0, NoticeLevel.Critical)]
    public void The_level_follows_the_share_that_is_used(int used, int limit, NoticeLevel? level) =>
        UsageNotices.LevelOf(Quantity.Of(used), Quantity.Of(limit)).ShouldBe(level);

    [Fact]
    public void Without_a_limit_there_is_nothing_to_say() => UsageNotices.LevelOf(Quantity.One, null).ShouldBeNull();

    [Fact]
    public void Numbers_are_written_for_people_and_dollars_with_cents()
    {
        var calls = new Feature { Code = "gemini_calls", Name = "Gemini API calls" };
        UsageNotices.MessageOf(calls, Quantity.Of(800), Quantity.Of(5_000)).ShouldBe("You have used 800 of 5,000 Gemini API calls");
        UsageNotices.MessageOf(calls, Quantity.Of(1_250.5m), Quantity.Of(5_000))
            .ShouldBe("You have used 1,250.5 of 5,000 Gemini API calls");
        UsageNotices.MessageOf(calls with { IsMoney = true }, Quantity.Of(1_234.567m), Quantity.Of(5_000))
            .ShouldBe("You have spent $1,234.57 of $5,000.00");
    }
}
