using Tollgate.Contracts.Checkouts;
using Tollgate.Contracts.Http;
using Tollgate.Core.Catalog;
using Tollgate.Core.Checkouts;
using Tollgate.Server.Http;

namespace Tollgate.Server.Checkouts;

/// <summary>The OpenAPI descriptions of checkouts and the portal.</summary>
internal static class CheckoutDescriptions
{
    private const string Tag = "Payments";

    private const string Head =
        """
        "id": "01936f5e-7c20-7f55-9166-52917f6e5e44", "expires_at": "2026-04-01T09:00:00Z", "customer": "acme", "kind": "subscription",
         "success_url": "https://app.example.com/thanks?checkout=01936f5e-7c20-7f55-9166-52917f6e5e44", "cancel_url": "https://app.example.com/pricing",
         "created_at": "2026-03-31T09:00:00Z"
        """;

    private const string Made =
        $$"""
        { {{Head}}, "url": "http://localhost:8080/checkout/5JYxE0HUqcvM3dD2nPL0cWnqY1mFh8kGZb4rTaXsV7o", "status": "open",
         "finished_at": null, "subscription": null, "invoice": null, "payment": null}
        """;

    private const string Completed =
        $$"""
        { {{Head}}, "url": null, "status": "completed", "finished_at": "2026-03-31T09:02:11Z",
         "subscription": "01936f5e-7c21-7066-8277-63a2806f6f55",
         "invoice": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88", "payment": "01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11"}
        """;

    private const string Expired =
        $$"""{ {{Head}}, "url": null, "status": "expired", "finished_at": "2026-04-01T09:00:00Z", "subscription": null, "invoice": null, "payment": null}""";

    private const string Credited =
        $$"""
        { {{Head}}, "url": null, "status": "credited", "finished_at": "2026-03-31T09:02:11Z", "subscription": null, "invoice": null,
         "payment": "01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11"}
        """;

    /// <summary>The sample of a webhook of this type.</summary>
    public static string SampleOf(string type) =>
        type switch { "checkout.completed" => Completed, "checkout.credited" => Credited, _ => Expired };

    public static readonly Description Create = new(
        Tag,
        "Create a checkout",
        "Creates a page of the project's payment provider on which the customer pays for a plan, "
            + "a credit pack (`pack`) or an open invoice (`invoice`), or only "
        + "adds a payment method (`setup`). Tollgate refuses an impossible purchase at once. When the customer has paid, "
        + "the subscription begins, or the customer's present "
        + "subscription changes, at the price that the page showed. A checkout that nobody finishes changes nothing. "
        + "Only this answer has `url`, and anybody who has it can pay. "
        + "A checkout lasts 24 hours, one for an invoice 60 days, by the project's clock. If the invoice already has a checkout, "
        + "the call returns that one (200), "
        + "with its first `success_url` and `cancel_url`.")
    {
        Request = Example.Of<CreateCheckoutRequest>(
            """
            {"customer": "acme", "plan": "pro", "period": "monthly",
             "success_url": "https://app.example.com/thanks?checkout={CHECKOUT_ID}", "cancel_url": "https://app.example.com/pricing"}
            """),
        Answers =
        [
            Example.Of<CheckoutView>(201, "Created. Redirect the customer to `url`.", Made),
            Example.Of<CheckoutView>(200, "The existing checkout of the invoice.", Made),
        ],
        Errors =
        [
            ErrorCode.PlanNotFound, ErrorCode.PriceNotFound, ErrorCode.CouponRefused, ErrorCode.AddOnRefused, ErrorCode.PackRefused,
            ErrorCode.SubscriptionState,
            ErrorCode.SubscriptionExists, ErrorCode.TrialUsed, ErrorCode.CurrencyFixed, ErrorCode.CustomerIsMember,
            ErrorCode.InvoiceNotFound, ErrorCode.InvoiceState,
            ErrorCode.InvoiceImplausible, ErrorCode.PaymentPending, ErrorCode.BillingNotConfigured, ErrorCode.NotAtProvider,
            ErrorCode.UpstreamUnreachable, ErrorCode.ValidationFailed,
        ],
    };

