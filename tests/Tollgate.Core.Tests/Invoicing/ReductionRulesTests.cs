using Tollgate.Core.Customers;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Invoicing;

/// <summary>Outcome tables: coupons, taxes, credit notes.</summary>
public sealed class ReductionRulesTests
{
    private static readonly Instant Now = Utc("2026-04-01T00:00:00Z");

    public static TheoryData<Coupon, bool, int, bool, CouponVerdict> Coupons => new()
    {
        { Percent(), true, 0, true, CouponVerdict.Redeemable },
        { Percent(), false, 0, true, CouponVerdict.Ended },
        { Percent() with { ExpiresAt = Now }, true, 0, true, CouponVerdict.Expired },
        { Percent() with { ExpiresAt = Now.Plus(TimeSpan.FromSeconds(1)) }, true, 0, true, CouponVerdict.Redeemable },
        { Percent() with { MaxRedemptions = 3 }, true, 2, true, CouponVerdict.Redeemable },
        { Percent() with { MaxRedemptions = 3 }, true, 3, true, CouponVerdict.UsedUp },
        { Percent() with { Plans = ["team"] }, true, 0, true, CouponVerdict.NotForPlan },
        { Percent() with { Plans = ["pro"] }, true, 0, true, CouponVerdict.Redeemable },
        { Percent() with { FirstTimeOnly = true }, true, 0, false, CouponVerdict.NotFirstTime },
        { Percent() with { FirstTimeOnly = true }, true, 0, true, CouponVerdict.Redeemable },
        { Amount("USD"), true, 0, true, CouponVerdict.Redeemable },
        { Amount("EUR"), true, 0, true, CouponVerdict.OtherCurrency },
    };

    [Theory]
    [MemberData(nameof(Coupons))]
    public void A_coupon_is_redeemed_as_its_terms_say(Coupon coupon, bool isActive, int redemptions, bool isFirst, CouponVerdict verdict) =>
        CouponRules.Judge(coupon, isActive, redemptions, "pro", Currency.Usd, isFirst, ["OTHER"], Now).ShouldBe(verdict);

    [Fact]
    public void A_subscription_redeems_each_coupon_once_and_a_hundred_at_most()
    {
        string[] most = [.. Enumerable.Range(1, CouponRules.MostOfSubscription).Select(static number => $"C{number}")];
        CouponRules.Judge(Percent(), true, 1, "pro", Currency.Usd, true, ["P"], Now).ShouldBe(CouponVerdict.Redeemed);
        CouponRules.Judge(Percent(), true, 1, "pro", Currency.Usd, true, most, Now).ShouldBe(CouponVerdict.TooMany);
        CouponRules.Judge(Percent(), true, 1, "pro", Currency.Usd, true, most[1..], Now).ShouldBe(CouponVerdict.Redeemable);
    }

    [Fact]
    public void A_repeating_coupon_ends_on_the_calendar_of_its_start_and_a_single_one_with_its_use()
    {
        var repeating = Percent() with { Duration = CouponDuration.Repeating, Months = 1 };
        CouponRules.EndOf(repeating, Utc("2026-01-31T10:00:00Z"), TimeZoneInfo.Utc).ShouldBe(Utc("2026-02-28T10:00:00Z"));
        var has = new Redemption(1, repeating, Utc("2026-05-01T00:00:00Z"), 7, null);
        has.AppliesTo("pro", Currency.Usd, Utc("2026-04-30T23:59:59Z")).ShouldBeTrue();
        has.AppliesTo("pro", Currency.Usd, Utc("2026-05-01T00:00:00Z")).ShouldBeFalse();
        (new Redemption(1, Percent(), null, 0, null).IsSpent, new Redemption(1, Percent(), null, 1, null).IsSpent).ShouldBe((false, true));
    }

