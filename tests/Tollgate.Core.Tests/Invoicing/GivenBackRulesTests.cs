using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Invoicing;

/// <summary>What is given back is noted where it was asked for, and pays what is still asked for.</summary>
public sealed class GivenBackRulesTests
{
    private static readonly Period April = new(Instant.FromUnixSeconds(1_900_000_000), Instant.FromUnixSeconds(1_902_592_000));

    [Theory]
    [InlineData(50, new long[] { 50 })]
    [InlineData(100, new long[] { 100 })]
    [InlineData(130, new long[] { 100, 30 })]
    [InlineData(500, new long[] { 100, 40 })]
    [InlineData(0, new long[] { })]
    public void The_last_invoice_gives_back_first(long credit, long[] parts) =>
        GivenBackRules.Spread([Of(100, 0, 0), Of(60, 0, 20)], Usd(credit), April.End).Select(static one => one.Part.Minor).ShouldBe(parts);

    [Fact]
    public void An_invoice_for_other_time_gives_back_nothing_of_this() =>
        GivenBackRules.Spread([Of(100, 0, 0)], Usd(50), April.Start).ShouldBeEmpty();

    [Theory]
    [InlineData(50, new long[] { 50 })]
    [InlineData(130, new long[] { 90, 40 })]
    [InlineData(500, new long[] { 90, 60 })]
    [InlineData(0, new long[] { })]
    public void The_oldest_invoice_is_paid_first(long left, long[] parts) =>
        GivenBackRules.Pay([Of(100, 10, 0), Of(40, 40, 0), Of(60, 0, 20)], Usd(left)).Select(static one => one.Part.Minor).ShouldBe(parts);

    [Fact]
    public void No_more_goes_back_than_was_asked_for_and_no_more_is_paid_than_is_due() => Prop.ForAll(
        (from invoices in (from total in Gen.Choose(0, 500) from paid in Gen.Choose(0, 500) from prorated in Gen.Choose(0, 500) select (total, paid, prorated)).ArrayOf()
         from credit in Gen.Choose(0, 2_000)
         select (invoices, credit)).ToArbitrary(),
        static input =>
        {
            var invoices = input.invoices.Select(static one => Of(one.total, Math.Min(one.paid, one.total), Math.Min(one.prorated, one.total))).ToArray();
            var (noted, paid) = (GivenBackRules.Spread(invoices, Usd(input.credit), April.End), GivenBackRules.Pay(invoices, Usd(input.credit)));
            return noted.Sum(static one => one.Part.Minor) == Math.Min(input.credit, invoices.Sum(static one => one.Total.Minor - one.Prorated.Minor))
                && noted.All(static one => one.Part.Minor > 0 && one.Part <= one.Invoice.Creditable)
                && paid.Sum(static one => one.Part.Minor) == Math.Min(input.credit, invoices.Sum(static one => one.Due.Minor))
                && paid.All(static one => one.Part.Minor > 0 && one.Part <= one.Invoice.Due);
        }).QuickCheckThrowOnFailure();

    private static Invoice Of(long total, long paid, long prorated) => new()
    {
        Id = Guid.Empty, Status = paid == total ? InvoiceStatus.Paid : InvoiceStatus.Open, Kind = InvoiceKind.Start, Customer = "a", Currency = Currency.Usd, Period = April,
        CreatedAt = April.Start, Lines = [new() { Kind = InvoiceLineKind.Subscription, Description = "Pro", Quantity = Quantity.One, Amount = Usd(total), Period = April }],
        Subtotal = Usd(total), Discount = Usd(0), Tax = Usd(0), Total = Usd(total), FromCredits = Usd(0), Paid = Usd(paid), Prorated = Usd(prorated),
    };

    private static MoneyAmount Usd(long minor) => new(minor, Currency.Usd);
}