    public static readonly Description List = new(Tag, "List checkouts", "Lists checkouts, the newest first.")
    {
        Query = [
            new("customer", "Only checkouts of this customer."),
            new("status", "Only checkouts in this status.", Words: CatalogWords.All<CheckoutStatus>()), .. QueryParameter.OfPage],
        Answers = [Example.Of<CheckoutList>(200, "A page.", $$"""{"data": [{{Completed}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Show = new(Tag, "Show a checkout",
        "Returns the checkout with its status and result. `credited` means that the customer paid when the purchase was no longer "
            + "possible, so the money became a credit. `GET /v1/payments?customer=` lists its attempts.")
    {
        Answers = [Example.Of<CheckoutView>(200, "The checkout.", Completed)],
        Errors = [ErrorCode.CheckoutNotFound],
    };

    public static readonly Description Expire = new(
        Tag, "Expire a checkout",
        "Closes the page. While a payment of the checkout is pending, the call answers 409. A repeat changes nothing.")
    {
        Answers = [Example.Of<CheckoutView>(200, "Expired.", Expired)],
        Errors = [ErrorCode.CheckoutNotFound, ErrorCode.CheckoutState, ErrorCode.PaymentPending],
    };

    public static readonly Description OpenPortal = new(
        Tag,
        "Open the portal for a customer",
        "Creates a page on which the customer sees its plan, open amounts, invoices and cards, pays, and changes its payment method. "
            + "The page lasts an hour, or as long as the key or token that opens it, "
        + "works from the key's networks, and ends when that key or token is revoked. Anybody who has `url` acts as the customer: redirect "
        + "only signed-in users there. A customer token opens the portal of its own customer, and need not name it.")
    {
        Request = Example.Of<PortalSessionRequest>("""{"customer": "acme", "return_url": "https://app.example.com/account"}"""),
        Answers =
        [
            Example.Of<PortalSessionView>(
                201, "Opened.",
                """{"id": "01936f5e-7c20-7f55-9166-52917f6e5e44", "url": "http://localhost:8080/portal/5JYxE0HUqcvM3dD2nPL0cWnqY1mFh8kGZb4rTaXsV7o", "expires_at": "2026-03-31T10:00:00Z"}"""),
        ],
        Errors = [ErrorCode.CustomerNotFound, ErrorCode.ValidationFailed],
    };

    private const string Session = """
        {"id": "01936f5e-7c20-7f55-9166-52917f6e5e44", "customer": "acme", "status": "active",
         "return_url": "https://app.example.com/account",
         "issued_by": "019aa59f-11d0-7c3a-8e42-7f1b0d9c6a55", "token": null, "created_at": "2026-03-31T09:00:00Z",
         "expires_at": "2026-03-31T10:00:00Z", "revoked_at": null}
        """;

    private static readonly Dictionary<string, string> SessionId = new() { ["id"] = "The portal session's id, not its URL." };

    public static readonly Description ListPortalSessions = new(
        Tag, "List portal sessions",
        "Lists portal sessions, the newest first; ended sessions stay for some days. The list never shows the URL.")
    {
        Query = [new("customer", "Only sessions of this customer."), .. QueryParameter.OfPage],
        Answers = [Example.Of<PortalSessionList>(200, "A page of portal sessions.", $$"""{"data": [{{Session}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description ShowPortalSession = new(
        Tag, "Show a portal session", "Returns the session with its status. It never shows the URL again.")
    {
        Path = SessionId,
        Answers = [Example.Of<PortalSessionItem>(200, "The portal session.", Session)],
        Errors = [ErrorCode.PortalSessionNotFound],
    };

    public static readonly Description RevokePortalSession = new(
        Tag, "Revoke a portal session",
        "The page and the checkouts that were opened on it answer, on every server, that they have expired. A repeat changes nothing.")
    {
        Path = SessionId,
        Answers = [Example.Nothing("Revoked.")],
        Errors = [ErrorCode.PortalSessionNotFound],
    };
}
