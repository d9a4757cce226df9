using System.Text.Json;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Payments.Stripe;

/// <summary>A subscription at Stripe, in the older (≤ 2025-02-24.acacia) or the newer form.</summary>
/// <param name="Status"><c>trialing</c>, <c>active</c>, <c>past_due</c>, …</param>
/// <param name="Item">The item of the plan: the first one that is not metered.</param>
/// <param name="Anchor">The anchor of its periods.</param>
/// <param name="PeriodStart">The newer form has it on the items; the item with the earliest end counts.</param>
public sealed record StripeSubscription(
    string Id, string? Customer, string Status, StripeItem? Item, Instant? PeriodStart, Instant? PeriodEnd, Instant? TrialEnd,
    bool CancelsAtPeriodEnd,
    Instant? CancelAt, Instant? CanceledAt, Instant? EndedAt, Instant? Created, Instant? Started, Instant? Anchor, string? LatestInvoice,
    string? Reason,
    IReadOnlyDictionary<string, string> Metadata)
{
    public IReadOnlyList<StripeItem> Items { get; init; } = [];

    /// <summary>
    /// True for a trial that ends or pauses without a payment method (<c>trial_settings.end_behavior.missing_payment_method</c>), if the
    /// subscription has no method of its own. Its customer may have a default method.
    /// </summary>
    public bool NeedsMethod { get; init; }

    /// <summary>True if the subscription cannot change any more.</summary>
    public bool IsOver => Status is "canceled" or "incomplete_expired";

    /// <summary>
    /// The status in Tollgate. An unpaid subscription, and one whose trial ended without a card, give nothing at Stripe either, so they are
    /// paused.
    /// </summary>
    public SubscriptionStatus State => Status switch
    {
        "trialing" => SubscriptionStatus.Trialing,
        "active" => SubscriptionStatus.Active,
        "past_due" => SubscriptionStatus.PastDue,
        "paused" or "unpaid" => SubscriptionStatus.Paused,
        "canceled" or "incomplete_expired" => SubscriptionStatus.Canceled,
        _ => SubscriptionStatus.Incomplete,
    };

    public static StripeSubscription? Read(JsonElement json)
    {
        if (json.Text("id") is not { } id || json.Text("status") is not { } status)
        {
            return null;
        }

        var items = json.Items("items").ToList();
        var first = items.Where(static item => item.Child("current_period_end") is not null)
            .OrderBy(static item => item.Number("current_period_end")).FirstOrDefault();
        var item = items.Select(StripeItem.Read).OfType<StripeItem>().ToList();
        return new(
            id, json.Reference("customer"), status, item.Find(static one => !one.IsMetered) ?? item.FirstOrDefault(),
            json.Moment("current_period_start") ?? first.Moment("current_period_start"),
            json.Moment("current_period_end") ?? first.Moment("current_period_end"),
            json.Moment("trial_end"), json.Flag("cancel_at_period_end"), json.Moment("cancel_at"), json.Moment("canceled_at"),
            json.Moment("ended_at"),
            json.Moment("created"), json.Moment("start_date"), json.Moment("billing_cycle_anchor"), json.Reference("latest_invoice"),
            json.Child("cancellation_details")?.Text("comment") ?? json.Child("cancellation_details")?.Text("feedback"), json.Metadata())
        {
            Items = item,
            NeedsMethod = status == "trialing"
                && json.Child("trial_settings")?.Child("end_behavior")?.Text("missing_payment_method") is "cancel" or "pause"
                && (json.Reference("default_payment_method") ?? json.Reference("default_source")) is null,
        };
    }
}

