using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Invoicing;

/// <summary>The billed part of an invoice of $100, some of which credits paid and credit notes returned.</summary>
public sealed class CountedTests
{
    [Theory]
    [InlineData(InvoiceStatus.Open, 0, 0, 10_000)]
    [InlineData(InvoiceStatus.Open, 3_000, 2_000, 8_000)]
    [InlineData(InvoiceStatus.Paid, 10_000, 0, 10_000)]
    [InlineData(InvoiceStatus.Paid, 10_000, 2_000, 8_000)]
    [InlineData(InvoiceStatus.Paid, 8_000, 2_000, 8_000)]
    [InlineData(InvoiceStatus.Uncollectible, 0, 0, 0)]
    [InlineData(InvoiceStatus.Uncollectible, 3_000, 2_000, 3_000)]
    [InlineData(InvoiceStatus.Void, 0, 0, 0)]
    [InlineData(InvoiceStatus.Void, 3_000, 0, 0)]
    public void Amounts_requested_and_received(InvoiceStatus status, long paid, long credited, long expected) => new Invoice
    {
        Id = Guid.Empty, Status = status, Kind = InvoiceKind.Renewal, Customer = "a", Currency = Currency.Usd, Lines = [], CreatedAt = At,
        IssuedAt = At,
        Period = new(At, At), Subtotal = Usd(10_000), Discount = Usd(0), Tax = Usd(0), Total = Usd(10_000), FromCredits = Usd(0),
        Paid = Usd(paid),
        CreditNotes = credited == 0 ? [] : [new(Guid.Empty, "N-1", At, "why", [], Usd(0), Usd(credited))],
    }.Counted.ShouldBe(Usd(expected));

    private static Instant At => Utc("2026-04-01T00:00:00Z");

    private static MoneyAmount Usd(long minor) => new(minor, Currency.Usd);
}
