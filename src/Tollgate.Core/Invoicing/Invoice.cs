using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>
/// Where an invoice stands (<c>SEMANTICS</c> 4). A draft may still change; from <see cref="Open"/> on it has a number and its lines
/// are what they are for ever: what was wrong is put right by a credit note.
/// </summary>
public enum InvoiceStatus
{
    Draft,
    Open,
    Paid,
    Void,
    Uncollectible,
}

/// <summary>Why an invoice was made. One subscription has at most one of a kind for the same period.</summary>
public enum InvoiceKind
{
    /// <summary>The first of a subscription, or of its paid life after a trial.</summary>
    Start,

    /// <summary>The next period in advance, and the usage of the ended one in arrears.</summary>
    Renewal,

    /// <summary>Usage of a month inside of a longer billing period.</summary>
    Usage,

    /// <summary>A change in the middle of a period.</summary>
    Change,

    /// <summary>The usage that was not billed yet when the subscription ended.</summary>
    Final,

    /// <summary>Made by hand, or for something that is bought once.</summary>
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

    /// <summary>A pack that was bought once: units that are given when the invoice is paid.</summary>
    CreditPack,
    Discount,
    Tax,
    Credit,
}

/// <summary>One line. <see cref="Amount"/> is rounded, once; <see cref="Quantity"/> × <see cref="UnitPrice"/> is exact.</summary>
public sealed record InvoiceLine
{
    public required InvoiceLineKind Kind { get; init; }

    public required string Description { get; init; }

    /// <summary>Code of the metered feature, of usage and of credit packs; null otherwise.</summary>
    public string? Feature { get; init; }

    public required Quantity Quantity { get; init; }

    /// <summary>For one unit; null where the amount does not come of one price (tiers, tax).</summary>
    public ExactMoney? UnitPrice { get; init; }

    /// <summary>Negative for what is given back or taken off.</summary>
    public required MoneyAmount Amount { get; init; }

    /// <summary>
    /// Of a line that is not stored yet: the amount before the discount of its own price; null: it has none, or the line is for a part of a
    /// period.
    /// </summary>
    public MoneyAmount? Listed { get; init; }

    /// <summary>
    /// Of usage or a minimum that is taken back: what it was billed at before discounts, where less goes back; null: the amount.
    /// </summary>
    public MoneyAmount? Rated { get; init; }

    /// <summary>What the line pays for; a service period, which may lie before or behind the invoice's own.</summary>
    public required Period Period { get; init; }

    /// <summary>Its part of the invoice's taxes, after discounts; null: not known, or a discount.</summary>
    public MoneyAmount? Tax { get; init; }

    /// <summary>How the amount came about, step by step, in plain words: shown by <c>explain</c>.</summary>
    public IReadOnlyList<string> Steps { get; init; } = [];

    /// <summary>Of a line that is to be taxed: that of the plan, add-on or pack. Usage has that of its feature.</summary>
    public string? TaxCategory { get; init; }

    /// <summary>Of a discount that is to be stored: the <see cref="Invoicing.Redemption.Sequence"/> of what took it off.</summary>
    public long? Redemption { get; init; }
}

/// <summary>One rate of tax on an invoice, rounded once (<c>SEMANTICS</c> 4).</summary>
/// <param name="Name">As it is written on the invoice: <c>VAT</c>, <c>Sales tax</c>.</param>
/// <param name="IsInclusive">The prices contain it already.</param>
/// <param name="Base">What it is computed of, without the tax itself.</param>
public sealed record InvoiceTax(string Name, Percent Rate, bool IsInclusive, MoneyAmount Base, MoneyAmount Amount)
{
    /// <summary>Positions, from 1, of the lines that have it; null: all of them.</summary>
    public IReadOnlyList<int>? Lines { get; init; }

    public bool IsOn(int position) => Lines is null || Lines.Contains(position);
}

/// <summary>Who sends the invoice, or to whom it goes, as it stood when the invoice was finalised.</summary>
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

    /// <summary>Of a buyer: what VIES had answered for <see cref="TaxId"/>. Null: it was not asked.</summary>
    public VatEvidence? TaxIdCheck { get; init; }

    /// <summary>Why it pays no tax.</summary>
    public TaxExemption? TaxExempt { get; init; }
}

/// <summary>What corrects a finalised invoice. Amounts are positive: they are given back.</summary>
/// <param name="Reason">In the words of whoever made it.</param>
public sealed record CreditNote(
    Guid Id, string Number, Instant IssuedAt, string Reason, IReadOnlyList<InvoiceLine> Lines, MoneyAmount Tax, MoneyAmount Total);

/// <summary>An invoice, whole: what the wire, the page, the PDF and the books show.</summary>
public sealed record Invoice
{
    private readonly MoneyAmount? _prorated;
    private readonly MoneyAmount? _proratedTax;

