using Tollgate.Core.Money;

namespace Tollgate.Core.Invoicing;

/// <summary>What a coupon or promotional credit takes off an invoice: a percentage of what remains, or an amount.</summary>
/// <param name="Name">As it is written on the invoice.</param>
/// <param name="Rate">0 to 100; null for an amount.</param>
public sealed record Reduction(string Name, Percent? Rate, MoneyAmount? Amount);

/// <summary>A rate of tax that applies.</summary>
/// <param name="IsInclusive">The prices contain it.</param>
public sealed record TaxRate(string Name, Percent Rate, bool IsInclusive);

/// <summary>An invoice's sums, and what each reduction and each line had of them.</summary>
/// <param name="Subtotal">Of the lines.</param>
/// <param name="Reduced">What each reduction took off, in their order; positive.</param>
/// <param name="Taxes">Rounded once each.</param>
/// <param name="TaxOfLines">For each line, its part of all taxes.</param>
/// <param name="Total">What is asked for; not negative.</param>
/// <param name="FromCredits">Of the total, what prepaid credits pay.</param>
/// <param name="Left">What the customer has to get: the part of negative lines that nothing stood against. Positive.</param>
public sealed record InvoiceSums(
    MoneyAmount Subtotal, IReadOnlyList<MoneyAmount> Reduced, IReadOnlyList<InvoiceTax> Taxes, IReadOnlyList<MoneyAmount> TaxOfLines,
    MoneyAmount Total, MoneyAmount FromCredits, MoneyAmount Left)
{
    public MoneyAmount Discount => Reduced.Aggregate(MoneyAmount.Zero(Subtotal.Currency), static (sum, one) => sum + one);

    /// <summary>All of it, also what the prices contain.</summary>
    public MoneyAmount Tax => Taxes.Aggregate(MoneyAmount.Zero(Subtotal.Currency), static (sum, one) => sum + one.Amount);
}

/// <summary>
/// The order in which an invoice is computed (<c>SEMANTICS</c> 4): 1. lines; 2. promotional credits and coupons in the order of
/// their redemption, a percentage of what remains; 3. tax on what is left, rounded once for each rate and spread over the
/// lines; 4. prepaid credits, as a means of payment; 5. never below zero.
/// </summary>
public static class InvoiceMath
{
    /// <param name="lines">Amounts of the lines, rounded.</param>
    /// <param name="credits">What the customer has prepaid.</param>
    public static InvoiceSums Compute(
        IReadOnlyList<MoneyAmount> lines, IReadOnlyList<Reduction> reductions, IReadOnlyList<TaxRate> rates, MoneyAmount credits)
    {
        var zero = MoneyAmount.Zero(credits.Currency);

        // 1. Lines. Credits of a proration may be more than everything else: then nothing is asked for, and the rest is the customer's.
        var subtotal = lines.Aggregate(zero, static (sum, line) => sum + line);
        var (left, remains) = subtotal.IsNegative ? (-subtotal, zero) : (zero, subtotal);

        // 2. What is taken off.
        var reduced = new List<MoneyAmount>();
        foreach (var reduction in reductions)
        {
            var wanted = reduction.Rate is { } rate ? ExactMoney.Of(remains).Times(rate).Rounded() : reduction.Amount!.Value;
            var taken = wanted < remains ? wanted : remains;
            reduced.Add(taken);
            remains -= taken;
        }

        // 3. Tax. What the prices contain is taken out of them first, so that other rates stand on the net.
        var contained = rates.Where(static rate => rate.IsInclusive).Aggregate(default(Percent), static (sum, rate) => sum + rate.Rate);
        var net = ExactMoney.Of(remains).Without(contained);
        var amounts = rates.Select(rate => net.Times(rate.Rate).Rounded()).ToArray();
        var within = rates.Zip(amounts).Where(static pair => pair.First.IsInclusive).Aggregate(zero, static (sum, pair) => sum + pair.Second);

        // What the taxes are computed of and the taxes that it contains are the price again, to the cent.
        var taxes = rates.Zip(amounts, (rate, amount) => new InvoiceTax(rate.Name, rate.Rate, rate.IsInclusive, remains - within, amount)).ToArray();
        var added = taxes.Where(static tax => !tax.IsInclusive).Aggregate(zero, static (sum, tax) => sum + tax.Amount);
        var weights = lines.Select(static line => Math.Max(0, line.Minor)).ToArray();
        var ofLines = lines.Count == 0 ? [] : MoneyParts.Spread(taxes.Aggregate(zero, static (sum, tax) => sum + tax.Amount), weights);

        // 4. and 5. Prepaid credits pay, tax included.
        var total = remains + added;
        return new(subtotal, reduced, taxes, ofLines, total, credits < total ? (credits.IsNegative ? zero : credits) : total, left);
    }
}
