using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>The charges of a step in a customer's life, before reductions, tax and credits.</summary>
public sealed record InvoiceDraft(InvoiceKind Kind, Period Period, Currency Currency, IReadOnlyList<InvoiceLine> Lines)
{
    private const long SecondsOfADay = 86_400;

    /// <summary>Returns the lines of the step's charges, followed by those of the usage billed with it.</summary>
    /// <returns>Null: there is nothing to bill.</returns>
    /// <param name="minimums">The amounts by which ended periods fall short of their commitments.</param>
    public static InvoiceDraft? Of(SubscriptionStep step, IReadOnlyList<UsageDue> usage, params IReadOnlyList<MinimumDue> minimums)
    {
        IReadOnlyList<InvoiceLine> lines =
        [
            .. step.Charges.Select(LineOf), .. usage.Where(static due => !due.IsSettled).Select(LineOf), .. minimums.Select(LineOf),
        ];
        if (lines.Count == 0)
        {
            return null;
        }

        return new(KindOf(step.Verb), step.Span, step.After.Terms.Currency, lines);
    }

    private static InvoiceKind KindOf(SubscriptionVerb verb) => verb switch
    {
        SubscriptionVerb.Start or SubscriptionVerb.ConvertTrial or SubscriptionVerb.Activate => InvoiceKind.Start,
        SubscriptionVerb.Renew => InvoiceKind.Renewal,
        SubscriptionVerb.BillUsage => InvoiceKind.Usage,
        SubscriptionVerb.Cancel or SubscriptionVerb.ExpireTrial => InvoiceKind.Final,
        _ => InvoiceKind.Change,
    };

    private static InvoiceLine LineOf(Charge charge)
    {
        var name = $"{charge.AddOn?.AddOn.Name ?? charge.Terms.Plan.Plan.Name}, {CatalogWords.Of(charge.Terms.Interval)}";
        return new()
        {
            Kind = charge.Kind switch
            {
                ChargeKind.Advance => InvoiceLineKind.Subscription,
                ChargeKind.Seats => InvoiceLineKind.Seat,
                ChargeKind.AddOn => InvoiceLineKind.AddOn,
                ChargeKind.UnusedTime => InvoiceLineKind.ProrationCredit,
                _ => InvoiceLineKind.ProrationCharge,
            },
            Description = charge.Kind switch
            {
                ChargeKind.Advance or ChargeKind.AddOn => name,
                ChargeKind.Seats => $"Seats beyond those of {name}",
                ChargeKind.UnusedTime => $"Unused time of {name}",
                _ => $"Remaining time of {name}",
            },
            Quantity = QuantityOf(charge), Amount = charge.Amount, Listed = ListedOf(charge), Period = charge.Period,
            UnitPrice = UnitPriceOf(charge), Steps = StepsOf(charge),
            TaxCategory = charge.AddOn is { } added ? added.AddOn.TaxCategory : charge.Terms.Plan.Plan.TaxCategory,
        };
    }

    /// <summary>Returns the quantity of a line; 1 for a plan whose seats have a price of their own.</summary>
    private static Quantity QuantityOf(Charge charge) => (charge.Kind, charge.Terms.Price?.Seats) switch
    {
        _ when charge.AddOn is { } held => Quantity.Of(held.Quantity),
        (ChargeKind.Seats, { } seats) => seats.Charged(charge.Terms.Quantity),
        (ChargeKind.Advance, not null) => Quantity.One,
        _ => Quantity.Of(charge.Terms.Quantity),
    };

    private static MoneyAmount? ListedOf(Charge charge)
    {
        var listed = charge switch
        {
            { Share: not null } => charge.Amount,
            { Kind: ChargeKind.Advance } => charge.Terms.ListedBase,
            { Kind: ChargeKind.Seats } => charge.Terms.ListedSeats,
            { Kind: ChargeKind.AddOn, AddOn: { } held } => charge.Terms.ListedOf(held),
            _ => charge.Amount,
        };
        return listed == charge.Amount ? null : listed;
    }

    private static ExactMoney? UnitPriceOf(Charge charge) => charge.Kind switch
    {
        ChargeKind.Advance => charge.Terms.UnitPrice,
        ChargeKind.AddOn => charge.Terms.UnitPriceOf(charge.AddOn!),
        ChargeKind.Seats when charge.Terms.SeatSteps is [{ FlatFee.Major: 0 } only] => only.DueUnitPrice,
        _ => null,
    };

    private static IReadOnlyList<string> StepsOf(Charge charge) => charge switch
    {
        { Share: { } share } => [.. WholeOf(charge), ShareOf(charge, share), .. charge.Credit is { } credit ? BoundsOf(credit) : []],
        { Kind: ChargeKind.Seats } => [.. charge.Terms.SeatSteps.Select(static step => step.ToString())],
        { AddOn: { } held } => StepsOf(charge.Terms, held),
        _ => [$"{QuantityOf(charge)} × {charge.Terms.Each}", .. StepsOf(charge.Terms.Discount, charge.Terms.Currency)],
    };