    public required Guid Id { get; init; }

    /// <summary>Null until it is finalised: <c>CC-000042</c>, gap-free in its series.</summary>
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

    /// <summary>When it was paid in full, voided or given up; null before.</summary>
    public Instant? ClosedAt { get; init; }

    /// <summary>Null before the invoice is finalised.</summary>
    public InvoiceParty? Seller { get; init; }

    public InvoiceParty? Buyer { get; init; }

    /// <summary>
    /// What is sold, and then what is taken off: kinds Discount, Credit. Tax has no line here but stands in <see cref="Taxes"/>.
    /// </summary>
    public required IReadOnlyList<InvoiceLine> Lines { get; init; }

    /// <summary>
    /// For each line, its part of the discounts. Lines that give money back have none, and neither have the discounts themselves.
    /// </summary>
    public IReadOnlyList<MoneyAmount> DiscountOfLines =>
        MoneyParts.Spread(Discount, [.. Lines.Select(static line => Math.Max(0, line.Amount.Minor))]);

    public IReadOnlyList<InvoiceTax> Taxes { get; init; } = [];

    /// <summary>What must be said about the tax, for instance that the customer owes it (reverse charge).</summary>
    public string? TaxNote { get; init; }

    /// <summary>Lines before anything is taken off.</summary>
    public required MoneyAmount Subtotal { get; init; }

    /// <summary>What coupons and promotional credits took off; positive.</summary>
    public required MoneyAmount Discount { get; init; }

    /// <summary>Negative where more is given back than asked for.</summary>
    public required MoneyAmount Tax { get; init; }

    /// <summary>What the invoice asks for: never negative.</summary>
    public required MoneyAmount Total { get; init; }

    /// <summary>
    /// What it gives back beyond what it asks for, taxes included: it became the customer's credits. The total is zero then.
    /// </summary>
    public MoneyAmount ToCredits
    {
        get
        {
            var zero = MoneyAmount.Zero(Currency);
            var asked = Taxes.Where(static tax => !tax.IsInclusive).Aggregate(Subtotal - Discount, static (sum, tax) => sum + tax.Amount);
            return asked.IsNegative ? zero - asked : zero;
        }
    }

    /// <summary>Of the total, what prepaid credits and the customer's balance paid.</summary>
    public required MoneyAmount FromCredits { get; init; }

    /// <summary>Paid in all, with what credits paid.</summary>
    public required MoneyAmount Paid { get; init; }

    public IReadOnlyList<CreditNote> CreditNotes { get; init; } = [];

    /// <summary>What changes of the subscription gave back of the time that it asked for, before taxes that are added to prices.</summary>
    public MoneyAmount Prorated
    {
        get => _prorated ?? MoneyAmount.Zero(Currency);
        init => _prorated = value;
    }

    /// <summary>The taxes on top of <see cref="Prorated"/> that went back with it.</summary>
    public MoneyAmount ProratedTax
    {
        get => _proratedTax ?? MoneyAmount.Zero(Currency);
        init => _proratedTax = value;
    }

    /// <summary>What changes of the subscription gave back, taxes included.</summary>
    public MoneyAmount ProrationCredited => Prorated + ProratedTax;

    /// <summary>What can still be given back by a document: what it asked for, less what went back already, in whichever way.</summary>
    public MoneyAmount Creditable => Total - Credited - ProrationCredited is { IsNegative: false } left ? left : MoneyAmount.Zero(Currency);

    /// <summary>What credit notes gave back in all.</summary>
    public MoneyAmount Credited => CreditNotes.Aggregate(MoneyAmount.Zero(Currency), static (sum, note) => sum + note.Total);

    /// <summary>Still to be paid. What a credit note gives back of an unpaid invoice need not be paid.</summary>
    public MoneyAmount Due
    {
        get
        {
            var left = Total - Paid - Credited;
            return Status is InvoiceStatus.Void or InvoiceStatus.Uncollectible || left.IsNegative ? MoneyAmount.Zero(Currency) : left;
        }
    }

    /// <summary>What pays it in full: also of one that was given up, which nobody asks for any more.</summary>
    public MoneyAmount Payable => Status == InvoiceStatus.Uncollectible ? (this with { Status = InvoiceStatus.Open }).Due : Due;

    /// <summary>
    /// What counts as billed: what it asks for and what came in for it. Nothing of a void one; of one that was given up what credits
    /// had paid of it, until somebody pays the rest after all.
    /// </summary>
    public MoneyAmount Counted => Status switch
    {
        InvoiceStatus.Void => MoneyAmount.Zero(Currency),
        InvoiceStatus.Uncollectible => Paid,
        _ => Total - Credited,
    };
}
