using Tollgate.Core.Money;

namespace Tollgate.Core.Catalog;

/// <summary>The saving of a yearly price compared with twelve monthly ones.</summary>
/// <param name="Percent">Whole percent, rounded down: a page never promises more than the saving.</param>
public sealed record Saving(MoneyAmount Amount, int Percent);

/// <summary>Computes savings from prices, so that no page states a wrong one.</summary>
public static class SavingRules
{
    public const int MonthsOfYear = 12;

    /// <param name="month">The amount due for a month, after the discount of the price.</param>
    /// <param name="year">The amount due for a year.</param>
    /// <returns>Null: a year costs as much as twelve months, or more.</returns>
    public static Saving? Of(MoneyAmount month, MoneyAmount year)
    {
        var (months, saved) = (month * MonthsOfYear, (month * MonthsOfYear) - year);
        return saved <= MoneyAmount.Zero(saved.Currency) ? null : new(saved, (int)((Int128)saved.Minor * 100 / months.Minor));
    }
}
