using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Dunning;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Quotas;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Notices;

/// <summary>What a customer is to be told, and in which words.</summary>
public static class NoticeRules
{
    /// <summary>Days before its end on which a trial is said to end (<c>SEMANTICS</c> 4).</summary>
    public const int TrialDays = 3;

    /// <summary>Percent from which a threshold is more than a remark.</summary>
    private const int WarningPercent = 80;

    private const int AllOfIt = 100;

    /// <summary>What matters most comes first, and of equals what is so for the longest time.</summary>
    public static IReadOnlyList<Notice> Of(NoticeFacts facts)
    {
        var notices = facts.Owed.Select(owed => OfInvoice(facts, owed))
            .Concat(facts.Reached.Select(reached => OfThreshold(facts, reached)));
        if (facts.Subscription is { } subscription)
        {
            notices = notices.Concat(OfSubscription(facts, subscription));
        }

        return [.. notices.OrderByDescending(static notice => notice.Severity).ThenBy(static notice => notice.Since)
            .ThenBy(static notice => notice.Title, StringComparer.Ordinal)];
    }

    /// <summary>A notice of the subscription names a price, which coupons and taxes change.</summary>
    public static bool TellsPrice(Subscription subscription, Instant now) =>
        subscription is { Scheduled: not null, CancelAt: null } || IsEnding(subscription, now);

    /// <summary>The trial ends soon. What ends with its trial is canceled, and no more is to be said of it.</summary>
    private static bool IsEnding(Subscription subscription, Instant now) =>
        subscription is { Status: SubscriptionStatus.Trialing, TrialEnd: { } over }
        && over <= now.Plus(TimeSpan.FromDays(TrialDays)) && !(subscription.CancelAt <= over);

    /// <summary>The highest threshold that usage stands at or beyond; null: none.</summary>
    public static int? Reached(Entitlement entitlement, Standing standing) => standing.Limit is { IsPositive: true } granted
        ? entitlement.Thresholds.Where(percent => standing.Used.Value * AllOfIt >= granted.Value * percent)
            .Select(static percent => (int?)percent).Max()
        : null;

    private static Notice OfInvoice(NoticeFacts facts, OwedInvoice owed) => owed switch
    {
        { Failing: { } failing } when facts.ChargesCards => OfFailure(facts, owed, failing),
        { Failing: { } failing } => OfStuck(facts, owed, failing),
        { Ended: { } ended } when facts.Subscription is not { GivesPlan: true } => OfEnd(facts, owed, ended),
        _ => OfDue(facts, owed),
    };

    private static Notice OfFailure(NoticeFacts facts, OwedInvoice owed, FailingInvoice failing)
    {
        var amount = Words(owed.Due);
        var last = DunningRules.LastAttempt(
            facts.Policy, failing.FirstFailedAt, failing.Failures, failing.PlannedAt ?? owed.CollectAt ?? facts.Now, facts.Zone);
        var isLast = owed.CollectAt == last;
        var next = owed.CollectAt is not { } at ? "We are trying it again."
            : isLast ? $"We try one last time on {Day(facts, at)}."
            : $"We try again on {Day(facts, at)}.";
        var ends = DunningRules.StepAfterFailure(facts.Policy, failing.Status, isLast: true) is not null;
        var end = !ends ? ""
            : $" You keep {failing.Plan} for now. If you do not pay by {Day(facts, last)}, "
                + (facts.Policy.FinalAction == DunningEnd.Cancel
                    ? $"{failing.Plan} ends and you are on {facts.DefaultPlan}."
                    : $"you are on {facts.DefaultPlan} until you do.");
        return new(
            NoticeCode.PaymentFailed, isLast ? NoticeSeverity.Critical : NoticeSeverity.Warning, failing.FirstFailedAt,
            $"Your payment of {amount} failed",
            $"Invoice {owed.Number} could not be collected: {Why(failing.Failure)}. {next}{end}")
        {
            Action = failing.Failure == PaymentFailure.PaymentMethodMissing
                ? (NoticeAction.AddPaymentMethod, "Add a card")
                : Pay(facts, owed),
            Invoice = owed,
            Subscription = failing.Subscription,
            NextAttempt = owed.CollectAt,
            HappensAt = ends ? last : null,
        };
    }

    /// <summary>A payment failed, and the provider charges no card any more: dunning waits, so the plan ends on no day.</summary>
    private static Notice OfStuck(NoticeFacts facts, OwedInvoice owed, FailingInvoice failing) => new(
        NoticeCode.PaymentFailed, NoticeSeverity.Warning, failing.FirstFailedAt, $"Your payment of {Words(owed.Due)} failed",
        $"Invoice {owed.Number} could not be collected: {Why(failing.Failure)}. We do not charge a card again automatically. "
            + $"{HowToPay(facts)}")
    {
        Action = Pay(facts, owed), Invoice = owed, Subscription = failing.Subscription,
    };

