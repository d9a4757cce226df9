using Tollgate.Core.Subscriptions;

namespace Tollgate.Core.Webhooks;

/// <summary>The object of an event. Tollgate delivers events of one object in their order.</summary>
public enum WebhookObject
{
    Subscription,
    Invoice,
    Payment,

    /// <summary>A page on which a customer buys something.</summary>
    Checkout,

    /// <summary>A customer's balance of one feature.</summary>
    Quota,

    /// <summary>The endpoint itself.</summary>
    WebhookEndpoint,

    /// <summary>An alert that a rule of the project has fired.</summary>
    Alert,
}

/// <summary>An event type that an endpoint can select.</summary>
/// <param name="Name">The name in the API; never changes after its release.</param>
public sealed record WebhookEventType(string Name, WebhookObject Object, string Meaning)
{
    public const string Every = "*";

    private static readonly WebhookEventType Updated = new("subscription.updated", WebhookObject.Subscription,
        "The terms, the end, the coupons or the scheduled change of the subscription have changed; change.type says which.");

    private static readonly Dictionary<SubscriptionVerb, WebhookEventType> OfSteps = new()
    {
        [SubscriptionVerb.Start] = new(
            "subscription.created", WebhookObject.Subscription, "A subscription has begun, with a trial or without."),
        [SubscriptionVerb.Activate] = new(
            "subscription.activated", WebhookObject.Subscription, "A subscription that was incomplete is active."),
        [SubscriptionVerb.ConvertTrial] = new(
            "subscription.trial_converted", WebhookObject.Subscription, "The trial is over and the first paid period has begun."),
        [SubscriptionVerb.ExpireTrial] = new(
            "subscription.trial_expired", WebhookObject.Subscription,
            "The trial is over without a purchase; the customer is on the default plan."),
        [SubscriptionVerb.Renew] = new("subscription.renewed", WebhookObject.Subscription, "The next period has begun and was invoiced."),
        [SubscriptionVerb.BillUsage] = new(
            "subscription.usage_billed", WebhookObject.Subscription,
            "A month within a longer period is over, and Tollgate has invoiced its usage."),
        [SubscriptionVerb.Change] = Updated,
        [SubscriptionVerb.Schedule] = Updated,
        [SubscriptionVerb.Unschedule] = Updated,
        [SubscriptionVerb.ScheduleCancel] = Updated,
        [SubscriptionVerb.Uncancel] = Updated,
        [SubscriptionVerb.RedeemCoupon] = Updated,
        [SubscriptionVerb.EndCoupon] = Updated,
        [SubscriptionVerb.Pause] = new(
            "subscription.paused", WebhookObject.Subscription,
            "The subscription is paused; the customer is on the default plan meanwhile."),
        [SubscriptionVerb.Resume] = new("subscription.resumed", WebhookObject.Subscription, "A paused subscription has resumed."),
        [SubscriptionVerb.Cancel] = new("subscription.canceled", WebhookObject.Subscription, "The subscription has ended."),
        [SubscriptionVerb.FailPayment] = new("subscription.past_due", WebhookObject.Subscription, "A payment has failed."),
        [SubscriptionVerb.RecoverPayment] = new(
            "subscription.recovered", WebhookObject.Subscription, "A payment has succeeded after a failed one."),
    };

    private static readonly WebhookEventType Finalized = new(
        "invoice.finalized", WebhookObject.Invoice,
        "The invoice has its number, and its lines no longer change. An invoice of 0 is paid at once.");
    private static readonly WebhookEventType PartiallyPaid = new(
        "invoice.partially_paid", WebhookObject.Invoice, "Credits have paid a part of the invoice.");
    private static readonly WebhookEventType Paid = new("invoice.paid", WebhookObject.Invoice, "The invoice is paid in full.");
    private static readonly WebhookEventType Voided = new("invoice.voided", WebhookObject.Invoice, "The invoice is void.");
    private static readonly WebhookEventType Uncollectible = new(
        "invoice.marked_uncollectible", WebhookObject.Invoice, "The invoice is marked uncollectible.");
    private static readonly WebhookEventType Credited = new(
        "invoice.credited", WebhookObject.Invoice, "The invoice has a new credit note.");

    private static readonly WebhookEventType Refunded = new(
        "invoice.refunded", WebhookObject.Invoice, "A payment of the invoice was refunded.");

    private static readonly WebhookEventType RefundFailed = new(
        "invoice.refund_failed", WebhookObject.Invoice, "A refund of the invoice has failed; its amount is the customer's credit.");

