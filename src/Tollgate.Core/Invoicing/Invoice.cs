using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>
/// The state of an invoice (<c>SEMANTICS</c> 4). A draft may still change; from <see cref="Open"/> on it has a number and its lines never
/// change: a credit note corrects it.
/// </summary>
public enum InvoiceStatus
{
    Draft,
    Open,
    Paid,
    Void,
    Uncollectible,
}

/// <summary>The cause of an invoice. A subscription has at most one invoice of a kind for the same period.</summary>
public enum InvoiceKind
{
    /// <summary>The first invoice of a subscription, or of its paid life after a trial.</summary>
    Start,

    /// <summary>The next period in advance, and the usage of the ended one in arrears.</summary>
    Renewal,

    /// <summary>The usage of a month within a longer billing period.</summary>
    Usage,

    /// <summary>A change in the middle of a period.</summary>
    Change,

    /// <summary>The unbilled usage at the end of the subscription.</summary>
    Final,

    /// <summary>Created manually, or for a one-off purchase.</summary>
    OneOff,
}

public enum InvoiceLineKind
{
    Subscription,
    ProrationCredit,
    ProrationCharge,
    Usage,
    AddOn,
    Seat,
    Minimum,

    /// <summary>A one-off purchase of a pack, whose units the customer gets when the invoice is paid.</summary>
    CreditPack,
    Discount,
    Tax,
    Credit,
}

/// <summary>One line. <see cref="Amount"/> is rounded once; <see cref="Quantity"/> × <see cref="UnitPrice"/> is exact.</summary>
public sealed record InvoiceLine
{
    public required InvoiceLineKind Kind { get; init; }

    public required string Description { get; init; }

    /// <summary>The code of the metered feature, for usage and credit packs; null otherwise.</summary>
    public string? Feature { get; init; }

    public required Quantity Quantity { get; init; }

    /// <summary>The price of one unit; null if the amount does not result from one price (tiers, tax).</summary>
    public ExactMoney? UnitPrice { get; init; }

    /// <summary>Negative for credits and discounts.</summary>
    public required MoneyAmount Amount { get; init; }

    /// <summary>
    /// For a line that is not stored yet: the amount before the discount of its own price; null: it has no discount, or the line is for a
    /// part of a period.
    /// </summary>
    public MoneyAmount? Listed { get; init; }

    /// <summary>
    /// For credited usage or a credited minimum: the amount billed for it before discounts, if the credit is less; null: the amount.
    /// </summary>
    public MoneyAmount? Rated { get; init; }

    /// <summary>The service period that the line pays for, which may lie before or after the invoice's own.</summary>
    public required Period Period { get; init; }

    /// <summary>The line's share of the invoice's taxes, after discounts; null: unknown, or a discount.</summary>
    public MoneyAmount? Tax { get; init; }

    /// <summary>The computation of the amount, step by step, in plain words. <c>explain</c> shows it.</summary>
    public IReadOnlyList<string> Steps { get; init; } = [];

    /// <summary>For a line before taxation: the category of the plan, add-on or pack. Usage has that of its feature.</summary>
    public string? TaxCategory { get; init; }

    /// <summary>For a discount before storage: the <see cref="Invoicing.Redemption.Sequence"/> of the redemption that it applies.</summary>
    public long? Redemption { get; init; }
}

/// <summary>One tax rate on an invoice, rounded once (<c>SEMANTICS</c> 4).</summary>
/// <param name="Name">The name on the invoice: <c>VAT</c>, <c>Sales tax</c>.</param>
/// <param name="IsInclusive">True if the prices include it.</param>
/// <param name="Base">The amount to which the rate applies, without the tax itself.</param>
public sealed record InvoiceTax(string Name, Percent Rate, bool IsInclusive, MoneyAmount Base, MoneyAmount Amount)
{
    /// <summary>The positions, from 1, of the lines that have it; null: all of them.</summary>
    public IReadOnlyList<int>? Lines { get; init; }

    public bool IsOn(int position) => Lines is null || Lines.Contains(position);
}

/// <summary>The seller or the buyer, as of the finalisation of the invoice.</summary>
public sealed record InvoiceParty
{
    public required string Name { get; init; }

    public IReadOnlyList<string> Address { get; init; } = [];

    public string? Email { get; init; }

    /// <summary>ISO 3166-1, two letters.</summary>
    public string? Country { get; init; }

    /// <summary>ISO 3166-2 without the country: <c>CA</c>.</summary>
    public string? Region { get; init; }

    public string? TaxId { get; init; }

    /// <summary>For a buyer: the answer of VIES for <see cref="TaxId"/>. Null: Tollgate did not ask.</summary>
    public VatEvidence? TaxIdCheck { get; init; }

    /// <summary>The reason why the party pays no tax.</summary>
    public TaxExemption? TaxExempt { get; init; }
}

/// <summary>A correction of a finalised invoice. Its amounts are positive: credits to the customer.</summary>
/// <param name="Reason">The reason in the words of its author.</param>
public sealed record CreditNote(
    Guid Id, string Number, Instant IssuedAt, string Reason, IReadOnlyList<InvoiceLine> Lines, MoneyAmount Tax, MoneyAmount Total);

