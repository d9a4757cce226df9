using Tollgate.Core.Outbound;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Webhooks;

namespace Tollgate.Core.Tests.Webhooks;

public sealed class WebhookSecretTests
{
    /// <summary>The vector of the reference implementations of Standard Webhooks.</summary>
    [Fact]
    public void It_signs_as_the_reference_does() =>
        WebhookSecret.Parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")!
            .Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}""")
            .ShouldBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");

    [Theory]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true)]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false)]
    [InlineData("whsec_", false)]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa", false)]
    [InlineData("whsec_no base64", false)]
    public void A_secret_has_its_prefix_and_24_to_64_bytes(string text, bool isGood)
    {
        WebhookSecret.Parse(text)?.Text.ShouldBe(text);
        (WebhookSecret.Parse(text) is not null).ShouldBe(isGood);
    }

    [Theory]
    [InlineData(23, false)]
    [InlineData(24, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void Its_length_is_bounded(int bytes, bool isGood) =>
        (WebhookSecret.Parse(WebhookSecret.Prefix + Convert.ToBase64String(new byte[bytes])) is not null).ShouldBe(isGood);

    [Fact]
    public void It_is_not_printed() => WebhookSecret.Of(new byte[32]).ToString().ShouldBe("whsec_…");

    [Fact]
    public void Every_step_of_a_subscription_is_told() =>
        Enum.GetValues<SubscriptionVerb>().Select(static verb => WebhookEventType.Of(verb))
            .ShouldAllBe(type => WebhookEventType.All.Contains(type));

    [Theory]
    [InlineData("*", true)]
    [InlineData("invoice.paid", true)]
    [InlineData("invoice.*", true)]
    [InlineData("invoice.pai", false)]
    [InlineData("subscription.*", false)]
    public void An_endpoint_gets_what_it_asked_for(string wanted, bool gets) =>
        WebhookEventType.Matches([wanted], "invoice.paid").ShouldBe(gets);
}
