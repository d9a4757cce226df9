using Tollgate.Core.Money;

namespace Tollgate.Core.Invoicing;

/// <summary>What a coupon or promotional credit takes off an invoice: a percentage of what remains, or an amount.</summary>
/// <param name="Name">As it is written on the invoice.</param>
/// <param name="Rate">0 to 100; null for an amount.</param>
public sealed record Reduction(string Name, Percent? Rate, MoneyAmount? Amount)
{
    /// <summary>
    /// The amount comes off what is asked for, also where more unused time goes back beside it, which had its own part of the amount taken
    /// off.
    /// </summary>
    public bool IsOfCharges { get; init; }
}

/// <summary>A rate of tax that applies.</summary>
/// <param name="IsInclusive">The prices contain it.</param>
public sealed record TaxRate(string Name, Percent Rate, bool IsInclusive);

/// <summary>A line of an invoice, as its sums see it.</summary>
/// <param name="Amount">Rounded.</param>
/// <param name="Rates">Of taxes on it. Unused time has those that it was paid with instead: <see cref="PaidTax"/>.</param>
/// <param name="IsProrationCredit">Unused time, less what was taken off it when it was paid: nothing is taken off it again.</param>
public readonly record struct TaxedLine(MoneyAmount Amount, IReadOnlyList<TaxRate> Rates, bool IsProrationCredit);

/// <summary>A part of the unused time that is given back, and the taxes that were paid on it.</summary>
/// <param name="Part">Before taxes that are added; positive.</param>
public readonly record struct PaidTax(MoneyAmount Part, IReadOnlyList<TaxRate> Rates);

/// <summary>An invoice's sums, and what each reduction and each line had of them.</summary>
/// <param name="Subtotal">Of the lines.</param>
/// <param name="Reduced">What each reduction took off, in their order; positive.</param>
/// <param name="Taxes">Rounded once each. Negative where more is given back than asked for.</param>
/// <param name="TaxOfLines">For each line, its part of all taxes.</param>
/// <param name="ProrationCreditTaxes">For each part that is given back, the taxes on top of it; positive.</param>
/// <param name="Total">What is asked for; not negative.</param>
/// <param name="FromCredits">Of the total, what prepaid credits pay.</param>
/// <param name="Left">What the customer has to get, taxes included: the part of negative lines that nothing stood against.
/// Positive.</param>
public sealed record InvoiceSums(
    MoneyAmount Subtotal, IReadOnlyList<MoneyAmount> Reduced, IReadOnlyList<InvoiceTax> Taxes, IReadOnlyList<MoneyAmount> TaxOfLines,
    IReadOnlyList<MoneyAmount> ProrationCreditTaxes, MoneyAmount Total, MoneyAmount FromCredits, MoneyAmount Left)
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
    /// <summary>All lines have the same taxes, and none is given back.</summary>
    /// <param name="lines">Amounts of the lines, rounded.</param>
    /// <param name="credits">What the customer has prepaid.</param>
    public static InvoiceSums Compute(
        IReadOnlyList<MoneyAmount> lines, IReadOnlyList<Reduction> reductions, IReadOnlyList<TaxRate> rates, MoneyAmount credits) =>
        Compute([.. lines.Select(line => new TaxedLine(line, rates, false))], reductions, [], credits);

    /// <param name="paid">The taxes that unused time was paid with; none: it was paid without.</param>
    /// <param name="credits">What the customer has prepaid.</param>
    public static InvoiceSums Compute(
        IReadOnlyList<TaxedLine> lines, IReadOnlyList<Reduction> reductions, IReadOnlyList<PaidTax> paid, MoneyAmount credits)
    {
        var zero = MoneyAmount.Zero(credits.Currency);

        // 1. Lines. What is given back may be more than everything else: then nothing is asked for, and the rest is the customer's.
        var subtotal = lines.Aggregate(zero, static (sum, line) => sum + line.Amount);
        var given = lines.Where(static line => line.IsProrationCredit).Aggregate(zero, static (sum, line) => sum + line.Amount);

        // 2. What is taken off.
        var reduced = Reduce(subtotal, given, reductions);
        var discount = reduced.Aggregate(zero, static (sum, one) => sum + one);

        // 3. Tax, on what the lines are after that, and on each part of what is given back.
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
        /// <summary>The taxes that the price contains.</summary>
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
            var charged = Positive(remains - given);
            var most = reduction.IsOfCharges ? charged : Positive(remains);
            var taken = reduction.Rate is { } rate ? ExactMoney.Of(charged).Times(rate).Rounded()
                : reduction.Amount < most ? reduction.Amount.Value
                : most;
            reduced.Add(taken);
            remains -= taken;
        }

        return reduced;
    }

    /// <summary>
    /// Each rate once, and each part's share of all of them; that of those which come on top of the price stands apart as well.
    /// </summary>
    /// <param name="asking">Which of the lines, the first parts, ask for something.</param>
    private static (IReadOnlyList<InvoiceTax> Taxes, (MoneyAmount All, MoneyAmount Added)[] OfParts) Tax(TaxedPart[] parts, bool[] asking,
        Currency currency)
    {
        var zero = MoneyAmount.Zero(currency);
        var rates = parts.SelectMany(static part => part.Rates).Distinct().ToArray();
        var shares = Array.ConvertAll(rates, rate => MoneyParts.Rounded([.. parts.Select(part => part.Of(rate))], TotalOf(rate)));

        // What taxes are computed of and those that it contains are the price again, to the cent.
        var within = Sums(static rate => rate.IsInclusive);
        var taxes = rates.Select((rate, r) => new InvoiceTax(
            rate.Name, rate.Rate, rate.IsInclusive,
            parts.Select((part, i) => part.Rates.Contains(rate) ? part.Amount - within[i] : zero)
                .Aggregate(zero, static (sum, one) => sum + one),
            shares[r].Aggregate(zero, static (sum, one) => sum + one)) { Lines = LinesWith(rate) });
        return ([.. taxes], [.. Sums(static _ => true).Zip(Sums(static rate => !rate.IsInclusive))]);

        // A sum first, and then its tax: a third of a cent in each part would be lost.
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

    /// <summary>What the parts that are given back have is spread over their lines.</summary>
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

    private static MoneyAmount Positive(MoneyAmount amount) => amount.IsNegative ? MoneyAmount.Zero(amount.Currency) : amount;
}
