using System.ComponentModel.DataAnnotations;
using Tollgate.Contracts.Catalog;

namespace Tollgate.Contracts.Invoicing;

/// <summary>A line of an invoice. Amounts in minor units of the invoice's currency.</summary>
public sealed record InvoiceLineView
{
    /// <summary>
    /// <c>subscription</c>, <c>seat</c>, <c>add_on</c>, <c>proration_credit</c>, <c>proration_charge</c>, <c>usage</c>, <c>minimum</c>,
    /// <c>credit_pack</c>, <c>discount</c>, <c>tax</c> or <c>credit</c>.
    /// </summary>
    public required string Kind { get; init; }

    public required string Description { get; init; }

    /// <summary>Code of the metered feature, for usage and credit packs.</summary>
    public string? Feature { get; init; }

    public required decimal Quantity { get; init; }

    /// <summary>Major units for one, as text; null: the amount does not come from one price.</summary>
    public string? UnitPrice { get; init; }

    /// <summary>Minor units. Negative for credits and discounts.</summary>
    public required long Amount { get; init; }

    public required DateTimeOffset PeriodStart { get; init; }

    public required DateTimeOffset PeriodEnd { get; init; }

    /// <summary>The calculation of the amount, step by step: shares of a period in days, tiers, the base of a coupon.</summary>
    public required IReadOnlyList<string> Steps { get; init; }
}

/// <summary>One rate of tax on an invoice.</summary>
/// <param name="Inclusive">The prices contain it: it is in <c>tax</c> and has no line.</param>
public sealed record InvoiceTaxView(string Name, decimal Percent, bool Inclusive, long Base, long Amount);

/// <summary>The seller or the buyer of an invoice.</summary>
/// <param name="TaxIdCheck">For a buyer: the answer of VIES about its VAT id when the invoice was issued; null: Tollgate had not asked
/// VIES.</param>
public sealed record InvoicePartyView(
    string Name, IReadOnlyList<string> Address, string? Email, string? Country, string? Region, string? TaxId, TaxIdCheckView? TaxIdCheck);

/// <summary>The result of the check of a buyer's VAT id.</summary>
/// <param name="Status"><c>valid</c>, <c>invalid</c> or <c>pending</c>.</param>
/// <param name="Source"><c>vies</c> or <c>sandbox</c>; null: Tollgate has not asked yet.</param>
public sealed record TaxIdCheckView(string Status, string? Source, DateTimeOffset? CheckedAt, string? ConsultationNumber);

public sealed record CreditNoteView(
    string Id, string Number, DateTimeOffset IssuedAt, string Reason, IReadOnlyList<InvoiceLineView> Lines, long Tax, long Total);

/// <summary>An invoice as every call returns it. Amounts in minor units of <c>currency</c>.</summary>
public sealed record InvoiceView
{
    public required string Id { get; init; }

    /// <summary>Gap-free in the project; null: a preview.</summary>
    public string? Number { get; init; }

    /// <summary><c>draft</c> (a preview), <c>open</c>, <c>paid</c>, <c>void</c> or <c>uncollectible</c>.</summary>
    public required string Status { get; init; }

    /// <summary><c>start</c>, <c>renewal</c>, <c>usage</c>, <c>change</c>, <c>final</c> or <c>one_off</c>.</summary>
    public required string Kind { get; init; }

    public required string Customer { get; init; }

    public string? Subscription { get; init; }

    public required string Currency { get; init; }

    public required DateTimeOffset PeriodStart { get; init; }

    public required DateTimeOffset PeriodEnd { get; init; }

    public DateTimeOffset? IssuedAt { get; init; }

    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Numbered from 1 in this order.</summary>
    public required IReadOnlyList<InvoiceLineView> Lines { get; init; }

    /// <summary>
    /// The sum of the lines before discounts and taxes. Negative: the credits exceed the charges, and the difference pays the next
    /// invoices.
    /// </summary>
    public required long Subtotal { get; init; }

