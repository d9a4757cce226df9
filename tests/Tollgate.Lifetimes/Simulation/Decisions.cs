using Tollgate.Lifetimes.Naive;
using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Simulation;

/// <summary>A customer's next step, if any: random, and only possible ones.</summary>
internal sealed class Decisions(Random chance, NaiveBiller biller)
{
    private static readonly string?[] Reasons = ["too_expensive", "missing_feature", "switched_service", null];
    private static readonly string[] Paid = ["starter", "starter", "team", "team", "business", "plain", "plus", "committed", "committed"];

    public Subscribe Subscription(DateTime at, string customer, bool first)
    {
        var currency = first ? (chance.Next(8) == 0 ? "JPY" : "USD") : biller.SubscriptionOf(customer)!.Terms.Currency;
        var plan = Any(PlansIn(currency));
        var interval = Any(IntervalsOf(plan, currency));
        var coupon = first && currency == "USD" && chance.Next(4) == 0
            ? Any(biller.Shop.Coupons.Select(coupon => coupon.Code).ToArray())
            : null;
        var offersTrial = biller.Shop.Plan(plan).Prices
            .Single(price => price.Interval == interval && price.Currency == currency).TrialDays > 0;
        var trial = first && offersTrial && chance.Next(3) > 0;
        return new Subscribe(
            at, customer, plan, interval, Quantity: chance.Next(4) == 0 ? chance.Next(2, 6) : 1, currency, trial, coupon,
            TrialExpires: trial && chance.Next(5) == 0,
            AddOns: currency == "USD" && chance.Next(4) == 0 ? AddOns() : null);
    }

    /// <summary>Promotional credit, sometimes with an end.</summary>
    public Give Gift(DateTime at, string customer) =>
        new(at, customer, chance.Next(1, 9000), Prepaid: false, chance.Next(2) == 0 ? null : at.AddDays(chance.Next(20, 120)));

    public CustomerStep? Next(DateTime at, string customer)
    {
        var subscription = biller.SubscriptionOf(customer)!;
        return subscription.Status switch
        {
            NaiveStatus.Ended => chance.Next(20) == 0 ? Subscription(at, customer, first: false) : null,
            NaiveStatus.Paused => chance.Next(10) == 0 ? new Resume(at, customer) : null,
            NaiveStatus.Trialing => chance.Next(40) switch
            {
                0 => new Cancel(at, customer, When.PeriodEnd, Any(Reasons)),
                1 => new Cancel(at, customer, When.Now, Any(Reasons)),
                2 or 3 => Change(at, customer, subscription),
                _ => null,
            },
            _ => WhenActive(at, customer, subscription),
        };
    }

    private CustomerStep? WhenActive(DateTime at, string customer, NaiveSubscription subscription)
    {
        if (subscription.EndsAtPeriodEnd)
        {
            return chance.Next(15) == 0 ? new Uncancel(at, customer) : null;
        }

        return chance.Next(400) switch
        {
            0 => new Cancel(at, customer, When.Now, Any(Reasons)),
            1 when subscription.Scheduled is null => new Cancel(at, customer, When.PeriodEnd, Any(Reasons)),
            2 or 3 when subscription.Scheduled is null && !biller.HasReductions(customer) =>
                new Pause(at, customer, chance.Next(2) == 0 ? at.AddDays(chance.Next(3, 60)).AddSeconds(chance.Next(86_400)) : null),
            4 when chance.Next(2) == 0 => new Pay(at, customer),
            5 => new Give(at, customer, chance.Next(1, 6000), Prepaid: true),
            14 or 15 when biller.HasReductions(customer) => Gift(at, customer),
            16 or 17 when biller.HasReductions(customer) && subscription.Terms.Currency == "USD" => Redemption(at, customer, subscription),
            < 14 => Change(at, customer, subscription),
            _ => null,
        };
    }

    /// <summary>A coupon that the subscription has not had, or the end of one that it has.</summary>
    private CustomerStep Redemption(DateTime at, string customer, NaiveSubscription subscription)
    {
        var other = biller.Shop.Coupons.FirstOrDefault(coupon => !subscription.Coupons.Contains(coupon.Code));
        return other is null || (subscription.Coupons.Count > 0 && chance.Next(3) == 0)
            ? new EndCoupon(at, customer, Any(subscription.Coupons.ToArray()))
            : new Redeem(at, customer, other.Code);
    }

    /// <summary>Another plan, interval or quantity.</summary>
    private Change? Change(DateTime at, string customer, NaiveSubscription subscription)
    {
        var old = subscription.Terms;
        var plan = chance.Next(2) == 0 ? Any(PlansIn(old.Currency)) : old.Plan.Code;
        var interval = chance.Next(3) == 0 || !IntervalsOf(plan, old.Currency).Contains(old.Interval)
            ? Any(IntervalsOf(plan, old.Currency))
            : old.Interval;
        var quantity = chance.Next(3) == 0 ? chance.Next(1, 6) : old.Quantity;
        var addOns = old.Currency == "USD" && chance.Next(4) == 0 ? AddOns() : old.AddOns;
        if (plan == old.Plan.Code && interval == old.Interval && quantity == old.Quantity && addOns == old.AddOns)
        {
            return null;
        }

        var when = chance.Next(4) switch { 0 => When.Now, 1 => When.PeriodEnd, _ => (When?)null };
        if (interval != old.Interval && (interval == Interval.Weekly || old.Interval == Interval.Weekly))
        {
            // No rule defines the day from which a month after weeks would be counted.
            when = When.Now;
        }

        if (subscription.Status == NaiveStatus.Active && biller.HasReductions(customer))
        {
            // A life checks the credit for a discounted period, not this story.
            if (when == When.Now)
            {
                return null;
            }

            when = When.PeriodEnd;
        }

        return new Change(
            at, customer, plan == old.Plan.Code ? null : plan, interval == old.Interval ? null : interval,
            quantity == old.Quantity ? null : quantity,
            subscription.Status == NaiveStatus.Trialing ? null : when, Policy(old.Interval == interval && interval != Interval.Weekly),
            addOns == old.AddOns ? null : addOns);
    }

    private HeldAddOns AddOns() => chance.Next(5) switch
    {
        0 => HeldAddOns.None,
        1 => new(new HeldAddOn("boost", chance.Next(1, 4))),
        2 => new(new HeldAddOn("care", 1)),
        _ => new(new HeldAddOn("boost", chance.Next(1, 3)), new HeldAddOn("care", chance.Next(1, 3))),
    };

    private Proration? Policy(bool mayBeNone) => chance.Next(8) switch
    {
        0 => Proration.Day,
        1 => Proration.Second,
        2 when mayBeNone => Proration.None,
        _ => null,
    };

    private string[] PlansIn(string currency) =>
        [.. Paid.Where(plan => biller.Shop.Plan(plan).Prices.Any(price => price.Currency == currency))];

    private Interval[] IntervalsOf(string plan, string currency) =>
        [.. biller.Shop.Plan(plan).Prices.Where(price => price.Currency == currency).Select(price => price.Interval)];

    private T Any<T>(T[] choices) => choices[chance.Next(choices.Length)];
}
