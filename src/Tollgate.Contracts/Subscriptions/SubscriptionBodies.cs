using System.ComponentModel.DataAnnotations;
using Tollgate.Contracts.Invoicing;

namespace Tollgate.Contracts.Subscriptions;

/// <summary>A discount on the plan's price before coupons: a percentage or an amount.</summary>
public sealed record LineDiscountBody
{
    /// <summary>0 to 100; 0 ends the catalogue's discount.</summary>
    public decimal? Percent { get; init; }

    /// <summary>Minor units off the price for one.</summary>
    public long? Amount { get; init; }
}

/// <summary>Body of <c>POST /v1/subscriptions</c>.</summary>
public sealed record CreateSubscriptionRequest
{
    /// <summary>Your id of the customer. Tollgate creates an unknown one.</summary>
    [Required]
    public string? Customer { get; init; }

    /// <summary>Code of a plan of the catalogue in force; its newest version.</summary>
    [Required]
    public string? Plan { get; init; }

    /// <summary><c>weekly</c>, <c>monthly</c> (default) or <c>yearly</c>: the plan needs a price for it.</summary>
    public string? Period { get; init; }

    /// <summary>ISO 4217. Default: the customer's, or the project's. A customer keeps the currency of its first subscription.</summary>
    public string? Currency { get; init; }

    /// <summary>The multiple of the plan's price, for instance seats. Default 1.</summary>
    public long? Quantity { get; init; }

    /// <summary>The add-ons: codes of the catalogue.</summary>
    public IReadOnlyList<AddOnOrder>? AddOns { get; init; }

    /// <summary>
    /// A price agreed with this customer instead of the plan's price: minor units for one period. It applies until the plan or the period
    /// changes.
    /// </summary>
    public long? Amount { get; init; }

    /// <summary>
    /// A discount agreed with this customer on the plan's price or on <c>amount</c>, before coupons. It applies until the plan or the
    /// period changes.
    /// </summary>
    public LineDiscountBody? Discount { get; init; }

    /// <summary>Default: true for the customer's first subscription, if the plan has a trial.</summary>
    public bool? Trial { get; init; }

    /// <summary>
    /// The effect of the trial's end: <c>convert</c> (default) begins the first paid period, <c>expire</c> ends the subscription.
    /// </summary>
    public string? TrialEndBehavior { get; init; }

    /// <summary>
    /// A value that recognises a returning person, for instance a card's fingerprint: each gets one trial. Tollgate stores only a hash.
    /// </summary>
    public string? TrialFingerprint { get; init; }

    /// <summary>A coupon's code. Further ones: <c>POST /v1/subscriptions/{id}/coupons</c>.</summary>
    public string? Coupon { get; init; }

    /// <summary>
    /// Not in the future, at most a year back, and not before the customer's last subscription ended: periods until now are invoiced at
    /// once. Default: now.
    /// </summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>Your own id: a repeat of the same order returns the present subscription; Tollgate refuses another order.</summary>
    public string? Id { get; init; }

    /// <summary>A preview: returns the result and changes nothing.</summary>
    public bool? Preview { get; init; }
}

/// <summary>Body of <c>PATCH /v1/subscriptions/{id}</c> and of <c>/preview</c>. Omitted members stay.</summary>
public sealed record ChangeSubscriptionRequest
{
    public string? Plan { get; init; }

    /// <summary><c>weekly</c>, <c>monthly</c> or <c>yearly</c>.</summary>
    public string? Period { get; init; }

    public long? Quantity { get; init; }

    /// <summary>All add-ons of the subscription; an empty list removes them.</summary>
    public IReadOnlyList<AddOnOrder>? AddOns { get; init; }

    /// <summary>
    /// A price agreed with this customer instead of the plan's price: minor units for one period. Left out or null: an agreed price stays
    /// unless the plan or the period changes.
    /// </summary>
    public long? Amount { get; init; }

    /// <summary>
    /// A discount agreed with this customer on the plan's price, before coupons. Left out or null: an agreed discount stays unless the plan
    /// or the period changes.
    /// </summary>
    public LineDiscountBody? Discount { get; init; }

