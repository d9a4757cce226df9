using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Dunning;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Quotas;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Notices;

/// <summary>The rules that select and word the notices to a customer.</summary>
public static class NoticeRules
{
    /// <summary>The number of days before the end of a trial from which a notice announces it (<c>SEMANTICS</c> 4).</summary>
    public const int TrialDays = 3;

    /// <summary>The percentage from which a threshold is a warning.</summary>
    private const int WarningPercent = 80;

    private const int AllOfIt = 100;

    /// <summary>Returns the most severe notices first, and among equals the oldest first.</summary>
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

    /// <summary>True if a notice of the subscription names a price, which depends on coupons and taxes.</summary>
    public static bool AnnouncesPrice(Subscription subscription, Instant now) =>
        subscription is { Scheduled: not null, CancelAt: null } || IsEnding(subscription, now);

    /// <summary>
    /// True if the trial ends soon. A subscription that ends with its trial is canceled and needs no notice of this kind.
    /// </summary>
    private static bool IsEnding(Subscription subscription, Instant now) =>
        subscription is { Status: SubscriptionStatus.Trialing, TrialEnd: { } over }
        && over <= now.Plus(TimeSpan.FromDays(TrialDays)) && !(subscription.CancelAt <= over);

    /// <summary>Returns the highest threshold that usage has reached or exceeded; null: none.</summary>
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
                    ? $"{failing.Plan} ends and you move to {facts.DefaultPlan}."
                    : $"you move to {facts.DefaultPlan} until you do.");
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

    /// <summary>
    /// Returns the notice of a failed payment when the provider no longer charges cards: dunning waits, so the plan has no date of its end.
    /// </summary>
    private static Notice OfStuck(NoticeFacts facts, OwedInvoice owed, FailingInvoice failing) => new(
        NoticeCode.PaymentFailed, NoticeSeverity.Warning, failing.FirstFailedAt, $"Your payment of {Words(owed.Due)} failed",
        $"Invoice {owed.Number} could not be collected: {Why(failing.Failure)}. We do not charge a card again automatically. "
            + $"{HowToPay(facts)}")
    {
        Action = Pay(facts, owed), Invoice = owed, Subscription = failing.Subscription,
    };

    private static Notice OfEnd(NoticeFacts facts, OwedInvoice owed, EndedPlan ended) => new(
        NoticeCode.PlanEnded, NoticeSeverity.Critical, ended.At, $"{ended.Plan} has ended",
        $"{ended.Plan} ended on {Day(facts, ended.At)} because invoice {owed.Number} was not paid. You are now on {facts.DefaultPlan}. "
            + (ended.Waits
                ? $"If you pay {Words(owed.Due)}, {ended.Plan} continues at once."
                : $"You can still pay it. To use {ended.Plan} again, subscribe again."))
    {
        Action = Pay(facts, owed), Invoice = owed, Subscription = ended.Subscription,
    };

    private static Notice OfDue(NoticeFacts facts, OwedInvoice owed)
    {
        // Do not announce a planned charge that cannot happen.
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
            (true, { } again) => $" You get more on {Day(facts, again)}, or with a larger plan.",
            (true, _) => " A larger plan includes more.",
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
                $"Your subscription is canceled. You then move to {facts.DefaultPlan}."
                    + (subscription.Scheduled is { } waiting
                        ? $" If you undo the cancellation, your plan changes to {waiting.Plan.Plan.Name} then, as scheduled."
                        : ""))
            {
                Action = (NoticeAction.KeepPlan, "Keep the plan"), Subscription = facts.SubscriptionId, HappensAt = end,
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
                $"From then on, you have {next.Plan.Plan.Name} for {Price(facts, next)}. You keep {plan} until then.")
            {
                // Only the provider can withdraw a change that it has scheduled.
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
            $"After that, {plan} continues for {Price(facts, subscription.Terms)}. To avoid being charged, cancel before then.",
        { ManagedBy: not null } =>
            $"After that, {plan} continues for {Price(subscription.Terms)} if you have added a payment method by then. "
                + $"Otherwise you move to {facts.DefaultPlan}.",
        _ => $"You then move to {facts.DefaultPlan}. To keep {plan}, subscribe for {Price(subscription.Terms)}.",
    };

    /// <summary>Returns the notice for a provider-managed subscription: only the provider knows its retries and its final action.</summary>
    private static Notice OfProviderManaged(NoticeFacts facts, string plan, string provider)
    {
        var (bill, name) = (facts.Bill, ProviderNames.TitleOf(provider));
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
        PaymentFailure.InsufficientFunds => "the card had insufficient funds",
        PaymentFailure.AuthenticationRequired => "your bank requires you to confirm it",
        PaymentFailure.PaymentMethodMissing => "no payment method is on file",
        _ => "your bank declined it",
    };

    private static (NoticeAction, string)? Pay(NoticeFacts facts, OwedInvoice owed) =>
        facts.HasPayPage ? (NoticeAction.PayInvoice, $"Pay {Words(owed.Due)}") : null;

    private static string HowToPay(NoticeFacts facts) =>
        facts.HasPayPage ? "Please pay the invoice." : "You cannot pay it online. Please follow the payment instructions on the invoice.";

    private static string Words(MoneyAmount amount) => amount.Display().Replace('-', '−');

    private static string Price(SubscriptionTerms terms) => Price(terms.Amount, terms);

    private static string Price(MoneyAmount amount, SubscriptionTerms terms) =>
        $"{Words(amount)} {terms.Interval switch { PriceInterval.Weekly => "a week", PriceInterval.Yearly => "a year", _ => "a month" }}";

    /// <summary>Returns the coming price, as far as it is known: <c>$23.20, and from 24 Jan 2027 on $29.00 a month</c>.</summary>
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