/// <summary>The item of a subscription, with its price.</summary>
/// <param name="Unit">The unit price; null: tiers, or less than the smallest unit.</param>
/// <param name="Interval"><c>month</c>, <c>year</c>, <c>week</c>, <c>day</c>.</param>
public sealed record StripeItem(
    string Id, string Price, string? LookupKey, MoneyAmount? Unit, string? Interval, long Every, long Quantity,
    bool IsMetered,
    IReadOnlyDictionary<string, string> PriceMetadata)
{
    /// <summary>The period in the newer form.</summary>
    public Instant? PeriodStart { get; init; }

    public Instant? PeriodEnd { get; init; }

    public static StripeItem? Read(JsonElement json)
    {
        // Very old objects have a plan and no price; both have the same id.
        if ((json.Child("price") ?? json.Child("plan")) is not { } price || json.Text("id") is not { } id
            || price.Text("id") is not { } priceId)
        {
            return null;
        }

        var recurring = price.Child("recurring") ?? price;
        return new(
            id, priceId, price.Text("lookup_key"),
            StripeAmounts.FromStripe(price.Number("unit_amount") ?? price.Number("amount"), price.Text("currency")),
            recurring.Text("interval"), recurring.Number("interval_count") ?? 1, json.Number("quantity") ?? 1,
            recurring.Text("usage_type") == "metered", price.Metadata())
        {
            PeriodStart = json.Moment("current_period_start"), PeriodEnd = json.Moment("current_period_end"),
        };
    }
}

/// <summary>An invoice at Stripe, in the older or the newer form.</summary>
/// <param name="Status"><c>draft</c>, <c>open</c>, <c>paid</c>, <c>void</c>, <c>uncollectible</c>.</param>
/// <param name="PaymentIntent">The newer form has it only when payments are expanded.</param>
public sealed record StripeInvoice(
    string Id, string? Customer, string? Subscription, string? Status, string? Number, MoneyAmount? Total,
    MoneyAmount? Paid, MoneyAmount? Due,
    string? PaymentIntent, string? Url, long Attempts, Instant? Created, Instant? PaidAt,
    IReadOnlyDictionary<string, string> Metadata, MoneyAmount? Tax, IReadOnlyList<ProviderInvoiceLine> Lines)
{
    public static StripeInvoice? Read(JsonElement json)
    {
        if (json.Text("id") is not { } id)
        {
            return null;
        }

        var (details, currency) = (json.Child("parent", "subscription_details"), json.Text("currency"));
        var payment = json.Items("payments").OrderByDescending(static one => one.Text("status") == "paid")
            .Select(static one => one.Child("payment")?.Reference("payment_intent")).FirstOrDefault(static one => one is not null);
        return new(
            id, json.Reference("customer"), details?.Reference("subscription") ?? json.Reference("subscription"), json.Text("status"),
            json.Text("number"), StripeAmounts.FromStripe(json.Number("total"), currency),
            StripeAmounts.FromStripe(json.Number("amount_paid"), currency),
            StripeAmounts.FromStripe(json.Number("amount_due"), currency), json.Reference("payment_intent") ?? payment,
            json.Text("hosted_invoice_url"),
            json.Number("attempt_count") ?? 0, json.Moment("created"), json.Child("status_transitions")?.Moment("paid_at"),
            json.Metadata(), TaxOf(json, currency),
            [.. json.Items("lines").Select(one => LineOf(one, currency)).OfType<ProviderInvoiceLine>()]);
    }

    /// <summary>Returns the tax: the newer form lists the amount of each rate, the older one has the sum.</summary>
    private static MoneyAmount? TaxOf(JsonElement json, string? currency) => StripeAmounts.FromStripe(
        json.Number("tax") ?? json.Items("total_taxes").Sum(static tax => tax.Number("amount") ?? 0), currency);

    private static ProviderInvoiceLine? LineOf(JsonElement line, string? currency)
    {
        var discounts = line.Items("discount_amounts").Sum(static discount => discount.Number("amount") ?? 0);
        return StripeAmounts.FromStripe(line.Number("amount") - discounts, currency) is { } amount
            && line.Child("period") is { } period && period.Moment("start") is { } start && period.Moment("end") is { } end
            ? new(line.Text("description") ?? "", amount.Minor, new(start, end < start ? start : end))
            : null;
    }
}

