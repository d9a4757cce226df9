using Tollgate.Contracts.Http;
using Tollgate.Contracts.Payments;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Payments;

/// <summary>The OpenAPI descriptions of the room Payments.</summary>
internal static class PaymentDescriptions
{
    private const string Tag = "Payments";

    private const string Method =
        """{"id": "01936f5e-7c1c-7b11-8d22-1e5d3c2b1a00", "provider": "sandbox", "brand": "visa", "last4": "4242", "default": true, "added_at": "2026-03-01T09:00:00Z"}""";

    private const string Head =
        """
        "id": "01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11", "customer": "acme", "invoice": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88", "provider": "sandbox",
         "payment_method": "01936f5e-7c1c-7b11-8d22-1e5d3c2b1a00", "amount": 2900
        """;

    private const string Tail =
        """
        "currency": "USD", "status": "succeeded", "failure": null, "reference": "ch_sandbox_01936f5e7c1d7c228e332f6e4d3c2b11",
         "created_at": "2026-03-31T00:00:05Z", "settled_at": "2026-03-31T00:00:06Z"
        """;

    public const string Paid = $$"""{ {{Head}}, "amount_refunded": 0, "amount_disputed": 0, {{Tail}}, "refunds": []}""";

    private const string Refunded =
        $$"""
        { {{Head}}, "amount_refunded": 900, "amount_disputed": 0, {{Tail}},
         "refunds": [{"id": "01936f5e-7c1e-7d33-8f44-307f5e4d3c22", "amount": 900, "from_credit": 0, "status": "succeeded",
          "reason": "Two days of outage",
           "reference": "re_sandbox_01936f5e7c1e7d338f44307f5e4d3c22", "credit_note": "01936f5e-7c1f-7e44-9055-41806f5e4d33",
           "created_at": "2026-04-02T10:00:00Z", "settled_at": "2026-04-02T10:00:01Z"}]}
        """;

    public static readonly Description Charge = new(
        Tag,
        "Charge a customer for an invoice",
        "Makes one attempt to charge the amount due to the customer's default payment method. The answer is 201 whether the attempt "
            + "succeeds or fails: read `status`. "
        + "`pending` means that the provider has not answered; Tollgate queries it until it does, and then marks the invoice paid. "
        + "An invoice has at most one pending "
        + "payment.")
    {
        Request = Example.Of<ChargeRequest>("""{"invoice": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88"}"""),
        Answers = [Example.Of<PaymentView>(201, "The attempt.", Paid)],
        Errors =
        [
            ErrorCode.InvoiceNotFound, ErrorCode.InvoiceState, ErrorCode.PaymentPending, ErrorCode.PaymentMethodMissing,
            ErrorCode.BillingNotConfigured,
            ErrorCode.ValidationFailed,
        ],
    };

    private static readonly QueryParameter[] Filters =
    [
        new("customer", "Only payments of this customer."), new("invoice", "Only payments of this invoice."),
        new("status", "Only payments in this status.", Words: CatalogWords.All<PaymentStatus>()),
    ];

