using Tollgate.Core.Money;

namespace Tollgate.Core.Invoicing;

/// <summary>The reduction of an invoice by a coupon or promotional credit: a percentage of the remaining amount, or an amount.</summary>
/// <param name="Name">The name on the invoice.</param>
/// <param name="Rate">0 to 100; null for an amount.</param>
public sealed record Reduction(string Name, Percent? Rate, MoneyAmount? Amount)
{
    /// <summary>
    /// True if the amount reduces the charges alone, even when larger credits for unused time follow: those credits have their own share of
    /// the amount taken off.
    /// </summary>
    public bool IsOfCharges { get; init; }
}

/// <summary>A tax rate that applies.</summary>
/// <param name="IsInclusive">True if the prices include it.</param>
public sealed record TaxRate(string Name, Percent Rate, bool IsInclusive);

/// <summary>A line of an invoice, as the computation of its sums needs it.</summary>
/// <param name="Amount">The rounded amount.</param>
/// <param name="Rates">The tax rates of the line. Unused time has the rates with which it was paid instead: <see cref="PaidTax"/>.</param>
/// <param name="IsProrationCredit">True for unused time, net of the discounts at its payment: no discount reduces it again.</param>
public readonly record struct TaxedLine(MoneyAmount Amount, IReadOnlyList<TaxRate> Rates, bool IsProrationCredit);

/// <summary>A part of the credited unused time, with the taxes that were paid on it.</summary>
/// <param name="Part">The amount before taxes that are added; positive.</param>
public readonly record struct PaidTax(MoneyAmount Part, IReadOnlyList<TaxRate> Rates);

/// <summary>The sums of an invoice, with the share of each reduction and each line.</summary>
/// <param name="Subtotal">The sum of the lines.</param>
/// <param name="Reduced">The amount of each reduction, in their order; positive.</param>
/// <param name="Taxes">Each rounded once. Negative if credits exceed charges.</param>
/// <param name="TaxOfLines">The share of each line in all taxes.</param>
/// <param name="ProrationCreditTaxes">The added taxes of each credited part; positive.</param>
/// <param name="Total">The charged amount; not negative.</param>
/// <param name="FromCredits">The part of the total that prepaid credits pay.</param>
/// <param name="Left">The amount by which credits exceed charges, taxes included, which the customer gets. Positive.</param>
public sealed record InvoiceSums(
    MoneyAmount Subtotal, IReadOnlyList<MoneyAmount> Reduced, IReadOnlyList<InvoiceTax> Taxes, IReadOnlyList<MoneyAmount> TaxOfLines,
    IReadOnlyList<MoneyAmount> ProrationCreditTaxes, MoneyAmount Total, MoneyAmount FromCredits, MoneyAmount Left)
{
    public MoneyAmount Discount => Reduced.Aggregate(MoneyAmount.Zero(Subtotal.Currency), static (sum, one) => sum + one);

    /// <summary>All taxes, including those that the prices include.</summary>
    public MoneyAmount Tax => Taxes.Aggregate(MoneyAmount.Zero(Subtotal.Currency), static (sum, one) => sum + one.Amount);
}

/// <summary>
/// The computation of an invoice in this order (<c>SEMANTICS</c> 4): 1. lines; 2. promotional credits and coupons in the order of their
/// redemption, a percentage applying to the remaining amount; 3. tax on the rest, rounded once for each rate and spread over the lines; 4.
/// prepaid credits, as a means of payment; 5. never below zero.
/// </summary>
public static class InvoiceMath
{
    /// <summary>Computes the sums of lines that all have the same taxes and credit no unused time.</summary>
    /// <param name="lines">The rounded amounts of the lines.</param>
    /// <param name="credits">The customer's prepaid credits.</param>
    public static InvoiceSums Compute(
        IReadOnlyList<MoneyAmount> lines, IReadOnlyList<Reduction> reductions, IReadOnlyList<TaxRate> rates, MoneyAmount credits) =>
        Compute([.. lines.Select(line => new TaxedLine(line, rates, false))], reductions, [], credits);

    /// <param name="paid">The taxes with which unused time was paid; empty: it was paid without taxes.</param>
    /// <param name="credits">The customer's prepaid credits.</param>
    public static InvoiceSums Compute(
        IReadOnlyList<TaxedLine> lines, IReadOnlyList<Reduction> reductions, IReadOnlyList<PaidTax> paid, MoneyAmount credits)
    {
        var zero = MoneyAmount.Zero(credits.Currency);

        // 1. Lines. Credits may exceed charges: then the total is zero, and the customer gets the rest.
        var subtotal = lines.Aggregate(zero, static (sum, line) => sum + line.Amount);
        var given = lines.Where(static line => line.IsProrationCredit).Aggregate(zero, static (sum, line) => sum + line.Amount);

        // 2. Reductions.
        var reduced = Reduce(subtotal, given, reductions);
        var discount = reduced.Aggregate(zero, static (sum, one) => sum + one);

        // 3. Tax on the reduced lines and on each credited part.
        var off = lines.Count == 0
            ? []
            : MoneyParts.Spread(discount, [.. lines.Select(static line => line.IsProrationCredit ? 0 : Math.Max(0, line.Amount.Minor))]);
        var parts = paid.Count == 0 ? [] : MoneyParts.Spread(-given, [.. paid.Select(static one => one.Part.Minor)]);
        var taxed = lines.Zip(
            off, static (line, less) => line.IsProrationCredit
                ? new TaxedPart(MoneyAmount.Zero(less.Currency), [])
                : new(line.Amount - less, line.Rates))
            .Concat(paid.Zip(parts, static (one, part) => new TaxedPart(-part, one.Rates))).ToArray();
        var (taxes, amounts) = Tax(taxed, [.. lines.Select(static line => line.Amount > MoneyAmount.Zero(line.Amount.Currency))],
            credits.Currency);
        var added = taxes.Where(static tax => !tax.IsInclusive).Aggregate(zero, static (sum, tax) => sum + tax.Amount);

        // 4. and 5. Prepaid credits pay, tax included.
        var due = subtotal - discount + added;
        var (total, left) = due.IsNegative ? (zero, -due) : (due, zero);
        return new(
            subtotal, reduced, taxes, OfLines(lines, amounts, given), [.. amounts.Skip(lines.Count).Select(static one => -one.Added)],
            total,
            credits < total ? (credits.IsNegative ? zero : credits) : total, left);
    }