    public required long Discount { get; init; }

    public required long Tax { get; init; }

    public required IReadOnlyList<InvoiceTaxView> Taxes { get; init; }

    public string? TaxNote { get; init; }

    public required long Total { get; init; }

    /// <summary>
    /// The amount by which the invoice's credits exceed its charges, which became the customer's credits. <c>total</c> is then 0, and the
    /// lines add up to minus this amount.
    /// </summary>
    public required long ToCredits { get; init; }

    /// <summary>The part of the total that credits paid.</summary>
    public required long PaidFromCredits { get; init; }

    public required long AmountPaid { get; init; }

    public required long AmountDue { get; init; }

    public InvoicePartyView? Seller { get; init; }

    public InvoicePartyView? Buyer { get; init; }

    public required IReadOnlyList<CreditNoteView> CreditNotes { get; init; }
}

/// <summary>Answer of <c>GET /v1/invoices</c>.</summary>
public sealed record InvoiceList(IReadOnlyList<InvoiceView> Data, bool HasMore);

/// <summary>Body of <c>/pay</c>, <c>/void</c> and <c>/mark-uncollectible</c>.</summary>
public sealed record InvoiceStatusRequest
{
    /// <summary>A note for operators: how it was paid, why it is void.</summary>
    public string? Note { get; init; }
}

/// <summary>Body of <c>POST /v1/invoices/{id}/credit-notes</c>. With neither amount nor lines: the rest of the invoice.</summary>
public sealed record CreditInvoiceRequest
{
    /// <summary>Minor units, tax included.</summary>
    public long? Amount { get; init; }

    /// <summary>Numbers of whole lines, from 1.</summary>
    public IReadOnlyList<int>? Lines { get; init; }

    /// <summary>Printed on the credit note.</summary>
    public string? Reason { get; init; }
}

/// <summary>Answer of <c>GET /v1/invoices/{id}/lines/{n}/explain</c>: how Tollgate computed the amount of a line.</summary>
public sealed record LineExplanation
{
    public required InvoiceLineView Line { get; init; }

    /// <summary>Step by step, in words.</summary>
    public required IReadOnlyList<string> Steps { get; init; }

    /// <summary>For usage: the total of the feature's events in the period.</summary>
    public UsageExplanation? Usage { get; init; }

    /// <summary>Its part of the invoice's discounts, positive. Null: the line is a discount or a tax.</summary>
    public long? Discount { get; init; }

    /// <summary>Its part of the invoice's taxes, after the discount. Null: the line is a discount or a tax.</summary>
    public long? Tax { get; init; }

    /// <summary>
    /// The rates of <c>tax</c>. Null: <c>tax</c> is null, or the line is a credit, which has the rates of the original charge.
    /// </summary>
    public IReadOnlyList<LineTaxRateView>? TaxRates { get; init; }
}

/// <summary>A rate of tax of one line.</summary>
public sealed record LineTaxRateView(string Name, decimal Percent, bool Inclusive);

/// <param name="Included">The plan's quota in the period.</param>
/// <param name="Used">The usage of the plan's quota and beyond, without usage that grants covered.</param>
/// <param name="Events">The first events of the period; <c>event_count</c> counts all of them.</param>
/// <param name="Parts">The parts of the period in the order of time, each with its plan, quota and price. A new part begins where the plan,
/// an add-on or an override changes, and where a subscription begins or ends.</param>
public sealed record UsageExplanation(
    DateTimeOffset PeriodStart, DateTimeOffset PeriodEnd, decimal Included, decimal Used, decimal PaidByGrants, decimal Beyond,
    long EventCount, IReadOnlyList<ExplainedEvent> Events, IReadOnlyList<UsagePartView> Parts);

