using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Invoicing;

/// <summary>A proration credit is noted on the invoice that billed the time, and pays what is still open.</summary>
public sealed class ProrationCreditRulesTests
{
    private static readonly Period April = new(Instant.FromUnixSeconds(1_900_000_000), Instant.FromUnixSeconds(1_902_592_000));

    [Theory]
    [InlineData(50, new long[] { 50 })]
    [InlineData(100, new long[] { 100 })]
    [InlineData(130, new long[] { 100, 30 })]
    [InlineData(500, new long[] { 100, 40 })]
    [InlineData(0, new long[] { })]
    public void The_last_invoice_gives_back_first(long credit, long[] parts) =>
        ProrationCreditRules.Spread([Change(20, 100, Twenty), Of(60, 0, 0)], Usd(credit), April.End).Select(static one => one.Part.Minor)
            .ShouldBe(parts);

    // 60 were billed at 20 %, then 100 at 10 % less 50 of them: the whole 100 go back at 10 %, although the change billed only 50.
    [Fact]
    public void Time_that_unused_time_paid_for_goes_back_with_its_own_tax()
    {
        var parts = ProrationCreditRules.Spread([Change(50, 100, Ten), Of(60, 0, 0) with { Taxes = [Twenty] }], Usd(105), April.End);

        parts.SelectMany(part => ProrationCreditRules.PaidWith(part, April.End))
            .Select(static paid => (paid.Part.Minor, paid.Rates.Single().Rate.Value)).ShouldBe([(100, 10m), (5, 20m)]);
    }

    // The change billed nothing, because unused time paid for it; its time still has its tax.
    [Fact]
    public void A_change_that_asked_for_nothing_gives_back_its_own_time()
    {
        var parts = ProrationCreditRules.Spread(
            [Change(60, 40, Ten) with { Total = Usd(0) }, Of(60, 0, 0) with { Taxes = [Twenty] }], Usd(30), April.End);

        parts.SelectMany(part => ProrationCreditRules.PaidWith(part, April.End))
            .Select(static paid => (paid.Part.Minor, paid.Rates.Single().Rate.Value)).ShouldBe([(30, 10m)]);
    }

    [Fact]
    public void An_invoice_for_other_time_gives_back_nothing_of_this() =>
        ProrationCreditRules.Spread([Of(100, 0, 0)], Usd(50), April.Start).ShouldBeEmpty();

    [Theory]
    [InlineData(50, new long[] { 50 })]
    [InlineData(130, new long[] { 90, 40 })]
    [InlineData(500, new long[] { 90, 60 })]
    [InlineData(0, new long[] { })]
    public void The_oldest_invoice_is_paid_first(long left, long[] parts) =>
        ProrationCreditRules.Pay([Of(100, 10, 0), Of(40, 40, 0), Of(60, 0, 0)], Usd(left)).Select(static one => one.Part.Minor)
            .ShouldBe(parts);

    [Fact]
    public void No_more_goes_back_than_was_asked_for_and_no_more_is_paid_than_is_due() => Prop.ForAll(
        (from invoices in (from total in Gen.Choose(0, 500) from paid in Gen.Choose(0, 500) from unused in Gen.Choose(0, 500)
            select (total, paid, unused)).ArrayOf()
         from credit in Gen.Choose(0, 2_000)
         select (invoices, credit)).ToArbitrary(),
        static input =>
        {
            // Newest first: the newest returns the credit of the older ones.
            var before = input.invoices.Skip(1).Sum(static one => (long)one.total);
            var unused = input.invoices.Select((one, i) => i == 0 ? Math.Min(one.unused, before) : 0).ToArray();
            var invoices = input.invoices.Select((one, i) => Of(one.total, Math.Min(one.paid, one.total), unused[i])).ToArray();
            var (noted, paid) =
                (ProrationCreditRules.Spread(invoices, Usd(input.credit), April.End),
                    ProrationCreditRules.Pay(invoices, Usd(input.credit)));
            return noted.Sum(static one => one.Part.Minor) == Math.Min(
                input.credit, invoices.Sum(static one => one.Total.Minor) - unused.Sum())
                && noted.All(static one => one.Part.Minor > 0 && one.Part <= one.Invoice.Total)
                && paid.Sum(static one => one.Part.Minor) == Math.Min(input.credit, invoices.Sum(static one => one.Due.Minor))
                && paid.All(static one => one.Part.Minor > 0 && one.Part <= one.Invoice.Due);
        }).QuickCheckThrowOnFailure();

    private static readonly InvoiceTax Ten = new("VAT", new(10), false, Usd(0), Usd(0)),
        Twenty = new("VAT", new(20), false, Usd(0), Usd(0));

    /// <summary>An invoice that bills time of April less unused time of it.</summary>
    private static Invoice Change(long unused, long asked, InvoiceTax tax) => Of(asked, asked, 0) with
    {
        Lines = [Line(InvoiceLineKind.ProrationCredit, -unused), Line(InvoiceLineKind.ProrationCharge, asked)],
        Subtotal = Usd(asked - unused), Total = Usd(asked - unused), Taxes = [tax],
    };

    private static InvoiceLine Line(InvoiceLineKind kind, long amount) =>
        new() { Kind = kind, Description = "Pro", Quantity = Quantity.One, Amount = Usd(amount), Period = April };

    private static Invoice Of(long total, long paid, long unused) => new()
    {
        Id = Guid.Empty, Status = paid == total ? InvoiceStatus.Paid : InvoiceStatus.Open, Kind = InvoiceKind.Start, Customer = "a",
        Currency = Currency.Usd, Period = April,
        CreatedAt = April.Start,
        Lines = [
            Line(InvoiceLineKind.Subscription, total),
            .. unused == 0 ? (InvoiceLine[])[] : [Line(InvoiceLineKind.ProrationCredit, -unused)]],
        Subtotal = Usd(total), Discount = Usd(0), Tax = Usd(0), Total = Usd(total), FromCredits = Usd(0), Paid = Usd(paid),
    };

    private static MoneyAmount Usd(long minor) => new(minor, Currency.Usd);
}
