using System.ComponentModel.DataAnnotations;
using Tollgate.Contracts.Invoicing;

namespace Tollgate.Contracts.Subscriptions;

/// <summary>Comes off the plan's price before coupons: a percentage, or an amount.</summary>
public sealed record LineDiscountBody
{
    /// <summary>0 to 100; 0 ends what the catalogue takes off.</summary>
    public decimal? Percent { get; init; }

    /// <summary>Minor units off the price for one.</summary>
    public long? Amount { get; init; }
}

/// <summary>Body of <c>POST /v1/subscriptions</c>.</summary>
public sealed record CreateSubscriptionRequest
{
    /// <summary>Your id of the customer, who is created when missing.</summary>
    [Required]
    public string? Customer { get; init; }

    /// <summary>Code of a plan of the catalogue in force; its newest version.</summary>
    [Required]
    public string? Plan { get; init; }

    /// <summary><c>weekly</c>, <c>monthly</c> (default) or <c>yearly</c>: the plan needs a price for it.</summary>
    public string? Period { get; init; }

    /// <summary>ISO 4217. Default: the customer's, or the project's. A customer keeps the currency of its first subscription.</summary>
    public string? Currency { get; init; }

    /// <summary>Times the plan's price, for instance seats. Default 1.</summary>
    public long? Quantity { get; init; }

    /// <summary>Sold beside the plan: codes of the catalogue.</summary>
    public IReadOnlyList<AddOnOrder>? AddOns { get; init; }

    /// <summary>
    /// Agreed with this customer instead of the plan's price: minor units for one period. Stays until plan or period change.
    /// </summary>
    public long? Amount { get; init; }

    /// <summary>
    /// Agreed with this customer: comes off the plan's price, or off <c>amount</c>, before coupons. Stays until plan or period change.
    /// </summary>
    public LineDiscountBody? Discount { get; init; }

    /// <summary>Default: with the plan's trial if it is the customer's first subscription.</summary>
    public bool? Trial { get; init; }

    /// <summary>
    /// The effect of the trial's end: <c>convert</c> (default) begins the first paid period, <c>expire</c> ends the subscription.
    /// </summary>
    public string? TrialEndBehavior { get; init; }

    /// <summary>
    /// A value that recognises a returning person, for instance of a card: each gets one trial. Tollgate stores only a hash.
    /// </summary>
    public string? TrialFingerprint { get; init; }

    /// <summary>A coupon's code. Further ones: <c>POST /v1/subscriptions/{id}/coupons</c>.</summary>
    public string? Coupon { get; init; }

    /// <summary>
    /// Not in the future, at most a year back, and not before the customer's last subscription ended: periods until now are invoiced at
    /// once. Default: now.
    /// </summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>Your own id: a repeat of the same order answers the subscription as it is now; another order is refused.</summary>
    public string? Id { get; init; }

    /// <summary>Only look: answers what would be, and changes nothing.</summary>
    public bool? Preview { get; init; }
}

/// <summary>Body of <c>PATCH /v1/subscriptions/{id}</c> and of <c>/preview</c>. What is left out stays.</summary>
public sealed record ChangeSubscriptionRequest
{
    public string? Plan { get; init; }

    /// <summary><c>weekly</c>, <c>monthly</c> or <c>yearly</c>.</summary>
    public string? Period { get; init; }

    public long? Quantity { get; init; }

    /// <summary>All add-ons that it is to have; an empty list for none.</summary>
    public IReadOnlyList<AddOnOrder>? AddOns { get; init; }

    /// <summary>
    /// Agreed with this customer instead of the plan's price: minor units for one period. Left out or null: what was agreed stays, unless
    /// plan or period change.
    /// </summary>
    public long? Amount { get; init; }

    /// <summary>
    /// Agreed with this customer: comes off the plan's price before coupons. Left out or null: what was agreed stays, unless plan or period
    /// change.
    /// </summary>
    public LineDiscountBody? Discount { get; init; }