    private readonly record struct TaxedPart(MoneyAmount Amount, IReadOnlyList<TaxRate> Rates)
    {
        /// <summary>The sum of the tax rates that the price includes.</summary>
        public Percent Contained =>
            Rates.Where(static rate => rate.IsInclusive).Aggregate(default(Percent), static (sum, rate) => sum + rate.Rate);

        public ExactMoney Of(TaxRate rate) =>
            Rates.Contains(rate) ? ExactMoney.Of(Amount).Without(Contained).Times(rate.Rate) : new(0, Amount.Currency);
    }

    private static List<MoneyAmount> Reduce(MoneyAmount subtotal, MoneyAmount given, IReadOnlyList<Reduction> reductions)
    {
        var (remains, reduced) = (subtotal, new List<MoneyAmount>());
        foreach (var reduction in reductions)
        {
            var charged = (remains - given).FloorAtZero();
            var most = reduction.IsOfCharges ? charged : remains.FloorAtZero();
            var taken = reduction.Rate is { } rate ? ExactMoney.Of(charged).Times(rate).Rounded()
                : reduction.Amount < most ? reduction.Amount.Value
                : most;
            reduced.Add(taken);
            remains -= taken;
        }

        return reduced;
    }

    /// <summary>Computes each rate once, and the share of each part in all of them, with the added taxes apart.</summary>
    /// <param name="asking">For each line, which are the first parts: true if it charges something.</param>
    private static (IReadOnlyList<InvoiceTax> Taxes, (MoneyAmount All, MoneyAmount Added)[] OfParts) Tax(TaxedPart[] parts, bool[] asking,
        Currency currency)
    {
        var zero = MoneyAmount.Zero(currency);
        var rates = parts.SelectMany(static part => part.Rates).Distinct().ToArray();
        var shares = Array.ConvertAll(rates, rate => MoneyParts.Rounded([.. parts.Select(part => part.Of(rate))], TotalOf(rate)));

        // The base of a tax plus the taxes that the price includes is exactly the price, to the cent.
        var within = Sums(static rate => rate.IsInclusive);
        var taxes = rates.Select((rate, r) => new InvoiceTax(
            rate.Name, rate.Rate, rate.IsInclusive,
            parts.Select((part, i) => part.Rates.Contains(rate) ? part.Amount - within[i] : zero)
                .Aggregate(zero, static (sum, one) => sum + one),
            shares[r].Aggregate(zero, static (sum, one) => sum + one)) { Lines = LinesWith(rate) });
        return ([.. taxes], [.. Sums(static _ => true).Zip(Sums(static rate => !rate.IsInclusive))]);

        // Sum first, then compute the tax: computing it for each part would lose fractions of a cent.
        MoneyAmount TotalOf(TaxRate rate) => new ExactMoney(
            parts.Where(part => part.Rates.Contains(rate)).GroupBy(static part => part.Contained)
                .Sum(same => ExactMoney.Of(same.Aggregate(zero, static (sum, part) => sum + part.Amount)).Without(same.Key)
                    .Times(rate.Rate).Major),
            currency).Rounded();

        int[]? LinesWith(TaxRate rate)
        {
            var with = Enumerable.Range(0, asking.Length).Where(i => asking[i] && parts[i].Rates.Contains(rate)).ToArray();
            return with.Length == asking.Count(static one => one) ? null : [.. with.Select(static i => i + 1)];
        }

        MoneyAmount[] Sums(Func<TaxRate, bool> counts) =>
            [.. parts.Select((_, i) => rates.Select((rate, r) => counts(rate) ? shares[r][i] : zero)
                .Aggregate(zero, static (sum, one) => sum + one))];
    }

    /// <summary>Spreads the taxes of the credited parts over their lines.</summary>
    private static MoneyAmount[] OfLines(IReadOnlyList<TaxedLine> lines, (MoneyAmount All, MoneyAmount Added)[] amounts, MoneyAmount given)
    {
        if (given.IsZero)
        {
            return [.. amounts.Take(lines.Count).Select(static one => one.All)];
        }

        var back = amounts.Skip(lines.Count).Aggregate(MoneyAmount.Zero(given.Currency), static (sum, one) => sum + one.All);
        var shares = MoneyParts.Spread(
            back, [.. lines.Select(static line => line.IsProrationCredit ? Math.Max(0, -line.Amount.Minor) : 0)]);
        return [.. lines.Select((line, i) => line.IsProrationCredit ? shares[i] : amounts[i].All)];
    }
}