    /// <summary>
    /// <c>now</c> or <c>period_end</c>. Default: now if it costs more a month than before, otherwise at the end of the period; for a paused
    /// one, when it resumes.
    /// </summary>
    public string? When { get; init; }

    /// <summary>
    /// <c>second</c> (default), <c>day</c>, <c>none</c> or <c>usage_aware</c>: the way in which Tollgate prorates the rest of the period.
    /// </summary>
    public string? Proration { get; init; }

    /// <summary>A preview: returns the result and changes nothing.</summary>
    public bool? Preview { get; init; }
}

/// <summary>Body of <c>POST /v1/subscriptions/{id}/cancel</c>.</summary>
public sealed record CancelSubscriptionRequest
{
    /// <summary><c>now</c> or <c>period_end</c> (default).</summary>
    public string? At { get; init; }

    /// <summary>Only with <c>now</c>: the amount billed for the unused time becomes the customer's credit. Default: no credit.</summary>
    public bool? Credit { get; init; }

    /// <summary>A short code of yours: <c>too_expensive</c>. Left out: an earlier one stays.</summary>
    public string? Reason { get; init; }

    /// <summary>In the customer's words.</summary>
    public string? Comment { get; init; }

    public bool? Preview { get; init; }
}

/// <summary>Body of <c>POST /v1/subscriptions/{id}/pause</c>.</summary>
public sealed record PauseSubscriptionRequest
{
    /// <summary>The time at which it resumes automatically. Default: until you resume it.</summary>
    public DateTimeOffset? Until { get; init; }

    public bool? Preview { get; init; }
}

/// <summary>Body of <c>/uncancel</c> and <c>/resume</c>.</summary>
public sealed record SubscriptionStepRequest
{
    public bool? Preview { get; init; }
}

/// <summary>Body of <c>POST /v1/subscriptions/{id}/coupons</c>.</summary>
public sealed record RedeemCouponRequest
{
    /// <summary>The coupon's code, case-sensitive.</summary>
    [Required]
    public string? Code { get; init; }

    /// <summary>A preview: returns the result and changes nothing.</summary>
    public bool? Preview { get; init; }
}

/// <summary>A coupon that a subscription has redeemed.</summary>
public sealed record SubscriptionCouponView
{
    public required string Code { get; init; }

    public decimal? PercentOff { get; init; }

    /// <summary>Minor units of <c>currency</c>.</summary>
    public long? AmountOff { get; init; }

    public string? Currency { get; init; }

    /// <summary><c>once</c>, <c>repeating</c> or <c>forever</c>.</summary>
    public required string Duration { get; init; }

    public required bool CarryOver { get; init; }

    public required DateTimeOffset RedeemedAt { get; init; }

    /// <summary>The time from which it reduces nothing: its months are over, or it was ended.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>The number of invoices that it reduced.</summary>
    public required int Invoices { get; init; }

    /// <summary>With <c>carry_over</c>: the remaining reduction in minor units.</summary>
    public long? Remaining { get; init; }

    /// <summary>False: it is used up or has ended.</summary>
    public required bool Active { get; init; }
}

/// <summary>Answer of <c>GET /v1/subscriptions/{id}/coupons</c>: all of them, in the order of redemption.</summary>
public sealed record SubscriptionCouponList(IReadOnlyList<SubscriptionCouponView> Data, bool HasMore);

/// <summary>An add-on and its quantity; default 1.</summary>
public sealed record AddOnOrder
{
    public string? Code { get; init; }

    public long? Quantity { get; init; }
}

/// <summary>An add-on that a subscription has.</summary>
/// <param name="Amount">Minor units for all of it and one whole period.</param>
public sealed record SubscriptionAddOnView(string Code, string Name, long Quantity, long Amount);

/// <summary>Terms that begin with the next period.</summary>
/// <param name="Amount">Minor units for one whole period, with seats and add-ons.</param>
/// <param name="At">Null: at the resumption of the paused subscription.</param>
public sealed record ScheduledChangeView(string Plan, int PlanVersion, string Period, long Quantity, long Amount, DateTimeOffset? At);