/// <summary>A stretch of a quota period with one quota and one price.</summary>
/// <param name="Plan">The plan's code.</param>
/// <param name="Included">The quota that was in force; null: unlimited.</param>
/// <param name="Used">The usage of the plan's quota in it; null if no usage of the period exceeds the quota.</param>
/// <param name="Beyond">Units that the price applies to: above the quota, and not used earlier.</param>
/// <param name="Price">Null: the plan had no price beyond the quota.</param>
public sealed record UsagePartView(
    DateTimeOffset From, DateTimeOffset To, string Plan, int PlanVersion, decimal? Included, decimal? Used, decimal Beyond,
    OveragePriceView? Price);

public sealed record ExplainedEvent(string Id, DateTimeOffset OccurredAt, decimal Quantity);

/// <summary>A movement of a customer's account. Amounts in minor units.</summary>
/// <param name="Kind"><c>invoice</c>, <c>from_credits</c>, <c>payment</c>, <c>refund</c>, <c>credit_note</c>, <c>to_credits</c>,
/// <c>voided</c> or <c>written_off</c>.</param>
/// <param name="Amount">Positive: the customer owes more.</param>
/// <param name="Balance">The amount that the customer owes after it.</param>
public sealed record StatementEntryView(string Kind, DateTimeOffset At, string Number, long Amount, long Balance);

/// <summary>Answer of <c>GET /v1/customers/{id}/statement</c>.</summary>
public sealed record StatementView(
    string Customer, string Currency, DateTimeOffset From, DateTimeOffset To, long Opening, IReadOnlyList<StatementEntryView> Entries,
    long Closing);

/// <summary>Body of <c>POST /v1/customers/{id}/packs</c>.</summary>
public sealed record BuyPackRequest
{
    /// <summary>Code of a pack of the catalogue.</summary>
    [Required]
    public string? Pack { get; init; }

    /// <summary>The number of packs: 1 (default) to 10000.</summary>
    public long? Quantity { get; init; }

    /// <summary>Default: the customer's, or the project's.</summary>
    public string? Currency { get; init; }

    /// <summary>A preview: Tollgate changes nothing.</summary>
    public bool? Preview { get; init; }

    /// <summary>An id of your own, for instance the order's number: a repeat buys nothing.</summary>
    public string? Id { get; init; }
}

/// <summary>Credit packs that a customer bought.</summary>
public sealed record PackPurchaseView
{
    public required string Id { get; init; }

    public required string Pack { get; init; }

    /// <summary>The number of packs.</summary>
    public required long Quantity { get; init; }

    /// <summary>Code of the metered feature.</summary>
    public required string Feature { get; init; }

    /// <summary>For all packs together.</summary>
    public required decimal Units { get; init; }

    /// <summary>Days after the payment; null: never.</summary>
    public int? ExpiresAfterDays { get; init; }

    /// <summary><c>pending</c> (the invoice is not paid), <c>granted</c>, or <c>void</c> (the invoice is void).</summary>
    public required string Status { get; init; }

    public required DateTimeOffset BoughtAt { get; init; }

    /// <summary>Id of the grant, once the invoice is paid.</summary>
    public string? Grant { get; init; }

    /// <summary>In a preview, it has no number.</summary>
    public required InvoiceView Invoice { get; init; }
}

/// <summary>Answer of <c>GET /v1/customers/{id}/packs</c>, newest first.</summary>
public sealed record PackPurchaseList(IReadOnlyList<PackPurchaseView> Data, bool HasMore);

/// <summary>Body of <c>POST /v1/customers/{id}/credits</c>.</summary>
public sealed record GiveCreditRequest
{
    /// <summary>Minor units, not 0. Negative, only for <c>prepaid</c>: Tollgate takes this amount back from the remaining credit.</summary>
    [Required]
    public long? Amount { get; init; }

    /// <summary>ISO 4217. Default: the customer's, or the project's.</summary>
    public string? Currency { get; init; }

    /// <summary>
    /// <c>promotional</c>: reduces the price before tax, in the order of redemption among the coupons. <c>prepaid</c>: pays the total, tax
    /// included.
    /// </summary>
    [Required]
    public string? Kind { get; init; }

