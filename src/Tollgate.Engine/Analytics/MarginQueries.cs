using Tollgate.Core.Analytics;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>The recognised revenue and the cost of one customer, or of all, in the project's currency.</summary>
public sealed record Margin(string? Customer, ExactMoney Revenue, ExactMoney Cost)
{
    public ExactMoney Profit => Revenue - Cost;

    /// <summary>Profit ÷ revenue; null without revenue.</summary>
    public Ratio? Share => Ratio.Of(Profit, Revenue);
}

/// <summary>The margins of customers. Other currencies are converted at the rate of the last day.</summary>
/// <param name="Customers">The lowest profit first.</param>
/// <param name="Unconverted">The currencies that lack a rate on that day. No figure includes them.</param>
public sealed record MarginReport(Margin Total, IReadOnlyList<Margin> Customers, IReadOnlyList<string> Unconverted);

/// <summary>Compares the recognised revenue of each customer with the cost of its calls to models.</summary>
public sealed class MarginQueries(RateQueries rateTable, RevenueQueries revenue, CostQueries costs)
{
    public async Task<MarginReport> ReadAsync(ProjectSnapshot project, DayRange days, CancellationToken cancel)
    {
        var rates = await rateTable.LoadAsync(project, cancel);
        var zero = ExactMoney.Zero(rates.Target);
        var margins = new Dictionary<string, Margin>(StringComparer.Ordinal);
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var currency in await revenue.CurrenciesAsync(project, days, cancel))
        {
            foreach (var (customer, minor) in await revenue.ByCustomerAsync(project, days, currency, cancel))
            {
                Add(customer, ExactMoney.Of(new(minor, currency)),
                    static (margin, amount) => margin with { Revenue = margin.Revenue + amount });
            }
        }

        foreach (var row in (await costs.TopCustomersAsync(project, days, int.MaxValue, cancel)).Rows)
        {
            Add(
                row.Customer, new(row.Totals.Cost.Value, Currency.Usd),
                static (margin, amount) => margin with { Cost = margin.Cost + amount });
        }

        var total = margins.Values.Aggregate(
            new Margin(null, zero, zero),
            static (sum, one) => sum with { Revenue = sum.Revenue + one.Revenue, Cost = sum.Cost + one.Cost });
        return new(
            total,
            [.. margins.Values.OrderBy(static one => one.Profit.Major).ThenBy(static one => one.Customer, StringComparer.Ordinal)],
            [.. missing]);

        void Add(string customer, ExactMoney amount, Func<Margin, ExactMoney, Margin> add)
        {
            if (rates.Convert(amount, days.Last) is { } converted)
            {
                margins[customer] = add(margins.GetValueOrDefault(customer) ?? new(customer, zero, zero), converted);
            }
            else
            {
                missing.Add(amount.Currency.Code);
            }
        }
    }
}