    public static readonly Description List = new(
        Tag, "List payments", "Lists payments, the newest first: all attempts, failed ones included, and manual payments.")
    {
        Query = [.. Filters, .. QueryParameter.OfPage],
        Answers = [Example.Of<PaymentList>(200, "A page.", $$"""{"data": [{{Refunded}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Csv = Description.OfFile(
        Tag, "Export payments", "payments", "the newest first", PaymentCsv.Columns, Filters);

    public static readonly Description Show = new(Tag, "Show a payment", "Returns the payment with its refunds.")
    {
        Answers = [Example.Of<PaymentView>(200, "The payment.", Refunded)],
        Errors = [ErrorCode.PaymentNotFound],
    };

    public static readonly Description Refund = new(
        Tag,
        "Refund a payment",
        "Refunds an amount, or the whole remainder, to the payment method that paid, and issues a credit note for it. "
            + "Refunds and credit notes of an invoice together "
        + "never exceed the amount paid. For a manual payment, you send the money; the refund records it.")
    {
        Request = Example.Of<RefundRequest>("""{"amount": 900, "reason": "Two days of outage"}"""),
        BodyMayBeAbsent = true,
        Answers = [Example.Of<PaymentView>(201, "The payment with the refund.", Refunded)],
        Errors = [ErrorCode.PaymentNotFound, ErrorCode.RefundRefused, ErrorCode.ValidationFailed],
    };

    public static readonly Description AddMethod = new(
        Tag,
        "Add a payment method",
        "Adds a payment method by the provider's token; Tollgate never accepts card numbers. It becomes the default. "
            + "The name of a sandbox card says how it behaves: "
        + "`pm_sandbox_visa` succeeds; `pm_sandbox_declined`, `pm_sandbox_insufficient_funds` and `pm_sandbox_authentication` fail; "
        + "`pm_sandbox_timeout` takes the money and loses the answer.")
    {
        Path = CustomerDescriptions.Path,
        Request = Example.Of<AddPaymentMethodRequest>("""{"token": "pm_sandbox_visa"}"""),
        Answers = [Example.Of<PaymentMethodView>(201, "Added.", Method)],
        Errors = [ErrorCode.CustomerIsMember, ErrorCode.BillingNotConfigured, ErrorCode.ValidationFailed],
    };

    public static readonly Description ListMethods = new(
        Tag, "List payment methods", "Lists the customer's payment methods, the oldest first, without removed ones.")
    {
        Path = CustomerDescriptions.Path,
        Answers = [Example.Of<PaymentMethodList>(200, "All of them.", $$"""{"data": [{{Method}}]}""")],
        Errors = [ErrorCode.CustomerNotFound],
    };

    public static readonly Description RemoveMethod = new(
        Tag, "Remove a payment method",
        "Tollgate no longer charges it. If it was the default, the newest remaining payment method becomes the default.")
    {
        Path = new Dictionary<string, string>(CustomerDescriptions.Path) { ["method"] = "The id of the payment method." },
        Answers = [Example.Nothing("Removed.")],
        Errors = [ErrorCode.PaymentMethodNotFound],
    };

    public static readonly Description Behave = new(
        Tag,
        "Set the sandbox provider's next answers",
        "Sets the outcome of the customer's next charges, whichever card it has. Earlier settings apply first. Sandbox projects only.")
    {
        Request = Example.Of<PaymentBehaviorRequest>("""{"customer": "acme", "outcome": "decline", "times": 2}"""),
        Answers = [Example.Nothing("Set.")],
        Errors = [ErrorCode.SandboxOnly, ErrorCode.ValidationFailed],
    };

    private const string Settings =
        """
        {"provider": "sandbox", "configured": true, "subscriptions": "tollgate",
         "capabilities": {"charges_saved_methods": true, "checkout": true, "portal": true, "refunds": true, "voids": false,
           "manages_subscriptions": false, "webhooks": true},
         "credentials": [], "webhook_path": "/v1/webhooks/sandbox"}
        """;

    public static readonly Description ShowSettings = new(
        Tag, "Show the payment provider",
        "Returns the project's payment provider, its capabilities, and the names of the stored keys. It never returns the keys.")
    {
        Answers = [Example.Of<PaymentSettingsView>(200, "The settings.", Settings)],
    };

    public static readonly Description SetSettings = new(
        Tag,
        "Choose the payment provider",
        "New payments and checkouts use this provider from now on. Refunds go to the provider that took the payment, "
            + "so Tollgate keeps the keys of earlier providers. "
        + "`credentials` replace all of the provider's keys; if you leave them out, the stored keys stay. "
        + "Tollgate stores them encrypted and never shows them again.")
    {
        Request = Example.Of<PaymentSettingsRequest>("""{"provider": "sandbox"}"""),
        Answers = [Example.Of<PaymentSettingsView>(200, "Set.", Settings)],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description ForgetCredentials = new(
        Tag, "Delete a provider's keys", "Tollgate can no longer charge or refund there, and refuses the provider's webhooks.")
    {
        Path = new Dictionary<string, string> { ["provider"] = "`sandbox`, `stripe` or `paymob`." },
        Answers = [Example.Nothing("Deleted.")],
        Errors = [ErrorCode.BillingNotConfigured],
    };

    public static readonly Description Disputes = new(
        Tag,
        "List disputes",
        "Lists disputes, the newest first. In a dispute, a customer's bank has taken back the money of a payment, "
            + "or is deciding whether to. A disputed amount cannot be refunded as well.")
    {
        Query = [new("customer", "Only disputes of this customer."),
            new("status", "Only disputes in this status.", Words: CatalogWords.All<DisputeStatus>()),
            new("payment", "Only disputes of this payment."), .. QueryParameter.OfPage],
        Answers =
        [
            Example.Of<DisputeList>(
                200,
                "A page.",
                """
                {"data": [{"id": "dp_sandbox_01936f5e7c1d7c228e332f6e4d3c2b11", "payment": "01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11",
                 "customer": "acme",
                  "provider": "sandbox", "amount": 2900, "currency": "USD", "status": "open", "reason": "fraudulent",
                   "opened_at": "2026-04-02T10:00:00Z",
                  "closed_at": null}], "has_more": false}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description BehaveWebhooks = new(
        Tag,
        "Set how the sandbox provider sends webhooks",
        "Sets, for each charge and refund from now on, the number of copies, their delay and order, "
            + "and whether a forged copy comes with them. The sandbox sends nothing before the first call. "
        + "Sandbox projects only.")
    {
        Request = Example.Of<WebhookBehaviorRequest>("""{"copies": 3, "delay_seconds": 10, "shuffle": true, "tamper": true}"""),
        Answers = [Example.Nothing("Set.")],
        Errors = [ErrorCode.SandboxOnly, ErrorCode.ValidationFailed],
    };

    public static readonly Description Happen = new(
        Tag,
        "Trigger an event at the sandbox provider",
        "Opens, wins or loses a dispute, refunds a payment in the provider's dashboard, or lets a failed payment succeed late. "
            + "The sandbox sends Tollgate a webhook, within a second or as "
        + "`/v1/sandbox/webhook-behavior` says. Sandbox projects only.")
    {
        Request = Example.Of<SandboxEventRequest>(
            """{"type": "dispute.opened", "payment": "01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11", "amount": 2900, "reason": "fraudulent"}"""),
        Answers = [Example.Nothing("Triggered.")],
        Errors = [ErrorCode.PaymentNotFound, ErrorCode.SandboxOnly, ErrorCode.ValidationFailed],
    };
}
