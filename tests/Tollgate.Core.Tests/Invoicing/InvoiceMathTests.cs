using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;

namespace Tollgate.Core.Tests.Invoicing;

public sealed class InvoiceMathTests
{
    private static MoneyAmount Usd(long minor) => new(minor, Currency.Usd);

    private static InvoiceSums Sums(long[] lines, Reduction[] reductions, TaxRate[] rates, long credits = 0) =>
        InvoiceMath.Compute([.. lines.Select(Usd)], reductions, rates, Usd(credits));

    private static Reduction Percent(decimal percent) => new($"{percent} %", new Percent(percent), null);

    private static Reduction Off(long minor) => new("off", null, Usd(minor));

    [Fact]
    public void A_plain_invoice_asks_for_its_lines() => Sums([2900, -1450, 500], [], []).Total.ShouldBe(Usd(1950));

    [Fact]
    public void A_percentage_applies_to_what_the_one_before_left()
    {
        var sums = Sums([10_000], [Off(1_000), Percent(10), Percent(50)], []);
        sums.Reduced.ShouldBe([Usd(1_000), Usd(900), Usd(4_050)]);
        (sums.Discount, sums.Total).ShouldBe((Usd(5_950), Usd(4_050)));
    }

    [Fact]
    public void More_cannot_be_taken_off_than_there_is() =>
        Sums([300], [Off(500), Percent(10)], [new("VAT", new(19), false)]).ShouldSatisfyAllConditions(
        sums => sums.Reduced.ShouldBe([Usd(300), Usd(0)]),
        sums => (sums.Tax, sums.Total).ShouldBe((Usd(0), Usd(0))));

    [Fact]
    public void Tax_stands_on_what_is_left_and_is_rounded_once()
    {
        // 9.99 - 10 % = 8.99; 19 % of it are 1.7081.
        var sums = Sums([333, 333, 333], [Percent(10)], [new("VAT", new(19), false)]);
        (sums.Discount, sums.Tax, sums.Total).ShouldBe((Usd(100), Usd(171), Usd(1_070)));
        sums.TaxOfLines.ShouldBe([Usd(57), Usd(57), Usd(57)]);
        sums.Taxes.ShouldHaveSingleItem().Base.ShouldBe(Usd(899));
    }

    [Fact]
    public void An_inclusive_tax_is_not_added()
    {
        var sums = Sums([11_900], [], [new("VAT", new(19), true)]);
        (sums.Tax, sums.Total, sums.Taxes[0].Base).ShouldBe((Usd(1_900), Usd(11_900), Usd(10_000)));
    }

    [Fact]
    public void Prepaid_credits_pay_the_tax_too()
    {
        var sums = Sums([1_000], [], [new("VAT", new(20), false)], credits: 1_100);
        (sums.Total, sums.FromCredits).ShouldBe((Usd(1_200), Usd(1_100)));
        Sums([1_000], [], [], credits: 5_000).FromCredits.ShouldBe(Usd(1_000));
    }

    [Fact]
    public void An_excess_of_credit_becomes_the_customers()
    {
        var sums = Sums([-2_500, 1_000], [Percent(50)], [new("VAT", new(20), false)]);
        (sums.Subtotal, sums.Total, sums.Left, sums.Tax).ShouldBe((Usd(-1_500), Usd(0), Usd(1_800), Usd(-300)));
    }

    private static readonly TaxRate Tva = new("TVA", new(20), false);

    private static InvoiceSums Changed(long back, long charge, TaxRate[] now, params (long Part, TaxRate[] Rates)[] paid) =>
        InvoiceMath.Compute(
        [new(Usd(-back), now, true), new(Usd(charge), now, false)], [],
        [.. paid.Select(static one => new PaidTax(Usd(one.Part), one.Rates))], Usd(0));

