using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Payments;

/// <summary>
/// The refundable part of a payment: never more than came in, and never more than the invoice billed and has not returned yet.
/// </summary>
public sealed class RefundRulesTests
{
    private static readonly Instant Now = Instant.FromUnixSeconds(1_900_000_000);

    [Theory]
    [InlineData(2900, 0, 0, 0, null, RefundVerdict.Allowed, 2900)]
    [InlineData(2900, 0, 0, 0, 900L, RefundVerdict.Allowed, 900)]
    [InlineData(2900, 900, 900, 0, null, RefundVerdict.Allowed, 2000)]
    [InlineData(2900, 0, 400, 0, null, RefundVerdict.Allowed, 2500)]
    [InlineData(2900, 0, 0, 1000, null, RefundVerdict.Allowed, 1900)]
    [InlineData(2900, 0, 0, 1000, 1901L, RefundVerdict.TooMuch, 1900)]
    [InlineData(2900, 0, 0, 2900, null, RefundVerdict.NothingLeft, 0)]
    [InlineData(2900, 900, 900, 2900, 1L, RefundVerdict.NothingLeft, 0)]
    [InlineData(2900, 0, 900, 0, 2001L, RefundVerdict.TooMuch, 2000)]
    [InlineData(2900, 0, 0, 0, 2901L, RefundVerdict.TooMuch, 2900)]
    [InlineData(2900, 0, 0, 0, 0L, RefundVerdict.NotPositive, 2900)]
    [InlineData(2900, 0, 0, 0, -1L, RefundVerdict.NotPositive, 2900)]
    [InlineData(2900, 2900, 2900, 0, null, RefundVerdict.NothingLeft, 0)]
    [InlineData(2900, 0, 2900, 0, 1L, RefundVerdict.NothingLeft, 0)]
    public void The_refundable_amount(
        long paid, long refunded, long credited, long held, long? wanted, RefundVerdict verdict, long amount) =>
        RefundRules.Judge(
            PaymentOf(paid, refunded, PaymentStatus.Succeeded), InvoiceOf(credited), Bounds(held, 0, 0),
            wanted is { } minor ? Usd(minor) : null)
            .ShouldBe(new(verdict, Usd(amount), Usd(0)));

    [Theory]
    [InlineData(99, 1L, RefundVerdict.Allowed, 1)]
    [InlineData(100, 1L, RefundVerdict.TooMany, 2000)]
    [InlineData(100, 2000L, RefundVerdict.Allowed, 2000)]
    [InlineData(101, null, RefundVerdict.Allowed, 2000)]
    [InlineData(100, 2001L, RefundVerdict.TooMuch, 2000)]
    public void The_last_of_many_refunds_sends_back_all_that_is_left(int refunds, long? wanted, RefundVerdict verdict, long amount) =>
        RefundRules.Judge(
            PaymentOf(2900, 900, PaymentStatus.Succeeded), InvoiceOf(900), Bounds(0, 0, 0) with { Refunds = refunds },
            wanted is { } minor ? Usd(minor) : null)
            .ShouldBe(new(verdict, Usd(amount), Usd(0)));

    [Fact]
    public void A_providers_refund_is_recorded_after_any_number_of_others() =>
        RefundRules.Book(
            PaymentOf(2900, 900, PaymentStatus.Succeeded), InvoiceOf(900), Bounds(0, 0, 0) with { Refunds = 500 }, Usd(1)).Verdict
            .ShouldBe(RefundVerdict.Allowed);

    /// <summary>A payment of 29.00, part of which became credit, part of which the customer still has.</summary>
    [Theory]
    [InlineData(InvoiceStatus.Paid, 2900, 2900, 0, null, RefundVerdict.Allowed, 2900, 2900)]
    [InlineData(InvoiceStatus.Paid, 2900, 1000, 0, null, RefundVerdict.Allowed, 1000, 1000)]
    [InlineData(InvoiceStatus.Paid, 2900, 0, 0, null, RefundVerdict.NothingLeft, 0, 0)]
    [InlineData(InvoiceStatus.Paid, 2900, -5, 0, null, RefundVerdict.NothingLeft, 0, 0)]
    [InlineData(InvoiceStatus.Paid, 900, 900, 0, null, RefundVerdict.Allowed, 2900, 900)]
    [InlineData(InvoiceStatus.Paid, 900, 900, 0, 500L, RefundVerdict.Allowed, 500, 500)]
    [InlineData(InvoiceStatus.Paid, 900, 900, 2000, null, RefundVerdict.Allowed, 1800, 900)]
    [InlineData(InvoiceStatus.Paid, 900, 100, 0, 2101L, RefundVerdict.TooMuch, 2100, 0)]
    [InlineData(InvoiceStatus.Void, 2900, 2900, 0, null, RefundVerdict.Allowed, 2900, 2900)]
    [InlineData(InvoiceStatus.Void, 2900, 0, 0, 1L, RefundVerdict.NothingLeft, 0, 0)]
    public void A_refund_takes_the_excess_out_of_the_credit_first(
        InvoiceStatus status, long overpaid, long credit, long credited, long? wanted, RefundVerdict verdict, long amount,
        long fromCredit) =>
        RefundRules.Judge(
            PaymentOf(2900, 0, PaymentStatus.Succeeded), InvoiceOf(credited) with { Status = status }, Bounds(0, overpaid, credit),
            wanted is { } minor ? Usd(minor) : null)
            .ShouldBe(new(verdict, Usd(amount), Usd(fromCredit)));

