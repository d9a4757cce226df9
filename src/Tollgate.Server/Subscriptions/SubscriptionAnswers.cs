using Tollgate.Contracts.Http;
using Tollgate.Contracts.Subscriptions;
using Tollgate.Core.Catalog;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;
using Tollgate.Server.Catalog;
using Tollgate.Server.Http;

namespace Tollgate.Server.Subscriptions;

/// <summary>Converts the engine's records to the bodies of the API, and outcomes to problems.</summary>
internal static class SubscriptionAnswers
{
    public static SubscriptionView Of(SubscriptionRow row, string customer, Guid? latestInvoice, TimeZoneInfo zone)
    {
        var subscription = row.Subscription;
        return new()
        {
            Id = row.Reference ?? subscription.Id.ToString("D"),
            Customer = customer,
            Plan = subscription.Terms.Plan.Code,
            PlanVersion = subscription.Terms.Plan.Number,
            Period = CatalogWords.Of(subscription.Terms.Interval),
            Status = CatalogWords.Of(subscription.Status),
            ManagedBy = subscription.ManagedBy,
            ProviderPrice = row.ProviderPrice,
            Currency = subscription.Terms.Currency.Code,
            Quantity = subscription.Terms.Quantity,
            Amount = subscription.Terms.Amount.Minor,
            Discount = subscription.Terms.Discount is { } discount
                ? new() { Percent = discount.Percent?.Value, Amount = discount.AmountMinor }
                : null,
            AddOns =
            [
                .. subscription.Terms.AddOns.Select(held =>
                    new SubscriptionAddOnView(held.AddOn.Code, held.AddOn.Name, held.Quantity, subscription.Terms.AmountOf(held).Minor)),
            ],
            StartedAt = subscription.StartedAt.ToOffset(),
            AnchorDay = subscription.Anchor.DayIn(zone),
            CurrentPeriodStart = subscription.Current.Start.ToOffset(),
            CurrentPeriodEnd = subscription.Current.End.ToOffset(),
            TrialEnd = subscription.TrialEnd?.ToOffset(),
            CancelAt = subscription.CancelAt?.ToOffset(),
            CancelReason = subscription.CancelReason,
            CancelComment = row.CancelComment,
            ScheduledChange = WaitingOf(subscription),
            PausedAt = subscription.PausedAt?.ToOffset(),
            ResumeAt = subscription.ResumeAt?.ToOffset(),
            EndedAt = subscription.EndedAt?.ToOffset(),
            ParkedReason = row.ParkedReason,
            LatestInvoice = latestInvoice?.ToString("D"),
        };
    }

    public static SubscriptionView Of(SubscriptionItem item, TimeZoneInfo zone) => Of(item.Row, item.Customer, item.LatestInvoice, zone);

    internal static ScheduledChangeView? WaitingOf(Subscription? subscription) => subscription?.Scheduled is { } terms
        ? new(
            terms.Plan.Code, terms.Plan.Number, CatalogWords.Of(terms.Interval), terms.Quantity, terms.Amount.Minor,
            (subscription.PausedAt is null ? subscription.Current.End : subscription.ResumeAt)?.ToOffset())
        : null;

    public static SubscriptionFactView Of(SubscriptionFact fact) => new()
    {
        Sequence = fact.Sequence,
        Type = fact.Verb,
        At = fact.At.ToOffset(),
        RecordedAt = fact.RecordedAt.ToOffset(),
        Actor = fact.Actor,
        Cause = fact.Cause ?? "request",
        Invoice = fact.Invoice?.ToString("D"),
        Detail = new(
            fact.After.Status, fact.After.Plan, fact.After.PlanVersion, fact.After.Interval, fact.After.Quantity, fact.After.Amount,
            Instant.FromUtc(fact.After.PeriodStart).ToOffset(),
            Instant.FromUtc(fact.After.PeriodEnd).ToOffset(), fact.After.ScheduledPlan,
            fact.After.CancelAt is { } at ? Instant.FromUtc(at).ToOffset() : null, fact.After.CancelReason),
    };

    public static BillingReportView Of(DueReport report) => new(
        report.Invoices, report.Renewals, report.TrialsConverted, report.TrialsExpired, report.Canceled, report.Resumed, report.UsageBilled,
        report.Parked)
    {
        Collected = report.Collected, CollectingFailed = report.CollectingFailed, SchedulesParked = report.SchedulesParked,
    };

