using Tollgate.Contracts.Http;
using Tollgate.Contracts.Payments;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Payments;

/// <summary>What the OpenAPI document says about the room Payments.</summary>
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
         "refunds": [{"id": "01936f5e-7c1e-7d33-8f44-307f5e4d3c22", "amount": 900, "from_credit": 0, "status": "succeeded", "reason": "Two days of outage",
           "reference": "re_sandbox_01936f5e7c1e7d338f44307f5e4d3c22", "credit_note": "01936f5e-7c1f-7e44-9055-41806f5e4d33",
           "created_at": "2026-04-02T10:00:00Z", "settled_at": "2026-04-02T10:00:01Z"}]}
        """;

    public static readonly Description Charge = new(
        Tag,
        "Charge a customer for an invoice",
        "One attempt to get all that the invoice still asks for, by the customer's default payment method. The answer is 201 however it ended: look at `status`. "
        + "`pending` means that no answer came from the provider; it is asked until one does, and the invoice is paid then. An invoice has one pending "
        + "payment at most. Sandbox projects only, as yet; live ones are paid by hand.")
    {
        Request = Example.Of<ChargeRequest>("""{"invoice": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88"}"""),
        Answers = [Example.Of<PaymentView>(201, "The attempt.", Paid)],
        Errors =
        [
            ErrorCode.InvoiceNotFound, ErrorCode.InvoiceState, ErrorCode.PaymentPending, ErrorCode.PaymentMethodMissing, ErrorCode.BillingNotConfigured,
            ErrorCode.ValidationFailed,
        ],
    };

    public static readonly Description List = new(
        Tag, "List payments", "Newest first: attempts, also those that failed, and what was paid by hand.")
    {
        Query =
        [
            new("customer", "Only payments of this customer."), new("invoice", "Only payments of this invoice."),
            new("status", "Only in this status.", Words: CatalogWords.All<PaymentStatus>()), .. QueryParameter.OfPage,
        ],
        Answers = [Example.Of<PaymentList>(200, "A page.", $$"""{"data": [{{Refunded}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Show = new(Tag, "Show a payment", "With what went back of it.")
    {
        Answers = [Example.Of<PaymentView>(200, "The payment.", Refunded)],
        Errors = [ErrorCode.PaymentNotFound],
    };

    public static readonly Description Refund = new(
        Tag,
        "Refund a payment",
        "Sends an amount back to where it came from, or all that is left, and makes a credit note over it. Refunds and credit notes of an invoice are together "
        + "never above what was paid. Of a payment that was made by hand you send the money; the refund records it.")
    {
        Request = Example.Of<RefundRequest>("""{"amount": 900, "reason": "Two days of outage"}"""),
        BodyMayBeAbsent = true,
        Answers = [Example.Of<PaymentView>(201, "The payment with the refund.", Refunded)],
        Errors = [ErrorCode.PaymentNotFound, ErrorCode.RefundRefused, ErrorCode.ValidationFailed],
    };

    public static readonly Description AddMethod = new(
        Tag,
        "Add a payment method",
        "The provider's token of it; card numbers are never taken. It becomes the default. The sandbox's cards say what they answer: "
        + "`pm_sandbox_visa` pays, `pm_sandbox_declined`, `pm_sandbox_insufficient_funds` and `pm_sandbox_authentication` fail, and of "
        + "`pm_sandbox_timeout` the money comes and the answer is lost.")
    {
        Path = CustomerDescriptions.Path,
        Request = Example.Of<AddPaymentMethodRequest>("""{"token": "pm_sandbox_visa"}"""),
        Answers = [Example.Of<PaymentMethodView>(201, "Added.", Method)],
        Errors = [ErrorCode.CustomerIsMember, ErrorCode.BillingNotConfigured, ErrorCode.ValidationFailed],
    };

    public static readonly Description ListMethods = new(Tag, "List payment methods", "Of a customer, the oldest first. Removed ones are not shown.")
    {
        Path = CustomerDescriptions.Path,
        Answers = [Example.Of<PaymentMethodList>(200, "All of them.", $$"""{"data": [{{Method}}]}""")],
        Errors = [ErrorCode.CustomerNotFound],
    };

    public static readonly Description RemoveMethod = new(
        Tag, "Remove a payment method", "It is charged no more. Was it the default, the newest of the others is.")
    {
        Path = new Dictionary<string, string>(CustomerDescriptions.Path) { ["method"] = "The id of the payment method." },
        Answers = [Example.Nothing("Removed.")],
        Errors = [ErrorCode.PaymentMethodNotFound],
    };

    public static readonly Description Behave = new(
        Tag,
        "Tell the sandbox's provider what to answer",
        "To the next charges of a customer, whatever its card says. What was asked for before comes first. Sandbox projects only.")
    {
        Request = Example.Of<PaymentBehaviorRequest>("""{"customer": "acme", "outcome": "decline", "times": 2}"""),
        Answers = [Example.Nothing("It will.")],
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
        Tag, "Show the payment provider", "Who moves the project's money, what it can do, and which of its keys are stored. Never the keys.")
    {
        Answers = [Example.Of<PaymentSettingsView>(200, "The settings.", Settings)],
    };

    public static readonly Description SetSettings = new(
        Tag,
        "Choose the payment provider",
        "New payments and checkouts go there from now on. What was paid elsewhere is refunded there: keys of a provider that is not chosen any more stay. "
        + "`credentials` replace all of the provider's; left out, those that are stored stay. They are kept encrypted and are never shown again.")
    {
        Request = Example.Of<PaymentSettingsRequest>("""{"provider": "sandbox"}"""),
        Answers = [Example.Of<PaymentSettingsView>(200, "Set.", Settings)],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description ForgetCredentials = new(
        Tag, "Delete a provider's keys", "Nothing can be charged or refunded there any more, and its webhooks are refused.")
    {
        Path = new Dictionary<string, string> { ["provider"] = "`sandbox`, `stripe` or `paymob`." },
        Answers = [Example.Nothing("Deleted.")],
        Errors = [ErrorCode.BillingNotConfigured],
    };

    public static readonly Description Disputes = new(
        Tag,
        "List disputes",
        "Newest first. A customer's bank took the money of a payment back, or asks whether it should. What it holds or took cannot be refunded as well.")
    {
        Query = [new("customer", "Only of this customer."), new("status", "Only in this status.", Words: CatalogWords.All<DisputeStatus>()), new("payment", "Only of this payment."), .. QueryParameter.OfPage],
        Answers =
        [
            Example.Of<DisputeList>(
                200,
                "A page.",
                """
                {"data": [{"id": "dp_sandbox_01936f5e7c1d7c228e332f6e4d3c2b11", "payment": "01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11", "customer": "acme",
                  "provider": "sandbox", "amount": 2900, "currency": "USD", "status": "open", "reason": "fraudulent", "opened_at": "2026-04-02T10:00:00Z",
                  "closed_at": null}], "has_more": false}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description BehaveWebhooks = new(
        Tag,
        "Tell the sandbox's provider how to send webhooks",
        "For each charge and refund from now on: how often, how late, in any order, with a forged one beside it. Nothing is sent until this was called. "
        + "Sandbox projects only.")
    {
        Request = Example.Of<WebhookBehaviorRequest>("""{"copies": 3, "delay_seconds": 10, "shuffle": true, "tamper": true}"""),
        Answers = [Example.Nothing("They will.")],
        Errors = [ErrorCode.SandboxOnly, ErrorCode.ValidationFailed],
    };

    public static readonly Description Happen = new(
        Tag,
        "Let something happen at the sandbox's provider",
        "A dispute opens, is won or lost, somebody refunds a payment on the provider's own pages, or the money of a failed payment comes after all. Tollgate hears of it by webhook, within a second or as "
        + "`/v1/sandbox/webhook-behavior` says. Sandbox projects only.")
    {
        Request = Example.Of<SandboxEventRequest>(
            """{"type": "dispute.opened", "payment": "01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11", "amount": 2900, "reason": "fraudulent"}"""),
        Answers = [Example.Nothing("It does.")],
        Errors = [ErrorCode.PaymentNotFound, ErrorCode.SandboxOnly, ErrorCode.ValidationFailed],
    };
}