    private static readonly WebhookEventType PaymentFailed = new("invoice.payment_failed", WebhookObject.Invoice,
        "Tollgate could not collect the invoice; change.note says why. Tollgate retries it by the dunning policy, "
            + "unless it is now uncollectible.");
    private static readonly WebhookEventType CheckoutCompleted = new(
        "checkout.completed", WebhookObject.Checkout, "The customer has paid, or nothing was due, and the purchase is done.");
    private static readonly WebhookEventType CheckoutExpired = new(
        "checkout.expired", WebhookObject.Checkout, "Nobody finished the checkout. It has changed nothing.");
    private static readonly WebhookEventType CheckoutCredited = new("checkout.credited", WebhookObject.Checkout,
        "The customer has paid when the purchase was no longer possible. The money is the customer's credit.");

    private static readonly Dictionary<string, WebhookEventType> OfPayments = new()
    {
        ["succeed"] = new("payment.succeeded", WebhookObject.Payment, "The payment has succeeded."),
        ["fail"] = new(
            "payment.failed", WebhookObject.Payment,
            "The payment has failed; payment.failure says why. A provider may report later that it succeeded after all."),
        ["refund_succeed"] = new(
            "payment.refunded", WebhookObject.Payment, "A part of the payment, or all of it, was refunded; change.amount is the amount."),
        ["refund_fail"] = new(
            "payment.refund_failed", WebhookObject.Payment,
            "The provider could not refund the payment; the amount is the customer's credit."),
        ["dispute"] = new("payment.disputed", WebhookObject.Payment, "The customer's bank has opened a dispute."),
        ["dispute_won"] = new("payment.dispute_won", WebhookObject.Payment, "A dispute ended, and the money stays."),
        ["dispute_lost"] = new("payment.dispute_lost", WebhookObject.Payment, "A dispute ended, and the bank took the money back."),
    };

    public static readonly WebhookEventType ThresholdReached = new("quota.threshold_reached", WebhookObject.Quota,
        "Usage has crossed 80, 90 or 100 percent of the granted amount, or the catalogue's own thresholds. Each fires once per customer, "
            + "feature and period.");

    public static readonly WebhookEventType EndpointDisabled = new("webhook_endpoint.disabled", WebhookObject.WebhookEndpoint,
        "Tollgate has disabled an endpoint: it answered 410 (gone), or accepted nothing for five days (failing). "
            + "The event goes to the project's other endpoints.");

    public static readonly WebhookEventType AlertFired = new("alert.fired", WebhookObject.Alert,
        "A rule of the project whose channels include webhook (or slack, for endpoints of that format) has fired an alert.");

    /// <summary>All types in the order of their documentation.</summary>
    public static IReadOnlyList<WebhookEventType> All { get; } =
        [.. OfSteps.Values.Distinct(), Finalized, PartiallyPaid, Paid, Voided, Uncollectible, Credited, Refunded, RefundFailed,
            PaymentFailed, CheckoutCompleted, CheckoutExpired, CheckoutCredited,
            .. OfPayments.Values, ThresholdReached, EndpointDisabled, AlertFired];

    public static WebhookEventType Of(SubscriptionVerb verb) => OfSteps[verb];

    /// <param name="verb">A verb of <c>invoice_facts</c>, or <c>payment_failed</c>.</param>
    /// <param name="settles">For a payment or a credit note: true if nothing is due after it, and something was before.</param>
    public static WebhookEventType OfInvoice(string verb, bool settles) => verb switch
    {
        "finalize" => Finalized,
        "pay" => settles ? Paid : PartiallyPaid,
        "void" => Voided,
        "mark_uncollectible" => Uncollectible,
        "credit" => settles ? Paid : Credited,
        "refund" => Refunded,
        "refund_fail" => RefundFailed,
        "payment_failed" => PaymentFailed,
        _ => throw new InvalidOperationException($"{verb} is no fact of an invoice."),
    };

    /// <param name="verb">A verb of <c>checkout_facts</c>.</param>
    public static WebhookEventType OfCheckout(string verb) =>
        verb switch { "complete" => CheckoutCompleted, "credit" => CheckoutCredited, _ => CheckoutExpired };

    /// <param name="verb">A verb of <c>payment_facts</c> that has an event.</param>
    public static WebhookEventType OfPayment(string verb) => OfPayments[verb];

    /// <summary>True if an endpoint with this selection gets events of the type: names, <c>subscription.*</c>, or <c>*</c>.</summary>
    public static bool Matches(IReadOnlyList<string> wanted, string type) => wanted.Any(one =>
        one == Every || one == type
            || (one.EndsWith(".*", StringComparison.Ordinal) && type.StartsWith(one.AsSpan(0, one.Length - 1), StringComparison.Ordinal)));
}
