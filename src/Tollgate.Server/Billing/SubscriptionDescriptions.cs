using Tollgate.Contracts.Http;
using Tollgate.Contracts.Invoicing;
using Tollgate.Contracts.Subscriptions;
using Tollgate.Core.Catalog;
using Tollgate.Core.Subscriptions;
using Tollgate.Server.Http;
using Tollgate.Server.Invoicing;

namespace Tollgate.Server.Billing;

/// <summary>The OpenAPI descriptions of the room Subscriptions.</summary>
internal static class SubscriptionDescriptions
{
    private const string Tag = "Subscriptions";

    public const string One =
        """
        {"id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "customer": "acme", "plan": "pro", "plan_version": 1,
         "period": "monthly", "status": "active",
         "currency": "USD", "quantity": 1, "amount": 2900, "add_ons": [], "started_at": "2026-01-31T00:00:00Z", "anchor_day": 31,
         "current_period_start": "2026-01-31T00:00:00Z", "current_period_end": "2026-02-28T00:00:00Z", "trial_end": null, "cancel_at": null,
         "cancel_reason": null, "cancel_comment": null, "scheduled_change": null, "paused_at": null, "resume_at": null, "ended_at": null,
         "parked_reason": null, "latest_invoice": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88"}
        """;

    private const string Changed =
        $$"""{"subscription": {{One}}, "invoice": {{InvoiceDescriptions.Sample}}, "next_invoice": null, "replaced_change": null}""";

    private static readonly ErrorCode[] Steps = [
        ErrorCode.SubscriptionNotFound, ErrorCode.SubscriptionState, ErrorCode.ProviderManaged, ErrorCode.InvoiceImplausible,
        ErrorCode.ValidationFailed];

    /// <summary>Errors of steps that Tollgate requests from the provider of a provider-managed subscription.</summary>
    private static readonly ErrorCode[] Asked = [.. Steps, ErrorCode.NotAtProvider, ErrorCode.UpstreamUnreachable];

    public static readonly Description Create = new(
        Tag,
        "Subscribe",
        "Begins a subscription: the customer gets the plan's quotas at once, and Tollgate invoices the first period in advance. "
            + "Creates a missing customer. "
        + "With a trial, the first invoice comes at its end, and periods count from there. A customer has one subscription at a time.\n\n"
        + "The day of the start is the anchor of all periods: from the 31st, February ends on the 28th and March on the 31st. "
        + "With an `id` of your own, a repeat "
        + "answers 200 with the subscription's present state. `preview: true` changes nothing and returns `{subscription, invoice, "
        + "next_invoice}`.")
    {
        Request = Example.Of<CreateSubscriptionRequest>("""{"customer": "acme", "plan": "pro", "period": "monthly"}"""),
        Answers = [
            Example.Of<SubscriptionView>(201, "Subscribed.", One),
            Example.Of<SubscriptionView>(200, "The subscription already existed.", One)],
        Errors =
        [
            ErrorCode.PlanNotFound, ErrorCode.PriceNotFound, ErrorCode.SubscriptionExists, ErrorCode.TrialUsed, ErrorCode.CurrencyFixed,
            ErrorCode.CouponRefused, ErrorCode.AddOnRefused,
            ErrorCode.CustomerIsMember, ErrorCode.IdempotencyKeyReused, ErrorCode.InvoiceImplausible, ErrorCode.ValidationFailed,
        ],
    };

    private static readonly QueryParameter[] Filters =
    [
        new("customer", "Only subscriptions of this customer."),
        new("status", "Only subscriptions in this status.", Words: CatalogWords.All<SubscriptionStatus>()),
        new("plan", "Only subscriptions to this plan."),
    ];

    public static readonly Description List = new(
        Tag, "List subscriptions",
        "Lists the subscriptions of a customer, or of all customers, in the order of their ids, ended ones included.")
    {
        Query = [.. QueryParameter.OfPage, .. Filters],
        Answers = [Example.Of<SubscriptionList>(200, "A page.", $$"""{"data": [{{One}}], "has_more": false}""")],
    };

    public static readonly Description Csv = Description.OfFile(
        Tag, "Export subscriptions", "subscriptions", "in the order of their ids, ended ones included", SubscriptionCsv.Columns, Filters);