/// <summary>A complete invoice, as the API, the page, the PDF and the accounting exports show it.</summary>
public sealed record Invoice
{
    private readonly MoneyAmount? _prorated;
    private readonly MoneyAmount? _proratedTax;

    public required Guid Id { get; init; }

    /// <summary>Null until the invoice is finalised: <c>CC-000042</c>, gap-free in its series.</summary>
    public string? Number { get; init; }

    public required InvoiceStatus Status { get; init; }

    public required InvoiceKind Kind { get; init; }

    /// <summary>The project's own id of the customer.</summary>
    public required string Customer { get; init; }

    public Guid? Subscription { get; init; }

    public required Currency Currency { get; init; }

    public required Period Period { get; init; }

    public required Instant CreatedAt { get; init; }

    public Instant? IssuedAt { get; init; }

    public Instant? DueAt { get; init; }

    /// <summary>The time at which it was paid in full, voided or written off; null before.</summary>
    public Instant? ClosedAt { get; init; }

    /// <summary>Null before the invoice is finalised.</summary>
    public InvoiceParty? Seller { get; init; }

    public InvoiceParty? Buyer { get; init; }

    /// <summary>
    /// The sold items, followed by the discounts: kinds Discount, Credit. Taxes are not lines but in <see cref="Taxes"/>.
    /// </summary>
    public required IReadOnlyList<InvoiceLine> Lines { get; init; }

    /// <summary>The share of the discounts for each line. Credit lines and the discounts themselves have none.</summary>
    public IReadOnlyList<MoneyAmount> DiscountOfLines =>
        MoneyParts.Spread(Discount, [.. Lines.Select(static line => Math.Max(0, line.Amount.Minor))]);

    public IReadOnlyList<InvoiceTax> Taxes { get; init; } = [];

    /// <summary>The required note about the tax, for instance that the customer owes it (reverse charge).</summary>
    public string? TaxNote { get; init; }

    /// <summary>The sum of the lines before discounts.</summary>
    public required MoneyAmount Subtotal { get; init; }

    /// <summary>The discount by coupons and promotional credits; positive.</summary>
    public required MoneyAmount Discount { get; init; }

    /// <summary>Negative if the invoice credits more than it charges.</summary>
    public required MoneyAmount Tax { get; init; }

    /// <summary>The total that the invoice charges; never negative.</summary>
    public required MoneyAmount Total { get; init; }

    /// <summary>The amount by which credits exceed charges, taxes included. It became customer credit, and the total is zero.</summary>
    public MoneyAmount ToCredits
    {
        get
        {
            var zero = MoneyAmount.Zero(Currency);
            var asked = Taxes.Where(static tax => !tax.IsInclusive).Aggregate(Subtotal - Discount, static (sum, tax) => sum + tax.Amount);
            return asked.IsNegative ? zero - asked : zero;
        }
    }

    /// <summary>The part of the total that prepaid credits paid.</summary>
    public required MoneyAmount FromCredits { get; init; }

    /// <summary>The paid amount, including the part from credits.</summary>
    public required MoneyAmount Paid { get; init; }

    public IReadOnlyList<CreditNote> CreditNotes { get; init; } = [];

    /// <summary>
    /// The part that changes of the subscription have credited later for unused time, before taxes that are added to prices.
    /// </summary>
    public MoneyAmount Prorated
    {
        get => _prorated ?? MoneyAmount.Zero(Currency);
        init => _prorated = value;
    }

    /// <summary>The added taxes that were credited with <see cref="Prorated"/>.</summary>
    public MoneyAmount ProratedTax
    {
        get => _proratedTax ?? MoneyAmount.Zero(Currency);
        init => _proratedTax = value;
    }

    /// <summary>The amount that changes of the subscription have credited later, taxes included.</summary>
    public MoneyAmount ProrationCredited => Prorated + ProratedTax;

    /// <summary>The amount that a credit note can still credit: the total less all earlier credits.</summary>
    public MoneyAmount Creditable => Total - Credited - ProrationCredited is { IsNegative: false } left ? left : MoneyAmount.Zero(Currency);

    /// <summary>The sum of all credit notes.</summary>
    public MoneyAmount Credited => CreditNotes.Aggregate(MoneyAmount.Zero(Currency), static (sum, note) => sum + note.Total);

    /// <summary>The amount still to pay. Credit notes of an unpaid invoice reduce it.</summary>
    public MoneyAmount Due
    {
        get
        {
            var left = Total - Paid - Credited;
            return Status is InvoiceStatus.Void or InvoiceStatus.Uncollectible || left.IsNegative ? MoneyAmount.Zero(Currency) : left;
        }
    }

    /// <summary>The amount that pays the invoice in full, also after it was written off and is no longer collected.</summary>
    public MoneyAmount Payable => Status == InvoiceStatus.Uncollectible ? (this with { Status = InvoiceStatus.Open }).Due : Due;

    /// <summary>
    /// The amount that counts as billed: charged, less credit notes. Zero for a void invoice; for a written-off one only its payments, of
    /// credits or of money that arrives later.
    /// </summary>
    public MoneyAmount Counted => Status switch
    {
        InvoiceStatus.Void => MoneyAmount.Zero(Currency),
        InvoiceStatus.Uncollectible => Paid,
        _ => Total - Credited,
    };
}
