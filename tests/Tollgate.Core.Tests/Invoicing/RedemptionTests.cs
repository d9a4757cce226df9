using System.Collections.Frozen;
using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Invoicing;

/// <summary>Deductions of coupons and promotional credits from the invoices of a subscription, one after the other.</summary>
public sealed class RedemptionTests
{
    private static readonly Instant Start = Utc("2026-04-01T00:00:00Z");

    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    /// <summary>In seconds.</summary>
    private const long TwoYears = 63_072_000;

    private static readonly PlanVersion Pro = new(
        1, 1, new() { Code = "pro", Name = "Pro", Prices = [new(PriceInterval.Monthly, "USD", 2900, 0)] },
        FrozenDictionary<int, Entitlement>.Empty);

    /// <summary>In the order of redemption: <c>gift 500</c>, <c>10 %</c>, <c>once 40</c>, <c>carried 40</c>.</summary>
    [Theory]
    [InlineData("gift 500 | 10 %", 1000, "-500 -50 = 450")]
    [InlineData("10 % | gift 500", 1000, "-100 -500 = 400")]
    [InlineData("10 % | 50 %", 1000, "-100 -450 = 450")]
    [InlineData("gift 1500 | 10 %", 1000, "-1000 = 0")]
    [InlineData("10 % | gift 1500", 1000, "-100 -900 = 0")]
    [InlineData("100 % | gift 500", 1000, "-1000 = 0")]
    [InlineData("gift 300 | gift 300 | once 600", 1000, "-300 -300 -400 = 0")]
    [InlineData("carried 300 | gift 300", 0, " = 0")]
    [InlineData("33.3 %", 5, "-2 = 3")]
    public void Each_takes_off_what_those_before_it_left(string redemptions, long price, string told)
    {
        var bill = BillOf(price, Read(redemptions));
        var discounts = bill.Lines.Where(static line => line.Kind == InvoiceLineKind.Discount).Select(static line => line.Amount.Minor);
        $"{string.Join(' ', discounts)} = {bill.Sums.Total.Minor}".ShouldBe(told);
    }

    [Fact]
    public void A_line_says_what_took_it_off_and_of_what()
    {
        var bill = BillOf(1000, Read("gift 300 | carried 40 | once 40 | 10 %"));
        bill.Lines.Skip(1).Select(static line => $"{line.Redemption} {line.Description}: {line.Steps.Single()}").ShouldBe(
        [
            "1 Promotional credit: 3.00 USD left, off 10.00 USD", "2 Coupon C2: 0.40 USD left, off 7.00 USD",
            "3 Coupon C3: 0.40 USD off 6.60 USD",
            "4 Coupon C4 (−10 %): 10 % of 6.20 USD",
        ]);
        bill.Redemptions.Select(static one => (one.Sequence, one.Used, one.Left?.Minor, one.IsSpent))
            .ShouldBe([(1, 1, 0, true), (2, 1, 0, true), (3, 1, null, true), (4, 1, null, false)]);
    }

    [Fact]
    public void The_unused_part_is_forfeited_unless_it_carries_over()
    {
        Taken("once 2500", 1000, 1000, 1000).ShouldBe([1000, 0, 0]);
        Taken("carried 2500", 1000, 1000, 1000).ShouldBe([1000, 1000, 500]);
        Taken("gift 2500", 1000, 1000, 1000).ShouldBe([1000, 1000, 500]);
    }

    [Fact]
    public void No_amount_is_taken_off_what_asks_for_nothing()
    {
        var step = SubscriptionLife.Start(Guid.Empty, Terms(2900), 0, true, Start, TimeZoneInfo.Utc);
        var bill = InvoiceRules.Bill(step.After, Half(step.After, 900), Facts(Read("gift 500 | once 10"))).Bill!;
        (bill.Sums.Left.Minor, bill.Sums.Discount.Minor, bill.Redemptions.Count).ShouldBe((1000, 0, 0));
    }