    private static IReadOnlyList<string> StepsOf(SubscriptionTerms terms, HeldAddOn held) =>
        [$"{held.Quantity} × {terms.EachOf(held)}", .. StepsOf(terms.DiscountOf(held), terms.Currency)];

    /// <summary>Returns the computation of the price for a whole period; empty if it is a single price of the catalogue.</summary>
    private static IReadOnlyList<string> WholeOf(Charge charge)
    {
        var terms = charge.Terms;
        if (charge.AddOn is { } held)
        {
            return held.Quantity == 1 && terms.DiscountOf(held) is null ? [] : StepsOf(terms, held);
        }

        var times = terms.Price?.Seats is null ? terms.Quantity : 1;
        return times == 1 && terms.Discount is null && terms.Seats.IsZero
            ? []
            : [$"{times} × {terms.Each}", .. StepsOf(terms.Discount, terms.Currency),
                .. terms.SeatSteps.Select(static step => step.ToString())];
    }

    private static string ShareOf(Charge charge, Fraction share)
    {
        var part = charge.Credit?.OfQuota is { } ofQuota ? $"{ofQuota} of the quota, which is not used" : $"{InDays(share)} of the period";
        return $"{PriceOf(charge)} × {part}{(charge.Reduced.Value == 0 ? "" : $", less {charge.Reduced}")}";
    }

    private static IEnumerable<string> BoundsOf(ProrationCredit credit)
    {
        if (!credit.AmountOff.IsZero)
        {
            yield return $"less {credit.AmountOff}, which coupons had taken off this time";
        }

        if (!credit.NotBilled.IsZero)
        {
            yield return $"less {credit.NotBilled}, which was not billed for the period or went back before";
        }
    }

    internal static IReadOnlyList<string> StepsOf(LineDiscount? discount, Currency currency) =>
        discount is null ? [] : [$"less {discount.In(currency)}{(discount.Percent is null ? " each" : "")}"];

    /// <summary>Returns the full price of which a charge or credit is a share.</summary>
    private static MoneyAmount PriceOf(Charge charge) =>
        charge.AddOn is { } held ? charge.Terms.AmountOf(held) : charge.Terms.Base + charge.Terms.Seats;

    /// <summary>Writes a share by the second in days too: <c>15/30 days</c>, or <c>14.5/30 days (1252800/2592000 seconds)</c>.</summary>
    private static string InDays(Fraction share)
    {
        if (share.Whole < SecondsOfADay)
        {
            return $"{share} days";
        }

        var days = string.Create(
            CultureInfo.InvariantCulture,
            $"{(decimal)share.Part / SecondsOfADay:0.####}/{(decimal)share.Whole / SecondsOfADay:0.####} days");
        return share.Part % SecondsOfADay == 0 && share.Whole % SecondsOfADay == 0 ? days : $"{days} ({share} seconds)";
    }

    private static InvoiceLine LineOf(UsageDue due)
    {
        var (rated, isPackage) = (due.Rated(), RatingRules.PricesOf(due.Parts).Any(static one => one.Price.Mode == TierMode.Package));
        return new()
        {
            Kind = InvoiceLineKind.Usage, Feature = due.Feature, Period = due.Period, Quantity = due.Quantity - due.BilledQuantity,
            Amount = rated.Amount - due.Billed,
            Description = due.IsCorrection ? $"{due.Name}: correction of an earlier period" : $"{due.Name} beyond the plan",
            UnitPrice = rated.Steps is [{ FlatFee.Major: 0 } only] && !isPackage && !due.IsCorrection ? only.DueUnitPrice : null,
            Steps =
            [
                .. rated.Steps.Select(static step => step.ToString()),
                .. due.IsCorrection ? (string[])[$"billed before: {due.BilledQuantity} for {due.Billed}"] : [],
            ],
        };
    }

    private static InvoiceLine LineOf(MinimumDue minimum) => new()
    {
        Kind = InvoiceLineKind.Minimum, Quantity = Quantity.One, Amount = minimum.Amount, Period = minimum.Period,
        TaxCategory = minimum.TaxCategory,
        Description = minimum.BilledBefore is null ? "Up to the agreed minimum" : "Agreed minimum: correction of an earlier period",
        Steps = minimum.BilledBefore is { } before
            ? [$"{minimum.Minimum} minimum in addition to the plan − {minimum.Counted} of usage, at least 0", $"billed before: {before}"]
            : [$"{minimum.Minimum} agreed − {minimum.Counted} of plan and usage"],
    };
}