/// <summary>A subscription as every call returns it.</summary>
public sealed record SubscriptionView
{
    /// <summary>Your id if you gave one.</summary>
    public required string Id { get; init; }

    public required string Customer { get; init; }

    public required string Plan { get; init; }

    public required int PlanVersion { get; init; }

    /// <summary><c>weekly</c>, <c>monthly</c> or <c>yearly</c>.</summary>
    public required string Period { get; init; }

    /// <summary>
    /// <c>incomplete</c>, <c>trialing</c>, <c>active</c>, <c>past_due</c>, <c>paused</c>, <c>canceled</c> or <c>expired</c>.
    /// </summary>
    public required string Status { get; init; }

    /// <summary>
    /// The payment provider that renews and bills the subscription, <c>stripe</c>; <c>id</c> is then the provider's own. Null: Tollgate
    /// manages it.
    /// </summary>
    public string? ManagedBy { get; init; }

    /// <summary>The id of the price at the payment provider that manages the subscription (Stripe: <c>price_…</c>); else null.</summary>
    public string? ProviderPrice { get; init; }

    public required string Currency { get; init; }

    public required long Quantity { get; init; }

    /// <summary>Minor units for one whole period, with seats and add-ons.</summary>
    public required long Amount { get; init; }

    /// <summary>The agreed or catalogue discount on the plan's price, before coupons. <c>amount</c> already includes it.</summary>
    public LineDiscountBody? Discount { get; init; }

    public required IReadOnlyList<SubscriptionAddOnView> AddOns { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Day of the month on which periods begin; in shorter months the last day.</summary>
    public required int AnchorDay { get; init; }

    public required DateTimeOffset CurrentPeriodStart { get; init; }

    public required DateTimeOffset CurrentPeriodEnd { get; init; }

    public DateTimeOffset? TrialEnd { get; init; }

    /// <summary>The time at which it ends.</summary>
    public DateTimeOffset? CancelAt { get; init; }

    public string? CancelReason { get; init; }

    public string? CancelComment { get; init; }

    public ScheduledChangeView? ScheduledChange { get; init; }

    public DateTimeOffset? PausedAt { get; init; }

    public DateTimeOffset? ResumeAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The reason why Tollgate holds its next invoice back until an operator has checked it.</summary>
    public string? ParkedReason { get; init; }

    /// <summary>Id of its newest invoice.</summary>
    public string? LatestInvoice { get; init; }
}

/// <summary>Answer of a change and of every preview.</summary>
/// <param name="Invoice">The invoice of the change; null: nothing is due now. In a preview, it has no number.</param>
/// <param name="NextInvoice">Only in a preview: the next invoice, with the usage so far.</param>
/// <param name="ReplacedChange">The previous scheduled change, if this call replaced or revoked it; null: there was none, or it
/// stays.</param>
public sealed record SubscriptionChangeView(
    SubscriptionView Subscription, InvoiceView? Invoice, InvoiceView? NextInvoice, ScheduledChangeView? ReplacedChange);

/// <summary>Answer of <c>GET /v1/subscriptions</c>.</summary>
public sealed record SubscriptionList(IReadOnlyList<SubscriptionView> Data, bool HasMore);

/// <summary>A fact about a subscription.</summary>
public sealed record SubscriptionFactView
{
    public required int Sequence { get; init; }

    /// <summary><c>start</c>, <c>renew</c>, <c>change</c>, <c>schedule</c>, <c>cancel</c>, <c>redeem_coupon</c> and so on.</summary>
    public required string Type { get; init; }

    /// <summary>When it took effect.</summary>
    public required DateTimeOffset At { get; init; }

    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary><c>system</c>, or the calling key.</summary>
    public required string Actor { get; init; }

    /// <summary><c>request</c>, <c>due</c>, the reason of a cancellation, <c>coupon SPRING</c>, or <c>migration to version 2</c>.</summary>
    public required string Cause { get; init; }

    /// <summary>Id of its invoice.</summary>
    public string? Invoice { get; init; }