    private static Notice OfEnd(NoticeFacts facts, OwedInvoice owed, EndedPlan ended) => new(
        NoticeCode.PlanEnded, NoticeSeverity.Critical, ended.At, $"{ended.Plan} has ended",
        $"{ended.Plan} ended on {Day(facts, ended.At)} because invoice {owed.Number} was not paid. You are on {facts.DefaultPlan} now. "
            + (ended.Waits
                ? $"If you pay {Words(owed.Due)}, {ended.Plan} continues at once."
                : $"You can still pay it. To use {ended.Plan} again, subscribe again."))
    {
        Action = Pay(facts, owed), Invoice = owed, Subscription = ended.Subscription,
    };

    private static Notice OfDue(NoticeFacts facts, OwedInvoice owed)
    {
        // A charge that was planned and cannot be made is not announced.
        var charged = facts is { ChargesCards: true, HasCard: true } ? owed.CollectAt : null;
        var isLate = owed.DueAt < facts.Now && charged is null;
        var when = charged is { } at
            ? $"is charged to your card on {Day(facts, at)}"
            : $"{(isLate ? "was" : "is")} due on {Day(facts, owed.DueAt)}";
        return new(
            NoticeCode.InvoiceDue, isLate ? NoticeSeverity.Warning : NoticeSeverity.Info, owed.IssuedAt, $"{Words(owed.Due)} to pay",
            $"Invoice {owed.Number} {when}.{(facts.HasPayPage ? "" : " " + HowToPay(facts))}")
        {
            Action = Pay(facts, owed), Invoice = owed, NextAttempt = charged,
        };
    }

    private static Notice OfThreshold(NoticeFacts facts, ReachedThreshold reached)
    {
        var (used, granted, isAll) = (reached.Standing.Used, reached.Standing.Limit!.Value, reached.Percent >= AllOfIt);
        var isOver = isAll && reached.Entitlement is { HardCap: true, Pool: null };
        var of = reached.Feature.IsMoney
            ? UsageNotices.MessageOf(reached.Feature, used, granted)
            : string.Create(CultureInfo.InvariantCulture, $"{used.Value:#,0.#########} of {granted.Value:#,0.#########} are used");
        var more = (isOver, reached.Standing.ResetsAt) switch
        {
            (true, { } again) => $" More is possible from {Day(facts, again)} on, or with a larger plan.",
            (true, _) => " More is possible with a larger plan.",
            (_, { } anew) => $" It resets on {Day(facts, anew)}.",
            _ => "",
        };
        return new(
            NoticeCode.QuotaReached,
            isOver ? NoticeSeverity.Critical : reached.Percent >= WarningPercent ? NoticeSeverity.Warning : NoticeSeverity.Info,
            reached.Since,
            $"{reached.Feature.Name}: {(isAll ? "all" : string.Create(CultureInfo.InvariantCulture, $"{decimal.Truncate(used.Value * AllOfIt / granted.Value)}%"))} used",
            $"{of}.{more}")
        {
            Feature = reached.Feature.Code, Percent = reached.Percent, HappensAt = reached.Standing.ResetsAt,
        };
    }

    private static IEnumerable<Notice> OfSubscription(NoticeFacts facts, Subscription subscription)
    {
        var (plan, since) = (subscription.Terms.Plan.Plan.Name, facts.ScheduledSince ?? subscription.StartedAt);
        if (subscription is { Status: SubscriptionStatus.PastDue, ManagedBy: { } provider })
        {
            yield return OfProviderManaged(facts, plan, provider);
        }

        if (subscription.CancelAt is { } end)
        {
            yield return new(
                NoticeCode.CancelScheduled, NoticeSeverity.Info, since, $"{plan} ends on {Day(facts, end)}",
                $"It is canceled. After that you are on {facts.DefaultPlan}."
                    + (subscription.Scheduled is { } waiting
                        ? $" If you do not cancel, it changes to {waiting.Plan.Plan.Name} then, as scheduled before."
                        : ""))
            {
                Action = (NoticeAction.KeepPlan, "Do not cancel"), Subscription = facts.SubscriptionId, HappensAt = end,
            };
        }

        if (IsEnding(subscription, facts.Now) && subscription.TrialEnd is { } over)
        {
            yield return new(
                NoticeCode.TrialEnding, subscription.ConvertsTrial ? NoticeSeverity.Info : NoticeSeverity.Warning,
                Later(over.Minus(TimeSpan.FromDays(TrialDays)), subscription.StartedAt),
                $"Your trial of {plan} ends on {Day(facts, over)}", AfterTrial(facts, subscription, plan))
            {
                Subscription = facts.SubscriptionId, HappensAt = over,
            };
        }

        if (subscription is { Scheduled: { } next, CancelAt: null })
        {
            yield return new(
                NoticeCode.ChangeScheduled, NoticeSeverity.Info, since, $"Your plan changes on {Day(facts, subscription.Current.End)}",
                $"From then on it is {next.Plan.Plan.Name} for {Price(facts, next)}. Until then you have {plan}.")
            {
                // What a provider has scheduled only the provider takes back.
                Action = subscription.ManagedBy is null
                    ? (NoticeAction.KeepPlan, next.Plan.Code == subscription.Terms.Plan.Code ? "Do not change it" : $"Keep {plan}")
                    : null,
                Subscription = facts.SubscriptionId, HappensAt = subscription.Current.End,
            };
        }
    }

