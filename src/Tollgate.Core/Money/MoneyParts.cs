namespace Tollgate.Core.Money;

/// <summary>Divides an amount into parts of whole minor units. <see cref="ExactMoney.Rounded"/> rounds a single amount.</summary>
public static class MoneyParts
{
    /// <summary>Returns the share <paramref name="part"/> ÷ <paramref name="whole"/> of an amount, rounded.</summary>
    public static MoneyAmount Share(MoneyAmount amount, long part, long whole)
    {
        Invariant.That(whole > 0 && part >= 0 && part <= whole, $"{part} of {whole} is no share.");
        return new ExactMoney(amount.Major * part / whole, amount.Currency).Rounded();
    }

    /// <summary>
    /// Spreads an amount over parts in the ratio of their weights, to the last minor unit: each part gets its share rounded towards zero,
    /// and the rest goes, one unit each, to the largest remainders, the earlier first.
    /// </summary>
    /// <param name="weights">None negative. If all are zero, the first part gets everything.</param>
    public static IReadOnlyList<MoneyAmount> Spread(MoneyAmount amount, IReadOnlyList<long> weights)
    {
        Invariant.That(weights.Count > 0 && weights.All(static weight => weight >= 0), "There is nothing to spread over.");
        var sum = weights.Sum(static weight => (decimal)weight);
        if (sum == 0)
        {
            return [amount, .. Enumerable.Repeat(MoneyAmount.Zero(amount.Currency), weights.Count - 1)];
        }

        var exact = weights.Select(weight => amount.Minor * weight / sum).ToArray();
        var parts = exact.Select(static share => (long)decimal.Truncate(share)).ToArray();
        var left = amount.Minor - parts.Sum();
        foreach (var at in Enumerable.Range(0, parts.Length).OrderByDescending(at => Math.Abs(exact[at] - parts[at]))
            .Take((int)Math.Abs(left)))
        {
            parts[at] += Math.Sign(left);
        }

        return [.. parts.Select(part => new MoneyAmount(part, amount.Currency))];
    }

    /// <summary>
    /// Rounds exact amounts so that they add up to a sum that the caller has rounded: each is rounded towards zero, and the difference
    /// goes, one unit each, to those that lost most, the earlier first.
    /// </summary>
    public static IReadOnlyList<MoneyAmount> Rounded(IReadOnlyList<ExactMoney> exact, MoneyAmount sum)
    {
        var minor = exact.Select(one => one.Major * sum.Currency.MinorPerMajor).ToArray();
        var parts = minor.Select(static one => (long)decimal.Truncate(one)).ToArray();
        var (missing, order) = (sum.Minor - parts.Sum(), Enumerable.Range(0, parts.Length));
        var taking = missing > 0 ? order.OrderByDescending(at => minor[at] - parts[at]) : order.OrderBy(at => minor[at] - parts[at]);
        foreach (var at in taking.Take((int)Math.Abs(missing)))
        {
            parts[at] += Math.Sign(missing);
        }

        return [.. parts.Select(part => new MoneyAmount(part, sum.Currency))];
    }
}