    /// <summary>
    /// Half of a month is left. The percentage applies to credit and charge alike; time paid without it is credited without it.
    /// </summary>
    [Theory]
    [InlineData("50 %", "50 %", 2900, 29900, "-725 14950 -7475 = 6750")]
    [InlineData("50 %", "50 %", 29900, 2900, "-7475 1450 -725 = 0, 6750 left")]
    [InlineData("50 % | 10 %", "50 % | 10 %", 2000, 4000, "-450 2000 -1000 -100 = 450")]
    [InlineData("", "50 %", 2900, 29900, "-1450 14950 -7475 = 6025")]
    [InlineData("50 %", "", 2900, 29900, "-725 14950 = 14225")]
    [InlineData("100 %", "100 %", 2900, 29900, "14950 -14950 = 0")]
    [InlineData("once 900", "", 2900, 29900, "-1450 14950 = 13500")]
    public void A_change_has_the_percentage_on_both_sides(string paid, string now, long old, long changed, string told)
    {
        var begun = InvoiceRules.Bill(
            null, SubscriptionLife.Start(Guid.Empty, Terms(old), 0, true, Start, TimeZoneInfo.Utc), Facts(Read(paid))).After;
        var bill = InvoiceRules.Bill(begun, Half(begun, changed), Facts(Read(now))).Bill!;
        var left = bill.Sums.Left.IsZero ? "" : $", {bill.Sums.Left.Minor} left";
        $"{string.Join(' ', bill.Lines.Select(static line => line.Amount.Minor))} = {bill.Sums.Total.Minor}{left}".ShouldBe(told);
    }

    [Fact]
    public void An_amount_that_comes_again_comes_off_a_period_once()
    {
        var coupon = new Redemption(
            1, new() { Code = "C1", AmountOff = new(1000, Currency.Usd), Duration = CouponDuration.Forever }, null, 1, null);
        BillOf(600, [coupon]).Sums.Discount.Minor.ShouldBe(600);
        BillOf(600, [coupon with { TakenInPeriod = new(600, Currency.Usd) }]).ShouldSatisfyAllConditions(
            bill => bill.Sums.Discount.Minor.ShouldBe(400), bill => bill.Lines[^1].Steps.Single().ShouldBe("4.00 USD left, off 6.00 USD"));
        BillOf(600, [coupon with { TakenInPeriod = new(1000, Currency.Usd) }]).ShouldSatisfyAllConditions(
            bill => bill.Sums.Discount.Minor.ShouldBe(0), bill => bill.Redemptions.ShouldBeEmpty());
    }

    /// <summary>Another price when half of April is left.</summary>
    /// <summary>A total, the number of renewals that bill it, and its first day: a total without an end has no number.</summary>
    [Theory]
    [InlineData("", "2900 from 05-01")]
    [InlineData("10 %", "2610 from 05-01")]
    [InlineData("once 500", "2400 ×1 from 05-01, 2900 from 06-01")]
    [InlineData("carried 7000", "0 ×2 from 05-01, 1700 ×1 from 07-01, 2900 from 08-01")]
    [InlineData("gift 6500 | 10 %", "0 ×2 from 05-01, 1980 ×1 from 07-01, 2610 from 08-01")]
    [InlineData("months 3", "1450 ×2 from 05-01, 2900 from 07-01")]
    public void The_next_total_is_not_the_price_of_all_periods(string redemptions, string told)
    {
        var running = SubscriptionLife.Start(Guid.Empty, Terms(2900), 0, true, Start, TimeZoneInfo.Utc).After;
        var facts = Facts(redemptions == "months 3"
            ? [new(1, Repeating(3), CouponRules.EndOf(Repeating(3), Start, Zone), 1, null)]
            : Read(redemptions));

        string.Join(", ", OutlookRules.Of(running, facts, TimeZoneInfo.Utc).Select(static price =>
            $"{price.Total.Minor}{(price.Periods is { } times ? $" ×{times}" : "")} from {price.From.ToUtc():MM-dd}")).ShouldBe(told);
        OutlookRules.Of(running with { CancelAt = running.Current.End }, facts, TimeZoneInfo.Utc).ShouldBeEmpty("Nothing renews.");
    }

    private static SubscriptionStep Half(Subscription subscription, long price) =>
        SubscriptionLife.Change(subscription, Terms(price), Proration.Second, new(TimeZoneInfo.Utc, null), Utc("2026-04-16T00:00:00Z"));