    [Fact]
    public void Unused_time_goes_back_with_the_tax_that_was_paid_on_it()
    {
        // Canceled immediately: 50.00 and 10.00.
        Changed(5_000, 0, [Tva], (5_000, [Tva])).ShouldSatisfyAllConditions(
            sums => (sums.Total, sums.Left, sums.Tax).ShouldBe((Usd(0), Usd(6_000), Usd(-1_000))),
            sums => sums.Taxes.ShouldBe([new("TVA", new(20), false, Usd(-5_000), Usd(-1_000))]),
            sums => (sums.TaxOfLines[0], sums.ProrationCreditTaxes[0]).ShouldBe((Usd(-1_000), Usd(1_000))));

        // Paid without tax, or with another one: each at its own rate.
        Changed(5_000, 8_000, [Tva], (5_000, []))
            .ShouldSatisfyAllConditions(sums => (sums.Total, sums.Tax).ShouldBe((Usd(4_600), Usd(1_600))));
        Changed(5_000, 8_000, [], (2_500, [Tva]), (2_500, [])).ShouldSatisfyAllConditions(
            sums => (sums.Total, sums.Tax).ShouldBe((Usd(2_500), Usd(-500))),
            sums => sums.ProrationCreditTaxes.ShouldBe([Usd(500), Usd(0)]));
        Changed(1_004, 2_001, [Tva], (1_004, [Tva])).Tax.ShouldBe(Usd(199), "A rate is rounded once on an invoice: 9.97 × 20 %.");

        // A sixth of 1770.33 is 295.055, even if the sixths of its parts lose fractions.
        Changed(14_671, 191_704, [Tva with { IsInclusive = true }], (14_671, [Tva with { IsInclusive = true }])).Tax.ShouldBe(Usd(29_506));

        // The price includes the tax.
        Changed(6_000, 0, [], (6_000, [Tva with { IsInclusive = true }])).ShouldSatisfyAllConditions(
            sums => (sums.Left, sums.Tax, sums.Taxes[0].Base,
                sums.ProrationCreditTaxes[0]).ShouldBe((Usd(6_000), Usd(-1_000), Usd(-5_000), Usd(0))));
    }

    [Fact]
    public void A_percentage_is_not_taken_off_again_what_went_back_without_it()
    {
        var sums = InvoiceMath.Compute([new TaxedLine(Usd(-1_087), [], true), new(Usd(22_425), [], false)], [Percent(50)], [], Usd(0));
        (sums.Discount, sums.Total).ShouldBe((Usd(11_213), Usd(10_125)));
        var down = InvoiceMath.Compute(
            [new TaxedLine(Usd(-7_475), [], true), new(Usd(1_450), [], false)], [Percent(50), Off(500)], [], Usd(0));
        (down.Discount, down.Total, down.Left).ShouldBe((Usd(725), Usd(0), Usd(6_750)), "An amount is taken off what is asked for only.");
    }

    [Fact]
    public void Lines_of_other_rates_have_their_own_tax()
    {
        var book = new TaxRate("TVA", new(5.5m), false);
        var sums = InvoiceMath.Compute([new TaxedLine(Usd(1_000), [Tva], false), new(Usd(1_000), [book], false)], [Off(200)], [], Usd(0));
        sums.Taxes.Select(static tax => (tax.Rate.Value, tax.Base.Minor, tax.Amount.Minor, tax.Lines?.Single()))
            .ShouldBe([(20m, 900, 180, 1), (5.5m, 900, 50, 2)]);
        sums.TaxOfLines.ShouldBe([Usd(180), Usd(50)]);
    }

    [Fact]
    public void Every_invoice_adds_up() => Prop.ForAll<int[], int, (int Percent, int Vat)>((sizes, off, rates) =>
    {
        var lines = sizes.Select(size => Usd(size % 100_000)).ToArray();
        var sums = InvoiceMath.Compute(
            lines, [Off(Math.Abs(off % 50_000)), Percent(Math.Abs(rates.Percent % 101))],
            [new("VAT", new(Math.Abs(rates.Vat % 30)), false)], Usd(0));
        var due = lines.Sum(line => line.Minor) - sums.Discount.Minor + sums.Tax.Minor;
        return sums.Total.Minor == Math.Max(0, due) && sums.Left.Minor == Math.Max(0, -due)
            && sums.TaxOfLines.Sum(tax => tax.Minor) == (lines.Length == 0 ? 0 : sums.Tax.Minor);
    }).QuickCheckThrowOnFailure();
}