    public required SubscriptionStateView Detail { get; init; }
}

/// <summary>The subscription after a fact.</summary>
public sealed record SubscriptionStateView(
    string Status, string Plan, int PlanVersion, string Period, long Quantity, long Amount, DateTimeOffset PeriodStart,
    DateTimeOffset PeriodEnd, string? ScheduledPlan,
    DateTimeOffset? CancelAt, string? CancelReason);

/// <summary>Answer of <c>GET /v1/subscriptions/{id}/events</c>, oldest first.</summary>
public sealed record SubscriptionFactList(IReadOnlyList<SubscriptionFactView> Data, bool HasMore);

/// <summary>A subscription that waits for an operator.</summary>
public sealed record ParkedView(string Id, string Customer, DateTimeOffset? DueAt, DateTimeOffset ParkedAt, string Reason);

/// <summary>Answer of <c>GET /v1/billing/parked</c>, oldest first.</summary>
public sealed record ParkedList(IReadOnlyList<ParkedView> Data, bool HasMore);

/// <summary>The due work and its expected totals.</summary>
public sealed record DueItemView(
    string Customer, string Subscription, string Type, DateTimeOffset At, long? Total, string? Currency, string? Parked);

/// <summary>Answer of <c>POST /v1/billing/run</c>.</summary>
/// <param name="Due">Only with <c>dry_run</c>: the due work.</param>
/// <param name="Remaining">Subscriptions with due work after the call: with <c>limit</c> the rest, with <c>dry_run</c> all.</param>
public sealed record BillingRunView(bool DryRun, BillingReportView Processed, IReadOnlyList<DueItemView>? Due, long Remaining);

/// <summary>Counts of the automatic work.</summary>
public sealed record BillingReportView(
    int Invoices, int Renewals, int TrialsConverted, int TrialsExpired, int Canceled, int Resumed, int UsageBilled, int Parked)
{
    /// <summary>
    /// Invoices that a charge of the customer's payment method paid. 0 for a billing run, since Tollgate collects in the background.
    /// </summary>
    public int Collected { get; init; }

    /// <summary>Failed attempts to collect.</summary>
    public int CollectingFailed { get; init; }

    /// <summary>Grant schedules that failed to make a due grant: see <c>GET /v1/parked</c>. 0 for a billing run.</summary>
    public int SchedulesParked { get; init; }
}

/// <summary>Body of <c>POST /v1/plans/{code}/migrate</c>.</summary>
public sealed record MigratePlanRequest
{
    /// <summary>Only subscriptions of this version. Default: of every older one.</summary>
    public int? FromVersion { get; init; }

    /// <summary><c>period_end</c> (default): at each one's renewal. <c>now</c>: at once.</summary>
    public string? When { get; init; }

    /// <summary>With <c>now</c>: <c>second</c> (default), <c>day</c>, <c>none</c> or <c>usage_aware</c>.</summary>
    public string? Proration { get; init; }

    /// <summary>True: only list the subscriptions that would migrate, and the cost for each.</summary>
    public bool? DryRun { get; init; }

    /// <summary>The most subscriptions of one call: 1 to 1000, default 100.</summary>
    public int? Limit { get; init; }

    /// <summary>The last <c>subscription</c> of the previous page.</summary>
    public string? StartingAfter { get; init; }
}

/// <summary>A subscription that migrated, or would migrate. Amounts in minor units for one whole period.</summary>
/// <param name="When"><c>now</c>, <c>period_end</c>, or <c>resume</c>: when the pause ends.</param>
/// <param name="DueNow">The invoice that is due at once; null: nothing.</param>
/// <param name="Refused">The reason why it did not migrate; null: it did.</param>
public sealed record MigratedView(
    string Customer, string Subscription, int FromVersion, int ToVersion, string When, string Currency, long AmountBefore, long AmountAfter,
    long? DueNow, string? Refused);

/// <summary>Answer of <c>POST /v1/plans/{code}/migrate</c>.</summary>
public sealed record MigrationView(bool DryRun, IReadOnlyList<MigratedView> Data, bool HasMore);