/// <summary>A checkout at Stripe.</summary>
/// <param name="Mode"><c>payment</c>, <c>subscription</c>, <c>setup</c>.</param>
/// <param name="Status"><c>open</c>, <c>complete</c>, <c>expired</c>.</param>
public sealed record StripeCheckout(
    string Id, string? Mode, string? Status, string? ClientReference, string? Customer, string? Subscription, string? Invoice,
    MoneyAmount? Total, string? Url, IReadOnlyDictionary<string, string> Metadata)
{
    public static StripeCheckout? Read(JsonElement json) => json.Text("id") is not { } id
        ? null
        : new(
            id, json.Text("mode"), json.Text("status"), json.Text("client_reference_id"), json.Reference("customer"),
            json.Reference("subscription"), json.Reference("invoice"),
            StripeAmounts.FromStripe(json.Number("amount_total"), json.Text("currency")), json.Text("url"), json.Metadata());
}

/// <summary>A payment intent: an amount to pay, and its status.</summary>
/// <param name="Status"><c>succeeded</c>, <c>processing</c>, <c>requires_payment_method</c>, <c>requires_action</c>, <c>canceled</c>,
/// …</param>
/// <param name="LastError">The error of the last attempt.</param>
public sealed record StripePayment(
    string Id, string Status, MoneyAmount? Amount, MoneyAmount? Received, string? Invoice, StripeError? LastError,
    IReadOnlyDictionary<string, string> Metadata)
{
    public static StripePayment? Read(JsonElement json)
    {
        if (json.Text("id") is not { } id || json.Text("status") is not { } status)
        {
            return null;
        }

        var (currency, error) = (json.Text("currency"), json.Child("last_payment_error"));
        return new(
            id, status, StripeAmounts.FromStripe(json.Number("amount"), currency),
            StripeAmounts.FromStripe(json.Number("amount_received"), currency), json.Reference("invoice"),
            error is { } why
                ? new(402, why.Text("type") ?? "card_error", why.Text("code"), why.Text("decline_code"), why.Text("message"))
                : null,
            json.Metadata());
    }

    /// <summary>True: the money moved; false: it did not; null: the result is not known yet.</summary>
    public (bool? Moved, PaymentFailure? Failure) Outcome => Status switch
    {
        "succeeded" => (true, null),
        "requires_action" or "requires_confirmation" => (false, PaymentFailure.AuthenticationRequired),
        "requires_payment_method" or "canceled" =>
            (false, (LastError is null ? null : StripeRules.FailureOf(LastError)) ?? PaymentFailure.Declined),
        _ => (null, null),
    };
}

/// <summary>A charge: money that moved, and its refunds.</summary>
/// <param name="Refunded">The total refunded so far.</param>
public sealed record StripeCharge(string Id, string? PaymentIntent, string? Invoice, MoneyAmount? Amount, MoneyAmount? Refunded)
{
    public static StripeCharge? Read(JsonElement json) => json.Text("id") is not { } id
        ? null
        : new(
            id, json.Reference("payment_intent"), json.Reference("invoice"),
            StripeAmounts.FromStripe(json.Number("amount"), json.Text("currency")),
            StripeAmounts.FromStripe(json.Number("amount_refunded"), json.Text("currency")));
}

/// <summary>A dispute: the bank takes money back for its customer, until a decision.</summary>
/// <param name="Status"><c>needs_response</c>, <c>under_review</c>, <c>won</c>, <c>lost</c>, …</param>
public sealed record StripeDispute(string Id, string? PaymentIntent, MoneyAmount? Amount, string? Status, string? Reason)
{
    public static StripeDispute? Read(JsonElement json) => json.Text("id") is not { } id
        ? null
        : new(
            id, json.Reference("payment_intent"),
            StripeAmounts.FromStripe(json.Number("amount"), json.Text("currency")),
            json.Text("status"), json.Text("reason"));
}
