using Tollgate.Contracts.Checkouts;
using Tollgate.Contracts.Http;
using Tollgate.Core.Catalog;
using Tollgate.Core.Checkouts;
using Tollgate.Server.Http;

namespace Tollgate.Server.Checkouts;

/// <summary>What the OpenAPI document says about checkouts and the portal.</summary>
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
        { {{Head}}, "url": null, "status": "completed", "finished_at": "2026-03-31T09:02:11Z", "subscription": "01936f5e-7c21-7066-8277-63a2806f6f55",
         "invoice": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88", "payment": "01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11"}
        """;

    private const string Expired = $$"""{ {{Head}}, "url": null, "status": "expired", "finished_at": "2026-04-01T09:00:00Z", "subscription": null, "invoice": null, "payment": null}""";

    private const string Credited =
        $$"""
        { {{Head}}, "url": null, "status": "credited", "finished_at": "2026-03-31T09:02:11Z", "subscription": null, "invoice": null,
         "payment": "01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11"}
        """;

    /// <summary>As a webhook of this type has it.</summary>
    public static string SampleOf(string type) => type switch { "checkout.completed" => Completed, "checkout.credited" => Credited, _ => Expired };

    public static readonly Description Create = new(
        Tag,
        "Create a checkout",
        "A page of the project's payment provider on which the customer pays: for a plan, a credit pack (`pack`), an open invoice (`invoice`), or for nothing, "
        + "to leave a payment method (`setup`). What cannot be bought is refused at once. Nothing else happens until it is paid: then the subscription begins, or the one that "
        + "the customer has is changed, at the price that the page told. Nobody finishing it changes nothing. `url` is told once; whoever has it can pay. "
        + "It lasts 24 hours, that of an invoice 60 days, by the project's clock. An invoice that has a page of a provider already is answered with that one (200); it "
        + "leads where was said first.")
    {
        Request = Example.Of<CreateCheckoutRequest>(
            """
            {"customer": "acme", "plan": "pro", "period": "monthly",
             "success_url": "https://app.example.com/thanks?checkout={CHECKOUT_ID}", "cancel_url": "https://app.example.com/pricing"}
            """),
        Answers =
        [
            Example.Of<CheckoutView>(201, "Created. Lead the customer to `url`.", Made),
            Example.Of<CheckoutView>(200, "The page that the invoice has already.", Made),
        ],
        Errors =
        [
            ErrorCode.PlanNotFound, ErrorCode.PriceNotFound, ErrorCode.CouponRefused, ErrorCode.AddOnRefused, ErrorCode.PackRefused, ErrorCode.SubscriptionState,
            ErrorCode.SubscriptionExists, ErrorCode.TrialUsed, ErrorCode.CurrencyFixed, ErrorCode.CustomerIsMember, ErrorCode.InvoiceNotFound, ErrorCode.InvoiceState,
            ErrorCode.InvoiceImplausible, ErrorCode.PaymentPending, ErrorCode.BillingNotConfigured, ErrorCode.NotAtProvider, ErrorCode.UpstreamUnreachable, ErrorCode.ValidationFailed,
        ],
    };

    public static readonly Description List = new(Tag, "List checkouts", "Newest first.")
    {
        Query = [new("customer", "Only checkouts of this customer."), new("status", "Only in this status.", Words: CatalogWords.All<CheckoutStatus>()), .. QueryParameter.OfPage],
        Answers = [Example.Of<CheckoutList>(200, "A page.", $$"""{"data": [{{Completed}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Show = new(Tag, "Show a checkout", "Where it stands, and what came of it: `credited` is one whose money came when what it was for could not be had any more. Its attempts are payments: `GET /v1/payments?customer=`.")
    {
        Answers = [Example.Of<CheckoutView>(200, "The checkout.", Completed)],
        Errors = [ErrorCode.CheckoutNotFound],
    };

    public static readonly Description Expire = new(
        Tag, "Expire a checkout", "Its page takes no money any more. One that is being paid is not expired before that has ended. A repeat changes nothing.")
    {
        Answers = [Example.Of<CheckoutView>(200, "Expired.", Expired)],
        Errors = [ErrorCode.CheckoutNotFound, ErrorCode.CheckoutState, ErrorCode.PaymentPending],
    };

    public static readonly Description OpenPortal = new(
        Tag,
        "Open the portal for a customer",
        "A page on which the customer sees the plan, what is open, invoices and cards, pays, and changes what is charged. It lasts an hour, or as long as the key or token that opens it, "
        + "works from the key's networks and ends when either is revoked. Whoever has `url` is the customer: lead "
        + "only signed-in people there. A customer token opens its own customer's, and need not name it.")
    {
        Request = Example.Of<PortalSessionRequest>("""{"customer": "acme", "return_url": "https://app.example.com/account"}"""),
        Answers =
        [
            Example.Of<PortalSessionView>(
                201, "Opened.", """{"id": "01936f5e-7c20-7f55-9166-52917f6e5e44", "url": "http://localhost:8080/portal/5JYxE0HUqcvM3dD2nPL0cWnqY1mFh8kGZb4rTaXsV7o", "expires_at": "2026-03-31T10:00:00Z"}"""),
        ],
        Errors = [ErrorCode.CustomerNotFound, ErrorCode.ValidationFailed],
    };

    private const string Session = """
        {"id": "01936f5e-7c20-7f55-9166-52917f6e5e44", "customer": "acme", "status": "active", "return_url": "https://app.example.com/account",
         "issued_by": "019aa59f-11d0-7c3a-8e42-7f1b0d9c6a55", "token": null, "created_at": "2026-03-31T09:00:00Z",
         "expires_at": "2026-03-31T10:00:00Z", "revoked_at": null}
        """;

    private static readonly Dictionary<string, string> SessionId = new() { ["id"] = "The portal session's id, not its address." };

    public static readonly Description ListPortalSessions = new(
        Tag, "List portal sessions", "Newest first, ended ones included for some days. The address is never shown again.")
    {
        Query = [new("customer", "Only this customer's."), .. QueryParameter.OfPage],
        Answers = [Example.Of<PortalSessionList>(200, "A page of portal sessions.", $$"""{"data": [{{Session}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description ShowPortalSession = new(Tag, "Show a portal session", "How it stands. The address is never shown again.")
    {
        Path = SessionId,
        Answers = [Example.Of<PortalSessionItem>(200, "The portal session.", Session)],
        Errors = [ErrorCode.PortalSessionNotFound],
    };

    public static readonly Description RevokePortalSession = new(
        Tag, "Revoke a portal session", "Its page says that it has expired, on every server, and so do the checkouts that were opened on it. Revoking it again changes nothing.")
    {
        Path = SessionId,
        Answers = [Example.Nothing("Revoked.")],
        Errors = [ErrorCode.PortalSessionNotFound],
    };
}
