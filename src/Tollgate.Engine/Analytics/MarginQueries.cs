using System.Globalization;
using Tollgate.Core.Analytics;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>The dimensions of margins.</summary>
public enum MarginBy
{
    Customer,

    /// <summary>Revenue by the plan at the start of the service period, cost by the customer's plan when the call was recorded.</summary>
    Plan,

    /// <summary>Revenue of a feature's use and packs, cost by the call's attribution, else by the feature that it used.</summary>
    Feature,

    /// <summary>Cost only, as by provider: no line of an invoice charges for a model.</summary>
    Model,
    Provider,
    Day,
}

/// <summary>Recognised revenue and the cost of calls, in the project's currency.</summary>
/// <param name="Name">Null: all, or what belongs to no name.</param>
/// <param name="Revenue">Null: the dimension has none.</param>
public sealed record Margin(string? Name, ExactMoney? Revenue, ExactMoney Cost)
{
    public ExactMoney? Profit => Revenue - Cost;

    /// <summary>Profit ÷ revenue; null without revenue.</summary>
    public Ratio? Share => Revenue is { } revenue ? Ratio.Of(revenue - Cost, revenue) : null;
}

/// <summary>Margins by one dimension. Other currencies are converted at the rate of the last day.</summary>
/// <param name="Lines">The lowest profit first, days in order, and models and providers with the highest cost first.</param>
/// <param name="Unconverted">The currencies that lack a rate on that day. No figure includes them.</param>
public sealed record MarginReport(Margin Total, IReadOnlyList<Margin> Lines, IReadOnlyList<string> Unconverted);

/// <summary>Compares recognised revenue with the cost of calls to models.</summary>
public sealed class MarginQueries(RateQueries rateTable, RevenueQueries revenue, CostQueries costs)
{
    public async Task<MarginReport> ReadAsync(ProjectSnapshot project, DayRange days, MarginBy by, CancellationToken cancel)
    {
        var rates = await rateTable.LoadAsync(project, cancel);
        var zero = ExactMoney.Zero(rates.Target);
        var margins = new Dictionary<string, (ExactMoney Revenue, ExactMoney Cost)>(StringComparer.Ordinal);
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var day in by == MarginBy.Day ? days.All() : [])
        {
            margins[NameOf(day)] = (zero, zero);
        }

        foreach (var (name, cost) in await CostsAsync(project, days, by, cancel))
        {
            if (Convert(new(cost.Value, Currency.Usd)) is { } amount)
            {
                margins[name] = LineOf(name) with { Cost = LineOf(name).Cost + amount };
            }
        }

        var total = margins.Values.Aggregate((Revenue: zero, Cost: zero), static (sum, one) => (sum.Revenue, sum.Cost + one.Cost));
        foreach (var currency in await revenue.CurrenciesAsync(project, days, cancel))
        {
            foreach (var (name, minor) in await RevenueAsync(project, days, currency, by, cancel))
            {
                if (Convert(ExactMoney.Of(new(minor, currency))) is not { } amount)
                {
                    continue;
                }

                total.Revenue += amount;
                if (HasRevenue(by))
                {
                    margins[name] = LineOf(name) with { Revenue = LineOf(name).Revenue + amount };
                }
            }
        }

        return new(new(null, total.Revenue, total.Cost), [.. InOrder(by, margins)], [.. missing]);

        (ExactMoney Revenue, ExactMoney Cost) LineOf(string name) => margins.GetValueOrDefault(name, (zero, zero));

        ExactMoney? Convert(ExactMoney amount)
        {
            var converted = rates.Convert(amount, days.Last);
            if (converted is null)
            {
                missing.Add(amount.Currency.Code);
            }

            return converted;
        }
    }

    private static bool HasRevenue(MarginBy by) => by is not (MarginBy.Model or MarginBy.Provider);

    private static IEnumerable<Margin> InOrder(MarginBy by, Dictionary<string, (ExactMoney Revenue, ExactMoney Cost)> margins) =>
        margins.OrderBy(one => by switch
            {
                MarginBy.Day => 0,
                MarginBy.Model or MarginBy.Provider => -one.Value.Cost.Major,
                _ => one.Value.Revenue.Major - one.Value.Cost.Major,
            })
            .ThenBy(static one => one.Key, StringComparer.Ordinal)
            .Select(one => new Margin(one.Key.Length == 0 ? null : one.Key, HasRevenue(by) ? one.Value.Revenue : null, one.Value.Cost));

    private async Task<IEnumerable<(string Name, Quantity Cost)>> CostsAsync(
        ProjectSnapshot project, DayRange days, MarginBy by, CancellationToken cancel)
    {
        if (by == MarginBy.Customer)
        {
            return (await costs.TopCustomersAsync(project, days, int.MaxValue, cancel)).Rows
                .Select(static row => (row.Customer, row.Totals.Cost));
        }

        var groups = by switch
        {
            MarginBy.Plan => CostGroups.Plan,
            MarginBy.Feature => CostGroups.Feature,
            MarginBy.Model => CostGroups.Model,
            MarginBy.Provider => CostGroups.Provider,
            _ => CostGroups.Day,
        };
        return (await costs.GroupsAsync(project, days, groups, int.MaxValue, null, cancel)).Select(static row =>
            (row.Day is { } day ? NameOf(day) : row.Plan ?? row.Feature ?? row.Model ?? row.Provider ?? "", row.Totals.Cost));
    }

    private async Task<IEnumerable<KeyValuePair<string, long>>> RevenueAsync(
        ProjectSnapshot project, DayRange days, Currency currency, MarginBy by, CancellationToken cancel) => by switch
    {
        MarginBy.Customer => await revenue.ByCustomerAsync(project, days, currency, cancel),
        MarginBy.Plan => await revenue.ByPlanAsync(project, days, currency, cancel),
        MarginBy.Feature => await revenue.ByFeatureAsync(project, days, currency, cancel),
        _ => days.All().Zip(
            await revenue.ByDayAsync(project, days, currency, cancel),
            static (day, amount) => KeyValuePair.Create(NameOf(day), amount.Minor)),
    };

    private static string NameOf(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
