using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Invoicing;

public sealed class CreditNoteRulesTests
{
    private static readonly Period April = new(Utc("2026-04-01T00:00:00Z"), Utc("2026-05-01T00:00:00Z"));

    // Of a total of 1.19 with 0.19 of tax: 40 × 19/119 = 6.4, 80 × 19/119 = 12.8, and at last all 19.
    [Theory]
    [InlineData(119, 19, new long[] { 40, 40, 39 }, new long[] { 6, 7, 6 })]
    [InlineData(119, 19, new long[] { 119 }, new long[] { 19 })]
    [InlineData(119, 19, new long[] { 118, 1 }, new long[] { 19, 0 })]
    [InlineData(4, 2, new long[] { 1, 1, 1, 1 }, new long[] { 1, 0, 1, 0 })]
    [InlineData(100, 0, new long[] { 33, 67 }, new long[] { 0, 0 })]
    public void The_notes_of_an_invoice_that_is_given_back_whole_have_its_tax(long total, long tax, long[] parts, long[] taxes)
    {
        var invoice = Invoice(total, tax);
        foreach (var part in parts)
        {
            var (verdict, draft) = CreditNoteRules.Judge(invoice, new(Usd(part), null, "sorry"));
            verdict.ShouldBe(CreditVerdict.Allowed);
            invoice = invoice with { CreditNotes = [.. invoice.CreditNotes, new(Guid.Empty, "", April.Start, "", draft!.Lines, draft.Tax, draft.Total)] };
        }

        invoice.CreditNotes.Select(static note => note.Tax.Minor).ShouldBe(taxes);
        taxes.Sum().ShouldBe(tax);
    }

    [Fact]
    public void What_takes_the_rest_takes_the_rest_of_the_tax()
    {
        var invoice = Invoice(119, 19) with { CreditNotes = [new(Guid.Empty, "", April.Start, "", [], Usd(6), Usd(40)), new(Guid.Empty, "", April.Start, "", [], Usd(6), Usd(40))] };
        var (_, draft) = CreditNoteRules.Judge(invoice, new(null, null, "all"));
        (draft!.Total.Minor, draft.Tax.Minor).ShouldBe((39, 7));
    }

    private static Invoice Invoice(long total, long tax) => new()
    {
        Id = Guid.Empty, Status = InvoiceStatus.Open, Kind = InvoiceKind.Start, Customer = "a", Currency = Currency.Usd, Period = April, CreatedAt = April.Start,
        Lines = [new() { Kind = InvoiceLineKind.Subscription, Description = "Pro", Quantity = Quantity.One, Amount = Usd(total - tax), Period = April }],
        Subtotal = Usd(total - tax), Discount = Usd(0), Tax = Usd(tax), Total = Usd(total), FromCredits = Usd(0), Paid = Usd(0),
    };

    private static MoneyAmount Usd(long minor) => new(minor, Currency.Usd);
}
