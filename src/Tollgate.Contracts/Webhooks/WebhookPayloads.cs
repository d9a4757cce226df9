using System.Text.Json;
using Tollgate.Contracts.Alerts;
using Tollgate.Contracts.Checkouts;
using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Invoicing;
using Tollgate.Contracts.Payments;
using Tollgate.Contracts.Subscriptions;

namespace Tollgate.Contracts.Webhooks;

/// <summary>The payload of an event about a subscription.</summary>
/// <param name="Timestamp">When it happened, by the project's clock.</param>
/// <param name="Sequence">Counts the events of the subscription from 1, without a gap.</param>
public sealed record SubscriptionWebhook(string Type, DateTimeOffset Timestamp, long Sequence, SubscriptionWebhookData Data);

/// <param name="Customer">When the event was published.</param>
/// <param name="Subscription">The subscription when the event was published: a later step may have changed it since the step that the event
/// reports.</param>
/// <param name="Change">The step, and the subscription as it left it.</param>
/// <param name="PreviousAttributes">Members of <c>change.detail</c> that the step changed, with their previous values.</param>
public sealed record SubscriptionWebhookData(
    CustomerView Customer, SubscriptionView Subscription, SubscriptionFactView Change,
    IReadOnlyDictionary<string, JsonElement> PreviousAttributes);

/// <inheritdoc cref="SubscriptionWebhook"/>
public sealed record InvoiceWebhook(string Type, DateTimeOffset Timestamp, long Sequence, InvoiceWebhookData Data);

/// <param name="Customer">When the event was published.</param>
/// <param name="Invoice">The invoice when the event was published: payments and credits may belong to later events.</param>
/// <param name="Change">The change that the event reports.</param>
public sealed record InvoiceWebhookData(CustomerView Customer, InvoiceView Invoice, InvoiceChangeView Change);

/// <param name="Sequence">The number of the fact among the invoice's facts, from 1.</param>
/// <param name="Type"><c>finalize</c>, <c>pay</c>, <c>void</c>, <c>mark_uncollectible</c>, <c>credit</c> or <c>refund</c>. An invoice is
/// paid by <c>pay</c>, or by a <c>credit</c> that leaves nothing.</param>
/// <param name="Amount">Minor units: the amount invoiced, paid, credited or refunded.</param>
/// <param name="Actor"><c>system</c>, or the calling key.</param>
/// <param name="Note">For a credit note, its number; for a payment by credits, <c>credits</c>.</param>
public sealed record InvoiceChangeView(long Sequence, string Type, DateTimeOffset At, long Amount, string Actor, string? Note);

/// <inheritdoc cref="SubscriptionWebhook"/>
public sealed record CheckoutWebhook(string Type, DateTimeOffset Timestamp, long Sequence, CheckoutWebhookData Data);

/// <param name="Customer">When the event was published.</param>
public sealed record CheckoutWebhookData(CustomerView Customer, CheckoutView Checkout);

/// <inheritdoc cref="SubscriptionWebhook"/>
public sealed record PaymentWebhook(string Type, DateTimeOffset Timestamp, long Sequence, PaymentWebhookData Data);

/// <param name="Customer">When the event was published.</param>
/// <param name="Payment">When the event was published, as <c>GET /v1/payments/{id}</c> shows it.</param>
/// <param name="Change">The change that the event reports.</param>
public sealed record PaymentWebhookData(CustomerView Customer, PaymentView Payment, PaymentChangeView Change);

/// <param name="Sequence">The number of the fact among the payment's facts, from 1; some facts have no event, such as the attempt
/// itself.</param>
/// <param name="Type"><c>succeed</c>, <c>fail</c>, <c>refund_succeed</c>, <c>refund_fail</c>, <c>dispute</c>, <c>dispute_won</c> or
/// <c>dispute_lost</c>.</param>
/// <param name="Amount">Minor units: of the payment, the refund or the dispute.</param>
/// <param name="Actor"><c>system</c>, or the calling key.</param>
/// <param name="Note">The provider's id of it, if there is one.</param>
public sealed record PaymentChangeView(long Sequence, string Type, DateTimeOffset At, long Amount, string Actor, string? Note);

/// <inheritdoc cref="SubscriptionWebhook"/>
public sealed record QuotaWebhook(string Type, DateTimeOffset Timestamp, long Sequence, QuotaWebhookData Data);

/// <param name="Customer">When the event was published.</param>
public sealed record QuotaWebhookData(CustomerView Customer, ReachedThresholdView Quota);

/// <param name="Used">The usage of the period when it crossed the threshold.</param>
/// <param name="Granted">The amount that the percentage refers to.</param>
public sealed record ReachedThresholdView(
    string Feature, int Percent, decimal Used, decimal Granted, DateTimeOffset PeriodStart, DateTimeOffset ReachedAt);

/// <summary>The payload of an alert.</summary>
/// <param name="Timestamp">The time of the fact, by the project's clock.</param>
/// <param name="Sequence">Always 1: an alert fires once.</param>
public sealed record AlertWebhook(string Type, DateTimeOffset Timestamp, long Sequence, AlertWebhookData Data);

/// <param name="Alert">When the event was published, as <c>GET /v1/alerts/{id}</c> shows it.</param>
public sealed record AlertWebhookData(AlertView Alert);

/// <summary>The body of an alert to an endpoint of the format <c>slack</c>.</summary>
/// <param name="Text">Slack's markup.</param>
public sealed record SlackBody(string Text);

/// <summary>The payload of an event about an endpoint, which Tollgate sends to the others.</summary>
/// <param name="Timestamp">When it happened, in real time.</param>
/// <param name="Sequence">Counts the events of the endpoint from 1, without a gap.</param>
public sealed record WebhookEndpointWebhook(string Type, DateTimeOffset Timestamp, long Sequence, WebhookEndpointWebhookData Data);

/// <param name="Endpoint">When the event was published: it may be enabled again.</param>
/// <param name="Change">The change that the event reports.</param>
public sealed record WebhookEndpointWebhookData(WebhookEndpointView Endpoint, WebhookEndpointChangeView Change);

/// <param name="Sequence">The number of the fact among the endpoint's facts, from 1.</param>
/// <param name="Type"><c>disable</c>.</param>
/// <param name="Reason"><c>gone</c>: it answered 410. <c>failing</c>: it accepted nothing for five days.</param>
public sealed record WebhookEndpointChangeView(long Sequence, string Type, DateTimeOffset At, string Reason);
