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
        "The terms, the end, the coupons or the scheduled change of the subscription have changed; see change.type.");

    private static readonly Dictionary<SubscriptionVerb, WebhookEventType> OfSteps = new()
    {
        [SubscriptionVerb.Start] = new(
            "subscription.created", WebhookObject.Subscription, "A subscription has begun, with or without a trial."),
        [SubscriptionVerb.Activate] = new(
            "subscription.activated", WebhookObject.Subscription, "An incomplete subscription has become active."),
        [SubscriptionVerb.ConvertTrial] = new(
            "subscription.trial_converted", WebhookObject.Subscription, "The trial has ended, and the first paid period has begun."),
        [SubscriptionVerb.ExpireTrial] = new(
            "subscription.trial_expired", WebhookObject.Subscription,
            "The trial has expired; the customer is on the default plan."),
        [SubscriptionVerb.Renew] = new("subscription.renewed", WebhookObject.Subscription, "The next period has begun, and Tollgate has "
            + "invoiced it."),
        [SubscriptionVerb.BillUsage] = new(
            "subscription.usage_billed", WebhookObject.Subscription,
            "A month within a longer period has ended, and Tollgate has invoiced its usage."),
        [SubscriptionVerb.Change] = Updated,
        [SubscriptionVerb.Schedule] = Updated,
        [SubscriptionVerb.Unschedule] = Updated,
        [SubscriptionVerb.ScheduleCancel] = Updated,
        [SubscriptionVerb.Uncancel] = Updated,
        [SubscriptionVerb.RedeemCoupon] = Updated,
        [SubscriptionVerb.EndCoupon] = Updated,
        [SubscriptionVerb.Pause] = new(
            "subscription.paused", WebhookObject.Subscription,
            "The subscription is paused; until it resumes, the customer is on the default plan."),
        [SubscriptionVerb.Resume] = new("subscription.resumed", WebhookObject.Subscription, "A paused subscription has resumed."),
        [SubscriptionVerb.Cancel] = new("subscription.canceled", WebhookObject.Subscription, "The subscription has ended."),
        [SubscriptionVerb.FailPayment] = new("subscription.past_due", WebhookObject.Subscription, "A payment has failed."),
        [SubscriptionVerb.RecoverPayment] = new(
            "subscription.recovered", WebhookObject.Subscription, "The subscription is no longer past due."),
    };

    private static readonly WebhookEventType Finalized = new(
        "invoice.finalized", WebhookObject.Invoice,
        "The invoice has its number, and its lines no longer change. An invoice with a total of 0 is paid at once.");
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
        "invoice.refund_failed", WebhookObject.Invoice, "A refund of the invoice has failed; the amount has become the customer's credit.");

    private static readonly WebhookEventType PaymentFailed = new("invoice.payment_failed", WebhookObject.Invoice,
        "Tollgate could not collect the invoice; change.note has the reason. Tollgate retries according to the dunning policy, unless the "
            + "invoice is now uncollectible.");
    private static readonly WebhookEventType CheckoutCompleted = new(
        "checkout.completed", WebhookObject.Checkout, "The customer has completed the purchase.");
    private static readonly WebhookEventType CheckoutExpired = new(
        "checkout.expired", WebhookObject.Checkout, "The checkout has expired without a purchase.");
    private static readonly WebhookEventType CheckoutCredited = new("checkout.credited", WebhookObject.Checkout,
        "The customer paid when the purchase was no longer possible, and the money has become the customer's credit.");

    private static readonly Dictionary<string, WebhookEventType> OfPayments = new()
    {
        ["succeed"] = new("payment.succeeded", WebhookObject.Payment, "The payment has succeeded."),
        ["fail"] = new(
            "payment.failed", WebhookObject.Payment,
            "The payment has failed; payment.failure has the reason. A provider may later report that it succeeded after all."),
        ["refund_succeed"] = new(
            "payment.refunded", WebhookObject.Payment, "The payment has been refunded, in part or in full; change.amount is the amount."),
        ["refund_fail"] = new(
            "payment.refund_failed", WebhookObject.Payment,
            "The provider could not refund the payment; the amount has become the customer's credit."),
        ["dispute"] = new("payment.disputed", WebhookObject.Payment, "The customer's bank has opened a dispute."),
        ["dispute_won"] = new("payment.dispute_won", WebhookObject.Payment, "The dispute ended in your favour."),
        ["dispute_lost"] = new("payment.dispute_lost", WebhookObject.Payment, "The dispute ended in the customer's favour, and the bank "
            + "has kept the money."),
    };

    public static readonly WebhookEventType ThresholdReached = new("quota.threshold_reached", WebhookObject.Quota,
        "Usage has reached 80, 90 or 100 percent of the limit, or a threshold in the catalogue. Each threshold fires once per customer, "
            + "feature and period.");

    public static readonly WebhookEventType EndpointDisabled = new("webhook_endpoint.disabled", WebhookObject.WebhookEndpoint,
        "Tollgate has disabled an endpoint that answered 410 (gone) or accepted nothing for five days (failing). Tollgate sends this event "
            + "to the project's other endpoints.");

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