    public static readonly Description Show = new(
        Tag, "Show a subscription", "Returns the subscription with its status and scheduled change.")
    {
        Answers = [Example.Of<SubscriptionView>(200, "The subscription.", One)],
        Errors = [ErrorCode.SubscriptionNotFound],
    };

    public static readonly Description Facts = new(
        Tag, "Show the timeline", "Lists the steps of a subscription, the oldest first, each with its actor, its cause and its invoice.")
    {
        Query = [
            new("limit", QueryParameter.OfPage[0].Meaning, "integer"),
            new("starting_after", "The sequence of the last event of the previous page.", "integer")],
        Answers =
        [
            Example.Of<SubscriptionFactList>(
                200, "A page.",
                """
                {"data": [{"sequence": 1, "type": "start", "at": "2026-01-31T00:00:00Z", "recorded_at": "2026-01-31T00:00:00.4Z",
                  "actor": "key 01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "cause": "request",
                   "invoice": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88",
                  "detail": {"status": "active", "plan": "pro", "plan_version": 1, "period": "monthly", "quantity": 1, "amount": 2900,
                   "period_start": "2026-01-31T00:00:00Z", "period_end": "2026-02-28T00:00:00Z", "scheduled_plan": null, "cancel_at": null,
                   "cancel_reason": null}}], "has_more": false}
                """),
        ],
        Errors = [ErrorCode.SubscriptionNotFound],
    };

    public static readonly Description Change = new(
        Tag,
        "Change a subscription",
        "Changes the plan, period, quantity or add-ons, or sets an agreed price. A change that costs more a month takes effect now: "
            + "Tollgate credits the rest of the period at the old price "
        + "and charges it at the new one, each rounded separately. A change that costs less takes effect at the end of the period. "
        + "`when` overrides both. An immediate change of the period "
        + "begins a new period and a new anchor. A change to the present terms cancels a scheduled change; "
        + "any other change keeps the scheduled one and replaces the fields that it names. `replaced_change` is the scheduled change that "
        + "a call changed or canceled. Quotas follow at once. "
        + "If the customer has a payment method that the project's provider can charge, and an amount is due now, "
        + "Tollgate charges it first: a failed payment is a 402 and changes nothing. "
        + "A customer without a payment method gets the change and an open invoice.")
    {
        Request = Example.Of<ChangeSubscriptionRequest>("""{"plan": "enterprise"}"""),
        Answers = [Example.Of<SubscriptionChangeView>(200, "Changed, or scheduled.", Changed)],
        Errors = [
            .. Asked, ErrorCode.PlanNotFound, ErrorCode.PriceNotFound, ErrorCode.AddOnRefused, ErrorCode.PaymentFailed,
            ErrorCode.PaymentPending, ErrorCode.Conflict],
    };

    public static readonly Description Preview = Change with
    {
        Summary = "Preview a change",
        Details =
            "Computes the change with the same code as the change itself, and changes nothing. `invoice` is the invoice that the change "
                + "would issue now, exact to the cent, without a "
            + "number; `next_invoice` is the invoice of the next renewal with the usage so far.",
        Answers = [Example.Of<SubscriptionChangeView>(200, "The result of the change.", Changed)],
        Errors = [.. Asked, ErrorCode.PlanNotFound, ErrorCode.PriceNotFound, ErrorCode.AddOnRefused],
    };

    public static readonly Description Cancel = new(
        Tag,
        "Cancel a subscription",
        "Cancels at the end of the period, or at once with `at: now`. Tollgate returns nothing for unused time, "
            + "unless `now` comes with `credit: true`: then the amount billed for "
        + "the unused time, less earlier credits, becomes the customer's credit. Tollgate invoices open usage at the end. "
        + "From the end on, the customer is on the default plan. `preview: true` changes nothing and returns `{subscription, invoice, "
        + "next_invoice}`.")
    {
        Request = Example.Of<CancelSubscriptionRequest>(
            """{"at": "period_end", "reason": "too_expensive", "comment": "We stop the project."}"""),
        BodyMayBeAbsent = true,
        Answers = [Example.Of<SubscriptionView>(200, "Canceled, or scheduled to be.", One)],
        Errors = Asked,
    };

