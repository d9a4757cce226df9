using Tollgate.Core.Catalog;
using Tollgate.Core.Grants;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>The terms of a purchase of packs. Later changes of the catalogue do not affect them.</summary>
public sealed record PackSale
{
    /// <summary>The pack's code.</summary>
    public required string Pack { get; init; }

    public required string Name { get; init; }

    /// <summary>The metered feature's code.</summary>
    public required string Feature { get; init; }

    /// <summary>The number of packs; at least 1.</summary>
    public required long Count { get; init; }

    /// <summary>The total units of all packs.</summary>
    public required Quantity Units { get; init; }

    /// <summary>The price of one pack.</summary>
    public required MoneyAmount Each { get; init; }

    /// <summary>The priority in the burn order.</summary>
    public required int Priority { get; init; }

    /// <summary>Days of the project's calendar from the payment; null: the units never expire.</summary>
    public int? ExpiresAfterDays { get; init; }

    public MoneyAmount Amount => Each * Count;

    /// <summary>The price of one pack before its discount; null: the same.</summary>
    public MoneyAmount? ListedEach { get; init; }

    /// <summary>The steps from the catalogue's price to the price of one pack; empty if they are the same.</summary>
    public IReadOnlyList<string> DiscountSteps { get; init; } = [];
}

/// <summary>The result of the check whether a customer can buy a pack.</summary>
public enum PackVerdict
{
    Sold,
    Unknown,

    /// <summary>The pack is no longer offered.</summary>
    Inactive,
    NotForPlan,
    NotInCurrency,

    /// <summary>More units than a grant can hold.</summary>
    TooManyUnits,
}

/// <summary>The state of a purchase.</summary>
public enum PackStatus
{
    /// <summary>The invoice awaits payment; the customer has no units yet.</summary>
    Pending,

    /// <summary>Paid, and the customer has the units.</summary>
    Granted,

    /// <summary>The invoice is void, or was credited in full before its payment: the customer gets no units.</summary>
    Void,
}

/// <summary>Credit packs (<c>SEMANTICS</c> 2 and 4): a one-off purchase on its own invoice. The units follow the payment.</summary>
public static class PackRules
{
    /// <summary>The most units of one pack in one purchase: more is a typing error, or the catalogue lacks a larger pack.</summary>
    public const long MostAtOnce = 10_000;

    /// <summary>The period of the line: a purchase is for no period, but a line needs one that is not empty.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    /// <param name="pack">The pack in the catalogue; null: the code is unknown.</param>
    /// <param name="plan">The customer's plan.</param>
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

    /// <summary>
    /// Computes the bill of a purchase: one line, taxes, and the part that prepaid credits pay. Coupons apply to subscriptions only.
    /// </summary>
    /// <param name="credits">The customer's credit balance.</param>
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
    /// True if the customer gets the units: the invoice is paid, by money, by credits, or because its total is zero. An invoice that a
    /// credit note reversed in full has no amount due either, but is no purchase.
    /// </summary>
    public static bool IsPaidFor(Invoice invoice) =>
        invoice.Status == InvoiceStatus.Paid && (invoice.Total.IsZero || invoice.Credited < invoice.Total);

    /// <param name="isGranted">True if the customer has the units. A later credit note takes none back.</param>
    public static PackStatus StatusOf(Invoice invoice, bool isGranted) => invoice.Status switch
    {
        _ when isGranted => PackStatus.Granted,
        InvoiceStatus.Void or InvoiceStatus.Paid => PackStatus.Void,
        _ => PackStatus.Pending,
    };

    /// <summary>Returns the expiry of units that are paid now; far in the future: never.</summary>
    public static Instant ExpiryOf(PackSale sale, Instant paidAt, TimeZoneInfo zone) =>
        sale.ExpiresAfterDays is { } days ? BillingPeriods.AfterDays(paidAt, days, zone) : Instant.FarFuture;
}