    [Fact]
    public void A_lasting_reduction_is_spent_when_used_up_and_keeps_its_plan_and_currency()
    {
        var carried = new Redemption(1, Amount("USD") with { CarryOver = true, Plans = ["pro"] }, null, 3, new(200, Currency.Usd));
        (carried.IsSpent, carried.Reduction.Amount,
            carried.Reduction.Name).ShouldBe((false, new MoneyAmount(200, Currency.Usd), "Coupon A"));
        (carried.AppliesTo("pro", Currency.Usd, Now), carried.AppliesTo("team", Currency.Usd, Now),
            carried.AppliesTo("pro", Currency.Of("EUR"), Now)).ShouldBe((true, false, false));
        var took = carried.Took(new(150, Currency.Usd));
        (took.Used, took.Left, took.IsSpent).ShouldBe((4, new MoneyAmount(50, Currency.Usd), false));
        (took.Took(new(50, Currency.Usd)).IsSpent,
            took.Took(new(50, Currency.Usd)).AppliesTo("pro", Currency.Usd, Now)).ShouldBe((true, false));

        var gift = new Redemption(2, null, Now, 0, new(200, Currency.Usd));
        (gift.AppliesTo("any", Currency.Usd, Now.Minus(TimeSpan.FromTicks(10))), gift.AppliesTo("any", Currency.Usd, Now),
            gift.AppliesTo("any", Currency.Of("EUR"), Now.Minus(TimeSpan.FromDays(1))))
            .ShouldBe((true, false, false));
    }

    [Theory]
    [InlineData("DE", null, null, "VAT 19 %", null)]
    [InlineData("DE", null, "DE136695976", "VAT 19 %", null)]
    [InlineData("FR", null, null, "TVA 20 %", null)]
    [InlineData("FR", null, "FR123", "TVA 20 %", null)]
    [InlineData("FR", null, "DE136695976", "TVA 20 %", null)]
    [InlineData("FR", null, "FR40303265045", "", "Reverse charge: the recipient owes the TVA.")]
    [InlineData("US", "CA", null, "Sales tax 7.25 %", null)]
    [InlineData("US", "OR", null, "", null)]
    [InlineData(null, null, null, "", null)]
    public void Taxes_are_those_of_the_buyers_country_and_region(string? country, string? region, string? taxId, string rates, string? note)
    {
        TaxRule[] rules =
        [
            new("DE", null, "VAT", new(19), false, true), new("FR", null, "TVA", new(20), false, true),
            new("US", "CA", "Sales tax", new(7.25m), false, false),
        ];
        var decision = TaxRules.For(
            rules, new() { Name = "Seller", Country = "DE" }, new() { Name = "Buyer", Country = country, Region = region, TaxId = taxId });
        (string.Join(", ", decision.Rates.Select(static rate => $"{rate.Name} {rate.Rate}")), decision.Note).ShouldBe((rates, note));
    }

