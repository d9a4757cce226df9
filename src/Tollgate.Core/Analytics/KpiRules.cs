using Tollgate.Core.Money;

namespace Tollgate.Core.Analytics;

/// <summary>
/// Customers whose recurring revenue moves in a range: a group with the same currencies and reason, of which all pay more, less or the same
/// at the end. Amounts are per year.
/// </summary>
/// <param name="Reason">The reason of a loss.</param>
public readonly record struct MovedCustomers(ExactMoney Before, ExactMoney After, long Customers, string? Reason);

/// <summary>The facts of a range, from which its key figures are computed. Money is in the project's currency.</summary>
/// <param name="Revenue">The recognised revenue; null: a currency of it has no exchange rate, as for the other amounts.</param>
/// <param name="Cost">The cost of calls to models.</param>
/// <param name="Spend">The recorded spend on acquisition.</param>
/// <param name="TrialsPaid">The trials among <paramref name="TrialsEnded"/> that became paid subscriptions.</param>
public sealed record KpiFacts(
    MrrPart Mrr, IReadOnlyList<MovedCustomers> Moved, ExactMoney? Revenue, ExactMoney? Cost, ExactMoney? Spend, long TrialsEnded,
    long TrialsPaid, long PaymentsSucceeded, long PaymentsFailed);

/// <summary>Customers that were lost for one reason, and their MRR at the start of the range.</summary>
public sealed record LostCustomers(string Reason, long Customers, MoneyAmount Mrr);

/// <summary>The key figures of a range. Null: there is no base.</summary>
public sealed record Kpis(MoneyAmount Mrr, MoneyAmount Arr, long Customers)
{
    /// <summary>The paying customers at the start.</summary>
    public long OpeningCustomers { get; init; }

    public MoneyAmount? Arpu { get; init; }

    public MoneyAmount? Ltv { get; init; }

    public MoneyAmount? Cac { get; init; }

    public Ratio? LogoChurn { get; init; }

    public Ratio? GrossChurn { get; init; }

    public Ratio? NetChurn { get; init; }

    public Ratio? TrialConversion { get; init; }

    public Ratio? UpgradeRate { get; init; }

    public Ratio? DowngradeRate { get; init; }

    public Ratio? PaymentSuccess { get; init; }

    public Ratio? GrossMargin { get; init; }

    /// <summary>The most lost customers first.</summary>
    public IReadOnlyList<LostCustomers> Lost { get; init; } = [];
}

/// <summary>The formulas of the key figures (<c>SEMANTICS</c> 5). Each result is rounded once.</summary>
public static class KpiRules
{
    public static Kpis Of(KpiFacts facts, ExchangeRates rates)
    {
        var part = facts.Mrr;
        var changes = facts.Moved.Select(moved => Change.Of(moved, rates, part.Span.From.AddDays(-1))).OfType<Change>().ToArray();
        var (lost, less, more) = (
            Sum(changes, ChangeKind.Lost, rates), Sum(changes, ChangeKind.Less, rates), Sum(changes, ChangeKind.More, rates));
        var opening = ExactMoney.Of(part.Opening);
        var arpu = part.Customers > 0 ? ExactMoney.Of(part.Mrr) / part.Customers : (ExactMoney?)null;
        var logo = Ratio.Of(lost.Customers, part.OpeningCustomers);
        var margin = facts is { Revenue: { } revenue, Cost: { } cost } ? Ratio.Of(revenue - cost, revenue) : null;
        return new(part.Mrr, part.Arr, part.Customers)
        {
            OpeningCustomers = part.OpeningCustomers, Arpu = arpu?.Rounded(),
            Ltv = arpu is { } each && margin is { } kept && logo is { Exact: > 0 } left
                ? (each with { Major = each.Major * kept.Exact / left.Exact }).Rounded()
                : null,
            Cac = facts.Spend is { } spend && part.NewCustomers > 0 ? (spend / part.NewCustomers).Rounded() : null,
            LogoChurn = logo, GrossChurn = Ratio.Of(lost.Mrr + less.Mrr, opening),
            NetChurn = Ratio.Of(lost.Mrr + less.Mrr - more.Mrr, opening),
            TrialConversion = Ratio.Of(facts.TrialsPaid, facts.TrialsEnded),
            UpgradeRate = Ratio.Of(more.Customers, part.OpeningCustomers), DowngradeRate = Ratio.Of(less.Customers, part.OpeningCustomers),
            PaymentSuccess = Ratio.Of(facts.PaymentsSucceeded, facts.PaymentsSucceeded + facts.PaymentsFailed), GrossMargin = margin,
            Lost = LostOf(changes, rates),
        };
    }

    private static IReadOnlyList<LostCustomers> LostOf(Change[] changes, ExchangeRates rates) =>
    [
        .. changes.Where(static change => change.Kind == ChangeKind.Lost).GroupBy(static change => change.Reason)
            .Select(one => (one.Key, Sum: Sum([.. one], ChangeKind.Lost, rates)))
            .Select(static one => new LostCustomers(one.Key, one.Sum.Customers, one.Sum.Mrr.Rounded()))
            .OrderByDescending(static one => one.Customers).ThenBy(static one => one.Reason, StringComparer.Ordinal),
    ];

    private static (long Customers, ExactMoney Mrr) Sum(Change[] changes, ChangeKind kind, ExchangeRates rates) => changes
        .Where(change => change.Kind == kind)
        .Aggregate(
            (Customers: 0L, Mrr: ExactMoney.Zero(rates.Target)),
            static (sum, change) => (sum.Customers + change.Customers, sum.Mrr + change.Mrr));

    private enum ChangeKind
    {
        Lost,
        Less,
        More,
    }

    /// <summary>
    /// A change of the MRR that customers had at the start, at the rate of the day before: a positive amount. Customers that paid nothing
    /// at the start are no base of a rate.
    /// </summary>
    private sealed record Change(ChangeKind Kind, string Reason, long Customers, ExactMoney Mrr)
    {
        public static Change? Of(MovedCustomers moved, ExchangeRates rates, DateOnly day)
        {
            if (moved.Before.Major == 0 || rates.Convert(moved.Before, day) is not { } before
                || rates.Convert(moved.After, day) is not { } after)
            {
                return null;
            }

            var gained = (after - before) / MrrReport.MonthsPerYear;
            var lost = (before - after) / MrrReport.MonthsPerYear;
            return moved.After.Major == 0 ? new(ChangeKind.Lost, moved.Reason ?? "unknown", moved.Customers, lost)
                : gained.Major > 0 ? new(ChangeKind.More, "", moved.Customers, gained)
                : lost.Major > 0 ? new(ChangeKind.Less, "", moved.Customers, lost)
                : null;
        }
    }
}
