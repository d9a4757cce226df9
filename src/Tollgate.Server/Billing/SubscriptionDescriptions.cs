using Tollgate.Contracts.Http;
using Tollgate.Contracts.Invoicing;
using Tollgate.Contracts.Subscriptions;
using Tollgate.Core.Catalog;
using Tollgate.Core.Subscriptions;
using Tollgate.Server.Http;
using Tollgate.Server.Invoicing;

namespace Tollgate.Server.Billing;

/// <summary>What the OpenAPI document says about the room Subscriptions.</summary>
internal static class SubscriptionDescriptions
{
    private const string Tag = "Subscriptions";

    public const string One =
        """
        {"id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "customer": "acme", "plan": "pro", "plan_version": 1, "period": "monthly", "status": "active",
         "currency": "USD", "quantity": 1, "amount": 2900, "add_ons": [], "started_at": "2026-01-31T00:00:00Z", "anchor_day": 31,
         "current_period_start": "2026-01-31T00:00:00Z", "current_period_end": "2026-02-28T00:00:00Z", "trial_end": null, "cancel_at": null,
         "cancel_reason": null, "cancel_comment": null, "scheduled_change": null, "paused_at": null, "resume_at": null, "ended_at": null,
         "parked_reason": null, "latest_invoice": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88"}
        """;

    private const string Changed = $$"""{"subscription": {{One}}, "invoice": {{InvoiceDescriptions.Sample}}, "next_invoice": null, "replaced_change": null}""";

    private static readonly ErrorCode[] Steps = [ErrorCode.SubscriptionNotFound, ErrorCode.SubscriptionState, ErrorCode.ProviderManaged, ErrorCode.InvoiceImplausible, ErrorCode.ValidationFailed];

    /// <summary>Of what is asked of the provider where that manages the subscription.</summary>
    private static readonly ErrorCode[] Asked = [.. Steps, ErrorCode.NotAtProvider, ErrorCode.UpstreamUnreachable];

    public static readonly Description Create = new(
        Tag,
        "Subscribe",
        "Begins a subscription: the customer, created when missing, has the plan's quotas at once, and the first period is invoiced in advance. "
        + "With a trial the first invoice comes at its end, from which periods are then counted. A customer has one subscription at a time.\n\n"
        + "The day of the start is kept for ever: from the 31st, February ends on the 28th and March on the 31st. With an `id` of yours a repeat "
        + "answers 200 with the subscription as it is now. `preview: true` only looks: `{subscription, invoice, next_invoice}`.")
    {
        Request = Example.Of<CreateSubscriptionRequest>("""{"customer": "acme", "plan": "pro", "period": "monthly"}"""),
        Answers = [Example.Of<SubscriptionView>(201, "Subscribed.", One), Example.Of<SubscriptionView>(200, "The same came before.", One)],
        Errors =
        [
            ErrorCode.PlanNotFound, ErrorCode.PriceNotFound, ErrorCode.SubscriptionExists, ErrorCode.TrialUsed, ErrorCode.CurrencyFixed, ErrorCode.CouponRefused, ErrorCode.AddOnRefused,
            ErrorCode.CustomerIsMember, ErrorCode.IdempotencyKeyReused, ErrorCode.InvoiceImplausible, ErrorCode.ValidationFailed,
        ],
    };

    public static readonly Description List = new(Tag, "List subscriptions", "Of a customer, or of all, in the order of their ids; also those that are over.")
    {
        Query =
        [
            .. QueryParameter.OfPage, new("customer", "Only this customer's."), new("status", "Only in this status.", Words: CatalogWords.All<SubscriptionStatus>()), new("plan", "Only on this plan."),
        ],
        Answers = [Example.Of<SubscriptionList>(200, "A page.", $$"""{"data": [{{One}}], "has_more": false}""")],
    };

    public static readonly Description Show = new(Tag, "Show a subscription", "Where it stands and what comes next.")
    {
        Answers = [Example.Of<SubscriptionView>(200, "The subscription.", One)],
        Errors = [ErrorCode.SubscriptionNotFound],
    };

