using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Invoicing;

public sealed class CreditNoteRulesTests
{
    private static readonly Period April = new(Utc("2026-04-01T00:00:00Z"), Utc("2026-05-01T00:00:00Z"));

    // The total is 1.19 with 0.19 of tax: 40 × 19/119 = 6.4, 80 × 19/119 = 12.8, and finally all 19.
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
            invoice =
                invoice with
                {
                    CreditNotes = [.. invoice.CreditNotes, new(Guid.Empty, "", April.Start, "", draft!.Lines, draft.Tax, draft.Total)],
                };
        }

        invoice.CreditNotes.Select(static note => note.Tax.Minor).ShouldBe(taxes);
        taxes.Sum().ShouldBe(tax);
    }

    [Fact]
    public void A_note_over_the_rest_has_the_rest_of_the_tax()
    {
        var invoice = Invoice(119, 19) with
        {
            CreditNotes = [
                new(Guid.Empty, "", April.Start, "", [], Usd(6), Usd(40)), new(Guid.Empty, "", April.Start, "", [], Usd(6), Usd(40))],
        };
        var (_, draft) = CreditNoteRules.Judge(invoice, new(null, null, "all"));
        (draft!.Total.Minor, draft.Tax.Minor).ShouldBe((39, 7));
    }

    /// <summary>One line is the invoice's own.</summary>
    [Theory]
    [InlineData(100, 1, 1, false)]
    [InlineData(101, 1, 1, true)]
    [InlineData(1, 100, 1, false)]
    [InlineData(1, 100, 2, true)]
    [InlineData(101, 1, null, false)]
    public void The_last_of_many_notes_gives_back_all_that_is_left(int notes, int linesOfEach, int? lines, bool isTooMany)
    {
        var invoice = Invoice(1000, 0);
        var line = invoice.Lines[0];
        invoice =
            invoice with
            {
                CreditNotes = [.. Enumerable.Range(0, notes)
                    .Select(_ =>
                        new CreditNote(Guid.Empty, "", April.Start, "", [.. Enumerable.Repeat(line, linesOfEach)], Usd(0), Usd(1)))],
            };
        var draft = new CreditDraft([.. Enumerable.Repeat(line, lines ?? 1)], Usd(0), lines is null ? invoice.Creditable : Usd(1));

        CreditNoteRules.IsOneTooMany(invoice, draft, Usd(0)).ShouldBe(isTooMany);
    }

    /// <summary>Four lines of 68.33 at 20 %, 54.66 of which are spread: each note has its own line's tax.</summary>
    [Theory]
    [InlineData(new[] { 4, 2, 1, 3 }, new long[] { 1366, 1367, 1367, 1366 })]
    [InlineData(new[] { 1, 2, 3, 4 }, new long[] { 1367, 1367, 1366, 1366 })]
    public void A_note_of_a_line_has_the_tax_of_the_line(int[] order, long[] taxes)
    {
        InvoiceLine Line(long tax) => Invoice(6833, 0).Lines[0] with { Tax = Usd(tax) };
        var invoice = Invoice(32_798, 5466) with
        {
            Lines = [Line(1367), Line(1367), Line(1366), Line(1366)], Subtotal = Usd(27_332),
            Taxes = [new("VAT", new(20), false, Usd(27_332), Usd(5466))],
        };
        foreach (var line in order)
        {
            var (verdict, draft) = CreditNoteRules.Judge(invoice, new(null, [line], "sorry"));
            verdict.ShouldBe(CreditVerdict.Allowed);
            (draft!.Total - draft.Tax).ShouldBe(Usd(6833));
            invoice =
                invoice with
                {
                    CreditNotes = [.. invoice.CreditNotes, new(Guid.Empty, "", April.Start, "", draft.Lines, draft.Tax, draft.Total)],
                };
        }

        invoice.CreditNotes.Select(static note => note.Tax.Minor).ShouldBe(taxes);
        (invoice.Credited, taxes.Sum()).ShouldBe((Usd(32_798), 5466));
    }

    // 100 with 20 % included, 16.67 of it tax, and 100 with 10 % on top: 100 and 110 were paid.
    [Theory]
    [InlineData(new[] { 1, 2 }, new long[] { 10_000, 11_000 }, new long[] { 1667, 1000 })]
    [InlineData(new[] { 2, 1 }, new long[] { 11_000, 10_000 }, new long[] { 1000, 1667 })]
    public void A_line_goes_back_with_the_taxes_on_it_alone(int[] order, long[] totals, long[] taxes)
    {
        var line = Invoice(10_000, 0).Lines[0];
        var invoice = Invoice(21_000, 2667) with
        {
            Lines = [line with { Description = "Book", Tax = Usd(1667) }, line with { Description = "Plan", Tax = Usd(1000) }],
            Subtotal = Usd(20_000),
            Taxes = [
                new("VAT", new(20), true, Usd(8333), Usd(1667)) { Lines = [1] },
                new("Sales tax", new(10), false, Usd(10_000), Usd(1000)) { Lines = [2] }],
        };
        foreach (var at in order)
        {
            var (verdict, draft) = CreditNoteRules.Judge(invoice, new(null, [at], "sorry"));
            verdict.ShouldBe(CreditVerdict.Allowed);
            invoice =
                invoice with
                {
                    CreditNotes = [.. invoice.CreditNotes, new(Guid.Empty, "", April.Start, "", draft!.Lines, draft.Tax, draft.Total)],
                };
        }

        invoice.CreditNotes.Select(static note => note.Total.Minor).ShouldBe(totals);
        invoice.CreditNotes.Select(static note => note.Tax.Minor).ShouldBe(taxes);
    }

    private static Invoice Invoice(long total, long tax) => new()
    {
        Id = Guid.Empty, Status = InvoiceStatus.Open, Kind = InvoiceKind.Start, Customer = "a", Currency = Currency.Usd, Period = April,
        CreatedAt = April.Start,
        Lines = [
            new() { Kind = InvoiceLineKind.Subscription, Description = "Pro", Quantity = Quantity.One, Amount = Usd(total - tax),
                Period = April }],
        Subtotal = Usd(total - tax), Discount = Usd(0), Tax = Usd(tax), Total = Usd(total), FromCredits = Usd(0), Paid = Usd(0),
    };

    private static MoneyAmount Usd(long minor) => new(minor, Currency.Usd);
}