    [Fact]
    public void No_coupon_reduces_more_than_its_amount_and_no_invoice_is_negative() =>
        Prop.ForAll<(int Kind, int Size)[], int[]>((kinds, prices) =>
    {
        var redemptions = kinds.Take(8).Select((one, i) => Make(i + 1, Math.Abs(one.Kind % 4), 1 + Math.Abs(one.Size % 5000))).ToList();
        var given = redemptions.Select(static one => one.Left?.Minor).ToArray();
        var taken = new long[redemptions.Count];
        foreach (var price in prices.Select(static price => (long)Math.Abs(price % 3000)))
        {
            var bill = BillOf(price, redemptions);
            var off = bill.Lines.Where(static line => line.Kind == InvoiceLineKind.Discount).ToArray();
            if (bill.Sums.Total.IsNegative || off.Sum(static line => -line.Amount.Minor) != bill.Sums.Discount.Minor
                || bill.Sums.Total.Minor != price - bill.Sums.Discount.Minor)
            {
                return false;
            }

            foreach (var line in off)
            {
                taken[line.Redemption!.Value - 1] -= line.Amount.Minor;
            }

            redemptions = [.. redemptions.Select(one => bill.Redemptions.SingleOrDefault(after => after.Sequence == one.Sequence) ?? one)];
        }

        return redemptions.Select((one, i) => one.Left is not { } left || (!left.IsNegative && left.Minor + taken[i] == given[i]))
            .All(static holds => holds);
    }).QuickCheckThrowOnFailure();

    /// <summary>The months of the subscription are those of the anchor, in Berlin; times are the wall clock's there.</summary>
    [Theory]
    [InlineData("2026-01-15 12:00:00", "2026-01-20 09:00:00", 2, "2026-03-20 09:00:00")]
    [InlineData("2026-01-31 12:00:00", "2026-02-28 13:00:00", 1, "2026-03-31 12:00:01")] // a month later is 28 March
    [InlineData("2026-01-31 12:00:00", "2026-02-28 13:00:00", 2, "2026-04-30 12:00:01")]
    [InlineData("2026-01-31 12:00:00", "2026-02-28 13:00:00", 3, "2026-05-31 12:00:01")]
    [InlineData("2026-01-30 12:00:00", "2026-02-28 13:00:00", 1, "2026-03-30 12:00:01")]
    [InlineData("2026-01-29 12:00:00", "2026-02-28 13:00:00", 1, "2026-03-29 12:00:01")]
    [InlineData("2026-01-31 12:00:00", "2026-03-31 13:00:00", 1, "2026-04-30 13:00:00")]
    [InlineData("2025-10-31 12:00:00", "2026-01-30 13:00:00", 1, "2026-02-28 12:00:00")] // at 13:00 the second month would have it
    [InlineData("2026-01-31 12:00:00", "2026-03-30 13:00:00", 1, "2026-04-30 12:00:00")]
    [InlineData("2026-01-31 12:00:00", "2026-02-28 12:00:00", 1, "2026-03-31 12:00:01")] // in the second of a renewal
    [InlineData("2026-04-01 00:00:00", "2026-05-01 00:00:00", 1, "2026-06-01 00:00:01")]
    [InlineData("2026-04-01 00:00:00", "2026-05-01 00:00:00.5", 3, "2026-08-01 00:00:01")]
    [InlineData("2026-04-01 00:00:00", "2026-04-01 00:00:00", 1, "2026-05-01 00:00:01")] // in the second of the start
    [InlineData("2026-04-01 00:00:00", "2026-03-31 23:59:59", 1, "2026-05-01 00:00:01")] // a clock that is behind
    [InlineData("2026-01-29 02:30:00", "2026-03-01 02:30:00", 1, "2026-04-01 02:30:00")] // on 29 March the clock skips 2:30
    [InlineData("2026-01-31 12:00:00", "2026-02-28 13:00:00", 120, "2036-02-29 12:00:01")]
    public void One_for_months_that_is_redeemed_later_has_as_many_renewals(string anchor, string redeemed, int months, string ends) =>
        Shown(EndOf(months, new(Berlin(anchor)), Berlin(redeemed))).ShouldBe(ends);

