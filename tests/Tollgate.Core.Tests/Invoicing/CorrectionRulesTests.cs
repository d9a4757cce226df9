using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Invoicing;

/// <summary>
/// Usage that was billed at 500 and is voided. The invoice also has a plan of 1,000, 20 % off, and 10 % tax on top: it billed 800 and 400
/// for the two, 1,320 in all.
/// </summary>
public sealed class CorrectionRulesTests
{
    private static readonly Period April = new(Instant.FromUnixSeconds(1_900_000_000), Instant.FromUnixSeconds(1_902_592_000));
    private static readonly Percent Twenty = new(20);

    [Theory]
    [InlineData(500, 400)]
    [InlineData(250, 200)]
    [InlineData(1, 1)]
    public void A_percentage_comes_off_again(long voided, long back) =>
        Back(voided, new BilledLine(Invoice(), 2, Usd(500), Twenty)).ShouldBe(back);

    [Fact]
    public void An_amount_billed_without_a_coupon_is_credited_without_it()
    {
        var later = Invoice(discount: 0) with { Id = Guid.NewGuid() };

        Back(300, new BilledLine(Invoice(), 2, Usd(500), Twenty), new BilledLine(later, 2, Usd(200), default)).ShouldBe(200 + 80);
    }

    [Fact]
    public void An_earlier_correction_is_not_credited_again() =>
        Back(400, new BilledLine(Invoice(), 2, Usd(500), Twenty),
            new BilledLine(Invoice() with { Id = Guid.NewGuid() }, 2, Usd(200), default), new BilledLine(Invoice(), 2, Usd(-300), default))
            .ShouldBe(320);

    [Theory]
    [InlineData("void", 0)]
    [InlineData("uncollectible", 0)]
    [InlineData("all", 0)]
    [InlineData("half", 200)]
    [InlineData("usage", 0)]
    [InlineData("plan", 400)]
    public void Unpaid_and_already_credited_amounts_are_not_credited(string gone, long back)
    {
        var invoice = Invoice();
        var credited = gone switch
        {
            "void" => invoice with { Status = InvoiceStatus.Void },
            "uncollectible" => invoice with { Status = InvoiceStatus.Uncollectible, Paid = Usd(0) },
            "all" => Credited(invoice, new(null, null, "sorry")),
            "half" => Credited(invoice, new(Usd(660), null, "sorry")),
            "usage" => Credited(invoice, new(null, [2], "sorry")),
            _ => Credited(invoice, new(null, [1], "sorry")),
        };

        Back(500, new BilledLine(credited, 2, Usd(500), Twenty)).ShouldBe(back);
    }

    // The credit covered the plan: usage goes back in full, and never more than was billed.
    [Theory]
    [InlineData(300, 500)]
    [InlineData(1500, 0)]
    [InlineData(1200, 300)]
    public void Promotional_credit_is_no_money_that_goes_back(long gift, long back) =>
        Back(500, new BilledLine(Invoice(discount: gift), 2, Usd(500), default)).ShouldBe(back);

    [Fact]
    public void Usage_without_a_known_line_is_credited_as_it_was_rated() =>
        Back(700, new BilledLine(Invoice(), 2, Usd(500), Twenty)).ShouldBe(400 + 200);

    [Fact]
    public void The_taxes_are_those_that_it_was_paid_with()
    {
        var (_, parts) = CorrectionRules.Paid(Line(-500), [new(Invoice(), 2, Usd(500), Twenty)], [new("VAT", new(7), false)]);

        parts.Single().Paid.Single().Rates.Single().Rate.Value.ShouldBe(10);
    }

    [Fact]
    public void The_line_says_what_it_was_billed_at()
    {
        var (line, _) = CorrectionRules.Paid(Line(-500), [new(Invoice(), 2, Usd(500), Twenty)], []);

        (line.Amount, line.Rated).ShouldBe((Usd(-400), Usd(-500)));
        line.Steps.ShouldBe(["5.00 USD taken back, of which 4.00 USD was paid after discounts and credit notes"]);
        CorrectionRules.Paid(Line(-500), [], []).Line.Rated.ShouldBeNull();
    }

    private static long Back(long voided, params BilledLine[] lines) => -CorrectionRules.Paid(Line(-voided), lines, []).Line.Amount.Minor;

    private static Invoice Credited(Invoice invoice, CreditOrder order)
    {
        var draft = CreditNoteRules.Judge(invoice, order).Draft!;
        return invoice with { CreditNotes = [new(Guid.Empty, "", April.Start, order.Reason, draft.Lines, draft.Tax, draft.Total)] };
    }

    private static Invoice Invoice(long discount = 300)
    {
        var net = 1500 - discount;
        return new()
        {
            Id = Guid.Empty, Status = InvoiceStatus.Paid, Kind = InvoiceKind.Renewal, Customer = "a", Currency = Currency.Usd,
            Period = April, CreatedAt = April.Start,
            Lines =
            [
                Line(1000) with { Kind = InvoiceLineKind.Subscription, Description = "Pro" }, Line(500),
                Line(-discount) with { Kind = InvoiceLineKind.Discount, Description = "Coupon" },
            ],
            Taxes = [new("VAT", new(10), false, Usd(net), Usd(net / 10))], Subtotal = Usd(1500), Discount = Usd(discount),
            Tax = Usd(net / 10), Total = Usd(net + (net / 10)),
            FromCredits = Usd(0), Paid = Usd(net + (net / 10)),
        };
    }

    private static InvoiceLine Line(long amount) => new()
    {
        Kind = InvoiceLineKind.Usage, Feature = "pages", Description = "Pages beyond the plan", Quantity = Quantity.One,
        Amount = Usd(amount), Period = April,
    };

    private static MoneyAmount Usd(long minor) => new(minor, Currency.Usd);
}