    public static readonly Description Uncancel = new(
        Tag, "Take back a cancellation",
        "The subscription continues as before. If no cancellation is scheduled, the call cancels a scheduled change.")
    {
        Request = Example.Of<SubscriptionStepRequest>("""{"preview": false}"""),
        BodyMayBeAbsent = true,
        Answers = [Example.Of<SubscriptionView>(200, "The subscription, which continues.", One)],
        Errors = Asked,
    };

    public static readonly Description Pause = new(
        Tag,
        "Pause a subscription",
        "From now on, Tollgate invoices nothing and the customer is on the default plan. When the subscription resumes, "
            + "Tollgate credits the price of the rest of the paid period.")
    {
        Request = Example.Of<PauseSubscriptionRequest>("""{"until": "2026-04-01T00:00:00Z"}"""),
        BodyMayBeAbsent = true,
        Answers = [Example.Of<SubscriptionView>(200, "Paused.", One)],
        Errors = Steps,
    };

    public static readonly Description Resume = new(
        Tag, "Resume a paused subscription",
        "The subscription continues with a new period from now, and a new anchor. Tollgate deducts the amount paid for the unused rest of "
            + "the period before the pause.")
    {
        Request = Example.Of<SubscriptionStepRequest>("""{"preview": false}"""),
        BodyMayBeAbsent = true,
        Answers = [Example.Of<SubscriptionView>(200, "The subscription, which continues.", One)],
        Errors = Steps,
    };

    public static readonly Description Upcoming = new(
        Tag, "Show the upcoming invoice", "Returns the invoice of the next renewal with the usage so far. It has no number.")
    {
        Answers = [Example.Of<InvoiceView>(200, "The upcoming invoice.", InvoiceDescriptions.Sample)],
        Errors = [ErrorCode.SubscriptionNotFound, ErrorCode.InvoiceNotFound, ErrorCode.NotAtProvider, ErrorCode.UpstreamUnreachable],
    };

    public static readonly Description Run = new(
        "Billing",
        "Run what is due",
        "The server does this automatically every second; use the call to preview the work or to run it now. "
            + "`dry_run=true` lists the due work and changes "
        + "nothing. With `limit`, a call processes that many subscriptions, the earliest first, and `remaining` counts the rest: "
        + "call again until it is 0.")
    {
        Query =
        [
            new("dry_run", "true: only list the due work.", "boolean"),
            new("limit",
                $"The largest number of subscriptions, 1 to {BillingRunEndpoints.LargestPart}. Default: all that are due. "
                    + "A dry run lists at most 1,000.",
                "integer"),
        ],
        Answers =
        [
            Example.Of<BillingRunView>(
                200, "The work that was done, or is due.",
                """
                {"dry_run": true, "processed": {"invoices": 0, "renewals": 0, "trials_converted": 0, "trials_expired": 0,
                 "canceled": 0, "resumed": 0,
                 "usage_billed": 0, "parked": 0, "collected": 0, "collecting_failed": 0, "schedules_parked": 0},
                 "due": [{"customer": "acme", "subscription": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "type": "renew",
                  "at": "2026-02-28T00:00:00Z",
                  "total": 2900, "currency": "USD", "parked": null}], "remaining": 1}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Parked = new(
        "Billing", "List parked subscriptions",
        "Lists the subscriptions whose next invoice is implausible. Nothing happens to them until an operator has checked and unparked "
            + "them.")
    {
        Query = QueryParameter.OfPage,
        Answers =
        [
            Example.Of<ParkedList>(
                200, "The oldest first.",
                """
                {"data": [{"id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "customer": "acme", "due_at": "2026-02-28T00:00:00Z",
                  "parked_at": "2026-02-28T00:00:01Z",
                   "reason": "The invoice would total 1200000.00 USD, more than the limit of 1000000 USD."}],
                 "has_more": false}
                """),
        ],
    };

    public static readonly Description Unpark = new(
        "Billing", "Unpark a subscription",
        "The next run computes the invoice again. If the invoice is still implausible, Tollgate parks the subscription again: "
            + "raise the limit, or correct the usage.")
    {
        Answers = [Example.Of<SubscriptionView>(200, "The subscription, which continues.", One)],
        Errors = [ErrorCode.SubscriptionNotFound],
    };
}
