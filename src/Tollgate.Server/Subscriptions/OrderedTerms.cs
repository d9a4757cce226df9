using System.Globalization;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Subscriptions;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Server.Http;

namespace Tollgate.Server.Subscriptions;

/// <summary>The parts of a body that name terms of a subscription, the same in every call that takes some.</summary>
internal static class OrderedTerms
{
    internal static readonly string[] Periods = [.. CatalogWords.All<PriceInterval>()];

    /// <summary>The largest quantity: more seats than the largest customers have.</summary>
    internal const long LargestQuantity = 1_000_000;

    internal static PriceInterval? IntervalOf(string? period) =>
        period is not null && CatalogWords.TryParse<PriceInterval>(period, out var interval) ? interval : null;

    private const int MostAddOns = 50;

    /// <summary>Reads the add-ons, each code once. Null: the body names none.</summary>
    internal static IReadOnlyList<(string Code, long Quantity)>? AddOnsOf(IReadOnlyList<AddOnOrder>? orders, Faults faults)
    {
        faults.Range(orders?.Count, "add_ons", 0, MostAddOns);
        for (var i = 0; i < Math.Min(orders?.Count ?? 0, MostAddOns); i++)
        {
            if (!faults.Required(orders![i], $"add_ons[{i}]"))
            {
                continue;
            }

            faults.Required(orders[i].Code, $"add_ons[{i}].code");
            faults.Range(orders[i].Quantity, $"add_ons[{i}].quantity", 1, LargestQuantity);
            if (orders.Take(i).Any(other => other?.Code == orders[i].Code))
            {
                faults.Add($"add_ons[{i}].code", FaultCode.InvalidValue, "Each add-on is named once.");
            }
        }

        return orders is null ? null : [.. orders.Select(static order => (order?.Code ?? "", order?.Quantity ?? 1))];
    }

    /// <summary>Reads the agreed discount on the plan's price.</summary>
    internal static LineDiscount? DiscountOf(LineDiscountBody? body, Faults faults)
    {
        if (body is null)
        {
            return null;
        }

        if ((body.Percent is null) == (body.Amount is null))
        {
            faults.Add(
                "discount", FaultCode.InvalidValue,
                "A discount has either 'percent' (0 to 100) or 'amount' (minor units off the price for one).");
        }

        faults.Range(body.Amount, "discount.amount", 0, SubscriptionTerms.LargestAmount);
        var percent = default(Percent);
        if (body.Percent is { } rate && (!Percent.TryCreate(rate, out percent) || rate > 100))
        {
            faults.Add("discount.percent", FaultCode.OutOfRange, "0 to 100 with at most 6 decimals is expected.");
        }

        return new(body.Percent is null ? null : percent, body.Amount);
    }
}
