using Tollgate.Core.Mail;

namespace Tollgate.Core.Tests.Mail;

public sealed class MailRulesTests
{
    [Theory]
    [InlineData(1, false, 1)]
    [InlineData(2, false, 5)]
    [InlineData(6, false, 720)]
    [InlineData(7, false, null)]
    [InlineData(1, true, null)]
    public void When_a_mail_is_tried_again(int attempts, bool isFinal, int? minutes) =>
        MailRules.RetryIn(attempts, isFinal).ShouldBe(minutes is { } some ? TimeSpan.FromMinutes(some) : null);

    [Fact]
    public void What_is_about_money_cannot_be_refused() =>
        Enum.GetValues<MailType>().Where(MailRules.CanBeRefused).ShouldBe([MailType.QuotaThreshold]);
}
