using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Invoicing;

/// <summary>
/// The part of a credited amount that was for the running period: a plan of 100, an add-on of 20, and 80 of usage of the month before.
/// </summary>
public sealed class PeriodShareTests
{
    private static readonly Period April = new(Utc("2026-04-01T00:00:00Z"), Utc("2026-05-01T00:00:00Z"));
    private static readonly Period May = new(Utc("2026-05-01T00:00:00Z"), Utc("2026-06-01T00:00:00Z"));

    [Theory]
    [InlineData(0, 20000, null, 12000)] // all of it
    [InlineData(0, 10000, null, 6000)] // half of it
    [InlineData(0, 10000, 1, 10000)] // the plan's line
    [InlineData(0, 8000, 3, 0)] // the usage is of another period
    [InlineData(19, 23800, null, 12000)] // the tax that was added was never the subscription's
    [InlineData(19, 11900, 1, 10000)]
    public void The_credited_share_of_the_running_period(int percent, long credited, int? position, long expected) =>
        PeriodShare.Of(Invoice(percent), Usd(credited), position is { } one ? [one] : null, May.End).ShouldBe(Usd(expected));

    [Fact]
    public void An_ended_period_is_not_credited() =>
        PeriodShare.Of(Invoice(0), Usd(20000), null, May.End.Plus(TimeSpan.FromDays(31))).ShouldBe(Usd(0));

    [Fact]
    public void An_invoice_of_zero_is_not_credited() =>
        PeriodShare.Of(Invoice(0) with { Total = Usd(0) }, Usd(0), null, May.End).ShouldBe(Usd(0));

    private static Invoice Invoice(int percent)
    {
        var tax = Usd(20000 * percent / 100);
        return new()
        {
            Id = Guid.Empty, Status = InvoiceStatus.Paid, Kind = InvoiceKind.Renewal, Customer = "a", Currency = Currency.Usd, Period = May,
            CreatedAt = May.Start,
            IssuedAt = May.Start, Discount = Usd(0), FromCredits = Usd(0),
            Lines =
            [
                Line(InvoiceLineKind.Subscription, 10000, May), Line(InvoiceLineKind.AddOn, 2000, May),
                Line(InvoiceLineKind.Usage, 8000, April),
            ],
            Subtotal = Usd(20000), Tax = tax, Total = Usd(20000) + tax, Paid = Usd(20000) + tax,
            Taxes = percent == 0 ? [] : [new("VAT", new(percent), false, Usd(20000), tax)],
        };
    }

    private static InvoiceLine Line(InvoiceLineKind kind, long amount, Period period) =>
        new() { Kind = kind, Description = "A line", Quantity = Quantity.One, Amount = Usd(amount), Period = period };

    private static MoneyAmount Usd(long minor) => new(minor, Currency.Usd);
}
