using System.Collections.Frozen;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Subscriptions;

public sealed class SubscriptionTermsTests
{
    private static readonly SeatPrice Each = new(3, TierMode.PerUnit, [new(null, UnitPrice.Of(12), null)]);
    private static readonly SeatPrice Stairs = new(
        3, TierMode.Graduated, [new(Quantity.Of(10), UnitPrice.Of(12), null), new(null, UnitPrice.Of(9.995m), null)]);
    private static readonly SeatPrice Volume = new(
        3, TierMode.Volume, [new(Quantity.Of(10), UnitPrice.Of(12), null), new(null, UnitPrice.Of(9.995m), null)]);

    public static TheoryData<SeatPrice?, long, long, long> Seats => new()
    {
        // seats, quantity, base, for seats
        { null, 1, 4900, 0 },
        { null, 5, 24_500, 0 },
        { Each, 1, 4900, 0 },
        { Each, 3, 4900, 0 },
        { Each, 4, 4900, 1200 },
        { Each, 13, 4900, 12_000 },
        { Each with { Included = 0 }, 1, 4900, 1200 },
        { Stairs, 13, 4900, 12_000 },

        // 9.995 is rounded with the rest, once: 120 + 9.995 and 120 + 19.99.
        { Stairs, 14, 4900, 13_000 },
        { Stairs, 15, 4900, 13_999 },
        { Volume, 13, 4900, 12_000 },

        // The eleventh extra seat lowers the price of all: 11 × 9.995.
        { Volume, 14, 4900, 10_995 },
    };

    [Theory]
    [MemberData(nameof(Seats))]
    public void Seats_beyond_the_included_ones_have_their_own_price(SeatPrice? seats, long quantity, long plan, long forSeats)
    {
        var terms = Terms(seats, quantity);
        (terms.Base.Minor, terms.Seats.Minor, terms.Amount.Minor).ShouldBe((plan, forSeats, plan + forSeats));
        terms.SeatSteps.Sum(step => step.Units.Value).ShouldBe(seats is null ? 0 : Math.Max(0, quantity - seats.Included));
    }

    [Fact]
    public void A_fee_of_seats_is_due_without_any_unless_the_price_says_on_use()
    {
        var withFee = Each with { Tiers = [new(null, UnitPrice.Of(12), UnitPrice.Of(20))] };
        Terms(withFee, 3).Seats.Minor.ShouldBe(2000);
        Terms(withFee with { FirstFlatFee = FirstFlatFee.OnUse }, 3).Seats.Minor.ShouldBe(0);
        Terms(withFee with { FirstFlatFee = FirstFlatFee.OnUse }, 4).Seats.Minor.ShouldBe(3200);
    }

    [Fact]
    public void A_month_of_a_yearly_price_has_its_share_of_the_seats() =>
        (Terms(Each, 5) with { Interval = PriceInterval.Yearly }).PerMonth.Rounded().Minor.ShouldBe(4283);

    private static SubscriptionTerms Terms(SeatPrice? seats, long quantity) => new(
        new(1, 1, new()
        {
            Code = "team", Name = "Team",
            Prices = [
                new(PriceInterval.Monthly, "USD", 4900, 0) { Seats = seats },
                new(PriceInterval.Yearly, "USD", 49_000, 0) { Seats = seats }],
        }, FrozenDictionary<int, Entitlement>.Empty),
        PriceInterval.Monthly, Currency.Usd, quantity);
}
