using System.Globalization;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;

namespace Tollgate.Core.Invoicing;

/// <summary>A tax rate that a project charges, by the customer's location.</summary>
/// <param name="Country">ISO 3166-1, two letters.</param>
/// <param name="Region">ISO 3166-2 without the country; null: the whole country.</param>
/// <param name="ReverseCharge">True if a customer abroad with a tax id owes the tax itself.</param>
public sealed record TaxRule(string Country, string? Region, string Name, Percent Rate, bool IsInclusive, bool ReverseCharge)
{
    /// <summary>
    /// The category of sales to which the rate applies, in place of the country's or region's rates without a category. Null: the rate for
    /// sales without a category, or with a category without rates.
    /// </summary>
    public string? Category { get; init; }
}

/// <summary>The rates that apply to a customer, and the required note about them.</summary>
public sealed record TaxDecision(IReadOnlyList<TaxRate> Rates, string? Note)
{
    public static readonly TaxDecision None = new([], null);
}

/// <summary>The seller of a project's invoices, and their rules.</summary>
public sealed record InvoiceSettings
{
    public const int DefaultDueDays = 14;

    public required InvoiceParty Seller { get; init; }

    /// <summary>The text before the number: <c>TRENDIT</c> in <c>TRENDIT-000042</c>.</summary>
    public required string Prefix { get; init; }

    /// <summary>Calendar days between issue and due date.</summary>
    public int DueDays { get; init; } = DefaultDueDays;

    /// <summary>
    /// The total in major units, of any currency, above which Tollgate holds an invoice until an operator has reviewed it. Null:
    /// <see cref="PlausibleTotals"/>.
    /// </summary>
    public long? LargestTotal { get; init; }

    public string? Footer { get; init; }

    /// <summary>The language tag, such as <c>de</c>, of the invoice's own words, numbers and dates.</summary>
    public string Language { get; init; } = "en";

    public IReadOnlyList<TaxRule> TaxRates { get; init; } = [];

    /// <summary>
    /// True if a VAT id that VIES has not checked yet already removes the tax, for at most <see cref="VatCheckRules.LongestPending"/>.
    /// Registers are down for hours nearly every day, and a buyer with a valid id should not have to reclaim its tax.
    /// </summary>
    public bool ReversesWhilePending { get; init; } = true;

    /// <summary>Returns the largest plausible total in major units.</summary>
    public long LargestTotalIn(Currency currency) => LargestTotal ?? PlausibleTotals.LargestIn(currency);

    public string NumberOf(long serial) => $"{Prefix}-{serial:000000}";

    /// <summary>Returns the serial in a number with any prefix, since a project may change it. Null: it is not an invoice number.</summary>
    public static long? SerialOf(string number) =>
        number.LastIndexOf('-') is > 0 and var dash
            && long.TryParse(number.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var serial) ? serial : null;

    public string CreditNoteNumberOf(long serial) => $"{Prefix}-CN-{serial:000000}";
}

public static class TaxRules
{
    /// <summary>
    /// Returns the rates of the buyer's country, and of its region if it has any. If the rule says so, a buyer abroad with a valid VAT id
    /// owes the tax itself, unless VIES reports the id as invalid.
    /// </summary>
    /// <param name="category">The category of the sale; null: none.</param>
    /// <param name="whilePending"><see cref="InvoiceSettings.ReversesWhilePending"/>.</param>
    public static TaxDecision For(
        IReadOnlyList<TaxRule> rules, InvoiceParty seller, InvoiceParty buyer, string? category = null, bool whilePending = true)
    {
        var found = rules.Where(rule => rule.Country == buyer.Country && (rule.Region is null || rule.Region == buyer.Region))
            .GroupBy(static rule => rule.Region)
            .SelectMany(place => place.Any(rule => rule.Category is not null && rule.Category == category)
                ? place.Where(rule => rule.Category == category)
                : place.Where(static rule => rule.Category is null))
            .ToArray();
        if (buyer.TaxExempt is { } exempt)
        {
            return new([], found.Length == 0 ? null : $"Exempt from tax: {exempt.Reason} ({exempt.Document}).");
        }

        var isTaken = buyer.TaxIdCheck?.Status switch
        {
            VatStatus.Invalid => false,
            VatStatus.Pending => whilePending && !buyer.TaxIdCheck.IsOverdue,
            _ => true,
        };
        var isAbroad = isTaken && VatIds.IsValid(buyer.Country, buyer.TaxId) && seller.Country is not null
            && buyer.Country != seller.Country;
        var charged = found.Where(rule => !(rule.ReverseCharge && isAbroad)).ToArray();
        return new(
            [.. charged.Select(static rule => new TaxRate(rule.Name, rule.Rate, rule.IsInclusive))],
            charged.Length < found.Length
                ? $"Reverse charge: the recipient owes the {found.First(static rule => rule.ReverseCharge).Name}.{buyer.TaxIdCheck?.Note}"
                : null);
    }
}

/// <summary>The taxes of one customer by category of sale.</summary>
/// <param name="FeatureCategories">The categories of usage by the code of the feature.</param>
public sealed record TaxTable(
    IReadOnlyList<TaxRule> Rules, InvoiceParty Seller, InvoiceParty Buyer, IReadOnlyDictionary<string, string> FeatureCategories)
{
    /// <inheritdoc cref="InvoiceSettings.ReversesWhilePending"/>
    public bool ReversesWhilePending { get; init; } = true;

    public TaxDecision For(InvoiceLine line) =>
        TaxRules.For(
            Rules, Seller, Buyer, line.TaxCategory ?? (line.Feature is { } feature ? FeatureCategories.GetValueOrDefault(feature) : null),
            ReversesWhilePending);
}
