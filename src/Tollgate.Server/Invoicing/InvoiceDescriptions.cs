using Tollgate.Contracts.Http;
using Tollgate.Contracts.Invoicing;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Server.Http;

namespace Tollgate.Server.Invoicing;

/// <summary>The OpenAPI descriptions of <see cref="InvoiceEndpoints"/>.</summary>
internal static class InvoiceDescriptions
{
    private const string Tag = "Invoices";

    public const string Sample =
        """
        {"id": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88", "number": "TRENDIT-000042", "status": "open", "kind": "renewal", "customer": "acme",
         "subscription": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "currency": "USD", "period_start": "2026-02-28T00:00:00Z",
         "period_end": "2026-03-31T00:00:00Z", "issued_at": "2026-02-28T00:00:00Z", "due_at": "2026-03-14T00:00:00Z",
         "lines": [
          {"kind": "subscription", "description": "Pro, monthly", "feature": null, "quantity": 1, "unit_price": "29", "amount": 2900,
           "period_start": "2026-02-28T00:00:00Z", "period_end": "2026-03-31T00:00:00Z", "steps": ["1 × 29.00 USD"]},
          {"kind": "usage", "description": "API calls beyond the plan", "feature": "api_call", "quantity": 120,
           "unit_price": "0.02", "amount": 240,
           "period_start": "2026-01-31T00:00:00Z", "period_end": "2026-02-28T00:00:00Z", "steps": ["120 units × 0.02 USD = 2.4 USD"]}],
         "subtotal": 3140, "discount": 0, "tax": 0, "taxes": [], "tax_note": null, "total": 3140, "to_credits": 0,
          "paid_from_credits": 0, "amount_paid": 0,
         "amount_due": 3140, "seller": {"name": "Trendit", "address": [], "email": null, "country": null, "region": null,
          "tax_id": null, "tax_id_check": null},
         "buyer": {"name": "Acme Ltd", "address": [], "email": null, "country": null, "region": null, "tax_id": null, "tax_id_check": null},
          "credit_notes": []}
        """;

    public static readonly IReadOnlyList<QueryParameter> Filters =
    [
        new("customer", "Only invoices of this customer."), new("subscription", "Only invoices of this subscription."),
        new("status", "Only invoices in this status.", Words: CatalogWords.All<InvoiceStatus>()),
        new("number", "Only the invoice with this number."),
        new("from", "Only invoices issued at this time or later."), new("to", "Only invoices issued before this time."),
    ];

    public static readonly string[] Orders = ["asc", "desc"];

    public static readonly QueryParameter Order = new("order", "The order of the numbers: `desc` (default) or `asc`.", Words: Orders);

