using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>What a step in a customer's life asks for, before reductions, tax and credits.</summary>
public sealed record InvoiceDraft(InvoiceKind Kind, Period Period, Currency Currency, IReadOnlyList<InvoiceLine> Lines)
{
    /// <summary>The lines of what happened to a subscription, and then of the usage that is to be billed with it.</summary>
    /// <returns>Null: there is nothing to bill.</returns>
    public static InvoiceDraft? Of(SubscriptionStep step, IReadOnlyList<UsageDue> usage)
    {
        var lines = step.Charges.Select(LineOf).Concat(usage.Where(static due => !due.IsSettled).Select(LineOf)).ToArray();
        if (lines.Length == 0)
        {
            return null;
        }

        var (after, kind) = (step.After, KindOf(step.Verb));
        return new(kind, kind == InvoiceKind.Change ? after.Current with { Start = step.At } : after.Current, after.Terms.Currency, lines);
    }

    private static InvoiceKind KindOf(SubscriptionVerb verb) => verb switch
    {
        SubscriptionVerb.Start or SubscriptionVerb.ConvertTrial or SubscriptionVerb.Activate => InvoiceKind.Start,
        SubscriptionVerb.Renew => InvoiceKind.Renewal,
        SubscriptionVerb.Cancel or SubscriptionVerb.ExpireTrial => InvoiceKind.Final,
        _ => InvoiceKind.Change,
    };

    private static InvoiceLine LineOf(Charge charge)
    {
        var (terms, name) = (charge.Terms, $"{charge.Terms.Plan.Plan.Name}, {CatalogWords.Of(charge.Terms.Interval)}");
        return new()
        {
            Kind = charge.Kind switch
            {
                ChargeKind.Advance => InvoiceLineKind.Subscription,
                ChargeKind.UnusedTime => InvoiceLineKind.ProrationCredit,
                _ => InvoiceLineKind.ProrationCharge,
            },
            Description = charge.Kind switch
            {
                ChargeKind.Advance => name,
                ChargeKind.UnusedTime => $"Unused time of {name}",
                _ => $"Remaining time of {name}",
            },
            Quantity = Quantity.Of(terms.Quantity), Amount = charge.Amount, Period = charge.Period,
            UnitPrice = charge.Kind == ChargeKind.Advance ? new(new MoneyAmount(terms.Price?.AmountMinor ?? 0, terms.Currency).Major, terms.Currency) : null,
            Steps = charge.Share is { } share ? [$"{terms.Amount} × {share} of the period"] : [],
        };
    }

    private static InvoiceLine LineOf(UsageDue due)
    {
        var (rated, isPackage) = (due.Rated(), due.Price.Mode == TierMode.Package);
        return new()
        {
            Kind = InvoiceLineKind.Usage, Feature = due.Feature, Period = due.Period, Quantity = due.Quantity - due.BilledQuantity, Amount = rated.Amount - due.Billed,
            Description = due.IsCorrection ? $"{due.Name}: correction of an earlier period" : $"{due.Name} beyond the plan",
            UnitPrice = rated.Steps is [{ FlatFee.Major: 0 } only] && !isPackage && !due.IsCorrection ? only.UnitPrice : null,
            Steps =
            [
                .. rated.Steps.Select(static step => step.ToString()),
                .. due.IsCorrection ? (string[])[$"billed before: {due.BilledQuantity} for {due.Billed}"] : [],
            ],
        };
    }
}
