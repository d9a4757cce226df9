using Tollgate.Core.Catalog;
using Tollgate.Core.Grants;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>What somebody who buys packs is promised. It stays so, whatever the catalogue says later.</summary>
public sealed record PackSale
{
    /// <summary>The pack's code.</summary>
    public required string Pack { get; init; }

    public required string Name { get; init; }

    /// <summary>The metered feature's code.</summary>
    public required string Feature { get; init; }

    /// <summary>How many packs; at least 1.</summary>
    public required long Count { get; init; }

    /// <summary>Of all of them together.</summary>
    public required Quantity Units { get; init; }

    /// <summary>The price of one.</summary>
    public required MoneyAmount Each { get; init; }

    /// <summary>Place in the burn order.</summary>
    public required int Priority { get; init; }

    /// <summary>Days of the project's calendar from the payment on; null: the units never expire.</summary>
    public int? ExpiresAfterDays { get; init; }

    public MoneyAmount Amount => Each * Count;

    /// <summary>The price of one before its discount; null: the same.</summary>
    public MoneyAmount? ListedEach { get; init; }

    /// <summary>How the catalogue's price becomes that of one; empty where it is the same.</summary>
    public IReadOnlyList<string> DiscountSteps { get; init; } = [];
}

/// <summary>Whether a pack can be bought.</summary>
public enum PackVerdict
{
    Sold,
    Unknown,

    /// <summary>It is not offered any more.</summary>
    Inactive,
    NotForPlan,
    NotInCurrency,

    /// <summary>More units than a grant can hold.</summary>
    TooManyUnits,
}

/// <summary>Where a purchase stands.</summary>
public enum PackStatus
{
    /// <summary>Its invoice waits for payment: nothing was given yet.</summary>
    Pending,

    /// <summary>Paid, and the units were given.</summary>
    Granted,

    /// <summary>Its invoice is void, or was credited whole before it was paid: nothing will be given.</summary>
    Void,
}

/// <summary>Credit packs (<c>SEMANTICS</c> 2 and 4): bought once, on an invoice of their own. Access follows payment.</summary>
public static class PackRules
{
    /// <summary>
    /// Of one pack in one purchase: beyond it, it is a slip of the keyboard, and a larger pack is missing in the catalogue.
    /// </summary>
    public const long MostAtOnce = 10_000;

    /// <summary>A purchase is for no stretch of time; what stands on an invoice is for one that is not empty.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    /// <param name="pack">As the catalogue has it; null: it has none of the code.</param>
    /// <param name="plan">The customer's.</param>
    public static (PackVerdict Verdict, PackSale? Sale) Judge(CreditPack? pack, string plan, Currency currency, long count)
    {
        var verdict = pack switch
        {
            null => PackVerdict.Unknown,
            { Active: false } => PackVerdict.Inactive,
            _ when !pack.FitsPlan(plan) => PackVerdict.NotForPlan,
            _ when pack.PriceIn(currency) is null => PackVerdict.NotInCurrency,
            _ => PackVerdict.Sold,
        };
        if (verdict != PackVerdict.Sold)
        {
            return (verdict, null);
        }

        return !Quantity.TryCreate(pack!.Quantity.Value * count, out var units) ? (PackVerdict.TooManyUnits, null) : (verdict, new()
        {
            Pack = pack.Code,
            Name = pack.Name,
            Feature = pack.Feature,
            Count = count,
            Units = units,
            Each = pack.PriceIn(currency)!.Each,
            ListedEach = pack.PriceIn(currency) is { Discount: not null } reduced && reduced.Listed != reduced.Each ? reduced.Listed : null,
            DiscountSteps = pack.PriceIn(currency) is { Discount: { } discount } price
                ? [$"{price.Listed} each", .. InvoiceDraft.StepsOf(discount, currency)]
                : [],
            Priority = pack.Priority ?? GrantTerms.DefaultPriorityOf(GrantSource.TopUp),
            ExpiresAfterDays = pack.ExpiresAfterDays,
        });
    }

    /// <summary>What a purchase comes to: one line, taxes, and what prepaid credits pay of it. Coupons are a subscription's.</summary>
    /// <param name="credits">What the customer has to get.</param>
    public static Bill Bill(PackSale sale, TaxDecision tax, MoneyAmount credits, Instant at)
    {
        var period = new Period(at, at.Plus(Moment));
        var line = new InvoiceLine
        {
            Kind = InvoiceLineKind.CreditPack,
            Description = sale.Name,
            Feature = sale.Feature,
            Quantity = Quantity.Of(sale.Count),
            UnitPrice = ExactMoney.Of(sale.Each),
            Amount = sale.Amount,
            Listed = sale.ListedEach is { } listed ? listed * sale.Count : null,
            Period = period,
            Steps = [.. sale.DiscountSteps, $"{sale.Count} × {sale.Each} = {sale.Amount}", $"{sale.Units} units of {sale.Feature} in all"],
        };
        var sums = InvoiceMath.Compute([line.Amount], [], tax.Rates, credits);
        return new(
            new(InvoiceKind.OneOff, period, sale.Each.Currency, [line]), [line with { Tax = sums.TaxOfLines[0] }], sums, tax.Note, []);
    }

    /// <summary>
    /// What was bought is given once this is so: the invoice is paid, by money, by credits, or because it asks for nothing. One that
    /// a credit note took back whole asks for nothing either, but nobody has bought anything.
    /// </summary>
    public static bool IsPaidFor(Invoice invoice) =>
        invoice.Status == InvoiceStatus.Paid && (invoice.Total.IsZero || invoice.Credited < invoice.Total);

    /// <param name="isGranted">The units were given. A credit note afterwards takes nothing back.</param>
    public static PackStatus StatusOf(Invoice invoice, bool isGranted) => invoice.Status switch
    {
        _ when isGranted => PackStatus.Granted,
        InvoiceStatus.Void or InvoiceStatus.Paid => PackStatus.Void,
        _ => PackStatus.Pending,
    };

    /// <summary>When the units of what was paid now expire; far in the future: never.</summary>
    public static Instant ExpiryOf(PackSale sale, Instant paidAt, TimeZoneInfo zone) =>
        sale.ExpiresAfterDays is { } days ? BillingPeriods.AfterDays(paidAt, days, zone) : Instant.FarFuture;
}