    public static DueItemView Of(DueItem item) => new(
        item.Customer, item.Subscription.ToString("D"), CatalogWords.Of(item.Verb), item.At.ToOffset(), item.Invoice?.Total.Minor,
        item.Invoice?.Currency.Code, item.ParkReason);

    /// <summary>Null: the call succeeded, or had nothing to do.</summary>
    public static (ErrorCode Code, string? Param)? ProblemOf(SubscriptionOutcome outcome) => outcome switch
    {
        SubscriptionOutcome.Done or SubscriptionOutcome.Replayed or SubscriptionOutcome.NothingChanges
            or SubscriptionOutcome.NothingScheduled => null,
        SubscriptionOutcome.NotFound => (ErrorCode.SubscriptionNotFound, null),
        SubscriptionOutcome.NotAllowed => (ErrorCode.SubscriptionState, null),
        SubscriptionOutcome.ProviderManaged => (ErrorCode.ProviderManaged, null),
        SubscriptionOutcome.PlanUnknown => (ErrorCode.PlanNotFound, "plan"),
        SubscriptionOutcome.PriceUnknown or SubscriptionOutcome.NoTrial =>
            (ErrorCode.PriceNotFound, outcome == SubscriptionOutcome.NoTrial ? "trial" : "period"),
        SubscriptionOutcome.AlreadySubscribed => (ErrorCode.SubscriptionExists, "customer"),
        SubscriptionOutcome.Overlaps => (ErrorCode.SubscriptionExists, "start_at"),
        SubscriptionOutcome.IsMember => (ErrorCode.CustomerIsMember, "customer"),
        SubscriptionOutcome.IdReused => (ErrorCode.IdempotencyKeyReused, "id"),
        SubscriptionOutcome.TrialUsed => (ErrorCode.TrialUsed, "trial"),
        SubscriptionOutcome.CurrencyFixed => (ErrorCode.CurrencyFixed, "currency"),
        SubscriptionOutcome.AddOnRefused => (ErrorCode.AddOnRefused, "add_ons"),
        SubscriptionOutcome.CouponRefused => (ErrorCode.CouponRefused, "coupon"),
        SubscriptionOutcome.CouponUnknown => (ErrorCode.CouponNotFound, null),
        SubscriptionOutcome.NotAtProvider => (ErrorCode.NotAtProvider, null),
        SubscriptionOutcome.Declined => (ErrorCode.PaymentFailed, null),
        SubscriptionOutcome.PaymentPending => (ErrorCode.PaymentPending, null),
        SubscriptionOutcome.Overtaken => (ErrorCode.Conflict, null),
        SubscriptionOutcome.NoAnswer => (ErrorCode.UpstreamUnreachable, null),
        SubscriptionOutcome.Implausible => (ErrorCode.InvoiceImplausible, null),
        _ => throw new InvalidOperationException($"{outcome} is no outcome."),
    };

    /// <summary>Writes the reason for the refusal of a call.</summary>
    /// <param name="detail">The engine's explanation.</param>
    /// <param name="plan">The plan that the request names; null: none.</param>
    /// <param name="coupon">The coupon that the request names; null: none.</param>
    public static async Task RefuseAsync(
        HttpContext context, SubscriptionOutcome outcome, string? detail, string? plan = null, string? coupon = null)
    {
        var (code, param) = ProblemOf(outcome) ?? throw new InvalidOperationException($"{outcome} is no refusal.");
        var unknown = outcome switch
        {
            SubscriptionOutcome.PlanUnknown when plan is not null => UnknownNames.Plan(context.Caller(), plan),
            SubscriptionOutcome.CouponRefused or SubscriptionOutcome.CouponUnknown when coupon is not null =>
                await UnknownNames.CouponAsync(context, coupon),
            _ => null,
        };
        await Problems.WriteAsync(context, code, unknown ?? detail, param);
    }

    /// <summary>Returns the caller as the timeline names it, never the key's text.</summary>
    public static string ActorOf(Caller caller) => caller switch
    {
        { Kind: KeyKind.Admin } => "admin",
        { Customer: { } customer } => $"customer {customer}",
        _ => $"key {caller.KeyId:D}",
    };

    /// <summary>Returns the stored id of a subscription: a UUID unchanged, or the hash of any other text.</summary>
    public static Guid IdOf(string text, Instant now) => EventKey.Parse(text, now).Id;
}