    /// <summary>
    /// <c>now</c> or <c>period_end</c>. Default: now if it costs more a month than before, otherwise at the end of the period; of a paused
    /// one when it goes on.
    /// </summary>
    public string? When { get; init; }

    /// <summary><c>second</c> (default), <c>day</c>, <c>none</c> or <c>usage_aware</c>: how the rest of the period is counted.</summary>
    public string? Proration { get; init; }

    /// <summary>Only look: answers what would be, and changes nothing.</summary>
    public bool? Preview { get; init; }
}

/// <summary>Body of <c>POST /v1/subscriptions/{id}/cancel</c>.</summary>
public sealed record CancelSubscriptionRequest
{
    /// <summary><c>now</c> or <c>period_end</c> (default).</summary>
    public string? At { get; init; }

    /// <summary>
    /// Only with <c>now</c>: what was billed for the unused time becomes the customer's credit. Default: nothing is given back.
    /// </summary>
    public bool? Credit { get; init; }

    /// <summary>A short code of yours: <c>too_expensive</c>. Left out, one that was given before stays.</summary>
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
    /// <summary>The coupon's. Capital letters count.</summary>
    [Required]
    public string? Code { get; init; }

    /// <summary>Only look: answers what would be, and changes nothing.</summary>
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

    /// <summary>It takes nothing off from then on: its months are over, or it was ended.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>The number of invoices that it reduced.</summary>
    public required int Invoices { get; init; }

    /// <summary>With <c>carry_over</c>: minor units that it can still take off.</summary>
    public long? Remaining { get; init; }

    /// <summary>False: it is used up or has ended.</summary>
    public required bool Active { get; init; }
}

/// <summary>Answer of <c>GET /v1/subscriptions/{id}/coupons</c>: all of them, in the order of redemption.</summary>
public sealed record SubscriptionCouponList(IReadOnlyList<SubscriptionCouponView> Data, bool HasMore);

/// <summary>An add-on and how many of it; 1 unless given.</summary>
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
/// <param name="At">Null: when somebody resumes the paused subscription.</param>
public sealed record ScheduledChangeView(string Plan, int PlanVersion, string Period, long Quantity, long Amount, DateTimeOffset? At);

/// <summary>A subscription as every call answers it.</summary>
public sealed record SubscriptionView
{
    /// <summary>Yours where you gave one.</summary>
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

    /// <summary>It ends then.</summary>
    public DateTimeOffset? CancelAt { get; init; }

    public string? CancelReason { get; init; }

    public string? CancelComment { get; init; }

    public ScheduledChangeView? ScheduledChange { get; init; }

    public DateTimeOffset? PausedAt { get; init; }

    public DateTimeOffset? ResumeAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why its next invoice is held back until somebody has looked at it.</summary>
    public string? ParkedReason { get; init; }

    /// <summary>Id of its newest invoice.</summary>
    public string? LatestInvoice { get; init; }
}

/// <summary>Answer of a change and of every preview.</summary>
/// <param name="Invoice">The invoice of the change; null: nothing is due now. In a preview, it has no number.</param>
/// <param name="NextInvoice">Only with a preview: what the next moment will ask for, with the usage so far.</param>
/// <param name="ReplacedChange">The scheduled change as it was before, where this call changed it or took it back; null: none waited, or it
/// waits on.</param>
public sealed record SubscriptionChangeView(
    SubscriptionView Subscription, InvoiceView? Invoice, InvoiceView? NextInvoice, ScheduledChangeView? ReplacedChange);

/// <summary>Answer of <c>GET /v1/subscriptions</c>.</summary>
public sealed record SubscriptionList(IReadOnlyList<SubscriptionView> Data, bool HasMore);

/// <summary>One thing that happened to a subscription.</summary>
public sealed record SubscriptionFactView
{
    public required int Sequence { get; init; }

    /// <summary><c>start</c>, <c>renew</c>, <c>change</c>, <c>schedule</c>, <c>cancel</c>, <c>redeem_coupon</c> and so on.</summary>
    public required string Type { get; init; }

