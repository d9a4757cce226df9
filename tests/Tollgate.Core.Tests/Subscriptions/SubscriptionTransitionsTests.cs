using Tollgate.Core.Subscriptions;

namespace Tollgate.Core.Tests.Subscriptions;

public sealed class SubscriptionTransitionsTests
{
    [Theory]
    [InlineData(SubscriptionStatus.Canceled)]
    [InlineData(SubscriptionStatus.Expired)]
    public void An_ended_subscription_stays_ended(SubscriptionStatus ended) =>
        Enum.GetValues<SubscriptionVerb>().ShouldAllBe(verb => SubscriptionTransitions.After(ended, verb) == null);

    [Fact]
    public void Every_subscription_that_has_not_ended_can_be_canceled() =>
        Enum.GetValues<SubscriptionStatus>().Except([SubscriptionStatus.Canceled, SubscriptionStatus.Expired])
            .ShouldAllBe(status => SubscriptionTransitions.After(status, SubscriptionVerb.Cancel) == SubscriptionStatus.Canceled);

    [Theory]
    [InlineData(SubscriptionStatus.Trialing, SubscriptionVerb.ConvertTrial, SubscriptionStatus.Active)]
    [InlineData(SubscriptionStatus.Trialing, SubscriptionVerb.ExpireTrial, SubscriptionStatus.Expired)]
    [InlineData(SubscriptionStatus.Trialing, SubscriptionVerb.Pause, null)]
    [InlineData(SubscriptionStatus.Active, SubscriptionVerb.Pause, SubscriptionStatus.Paused)]
    [InlineData(SubscriptionStatus.Active, SubscriptionVerb.Resume, null)]
    [InlineData(SubscriptionStatus.Paused, SubscriptionVerb.Resume, SubscriptionStatus.Active)]
    [InlineData(SubscriptionStatus.Paused, SubscriptionVerb.Change, null)]
    [InlineData(SubscriptionStatus.Paused, SubscriptionVerb.Schedule, SubscriptionStatus.Paused)]
    [InlineData(SubscriptionStatus.Active, SubscriptionVerb.FailPayment, SubscriptionStatus.PastDue)]
    [InlineData(SubscriptionStatus.PastDue, SubscriptionVerb.RecoverPayment, SubscriptionStatus.Active)]
    [InlineData(SubscriptionStatus.PastDue, SubscriptionVerb.Change, null)]
    [InlineData(SubscriptionStatus.Incomplete, SubscriptionVerb.Renew, null)]
    public void The_status_after_each_verb(SubscriptionStatus from, SubscriptionVerb verb, SubscriptionStatus? to) =>
        SubscriptionTransitions.After(from, verb).ShouldBe(to);
}