    [Fact]
    public void For_any_anchor_the_right_number_of_months_begins_before_a_coupon_ends() =>
        Prop.ForAll<(int Start, int Later, int Months), bool>((one, isWhole) =>
    {
        var start = Start.Plus(TimeSpan.FromSeconds(Spread(one.Start, TwoYears)));
        var (anchor, months) = (new Anchor(start), (int)(1 + Spread(one.Months, 24)));
        var redeemed = isWhole
            ? BillingPeriods.Boundary(PriceInterval.Monthly, anchor, (int)Spread(one.Later, 24), Zone)
            : start.Plus(TimeSpan.FromMicroseconds(Spread(one.Later, TwoYears * 1_000_000)));
        var end = EndOf(months, anchor, redeemed);
        return Enumerable.Range(0, 60).Select(number => BillingPeriods.Boundary(PriceInterval.Monthly, anchor, number, Zone))
            .Count(begun => begun > redeemed && begun < end) == months;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void One_for_months_from_the_start_has_the_first_ones()
    {
        var coupon = Repeating(3);
        CouponRules.EndOf(coupon, Berlin("2026-01-31 12:00:00"), Zone).ShouldBe(Berlin("2026-04-30 12:00:00"));
        CouponRules.EndOf(coupon with { Months = null, Duration = CouponDuration.Forever }, new(Start), Start, Zone).ShouldBeNull();
    }

    /// <summary>FsCheck begins with small numbers; these are anywhere in the range.</summary>
    private static long Spread(int number, long range) => (long)(unchecked((ulong)number * 11_400_714_819_323_198_485) % (ulong)range);

    private static Coupon Repeating(int months) =>
        new() { Code = "MONTHS", PercentOff = new(50), Duration = CouponDuration.Repeating, Months = months };

    private static Instant EndOf(int months, Anchor anchor, Instant redeemed) =>
        CouponRules.EndOf(Repeating(months), anchor, redeemed, Zone)!.Value;

    private static Instant Berlin(string shown) =>
        Instant.FromUtc(TimeZoneInfo.ConvertTimeToUtc(DateTime.Parse(shown, CultureInfo.InvariantCulture), Zone));

    private static string Shown(Instant at) =>
        TimeZoneInfo.ConvertTimeFromUtc(at.ToUtc(), Zone).ToString("yyyy-MM-dd HH:mm:ss.FFF", CultureInfo.InvariantCulture);

    private static long[] Taken(string redemption, params long[] prices)
    {
        var redemptions = Read(redemption);
        var taken = new List<long>();
        foreach (var price in prices)
        {
            var bill = BillOf(price, redemptions);
            taken.Add(bill.Sums.Discount.Minor);
            redemptions = [bill.Redemptions.SingleOrDefault() ?? redemptions[0]];
        }

        return [.. taken];
    }

    private static Bill BillOf(long price, IReadOnlyList<Redemption> redemptions) =>
        InvoiceRules.Bill(
            null, SubscriptionLife.Start(Guid.Empty, Terms(price), 0, true, Start, TimeZoneInfo.Utc), Facts(redemptions)).Bill!;

    private static SubscriptionTerms Terms(long price) => new(Pro, PriceInterval.Monthly, Currency.Usd, 1) { CustomAmount = price };

    private static BillingFacts Facts(IReadOnlyList<Redemption> redemptions) =>
        new([], redemptions, null, new(0, Currency.Usd), new(0, Currency.Usd), [], [],
            new Dictionary<BilledKey, IReadOnlyList<BilledLine>>());

    private static IReadOnlyList<Redemption> Read(string redemptions) =>
        [.. redemptions.Split(" | ", StringSplitOptions.RemoveEmptyEntries).Select(static (text, i) => text.Split(' ') switch
    {
        ["gift", var amount] => Make(i + 1, 0, long.Parse(amount, CultureInfo.InvariantCulture)),
        ["carried", var amount] => Make(i + 1, 1, long.Parse(amount, CultureInfo.InvariantCulture)),
        ["once", var amount] => Make(i + 1, 2, long.Parse(amount, CultureInfo.InvariantCulture)),
        [var percent, _] =>
            new Redemption(
                i + 1, new()
                {
                    Code = $"C{i + 1}", PercentOff = new(decimal.Parse(percent, CultureInfo.InvariantCulture)),
                    Duration = CouponDuration.Forever,
                }, null, 0, null),
        _ => throw new ArgumentException(text),
    })];

    /// <param name="kind">A gift, an amount that carries over, one that does not, and a percentage.</param>
    private static Redemption Make(long sequence, int kind, long size)
    {
        var amount = new MoneyAmount(size, Currency.Usd);
        return kind switch
        {
            0 => new(sequence, null, null, 0, amount),
            1 => new(sequence, new() { Code = $"C{sequence}", AmountOff = amount, CarryOver = true }, null, 0, amount),
            2 => new(sequence, new() { Code = $"C{sequence}", AmountOff = amount }, null, 0, null),
            _ => new(
                sequence, new() { Code = $"C{sequence}", PercentOff = new(1 + (size % 100)), Duration = CouponDuration.Forever }, null, 0,
                null),
        };
    }
}
