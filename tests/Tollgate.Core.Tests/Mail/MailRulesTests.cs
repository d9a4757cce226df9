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
    public void The_next_attempt_of_a_mail(int attempts, bool isFinal, int? minutes) =>
        MailRules.RetryIn(attempts, isFinal).ShouldBe(minutes is { } some ? TimeSpan.FromMinutes(some) : null);

    [Theory]
    [InlineData(550, "Mailbox unavailable. The server response was: 5.1.1 nobody of that name", true)]
    [InlineData(552, "Exceeded storage allocation.", true)]
    [InlineData(530, "The client was not authenticated. The server response was: 5.7.0 Authentication required", false)]
    [InlineData(535, "wrong password", false)]
    [InlineData(550, "Mailbox unavailable. The server response was: 5.7.60 Client may not send as this sender", false)]
    [InlineData(450, "come again", false)]
    [InlineData(-1, "Failure sending mail.", false)]
    public void Replies_of_a_mail_server_that_are_final(int status, string said, bool isFinal) =>
        MailRules.IsFinal(status, said).ShouldBe(isFinal);

    [Fact]
    public void Mails_about_money_cannot_be_refused() =>
        Enum.GetValues<MailType>().Where(MailRules.CanBeRefused).ShouldBe([MailType.QuotaThreshold]);
}