    private static string AfterTrial(NoticeFacts facts, Subscription subscription, string plan) => subscription switch
    {
        { ConvertsTrial: true } =>
            $"After that, {plan} continues for {Price(facts, subscription.Terms)}. If you do not want that, cancel before then.",
        { ManagedBy: not null } =>
            $"After that, {plan} continues for {Price(subscription.Terms)} if you have added a card or another payment method by then. "
                + $"Otherwise you are on {facts.DefaultPlan}.",
        _ => $"After that, you are on {facts.DefaultPlan}. To keep {plan}, subscribe to it for {Price(subscription.Terms)}.",
    };

    /// <summary>How often and until when is known to the provider alone, and so is what it does then.</summary>
    private static Notice OfProviderManaged(NoticeFacts facts, string plan, string provider)
    {
        var (bill, name) = (facts.Bill, provider == "stripe" ? "Stripe" : provider);
        var what = bill is null ? "The last invoice" : bill.Number is null ? "An invoice" : $"Invoice {bill.Number}";
        return new(
            NoticeCode.PaymentFailed, NoticeSeverity.Warning, facts.PastDueSince ?? facts.Now,
            bill is null ? "Your payment did not go through" : $"Your payment of {Words(bill.Due)} did not go through",
            $"{what} for {plan} is not paid. {name} collects it, and may try again. You keep {plan} for now; if it stays unpaid, "
                + $"{plan} can end.")
        {
            Action = bill?.Page is null ? null : (NoticeAction.OpenLink, $"Pay {Words(bill.Due)}"), Link = bill?.Page, Bill = bill,
            Subscription = facts.SubscriptionId,
        };
    }

    private static string Why(PaymentFailure failure) => failure switch
    {
        PaymentFailure.InsufficientFunds => "there was too little money on the card",
        PaymentFailure.AuthenticationRequired => "your bank wants you to confirm it",
        PaymentFailure.PaymentMethodMissing => "there is no card to charge",
        _ => "your bank declined it",
    };

    private static (NoticeAction, string)? Pay(NoticeFacts facts, OwedInvoice owed) =>
        facts.HasPayPage ? (NoticeAction.PayInvoice, $"Pay {Words(owed.Due)}") : null;

    private static string HowToPay(NoticeFacts facts) =>
        facts.HasPayPage ? "Please pay the invoice." : "It cannot be paid online; please pay it as the invoice says.";

    private static string Words(MoneyAmount amount) => amount.Display().Replace('-', '−');

    private static string Price(SubscriptionTerms terms) => Price(terms.Amount, terms);

    private static string Price(MoneyAmount amount, SubscriptionTerms terms) =>
        $"{Words(amount)} {terms.Interval switch { PriceInterval.Weekly => "a week", PriceInterval.Yearly => "a year", _ => "a month" }}";

    /// <summary>What will be charged, as far as it is known: <c>$23.20, and from 24 Jan 2027 on $29.00 a month</c>.</summary>
    private static string Price(NoticeFacts facts, SubscriptionTerms terms) => facts.Prices switch
    {
        [] => Price(terms),
        [var only] => Price(only.Total, terms),
        [var first, .., var last] => $"{Words(first.Total)}, and from {Day(facts, last.From)} on {Price(last.Total, terms)}",
    };

    private static string Day(NoticeFacts facts, Instant at) =>
        TimeZoneInfo.ConvertTime(at.ToOffset(), facts.Zone).ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    private static Instant Later(Instant a, Instant b) => a > b ? a : b;
}
