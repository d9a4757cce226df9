using System.Globalization;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;

namespace Tollgate.Core.Invoicing;

/// <summary>A rate of tax that a project charges, by where the customer is.</summary>
/// <param name="Country">ISO 3166-1, two letters.</param>
/// <param name="Region">ISO 3166-2 without the country; null for all of it.</param>
/// <param name="ReverseCharge">A customer abroad with a tax id owes the tax itself.</param>
public sealed record TaxRule(string Country, string? Region, string Name, Percent Rate, bool IsInclusive, bool ReverseCharge)
{
    /// <summary>
    /// What is sold in this category has it instead of the country's or region's rates without one. Null: what has no category, or one
    /// without rates.
    /// </summary>
    public string? Category { get; init; }
}

/// <summary>Which rates apply to a customer, and what must be said about them.</summary>
public sealed record TaxDecision(IReadOnlyList<TaxRate> Rates, string? Note)
{
    public static readonly TaxDecision None = new([], null);
}

/// <summary>Who sends a project's invoices, and under which rules.</summary>
public sealed record InvoiceSettings
{
    public const int DefaultDueDays = 14;

    public required InvoiceParty Seller { get; init; }

    /// <summary>Before the number: <c>TRENDIT</c> in <c>TRENDIT-000042</c>.</summary>
    public required string Prefix { get; init; }

    /// <summary>Calendar days between issue and due date.</summary>
    public int DueDays { get; init; } = DefaultDueDays;

    /// <summary>
    /// An invoice above so many major units, of whatever currency, is held back until somebody has looked at it. Null:
    /// <see cref="PlausibleTotals"/>.
    /// </summary>
    public long? LargestTotal { get; init; }

    public string? Footer { get; init; }

    /// <summary>A tag such as <c>de</c>: how the invoice's own words, numbers and dates are written.</summary>
    public string Language { get; init; } = "en";

    public IReadOnlyList<TaxRule> TaxRates { get; init; } = [];

    /// <summary>
    /// A VAT id that VIES has not answered for yet takes tax off, for <see cref="VatCheckRules.LongestPending"/> at most. Registers are
    /// down for hours nearly every day: a buyer with a right id should not have to ask for its tax back.
    /// </summary>
    public bool ReversesWhilePending { get; init; } = true;

    /// <summary>Major units.</summary>
    public long LargestTotalIn(Currency currency) => LargestTotal ?? PlausibleTotals.LargestIn(currency);

    public string NumberOf(long serial) => $"{Prefix}-{serial:000000}";

    /// <summary>The serial in a number of any prefix, since a project may change it. Null: it is no number of an invoice.</summary>
    public static long? SerialOf(string number) =>
        number.LastIndexOf('-') is > 0 and var dash
            && long.TryParse(number.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var serial) ? serial : null;

    public string CreditNoteNumberOf(long serial) => $"{Prefix}-CN-{serial:000000}";
}

public static class TaxRules
{
    /// <summary>
    /// The rates of the buyer's country, and of its region where there are such. A buyer abroad with a valid VAT id owes a tax itself
    /// whose rule says so, unless VIES says that the id is nobody's.
    /// </summary>
    /// <param name="category">Of what is sold; null: none.</param>
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

/// <summary>The taxes of one customer, by what is sold.</summary>
/// <param name="FeatureCategories">Of usage: by the code of its feature.</param>
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