    /// <summary>Only for <c>promotional</c>: from this time on, the credit reduces no invoice. Default: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>A note for operators: a payment's reference, a reason.</summary>
    public string? Note { get; init; }
}

/// <summary>An increase or a reduction of a customer's credit.</summary>
public sealed record CreditFactView
{
    /// <summary>For <c>starting_after</c>.</summary>
    public required string Id { get; init; }

    /// <summary><c>promotional</c> or <c>prepaid</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// <c>manual</c>: this call. <c>invoice</c>: an invoice used it, or returned it when it became void. <c>proration</c>: the proration
    /// credit of a change exceeded its charge. <c>credit_note</c>. <c>payment</c>: money that exceeded its invoice. <c>refund</c>: the
    /// refund of such money. <c>expired</c>: the rest at the expiry.
    /// </summary>
    public required string Cause { get; init; }

    /// <summary>Minor units. Negative: a reduction.</summary>
    public required long Amount { get; init; }

    public required string Currency { get; init; }

    public required DateTimeOffset At { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Id of the invoice.</summary>
    public string? Invoice { get; init; }

    public string? Note { get; init; }

    /// <summary>The operator or key that made the change.</summary>
    public string? Actor { get; init; }
}

/// <summary>A customer's balance of one kind and currency, in minor units.</summary>
public sealed record CreditBalanceView(string Kind, string Currency, long Amount);

/// <summary>Answer of <c>GET /v1/customers/{id}/credits</c>.</summary>
/// <param name="Balances">Now.</param>
/// <param name="Data">The credits granted and used, the newest first.</param>
public sealed record CreditAccountView(IReadOnlyList<CreditBalanceView> Balances, IReadOnlyList<CreditFactView> Data, bool HasMore);

/// <summary>Usage that arrived too late for the invoice of its period. Tollgate did not bill it.</summary>
/// <param name="Id">For <c>starting_after</c>; it has no other meaning.</param>
/// <param name="Quantity">Units beyond the billed ones.</param>
/// <param name="Amount">Their price, in minor units. It is 0 or less if more units make all units cheaper.</param>
public sealed record LateUsageView(
    string Id, string Customer, string Feature, DateTimeOffset PeriodStart, DateTimeOffset PeriodEnd, decimal Quantity, long Amount,
    string Currency);

/// <summary>Answer of <c>GET /v1/billing/late-usage</c>, the newest period first.</summary>
public sealed record LateUsageList(IReadOnlyList<LateUsageView> Data, bool HasMore);

/// <summary>Body of <c>POST /v1/coupons</c>.</summary>
public sealed record CreateCouponRequest
{
    /// <summary>1 to 64 letters, digits, and . _ - after the first. Case-sensitive.</summary>
    [Required]
    public string? Code { get; init; }

    /// <summary>Percent: 20 for 20 %. At least 1, at most 100, at most 4 decimals. This or <c>amount_off</c>.</summary>
    public decimal? PercentOff { get; init; }

    /// <summary>Minor units of <c>currency</c>.</summary>
    public long? AmountOff { get; init; }

    public string? Currency { get; init; }

    /// <summary><c>once</c> (default), <c>repeating</c> or <c>forever</c>.</summary>
    public string? Duration { get; init; }

    /// <summary>For <c>repeating</c>: 1 to 120.</summary>
    public int? Months { get; init; }

    /// <summary>
    /// Only with <c>amount_off</c> and <c>once</c>: the part of the amount that exceeds one invoice reduces the next ones. Default: it is
    /// forfeited.
    /// </summary>
    public bool? CarryOver { get; init; }

    public int? MaxRedemptions { get; init; }

    /// <summary>Only for customers who never had another subscription.</summary>
    public bool? FirstTimeOnly { get; init; }

    /// <summary>Codes of plans; default: all.</summary>
    public IReadOnlyList<string>? Plans { get; init; }

    /// <summary>The time from which customers can no longer redeem it; subscriptions that have it keep it.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A coupon as every call returns it.</summary>
public sealed record CouponView
{
    public required string Code { get; init; }