    public static readonly Description List = new(
        Tag, "List invoices", "Lists invoices in the order of their numbers, the newest first. `order=asc` lists the oldest first.")
    {
        Query = [.. QueryParameter.OfPage, .. Filters, Order],
        Answers = [Example.Of<InvoiceList>(200, "A page.", $$"""{"data": [{{Sample}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Show = new(
        Tag, "Show an invoice",
        "Returns the invoice with its lines, taxes and credit notes. The lines of a finalised invoice never change; payments, "
            + "refunds and credit notes are separate records.")
    {
        Answers = [Example.Of<InvoiceView>(200, "The invoice.", Sample)],
        Errors = [ErrorCode.InvoiceNotFound],
    };

    public static readonly Description Explain = new(
        Tag, "Explain a line",
        "Returns the computation of the line's amount, step by step, with its share of discounts and taxes. "
            + "A usage line also has the quota, the used amount, the first hundred events of the period, and the plans that priced it.")
    {
        Path = new Dictionary<string, string> { ["n"] = "The line's number, from 1." },
        Answers =
        [
            Example.Of<LineExplanation>(
                200, "The line and its steps.",
                """
                {"line": {"kind": "usage", "description": "API calls beyond the plan", "feature": "api_call",
                 "quantity": 120, "unit_price": "0.02",
                  "amount": 240, "period_start": "2026-01-31T00:00:00Z", "period_end": "2026-02-28T00:00:00Z",
                   "steps": ["120 units × 0.02 USD = 2.4 USD"]},
                 "steps": ["120 units × 0.02 USD = 2.4 USD"],
                 "discount": 24, "tax": 41, "tax_rates": [{"name": "VAT", "percent": 19, "inclusive": false}],
                 "usage": {"period_start": "2026-01-31T00:00:00Z", "period_end": "2026-02-28T00:00:00Z", "included": 10000, "used": 10120,
                  "paid_by_grants": 0, "beyond": 120, "event_count": 1,
                  "events": [{"id": "e-1", "occurred_at": "2026-02-01T08:00:00Z", "quantity": 10120}],
                  "parts": [{"from": "2026-01-31T00:00:00Z", "to": "2026-02-28T00:00:00Z", "plan": "pro", "plan_version": 3,
                   "included": 10000, "used": 10120,
                    "beyond": 120, "price": {"mode": "per_unit", "currency": "USD", "first_flat_fee": "always",
                     "tiers": [{"unit_price": "0.02"}]}}]}}
                """),
        ],
        Errors = [ErrorCode.InvoiceNotFound],
    };

    public static readonly Description Finalize = new(
        Tag, "Finalise an invoice",
        "Tollgate finalises and numbers an invoice in the transaction that creates it, so this call changes nothing and returns the "
            + "invoice.")
    {
        Answers = [Example.Of<InvoiceView>(200, "The invoice.", Sample)],
        Errors = [ErrorCode.InvoiceNotFound],
    };

    public static readonly Description Pay = Settled(
        "Mark an invoice paid",
        "Records that the customer paid the whole amount due in another way, for instance by bank transfer. A repeat changes nothing.");

    public static readonly Description Void = Settled(
        "Void an invoice",
        "Cancels the invoice for good. Its number stays in use. Coupons, promotional and prepaid credits that the invoice used become "
            + "available again. A paid invoice cannot be voided; credit it instead.");

    public static readonly Description GiveUp = Settled(
        "Mark an invoice uncollectible", "Records that you do not expect payment. The customer can still pay the invoice.");

    public static readonly Description Credit = new(
        Tag,
        "Credit an invoice",
        "Issues a credit note, with a number of its own, for an amount (tax included), for whole lines, or for the whole remainder. "
            + "On an open invoice it "
        + "reduces the amount due; on a paid invoice it becomes a credit that pays the customer's next invoices.")
    {
        Request = Example.Of<CreditInvoiceRequest>("""{"amount": 500, "reason": "Two days of outage"}"""),
        Answers = [Example.Of<InvoiceView>(201, "Credited.", Sample)],
        Errors = [ErrorCode.InvoiceNotFound, ErrorCode.InvoiceState, ErrorCode.CreditRefused, ErrorCode.ValidationFailed],
    };

    private static Description Settled(string summary, string details) => new(Tag, summary, details)
    {
        Request = Example.Of<InvoiceStatusRequest>("""{"note": "Bank transfer of 3 March"}"""),
        BodyMayBeAbsent = true,
        Answers = [Example.Of<InvoiceView>(200, "The invoice.", Sample)],
        Errors = [ErrorCode.InvoiceNotFound, ErrorCode.InvoiceState, ErrorCode.ValidationFailed],
    };
}

/// <summary>The OpenAPI descriptions of <see cref="CouponEndpoints"/>.</summary>
internal static class CouponDescriptions
{
    private const string Tag = "Coupons";

    private const string One =
        """
        {"code": "SPRING", "percent_off": 20, "amount_off": null, "currency": null, "duration": "repeating",
         "months": 3, "carry_over": false,
         "max_redemptions": 100, "redemptions": 12, "first_time_only": true, "plans": ["pro"], "expires_at": "2026-06-01T00:00:00Z",
          "active": true,
         "created_at": "2026-03-01T00:00:00Z"}
        """;

    private static readonly IReadOnlyDictionary<string, string> Path = new Dictionary<string, string> { ["code"] = "The coupon's code." };

    public static readonly Description Create = new(
        Tag, "Create a coupon",
        "A coupon takes a percentage or an amount off the invoices of a subscription: once, for some months, or for ever. "
            + "If an invoice is smaller than the amount, the rest is "
        + "forfeited; with `carry_over`, the rest of an amount that applies once reduces the next invoices. A coupon's terms never change.")
    {
        Request = Example.Of<CreateCouponRequest>("""{"code": "SPRING", "percent_off": 20, "duration": "repeating", "months": 3}"""),
        Answers = [Example.Of<CouponView>(201, "Created.", One)],
        Errors = [ErrorCode.CouponExists, ErrorCode.ValidationFailed],
    };

    public static readonly Description List = new(Tag, "List coupons", "Lists coupons in the order of their codes, ended ones included.")
    {
        Query = QueryParameter.OfPage,
        Answers = [Example.Of<CouponList>(200, "A page.", $$"""{"data": [{{One}}], "has_more": false}""")],
    };

    public static readonly Description Show = new(Tag, "Show a coupon", "Returns the coupon with the number of its redemptions.")
    {
        Path = Path,
        Answers = [Example.Of<CouponView>(200, "The coupon.", One)],
        Errors = [ErrorCode.CouponNotFound],
    };

    public static readonly Description End = new(
        Tag, "End a coupon", "Nobody can redeem the coupon any more. Subscriptions that redeemed it keep it. A repeat changes nothing.")
    {
        Path = Path,
        Answers = [Example.Of<CouponView>(200, "Ended.", One)],
        Errors = [ErrorCode.CouponNotFound],
    };
}

/// <summary>The OpenAPI descriptions of <see cref="InvoiceSettingsEndpoints"/>.</summary>
internal static class InvoiceSettingsDescriptions
{
    private const string Tag = "Invoices";

    private const string Settings =
        """
        {"name": "Trendit Inc", "address": ["1 Main Street", "Springfield"], "email": "billing@trendit.example",
         "country": "US", "tax_id": null,
         "number_prefix": "TRENDIT", "due_days": 14, "largest_total": 1000000, "reverse_charge_while_pending": true, "footer": null,
          "language": "en", "logo": null, "has_logo": false}
        """;

    private const string Rates =
        """{"rates": [{"country": "DE", "region": null, "name": "VAT", "percent": 19, "inclusive": false, "reverse_charge": true}]}""";

    public static readonly Description Show = new(
        Tag, "Show the invoice settings",
        "Returns the seller's details on this project's invoices, and how the project numbers and words them.")
    {
        Answers = [Example.Of<InvoiceSettingsBody>(200, "The settings.", Settings)],
    };

    public static readonly Description Set = new(
        Tag, "Set the invoice settings",
        "Replaces all settings. A field that you leave out gets its default, except the logo, which stays until you replace it or set it "
            + "to an empty text. Existing invoices do not change.")
    {
        Request = Example.Of<InvoiceSettingsBody>(
            """{"name": "Trendit Inc", "address": ["1 Main Street", "Springfield"], "country": "US"}"""),
        Answers = [Example.Of<InvoiceSettingsBody>(200, "The settings.", Settings)],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description ShowTaxes = new(
        Tag, "Show the tax rates", "Returns the tax rates by the customer's country and, where a rate names one, region.")
    {
        Answers = [Example.Of<TaxRates>(200, "All rates.", Rates)],
    };

    public static readonly Description SetTaxes = new(
        Tag, "Set the tax rates",
        "Replaces all rates. A customer without a country, or in a country without a rate, pays no tax. With `reverse_charge`, "
            + "a customer with a valid VAT id in "
        + "another country than the seller's owes the tax itself, and the invoice says so. A rate with a `category` applies to everything "
        + "that the catalogue sells in that `tax_category`; it replaces "
        + "the rates of the same country and region that have no category.")
    {
        Request = Example.Of<TaxRates>("""{"rates": [{"country": "DE", "name": "VAT", "percent": 19, "reverse_charge": true}]}"""),
        Answers = [Example.Of<TaxRates>(200, "All rates.", Rates)],
        Errors = [ErrorCode.ValidationFailed],
    };
}
