using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Invoicing;

public sealed class PackRulesTests
{
    private static readonly Instant At = Utc("2026-04-05T10:00:00Z");

    private static readonly CreditPack Tokens = new()
    {
        Code = "million", Name = "A million tokens", Feature = "token", Quantity = Quantity.Of(1_000_000),
        Prices = [new("USD", 500), new("JPY", 750)],
    };

    [Theory]
    [InlineData(true, null, "USD", PackVerdict.Sold)]
    [InlineData(true, "free team", "USD", PackVerdict.Sold)]
    [InlineData(true, "team", "JPY", PackVerdict.NotForPlan)]
    [InlineData(true, null, "EUR", PackVerdict.NotInCurrency)]
    [InlineData(false, null, "USD", PackVerdict.Inactive)]
    [InlineData(false, "team", "EUR", PackVerdict.Inactive)]
    public void Customers_that_may_buy_a_pack(bool isActive, string? plans, string currency, PackVerdict expected)
    {
        var (verdict, sale) = PackRules.Judge(Tokens with { Active = isActive, Plans = plans?.Split(' ') }, "free", Currency.Of(currency),
            1);
        (verdict, sale is not null).ShouldBe((expected, expected == PackVerdict.Sold));
    }

    [Fact]
    public void Unknown_and_too_large_packs_are_not_sold()
    {
        PackRules.Judge(null, "free", Currency.Usd, 1).Verdict.ShouldBe(PackVerdict.Unknown);
        PackRules.Judge(Tokens with { Quantity = Quantity.Of(Quantity.Largest) }, "free", Currency.Usd, 1).Verdict
            .ShouldBe(PackVerdict.Sold);
        PackRules.Judge(Tokens with { Quantity = Quantity.Of(Quantity.Largest) }, "free", Currency.Usd, 2).Verdict
            .ShouldBe(PackVerdict.TooManyUnits);
    }

    [Fact]
    public void A_purchase_has_the_terms_of_the_current_catalogue()
    {
        var sale = Sold(Tokens with { Priority = 50, ExpiresAfterDays = 30 }, 3);
        sale.ShouldBe(new()
        {
            Pack = "million", Name = "A million tokens", Feature = "token", Count = 3, Units = Quantity.Of(3_000_000), Each = Usd(500),
            Priority = 50, ExpiresAfterDays = 30,
        });
        sale.Amount.ShouldBe(Usd(1500));
        Sold(Tokens, 1).Priority.ShouldBe(100, "That of top-ups.");
    }

    [Theory]
    [InlineData(0, 1785, 0)]
    [InlineData(785, 1785, 785)]
    [InlineData(5000, 1785, 1785)]
    [InlineData(-200, 1785, 0)]
    public void It_is_one_line_with_taxes_and_credits_pay(long credits, long total, long fromCredits)
    {
        var bill = PackRules.Bill(Sold(Tokens, 3), new([new TaxRate("VAT", new Percent(19), false)], "A note."), Usd(credits), At);
        (bill.Draft.Kind, bill.Draft.Currency, bill.TaxNote,
            bill.Redemptions.Count).ShouldBe((InvoiceKind.OneOff, Currency.Usd, "A note.", 0));
        (bill.Sums.Subtotal.Minor, bill.Sums.Tax.Minor, bill.Sums.Total.Minor,
            bill.Sums.FromCredits.Minor).ShouldBe((1500, 285, total, fromCredits));
        var line = bill.Lines.ShouldHaveSingleItem();
        (line.Kind, line.Feature, line.Quantity.Value, line.UnitPrice!.Value.Major,
            line.Amount.Minor).ShouldBe((InvoiceLineKind.CreditPack, "token", 3m, 5m, 1500));
        InvoiceRules.ImplausibleReason(bill, new() { Seller = new() { Name = "Us" }, Prefix = "US" }).ShouldBeNull();
    }

    [Theory]
    [InlineData(InvoiceStatus.Open, 500, 0, false, PackStatus.Pending)]
    [InlineData(InvoiceStatus.Open, 500, 200, false, PackStatus.Pending)]
    [InlineData(InvoiceStatus.Uncollectible, 500, 0, false, PackStatus.Pending)]
    [InlineData(InvoiceStatus.Void, 500, 0, false, PackStatus.Void)]
    [InlineData(InvoiceStatus.Paid, 500, 0, true, PackStatus.Granted)]
    [InlineData(InvoiceStatus.Paid, 500, 200, true, PackStatus.Granted)] // the rest was paid
    [InlineData(InvoiceStatus.Paid, 500, 500, false, PackStatus.Void)] // credited in full: nothing was bought
    [InlineData(InvoiceStatus.Paid, 0, 0, true, PackStatus.Granted)]
    public void Access_follows_payment(InvoiceStatus status, long total, long credited, bool isPaidFor, PackStatus expected)
    {
        var note = new CreditNote(Guid.Empty, "CN-1", At, "Why not", [], Usd(0), Usd(credited));
        var invoice = new Invoice
        {
            Id = Guid.Empty, Status = status, Kind = InvoiceKind.OneOff, Customer = "u1", Currency = Currency.Usd, Period = new(At, At),
            CreatedAt = At, Lines = [],
            Subtotal = Usd(total), Discount = Usd(0), Tax = Usd(0), Total = Usd(total), FromCredits = Usd(0),
            Paid = Usd(status == InvoiceStatus.Paid ? total - credited : 0), CreditNotes = credited == 0 ? [] : [note],
        };
        PackRules.IsPaidFor(invoice).ShouldBe(isPaidFor);
        PackRules.StatusOf(invoice, isPaidFor).ShouldBe(expected);
        PackRules.StatusOf(invoice, isGranted: true).ShouldBe(PackStatus.Granted, "Granted units stay granted.");
    }

    [Fact]
    public void Units_expire_days_of_the_projects_calendar_after_the_payment()
    {
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var sale = Sold(Tokens with { ExpiresAfterDays = 2 }, 1);
        PackRules.ExpiryOf(sale, At, TimeZoneInfo.Utc).ShouldBe(Utc("2026-04-07T10:00:00Z"));
        PackRules.ExpiryOf(sale, Utc("2026-03-28T10:00:00Z"), berlin).ShouldBe(Utc("2026-03-30T09:00:00Z"), "A day of 23 hours is a day.");
        PackRules.ExpiryOf(Sold(Tokens, 1), At, berlin).ShouldBe(Instant.FarFuture);
    }

    private static PackSale Sold(CreditPack pack, long count) => PackRules.Judge(pack, "free", Currency.Usd, count).Sale.ShouldNotBeNull();

    private static MoneyAmount Usd(long minor) => new(minor, Currency.Usd);
}