    public static readonly Description Facts = new(Tag, "Show what happened", "The timeline of a subscription, oldest first: each step with who caused it, why, and what it was invoiced with.")
    {
        Query = [new("limit", QueryParameter.OfPage[0].Meaning, "integer"), new("starting_after", "The sequence of the last event of the page before.", "integer")],
        Answers =
        [
            Example.Of<SubscriptionFactList>(
                200, "A page.",
                """
                {"data": [{"sequence": 1, "type": "start", "at": "2026-01-31T00:00:00Z", "recorded_at": "2026-01-31T00:00:00.4Z",
                  "actor": "key 01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "cause": "request", "invoice": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88",
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
        "Another plan, period, quantity, other add-ons, or a price that was agreed. What costs more a month than before is changed now: the rest of the period is given back at the old price "
        + "and charged at the new one, each rounded apart. What costs less is changed at the end of the period. `when` overrides both. Another period "
        + "now begins a new period and a new anchor. Asking for what it is takes back a scheduled change. Other changes keep one, with what they name; `replaced_change` is the scheduled change that a call changed or took back. Quotas follow at once. "
        + "Where the customer has a payment method that the project's provider charges, and something is due now, it is paid first: a payment that fails is a 402 and changes nothing. "
        + "A customer without one gets the change, and an open invoice.")
    {
        Request = Example.Of<ChangeSubscriptionRequest>("""{"plan": "enterprise"}"""),
        Answers = [Example.Of<SubscriptionChangeView>(200, "Changed, or scheduled.", Changed)],
        Errors = [.. Asked, ErrorCode.PlanNotFound, ErrorCode.PriceNotFound, ErrorCode.AddOnRefused, ErrorCode.PaymentFailed, ErrorCode.PaymentPending, ErrorCode.Conflict],
    };

    public static readonly Description Preview = Change with
    {
        Summary = "Preview a change",
        Details = "The same as the change, on the same code, and takes everything back: `invoice` is what would be asked for now, to the cent, without a "
            + "number; `next_invoice` what the next renewal would ask for with the usage so far.",
        Answers = [Example.Of<SubscriptionChangeView>(200, "What would be.", Changed)],
        Errors = [.. Asked, ErrorCode.PlanNotFound, ErrorCode.PriceNotFound, ErrorCode.AddOnRefused],
    };

    public static readonly Description Cancel = new(
        Tag,
        "Cancel a subscription",
        "At the end of the period unless `at` says `now`. Nothing is given back, unless `credit: true` with `now` asks for it: then what was billed for "
        + "the unused time, and not given back yet, is the customer's credit. Usage that was not invoiced yet is invoiced at the end. "
        + "The customer is on the default plan from the end on. With `preview: true` answers `{subscription, invoice, next_invoice}`.")
    {
        Request = Example.Of<CancelSubscriptionRequest>("""{"at": "period_end", "reason": "too_expensive", "comment": "We stop the project."}"""),
        BodyMayBeAbsent = true,
        Answers = [Example.Of<SubscriptionView>(200, "Canceled, or to be.", One)],
        Errors = Asked,
    };

    public static readonly Description Uncancel = new(Tag, "Take back a cancellation", "It goes on as if nothing had been said. Without a cancellation, a scheduled change is taken back.")
    {
        Request = Example.Of<SubscriptionStepRequest>("""{"preview": false}"""),
        BodyMayBeAbsent = true,
        Answers = [Example.Of<SubscriptionView>(200, "It goes on.", One)],
        Errors = Asked,
    };

    public static readonly Description Pause = new(
        Tag,
        "Pause a subscription",
        "From now on nothing is given and nothing invoiced; the customer is on the default plan. What was paid for the rest of the period is given back "
        + "when it goes on.")
    {
        Request = Example.Of<PauseSubscriptionRequest>("""{"until": "2026-04-01T00:00:00Z"}"""),
        BodyMayBeAbsent = true,
        Answers = [Example.Of<SubscriptionView>(200, "Paused.", One)],
        Errors = Steps,
    };

    public static readonly Description Resume = new(
        Tag, "Resume a paused subscription", "It goes on with a new period from now, and a new anchor. What was paid and not had before the pause is taken off.")
    {
        Request = Example.Of<SubscriptionStepRequest>("""{"preview": false}"""),
        BodyMayBeAbsent = true,
        Answers = [Example.Of<SubscriptionView>(200, "It goes on.", One)],
        Errors = Steps,
    };

    public static readonly Description Upcoming = new(Tag, "Show the upcoming invoice", "What the next renewal will ask for, with the usage so far. It has no number.")
    {
        Answers = [Example.Of<InvoiceView>(200, "The invoice to come.", InvoiceDescriptions.Sample)],
        Errors = [ErrorCode.SubscriptionNotFound, ErrorCode.InvoiceNotFound, ErrorCode.NotAtProvider, ErrorCode.UpstreamUnreachable],
    };

    public static readonly Description Run = new(
        "Billing",
        "Run what is due",
        "The server does this by itself every second; the call is for looking and for impatience. `dry_run=true` lists what would happen and changes "
        + "nothing. With `limit` a call takes up that many subscriptions, the earliest first, and `remaining` says how many are left: call again until it is 0.")
    {
        Query =
        [
            new("dry_run", "true: only look.", "boolean"),
            new("limit", $"At most so many subscriptions, 1 to {BillingRunEndpoints.LargestPart}. Default: all that are due. A look lists at most 1,000.", "integer"),
        ],
        Answers =
        [
            Example.Of<BillingRunView>(
                200, "Done, or what would be.",
                """
                {"dry_run": true, "processed": {"invoices": 0, "renewals": 0, "trials_converted": 0, "trials_expired": 0, "canceled": 0, "resumed": 0,
                 "usage_billed": 0, "parked": 0, "collected": 0, "collecting_failed": 0, "schedules_parked": 0},
                 "due": [{"customer": "acme", "subscription": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "type": "renew", "at": "2026-02-28T00:00:00Z",
                  "total": 2900, "currency": "USD", "parked": null}], "remaining": 1}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Parked = new(
        "Billing", "List what was held back", "Subscriptions whose next invoice looks impossible. Nothing happens to them until somebody has looked and said unpark.")
    {
        Answers =
        [
            Example.Of<ParkedList>(
                200, "The oldest first.",
                """
                {"data": [{"id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "customer": "acme", "due_at": "2026-02-28T00:00:00Z",
                  "parked_at": "2026-02-28T00:00:01Z", "reason": "The invoice would ask for 1200000.00 USD; the largest that goes out unseen is 1000000 USD."}],
                 "has_more": false}
                """),
        ],
    };

    public static readonly Description Unpark = new(
        "Billing", "Let a held one go on", "The next run computes its invoice again. It is held back again as long as the invoice still looks impossible: raise the bound, or correct the usage.")
    {
        Answers = [Example.Of<SubscriptionView>(200, "It goes on.", One)],
        Errors = [ErrorCode.SubscriptionNotFound],
    };
}
