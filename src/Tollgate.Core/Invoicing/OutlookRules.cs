using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>The amount of a subscription's renewals, from one of them until the amount changes.</summary>
/// <param name="Total">The total with tax, before the customer's credit pays any of it.</param>
/// <param name="Periods">The number of renewals with this amount; null: all later ones, as far as Tollgate knows.</param>
public sealed record ComingPrice(Instant From, MoneyAmount Total, int? Periods);

/// <summary>
/// Looks ahead until every coupon with an end has ended: readers would take the next total alone for the price of all periods.
/// </summary>
public static class OutlookRules
{
    /// <summary>The longest coupon (120 months) in weekly periods.</summary>
    private const int MostSteps = 522;

    /// <param name="facts">The facts of the next step. Its usage and corrections apply to that step only.</param>
    /// <returns>Empty: nothing renews.</returns>
    public static IReadOnlyList<ComingPrice> Of(Subscription subscription, BillingFacts facts, TimeZoneInfo zone)
    {
        var prices = new List<ComingPrice>();
        for (var (at, renewals, taken) = (subscription, 0, 0); at.DueAt is not null && taken < MostSteps; taken++)
        {
            var step = SubscriptionLife.Due(at, new(zone, null));
            var billed = InvoiceRules.Bill(at, step, facts);
            if (billed.After.IsEnded)
            {
                break;
            }

            facts = Later(facts, billed, at.Current == billed.After.Current);
            at = billed.After;
            if (step.Verb == SubscriptionVerb.BillUsage)
            {
                continue;
            }

            Add(prices, step.At, billed.Bill?.Sums.Total ?? MoneyAmount.Zero(at.Terms.Currency));

            // The first renewal can include usage, the second cannot. A coupon that reduced this one may not reduce the next.
            if (++renewals > 1 && !(billed.Bill?.Redemptions ?? []).Any(Ends)
                && !facts.Redemptions.Any(one => Ends(one) && Applies(one, at)))
            {
                break;
            }
        }

        return prices.Count == 0 ? prices : [.. prices.SkipLast(1), prices[^1] with { Periods = null }];
    }

    private static void Add(List<ComingPrice> prices, Instant from, MoneyAmount total)
    {
        if (prices.Count > 0 && prices[^1].Total == total)
        {
            prices[^1] = prices[^1] with { Periods = prices[^1].Periods + 1 };
        }
        else
        {
            prices.Add(new(from, total, 1));
        }
    }

    /// <summary>Returns the facts for the step after a billed one.</summary>
    private static BillingFacts Later(BillingFacts facts, BilledStep billed, bool isSamePeriod)
    {
        var (nothing, took) = (MoneyAmount.Zero(facts.Credits.Currency), billed.Bill?.Redemptions ?? []);
        return facts with
        {
            Usage = [], Minimums = [], ProrationCredited = [], Credits = nothing, UsageBilled = nothing,
            Redemptions = [.. facts.Redemptions.Select(one => Fresh(took.FirstOrDefault(used => used.Sequence == one.Sequence) ?? one))],
        };

        Redemption Fresh(Redemption one) => isSamePeriod ? one : one with { TakenInPeriod = null };
    }

    private static bool Ends(Redemption one) =>
        one.EndsAt is not null || one.Left is not null || one.Coupon is { Duration: CouponDuration.Once };

    private static bool Applies(Redemption one, Subscription at) => one.AppliesTo(at.Terms.Plan.Code, at.Terms.Currency, at.Current.End);
}