    /// <summary>When it took effect.</summary>
    public required DateTimeOffset At { get; init; }

    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary><c>system</c>, or the key that asked.</summary>
    public required string Actor { get; init; }

    /// <summary><c>request</c>, <c>due</c>, the reason of a cancellation, <c>coupon SPRING</c>, or <c>migration to version 2</c>.</summary>
    public required string Cause { get; init; }

    /// <summary>Id of what it was invoiced with.</summary>
    public string? Invoice { get; init; }

    public required SubscriptionStateView Detail { get; init; }
}

/// <summary>The subscription as a fact left it.</summary>
public sealed record SubscriptionStateView(
    string Status, string Plan, int PlanVersion, string Period, long Quantity, long Amount, DateTimeOffset PeriodStart,
    DateTimeOffset PeriodEnd, string? ScheduledPlan,
    DateTimeOffset? CancelAt, string? CancelReason);

/// <summary>Answer of <c>GET /v1/subscriptions/{id}/events</c>, oldest first.</summary>
public sealed record SubscriptionFactList(IReadOnlyList<SubscriptionFactView> Data, bool HasMore);

/// <summary>A subscription that a person has to look at.</summary>
public sealed record ParkedView(string Id, string Customer, DateTimeOffset? DueAt, DateTimeOffset ParkedAt, string Reason);

/// <summary>Answer of <c>GET /v1/billing/parked</c>, oldest first.</summary>
public sealed record ParkedList(IReadOnlyList<ParkedView> Data, bool HasMore);

/// <summary>The due work and its expected totals.</summary>
public sealed record DueItemView(
    string Customer, string Subscription, string Type, DateTimeOffset At, long? Total, string? Currency, string? Parked);

/// <summary>Answer of <c>POST /v1/billing/run</c>.</summary>
/// <param name="Due">Only with <c>dry_run</c>: what would happen.</param>
/// <param name="Remaining">Subscriptions for which something is due after the call: with <c>limit</c> the rest, with <c>dry_run</c>
/// all.</param>
public sealed record BillingRunView(bool DryRun, BillingReportView Processed, IReadOnlyList<DueItemView>? Due, long Remaining);

/// <summary>Counts of the automatic work.</summary>
public sealed record BillingReportView(
    int Invoices, int Renewals, int TrialsConverted, int TrialsExpired, int Canceled, int Resumed, int UsageBilled, int Parked)
{
    /// <summary>
    /// Invoices that a charge of the customer's payment method paid. 0 for a billing run, since Tollgate collects in the background.
    /// </summary>
    public int Collected { get; init; }

    /// <summary>Attempts at that which failed.</summary>
    public int CollectingFailed { get; init; }

    /// <summary>Grant schedules that could not give what is due: see <c>GET /v1/parked</c>. Of a run of billing 0.</summary>
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

    /// <summary>Only list who would be moved, and what it would cost them.</summary>
    public bool? DryRun { get; init; }

    /// <summary>At most so many in this call: 1 to 1000, default 100.</summary>
    public int? Limit { get; init; }

    /// <summary>The <c>subscription</c> of the last one of the page before.</summary>
    public string? StartingAfter { get; init; }
}

/// <summary>One that was moved, or would be. Amounts in minor units for one whole period.</summary>
/// <param name="When"><c>now</c>, <c>period_end</c>, or <c>resume</c>: when the pause ends.</param>
/// <param name="DueNow">The invoice that is due at once; null: nothing.</param>
/// <param name="Refused">Why it was left where it is; null: it was moved.</param>
public sealed record MigratedView(
    string Customer, string Subscription, int FromVersion, int ToVersion, string When, string Currency, long AmountBefore, long AmountAfter,
    long? DueNow, string? Refused);

/// <summary>Answer of <c>POST /v1/plans/{code}/migrate</c>.</summary>
public sealed record MigrationView(bool DryRun, IReadOnlyList<MigratedView> Data, bool HasMore);