    [Theory]
    [InlineData(null, true, "", "Reverse charge: the recipient owes the TVA.")]
    [InlineData(VatStatus.Pending, true, "TVA 20 %", null, true)]
    [InlineData(VatStatus.Pending, true, "", "Reverse charge: the recipient owes the TVA. VIES has not confirmed the VAT id yet.")]
    [InlineData(VatStatus.Pending, false, "TVA 20 %", null)]
    [InlineData(
        VatStatus.Valid, false, "",
        "Reverse charge: the recipient owes the TVA. VIES confirmed the VAT id on 2026-03-01, consultation W1.")]
    [InlineData(VatStatus.Invalid, true, "TVA 20 %", null)]
    public void The_answer_of_VIES_decides_on_reverse_charge(
        VatStatus? status, bool whilePending, string rates, string? note, bool isOverdue = false)
    {
        var check = status is { } known
            ? new VatEvidence(known, known == VatStatus.Pending ? null : "vies",
                known == VatStatus.Pending ? null : new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero), known == VatStatus.Valid ? "W1" : null)
                {
                    IsOverdue = isOverdue,
                }
            : null;
        var buyer = new InvoiceParty { Name = "Buyer", Country = "FR", TaxId = "FR40303265045", TaxIdCheck = check };
        var decision = TaxRules.For(
            [new("FR", null, "TVA", new(20), false, true)], new() { Name = "Seller", Country = "DE" }, buyer, whilePending: whilePending);
        (string.Join(", ", decision.Rates.Select(static rate => $"{rate.Name} {rate.Rate}")), decision.Note).ShouldBe((rates, note));
    }

    [Theory]
    [InlineData(null, null, "VAT 20 %, City 1 %")]
    [InlineData("books", null, "VAT 5 %, City 1 %")]
    [InlineData("food", null, "VAT 20 %, Food 2 %")]
    [InlineData("games", null, "VAT 20 %, City 1 %")]
    [InlineData("books", "DE", "")]
    public void A_category_has_its_own_rates_where_there_are_such(string? category, string? exempt, string rates)
    {
        TaxRule[] rules =
        [
            new("FR", null, "VAT", new(20), false, true), new("FR", null, "VAT", new(5), false, true) { Category = "books" },
            new("FR", "75", "City", new(1), false, false), new("FR", "75", "Food", new(2), false, false) { Category = "food" },
        ];
        var buyer =
            new InvoiceParty { Name = "Buyer", Country = "FR", Region = "75", TaxExempt = exempt is null ? null : new("mission", "DM-7") };
        var decision = TaxRules.For(rules, new() { Name = "Seller", Country = "DE" }, buyer, category);
        (string.Join(", ", decision.Rates.Select(static rate => $"{rate.Name} {rate.Rate}")),
            decision.Note).ShouldBe((rates, exempt is null ? null : "Exempt from tax: mission (DM-7)."));
    }

    [Theory]
    [InlineData(InvoiceStatus.Paid, 5000L, null, CreditVerdict.Allowed, 5000L, 798L)]
    [InlineData(InvoiceStatus.Open, null, null, CreditVerdict.Allowed, 10_115L, 1615L)]
    [InlineData(InvoiceStatus.Paid, null, 1, CreditVerdict.Allowed, 8925L, 1425L)]
    [InlineData(InvoiceStatus.Paid, null, 2, CreditVerdict.Allowed, 1190L, 190L)]
    [InlineData(InvoiceStatus.Paid, 10_116L, null, CreditVerdict.TooMuch, 0L, 0L)]
    [InlineData(InvoiceStatus.Paid, 0L, null, CreditVerdict.NotPositive, 0L, 0L)]
    [InlineData(InvoiceStatus.Paid, null, 3, CreditVerdict.LineUnknown, 0L, 0L)]
    [InlineData(InvoiceStatus.Void, 1L, null, CreditVerdict.NotInState, 0L, 0L)]
    [InlineData(InvoiceStatus.Uncollectible, 1L, null, CreditVerdict.NotInState, 0L, 0L)]
    public void A_credit_note_gives_back_at_most_what_was_asked_for(
        InvoiceStatus status, long? amount, int? line, CreditVerdict verdict, long total, long tax)
    {
        var (found, draft) = CreditNoteRules.Judge(
            Invoice() with { Status = status },
            new(amount is { } minor ? new MoneyAmount(minor, Currency.Usd) : null, line is { } one ? [one] : null, "why"));
        (found, draft?.Total.Minor ?? 0, draft?.Tax.Minor ?? 0).ShouldBe((verdict, total, tax));
    }

    [Fact]
    public void A_credited_amount_is_not_credited_again()
    {
        var once =
            Invoice() with { CreditNotes = [new(Guid.Empty, "CN-1", Now, "why", [], new(0, Currency.Usd), new(10_000, Currency.Usd))] };
        CreditNoteRules.Judge(once, new(null, null, "rest")).Draft!.Total.Minor.ShouldBe(115);
        CreditNoteRules.Judge(once, new(new(116, Currency.Usd), null, "more")).Verdict.ShouldBe(CreditVerdict.TooMuch);
        var twice =
            once with
            {
                CreditNotes = [.. once.CreditNotes, new(Guid.Empty, "CN-2", Now, "why", [], new(0, Currency.Usd), new(115, Currency.Usd))],
            };
        CreditNoteRules.Judge(twice, new(null, null, "nothing")).Verdict.ShouldBe(CreditVerdict.NothingLeft);
    }

    /// <summary>Lines of 75.00 and 10.00 with 19 % on top: 101.15.</summary>
    private static Invoice Invoice()
    {
        MoneyAmount Usd(long minor) => new(minor, Currency.Usd);
        var period = new Period(Now, Utc("2026-05-01T00:00:00Z"));
        InvoiceLine Line(long minor) =>
            new() { Kind = InvoiceLineKind.Subscription, Description = "Pro", Quantity = Quantity.One, Amount = Usd(minor),
                Period = period };
        return new()
        {
            Id = Guid.Empty, Number = "A-000001", Status = InvoiceStatus.Paid, Kind = InvoiceKind.Renewal, Customer = "c",
            Currency = Currency.Usd, Period = period,
            CreatedAt = Now, IssuedAt = Now, Lines = [Line(7500), Line(1000)], Taxes = [new("VAT", new(19), false, Usd(8500), Usd(1615))],
            Subtotal = Usd(8500),
            Discount = Usd(0), Tax = Usd(1615), Total = Usd(10_115), FromCredits = Usd(0), Paid = Usd(10_115),
        };
    }

    private static Coupon Percent() => new() { Code = "P", PercentOff = new(10) };

    private static Coupon Amount(string currency) => new() { Code = "A", AmountOff = new(500, Currency.Of(currency)) };
}