    public decimal? PercentOff { get; init; }

    public long? AmountOff { get; init; }

    public string? Currency { get; init; }

    public required string Duration { get; init; }

    public int? Months { get; init; }

    /// <summary>The rest of the amount reduces the next invoices.</summary>
    public required bool CarryOver { get; init; }

    public int? MaxRedemptions { get; init; }

    public required int Redemptions { get; init; }

    public required bool FirstTimeOnly { get; init; }

    public IReadOnlyList<string>? Plans { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>False: it has ended and customers can no longer redeem it.</summary>
    public required bool Active { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Answer of <c>GET /v1/coupons</c>.</summary>
public sealed record CouponList(IReadOnlyList<CouponView> Data, bool HasMore);

/// <summary>Body and answer of <c>/v1/invoice-settings</c>: the seller on the project's invoices, and their form.</summary>
public sealed record InvoiceSettingsBody
{
    /// <summary>Default: the project's name.</summary>
    public string? Name { get; init; }

    /// <summary>At most 6 lines.</summary>
    public IReadOnlyList<string>? Address { get; init; }

    public string? Email { get; init; }

    /// <summary>ISO 3166-1, two capital letters.</summary>
    public string? Country { get; init; }

    public string? TaxId { get; init; }

    /// <summary>Before the number, 1 to 20 of A–Z, 0–9 and -. Default: the project's code in capital letters.</summary>
    public string? NumberPrefix { get; init; }

    /// <summary>Calendar days until an invoice is due: 0 to 365, default 14.</summary>
    public int? DueDays { get; init; }

    /// <summary>
    /// Major units above which Tollgate holds an invoice back until an operator has checked it. Default: about a million US dollars,
    /// 1000000 in most currencies.
    /// </summary>
    public long? LargestTotal { get; init; }

    /// <summary>
    /// True (default): a VAT id that VIES has not confirmed yet removes the tax, for at most 14 days after the first request, because the
    /// registers are often down for hours. False: such a customer pays tax until the answer arrives.
    /// </summary>
    public bool? ReverseChargeWhilePending { get; init; }

    /// <summary>At the foot of each page.</summary>
    public string? Footer { get; init; }

    /// <summary>
    /// Words, numbers and dates of PDF and page: <c>en</c> (default), <c>en-GB</c>, <c>de</c>, <c>fr</c> … docs/reference/invoices.md lists
    /// them.
    /// </summary>
    public string? Language { get; init; }

    /// <summary>
    /// PNG or JPEG in base64, at most 256 KB; left out: the stored one stays; empty: none. An answer shows only that there is one.
    /// </summary>
    public string? Logo { get; init; }

    public bool? HasLogo { get; init; }
}

/// <summary>A tax rate by the customer's location.</summary>
public sealed record TaxRateBody
{
    /// <summary>ISO 3166-1, two capital letters.</summary>
    public string? Country { get; init; }

    /// <summary>ISO 3166-2 without the country; compared with the customer's metadata <c>region</c>.</summary>
    public string? Region { get; init; }

    /// <summary>As it is printed: <c>VAT</c>.</summary>
    public string? Name { get; init; }

    /// <summary>0 to 100, at most 4 decimals.</summary>
    public decimal? Percent { get; init; }

    /// <summary>Prices contain it.</summary>
    public bool? Inclusive { get; init; }

    /// <summary>A customer with a valid VAT id in another country than the seller's owes the tax itself (reverse charge).</summary>
    public bool? ReverseCharge { get; init; }

    /// <summary>
    /// For items of the catalogue with this <c>tax_category</c>, instead of the rates of the same country and region without a category.
    /// Null: for all other items.
    /// </summary>
    public string? Category { get; init; }
}

/// <summary>Body and answer of <c>/v1/tax-rates</c>: all tax rates of a project.</summary>
public sealed record TaxRates
{
    [Required]
    public IReadOnlyList<TaxRateBody>? Rates { get; init; }
}
