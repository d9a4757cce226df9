using System.Collections.Frozen;
using Tollgate.Core.Catalog;
using Tollgate.Core.Dunning;
using Tollgate.Core.Money;
using Tollgate.Core.Notices;
using Tollgate.Core.Payments;
using Tollgate.Core.Quotas;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Notices;

public sealed class NoticeRulesTests
{
    private static readonly NoticeFacts Facts = new(Day(2, 28), TimeZoneInfo.Utc, "Free", DunningPolicy.Default);

    private static readonly OwedInvoice Owed = new(Guid.Empty, "CC-000042", new(2900, Currency.Of("USD")), Day(2, 28), Day(3, 14), null);

    private static readonly FailingInvoice Failing = new(
        1, PaymentFailure.Declined, Day(2, 28), null, "sub", SubscriptionStatus.PastDue, "Pro");

    private static readonly Feature Calls = new() { Code = "calls", Name = "Calls", Kind = FeatureKind.Metered };

    public static TheoryData<int, int, PaymentFailure, DunningEnd, NoticeSeverity, string> Failures => new()
    {
        {
            1, 1, PaymentFailure.Declined, DunningEnd.Cancel, NoticeSeverity.Warning,
            "Invoice CC-000042 could not be collected: your bank declined it. We try again on 1 Mar 2027. You keep Pro for now. "
                + "If you do not pay by 7 Mar 2027, Pro ends and you move to Free."
        },
        {
            4, 7, PaymentFailure.InsufficientFunds, DunningEnd.Cancel, NoticeSeverity.Critical,
            "Invoice CC-000042 could not be collected: the card had insufficient funds. We try one last time on 7 Mar 2027. "
                + "You keep Pro for now. If you do not pay by 7 Mar 2027, Pro ends and you move to Free."
        },
        {
            2, 3, PaymentFailure.PaymentMethodMissing, DunningEnd.DefaultPlan, NoticeSeverity.Warning,
            "Invoice CC-000042 could not be collected: no payment method is on file. We try again on 3 Mar 2027. You keep Pro for now. "
                + "If you do not pay by 7 Mar 2027, you move to Free until you do."
        },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_payment_that_failed_says_what_comes(
        int failures, int next, PaymentFailure failure, DunningEnd end, NoticeSeverity severity, string text)
    {
        var notice = NoticeRules.Of(Facts with
        {
            Policy = DunningPolicy.Default with { FinalAction = end },
            Owed = [Owed with { CollectAt = Day(3, next), Failing = Failing with { Failures = failures, Failure = failure } }],
        }).ShouldHaveSingleItem();

        (notice.Code, notice.Severity, notice.Text).ShouldBe((NoticeCode.PaymentFailed, severity, text));
        (notice.NextAttempt, notice.HappensAt, notice.Since).ShouldBe((Day(3, next), Day(3, 7), Day(2, 28)));
        notice.Action!.Value.ShouldBe(failure == PaymentFailure.PaymentMethodMissing
            ? (NoticeAction.AddPaymentMethod, "Add a card")
            : (NoticeAction.PayInvoice, "Pay $29.00"));
    }

    [Fact]
    public void An_extra_attempt_does_not_bring_the_end_closer() => NoticeRules.Of(Facts with
    {
        Owed = [Owed with { CollectAt = Day(2, 28), Failing = Failing with { PlannedAt = Day(3, 1) } }],
    }).Single().HappensAt.ShouldBe(Day(3, 7));

    [Fact]
    public void Nothing_is_said_to_end_that_does_not()
    {
        var notice = NoticeRules.Of(
            Facts with
            {
                Owed = [Owed with { CollectAt = Day(3, 7), Failing = Failing with { Failures = 4, Status = SubscriptionStatus.Canceled } }],
            }).Single();

        notice.HappensAt.ShouldBeNull();
        notice.Text.ShouldBe("Invoice CC-000042 could not be collected: your bank declined it. We try one last time on 7 Mar 2027.");
    }

    [Theory]
    [InlineData(
        false,
        "Pro ended on 28 Feb 2027 because invoice CC-000042 was not paid. You are now on Free. You can still pay it. To use Pro again, "
            + "subscribe again.")]
    [InlineData(
        true,
        "Pro ended on 28 Feb 2027 because invoice CC-000042 was not paid. You are now on Free. If you pay $29.00, Pro continues at once.")]
    public void A_plan_that_ended_unpaid_says_how_to_have_it_again(bool waits, string text) =>
        NoticeRules.Of(Facts with { Owed = [Owed with { Ended = new("sub", "Pro", Day(2, 28), waits) }] })
            .Select(static notice => (notice.Code, notice.Severity, notice.Text))
            .ShouldBe([(NoticeCode.PlanEnded, NoticeSeverity.Critical, text)]);

    [Theory]
    [InlineData(1, null, NoticeSeverity.Info, "Invoice CC-000042 is due on 14 Mar 2027.")]
    [InlineData(15, null, NoticeSeverity.Warning, "Invoice CC-000042 was due on 14 Mar 2027.")]
    [InlineData(15, 16, NoticeSeverity.Info, "Invoice CC-000042 is charged to your card on 16 Mar 2027.")]
    public void An_invoice_notice_has_the_due_date(int now, int? collected, NoticeSeverity severity, string text) =>
        NoticeRules.Of(Facts with { Now = Day(3, now), Owed = [Owed with { CollectAt = collected is { } day ? Day(3, day) : null }] })
            .Select(static notice => (notice.Code, notice.Severity, notice.Text)).ShouldBe([(NoticeCode.InvoiceDue, severity, text)]);

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_charge_that_nobody_makes_is_not_announced(bool charges, bool hasCard)
    {
        var notice = NoticeRules.Of(Facts with { ChargesCards = charges, HasCard = hasCard, Owed = [Owed with { CollectAt = Day(3, 1) }] })
            .Single();

        (notice.Text, notice.NextAttempt).ShouldBe(("Invoice CC-000042 is due on 14 Mar 2027.", null));
        notice.Action.ShouldBe((NoticeAction.PayInvoice, "Pay $29.00"));
    }

    [Fact]
    public void A_failure_that_nobody_tries_again_says_so_and_ends_nothing()
    {
        var notice = NoticeRules.Of(Facts with { ChargesCards = false, Owed = [Owed with { CollectAt = Day(3, 1), Failing = Failing }] })
            .Single();

        notice.Text.ShouldBe(
            "Invoice CC-000042 could not be collected: your bank declined it. We do not charge a card again automatically. "
                + "Please pay the invoice.");
        (notice.Code, notice.NextAttempt, notice.HappensAt).ShouldBe((NoticeCode.PaymentFailed, null, null));
        notice.Action.ShouldBe((NoticeAction.PayInvoice, "Pay $29.00"));
    }

    [Fact]
    public void Without_a_payment_page_there_is_no_button()
    {
        var notice = NoticeRules.Of(Facts with { ChargesCards = false, HasPayPage = false, Owed = [Owed] }).Single();

        (notice.Text,
            notice.Action).ShouldBe(
                ("Invoice CC-000042 is due on 14 Mar 2027. You cannot pay it online. Please follow the payment instructions on the "
                    + "invoice.", null));
    }

    [Theory]
    [InlineData(null, "Your payment did not go through",
        "The last invoice for Pro is not paid. Stripe collects it, and may try again. You keep Pro for now; if it stays unpaid, "
            + "Pro can end.")]
    [InlineData("", "Your payment of $29.00 did not go through",
        "Invoice ST-0007 for Pro is not paid. Stripe collects it, and may try again. You keep Pro for now; if it stays unpaid, "
            + "Pro can end.")]
    [InlineData("https://invoice.stripe.com/i/1", "Your payment of $29.00 did not go through",
        "Invoice ST-0007 for Pro is not paid. Stripe collects it, and may try again. You keep Pro for now; if it stays unpaid, "
            + "Pro can end.")]
    public void An_invoice_that_a_provider_collects_is_paid_on_its_page_or_not_at_all(string? page, string title, string text)
    {
        var link = page is { Length: > 0 } ? new Uri(page) : null;
        var notice = NoticeRules.Of(Facts with
        {
            Subscription = Trial with { Status = SubscriptionStatus.PastDue, ManagedBy = "stripe", TrialEnd = null },
            PastDueSince = Day(2, 27), Bill = page is null ? null : new("ST-0007", new(2900, Currency.Of("USD")), link),
        }).ShouldHaveSingleItem();
        (notice.Code, notice.Severity, notice.Since, notice.Title,
            notice.Text).ShouldBe((NoticeCode.PaymentFailed, NoticeSeverity.Warning, Day(2, 27), title, text));
        (notice.Action?.Do, notice.Link).ShouldBe(link is null ? (null, null) : (NoticeAction.OpenLink, link));
    }

    [Fact]
    public void A_past_due_invoice_of_Tollgate_has_its_own_notice() =>
        NoticeRules.Of(Facts with { Subscription = Trial with { Status = SubscriptionStatus.PastDue, TrialEnd = null } }).ShouldBeEmpty();

    [Fact]
    public void A_button_says_what_it_takes_back()
    {
        var waiting = Trial with { Status = SubscriptionStatus.Active, TrialEnd = null, Scheduled = Terms("Basic", 900) };

        Said(waiting)
            .ShouldBe(
                (NoticeCode.ChangeScheduled, (NoticeAction.KeepPlan, "Keep Pro"),
                    "From then on, you have Basic for $9.00 a month. You keep Pro until then."));
        Said(waiting with { CancelAt = Day(3, 2) }).ShouldBe((
            NoticeCode.CancelScheduled, (NoticeAction.KeepPlan, "Keep the plan"),
            "Your subscription is canceled. You then move to Free. If you undo the cancellation, your plan changes to Basic then, as "
                + "scheduled."));
        Said(waiting with { ManagedBy = "stripe" }).Action.ShouldBeNull("Only the provider takes back what it has scheduled.");

        static (NoticeCode, (NoticeAction, string)? Action, string) Said(Subscription subscription) =>
            NoticeRules.Of(Facts with { Subscription = subscription }).Select(static notice => (notice.Code, notice.Action, notice.Text))
                .Single();
    }

    [Fact]
    public void The_price_is_what_will_be_charged_where_that_is_known()
    {
        var priced =
            Facts with
            {
                Subscription = Trial, Prices = [new(Day(3, 2), new(2320, Currency.Usd), 1), new(Day(4, 2), new(3480, Currency.Usd), null)],
            };

        NoticeRules.Of(priced).Single().Text
            .ShouldBe(
                "After that, Pro continues for $23.20, and from 2 Apr 2027 on $34.80 a month. To avoid being charged, "
                    + "cancel before then.");
        NoticeRules.Of(priced with { Prices = [priced.Prices[1]] }).Single().Text
            .ShouldStartWith("After that, Pro continues for $34.80 a month.");
        NoticeRules.AnnouncesPrice(Trial with { TrialEnd = Day(3, 20) }, Facts.Now).ShouldBeFalse("Its end is far away.");
    }

    [Fact]
    public void The_end_of_a_trial_says_what_will_happen()
    {
        Said(Trial).ShouldBe(["After that, Pro continues for $29.00 a month. To avoid being charged, cancel before then."]);
        Said(Trial with { ConvertsTrial = false })
            .ShouldBe(["You then move to Free. To keep Pro, subscribe for $29.00 a month."]);
        Said(Trial with { ConvertsTrial = false, ManagedBy = "stripe" })
            .ShouldBe(
                [
                    "After that, Pro continues for $29.00 a month if you have added a payment method by then. "
                        + "Otherwise you move to Free."]);
        Said(Trial with { CancelAt = Day(3, 2) })
            .ShouldBe(["Your subscription is canceled. You then move to Free."], "The plan ends with its trial.");
        Said(Trial with { CancelAt = Day(3, 20) })
            .ShouldBe(
                ["After that, Pro continues for $29.00 a month. To avoid being charged, cancel before then.",
                    "Your subscription is canceled. You then move to Free."], ignoreOrder: true);

        static string[] Said(Subscription subscription) =>
            [.. NoticeRules.Of(Facts with { Subscription = subscription }).Select(static notice => notice.Text)
                .Order(StringComparer.Ordinal)];
    }

    [Theory]
    [InlineData(79, true, null, null, null)]
    [InlineData(80, true, 80, NoticeSeverity.Warning, "80 of 100 are used. It resets on 31 Mar 2027.")]
    [InlineData(
        100, true, 100, NoticeSeverity.Critical, "100 of 100 are used. You get more on 31 Mar 2027, or with a larger plan.")]
    [InlineData(120, false, 100, NoticeSeverity.Warning, "120 of 100 are used. It resets on 31 Mar 2027.")]
    public void Usage_is_told_from_its_first_threshold_on(int used, bool isHard, int? percent, NoticeSeverity? severity, string? text)
    {
        var entitlement = new Entitlement { Feature = "calls", HardCap = isHard };
        var standing = new Standing(1, Quantity.Of(100), Quantity.Of(used), Quantity.Zero, null, new(Day(2, 28), Day(3, 31)));

        NoticeRules.Reached(entitlement, standing).ShouldBe(percent);

        if (percent is { } reached)
        {
            var notice = NoticeRules.Of(Facts with { Reached = [new(Calls, entitlement, standing, reached, Day(3, 2))] })
                .ShouldHaveSingleItem();
            (notice.Severity, notice.Text, notice.Feature, notice.Percent).ShouldBe((severity!.Value, text!, "calls", percent));
        }
    }

    [Fact]
    public void Notices_of_losses_come_before_warnings()
    {
        var notices = NoticeRules.Of(Facts with
        {
            Owed = [Owed, Owed with { CollectAt = Day(3, 1), Failing = Failing },
                Owed with { Ended = new("sub", "Pro", Day(2, 28), false) }],
        });

        notices.Select(static notice => notice.Code).ShouldBe([NoticeCode.PlanEnded, NoticeCode.PaymentFailed, NoticeCode.InvoiceDue]);
    }

    private static Subscription Trial { get; } = new()
    {
        Id = Guid.Empty, Status = SubscriptionStatus.Trialing, Terms = Terms("Pro", 2900), StartedAt = Day(2, 16), Anchor = new(Day(2, 16)),
        Current = new(Day(2, 16), Day(3, 2)),
        Billed = new(0, Currency.Usd), TermsSince = Day(2, 16), Committed = new(0, Currency.Usd), UsageFrom = Day(3, 2),
        TrialEnd = Day(3, 2),
    };

    private static SubscriptionTerms Terms(string plan, long amount) => new(
        new(1, 1, new() { Code = plan, Name = plan, Prices = [new(PriceInterval.Monthly, "USD", amount, 0)] },
            FrozenDictionary<int, Entitlement>.Empty),
        PriceInterval.Monthly, Currency.Usd, 1);

    private static Instant Day(int month, int day) => Instant.From(new DateTimeOffset(2027, month, day, 0, 0, 0, TimeSpan.Zero));
}