    /// <summary>
    /// Refunds that the provider has already made of a payment of 29.00 for an invoice of 29.00, part of which became credit. Disputes do
    /// not limit them.
    /// </summary>
    [Theory]
    [InlineData(0, 0, 0, 2900, 0, 900, RefundVerdict.Allowed, 900, 0)]
    [InlineData(0, 2900, 2900, 2900, 2900, 2900, RefundVerdict.Allowed, 2900, 2900)]
    [InlineData(0, 2900, 0, 0, 2900, 2900, RefundVerdict.Allowed, 2900, 2900)]
    [InlineData(0, 2500, 0, 0, 2500, 2900, RefundVerdict.Allowed, 2900, 2500)]
    [InlineData(0, 2900, 0, 0, 100, 900, RefundVerdict.TooMuch, 100, 0)]
    [InlineData(2100, 0, 0, 0, 0, 900, RefundVerdict.TooMuch, 800, 0)]
    [InlineData(0, 900, 0, 0, 900, 900, RefundVerdict.Allowed, 900, 0)]
    public void A_providers_refund_is_recorded(
        long refunded, long credited, long overpaid, long held, long credit, long amount, RefundVerdict verdict, long booked,
        long fromCredit) =>
        RefundRules.Book(
            PaymentOf(2900, refunded, PaymentStatus.Succeeded), InvoiceOf(credited), Bounds(held, overpaid, credit), Usd(amount))
            .ShouldBe(new(verdict, Usd(booked), Usd(fromCredit)));

    [Theory]
    [InlineData(PaymentStatus.Pending)]
    [InlineData(PaymentStatus.Failed)]
    public void A_payment_that_did_not_succeed_is_not_refunded(PaymentStatus status) =>
        RefundRules.Judge(PaymentOf(2900, 0, status), InvoiceOf(0), Bounds(0, 0, 0), null).Verdict.ShouldBe(RefundVerdict.NotSucceeded);

    [Fact]
    public void Every_sandbox_card_has_a_token_of_its_own_and_is_found_by_it()
    {
        SandboxCards.All.Select(static card => card.Token).Distinct().Count().ShouldBe(SandboxCards.All.Count);
        SandboxCards.All.ShouldAllBe(card => SandboxCards.Find(card.Token) == card);
        SandboxCards.Find("4242424242424242").ShouldBeNull();
    }

    private static RefundBounds Bounds(long held, long overpaid, long credit) => new(Usd(held), Usd(overpaid), Usd(credit));

    private static MoneyAmount Usd(long minor) => new(minor, Currency.Usd);

    private static Payment PaymentOf(long amount, long refunded, PaymentStatus status) => new()
    {
        Id = Guid.NewGuid(), Customer = "acme", Invoice = Guid.NewGuid(), Provider = PaymentProvider.Sandbox, Amount = Usd(amount),
        Refunded = Usd(refunded),
        Status = status, CreatedAt = Now,
    };

    private static Invoice InvoiceOf(long credited) => new()
    {
        Id = Guid.NewGuid(), Status = InvoiceStatus.Paid, Kind = InvoiceKind.Renewal, Customer = "acme", Currency = Currency.Usd,
        Period = new(Now, Now.Plus(TimeSpan.FromDays(30))), CreatedAt = Now, Lines = [], Subtotal = Usd(2900), Discount = Usd(0),
        Tax = Usd(0), Total = Usd(2900),
        FromCredits = Usd(0), Paid = Usd(2900),
        CreditNotes = credited == 0 ? [] : [new(Guid.NewGuid(), "CN-1", Now, "outage", [], Usd(0), Usd(credited))],
    };
}
