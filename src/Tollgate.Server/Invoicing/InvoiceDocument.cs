using System.Globalization;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;

namespace Tollgate.Server.Invoicing;

/// <summary>Writes an invoice, and a credit note, as documents. Every amount comes from the record; it computes none.</summary>
internal sealed class InvoiceDocument
{
    private readonly Invoice _invoice;
    private readonly InvoiceStyle _style;
    private readonly InvoiceLocale _locale;

    private InvoiceDocument(Invoice invoice, InvoiceStyle style) =>
        (_invoice, _style, _locale) = (invoice, style, InvoiceLocale.Of(style.Locale));

    private InvoiceWords Words => _locale.Words;

    public static Document Of(Invoice invoice, InvoiceStyle style) => new InvoiceDocument(invoice, style).Whole();

    public static Document Of(Invoice invoice, CreditNote note, InvoiceStyle style) => new InvoiceDocument(invoice, style).Whole(note);

    private Document Whole() => new()
    {
        Identity = $"invoice {_invoice.Id}", Locale = _locale, Title = Words.Invoice, Number = _invoice.Number, Mark = Mark(),
        DatedAt = _invoice.IssuedAt ?? _invoice.CreatedAt, Seller = _invoice.Seller, Buyer = _invoice.Buyer, Facts = [.. Facts()],
        Headline = Headline(), Main = LinesOf(_invoice.Lines.Where(static line => !IsReduction(line))), Sums = [.. Sums()],
        Details = [.. Details()], Notes = [.. Notes(_invoice.TaxNote)], Footer = _style.Footer, Logo = DocumentLogo.TryRead(_style.Logo),
    };

    private Document Whole(CreditNote note) => new()
    {
        Identity = $"credit note {note.Id}", Locale = _locale, Title = Words.CreditNote, Number = note.Number, DatedAt = note.IssuedAt,
        Seller = _invoice.Seller, Buyer = _invoice.Buyer,
        Facts =
        [
            new(Words.Number, note.Number), new(Words.IssueDate, _locale.Date(note.IssuedAt, _style.Zone)),
            new(Words.ForInvoice, _invoice.Number ?? ""), new(Words.CustomerId, _invoice.Customer),
            new(Words.Currency, _invoice.Currency.Code),
        ],
        Headline = new(_locale.Amount(note.Total), Words.ProrationCredited), Main = LinesOf(note.Lines),
        Sums =
        [
            new(Words.Subtotal, _locale.Amount(note.Total - note.Tax)), new(Words.Tax, _locale.Amount(note.Tax)),
            new(Words.Total, _locale.Amount(note.Total), SumWeight.Total),
        ],
        Notes = [$"{Words.Reason}: {note.Reason}", .. Notes(_invoice.TaxNote)], Footer = _style.Footer,
        Logo = DocumentLogo.TryRead(_style.Logo),
    };

    private static bool IsReduction(InvoiceLine line) => line.Kind is InvoiceLineKind.Discount or InvoiceLineKind.Credit;

    private DocumentMark? Mark() => _invoice.Status switch
    {
        InvoiceStatus.Draft => new(Words.Draft, MarkTone.Quiet),
        InvoiceStatus.Paid => new(Words.Paid, MarkTone.Good),
        InvoiceStatus.Void => new(Words.Void, MarkTone.Bad),
        InvoiceStatus.Uncollectible => new(Words.Uncollectible, MarkTone.Bad),
        _ => null,
    };

    private DocumentFact Headline() => _invoice.Status switch
    {
        InvoiceStatus.Draft => new(_locale.Amount(_invoice.Total), Words.MayChange),
        InvoiceStatus.Paid => new(_locale.Amount(_invoice.Total), Words.PaidInFull),
        InvoiceStatus.Void => new(_locale.Amount(_invoice.Total), Words.NothingToPay),
        InvoiceStatus.Uncollectible => new(_locale.Amount(_invoice.Total), Words.WrittenOff),
        _ => new(_locale.Amount(_invoice.Due), _invoice.DueAt is { } due ? Filled(Words.DueBy, _locale.Date(due, _style.Zone)) : Words.Due),
    };

    private IEnumerable<DocumentFact> Facts()
    {
        if (_invoice.Number is { } number)
        {
            yield return new(Words.Number, number);
        }

        if (_invoice.IssuedAt is { } issued)
        {
            yield return new(Words.IssueDate, _locale.Date(issued, _style.Zone));
        }

        if (_invoice.DueAt is { } due)
        {
            yield return new(Words.DueDate, _locale.Date(due, _style.Zone));
        }

        yield return new(Words.Period, _locale.Days(_invoice.Period, _style.Zone));
        yield return new(Words.CustomerId, _invoice.Customer);
        yield return new(Words.Currency, _invoice.Currency.Code);
    }

    private DocumentTable LinesOf(IEnumerable<InvoiceLine> lines) => new(
        null,
        [new(Words.Description, ColumnKind.Text), new(Words.Quantity, ColumnKind.Number), new(Words.UnitPrice, ColumnKind.Number),
            new(Words.Amount, ColumnKind.Number)],
        [
            .. lines.Select(line => new DocumentRow(
                [line.Description, _locale.Number(line.Quantity), line.UnitPrice is { } price ? _locale.Price(price) : "",
                    _locale.Amount(line.Amount)],
                _locale.Days(line.Period, _style.Zone))),
        ]);

    /// <summary>
    /// In the order of the calculation: lines, reductions, exclusive tax, new credit, total, inclusive tax, payments, amount due.
    /// </summary>
    private IEnumerable<DocumentSum> Sums()
    {
        yield return new(Words.Subtotal, _locale.Amount(_invoice.Subtotal));
        if (!_invoice.Discount.IsZero)
        {
            yield return new(Words.Discount, _locale.Amount(-_invoice.Discount), Details: [.. Reductions()]);
        }

        foreach (var tax in _invoice.Taxes.Where(static tax => !tax.IsInclusive))
        {
            yield return new(NameOf(tax), _locale.Amount(tax.Amount));
        }

        if (_invoice.Taxes.Count == 0)
        {
            yield return new(Words.Tax, _locale.Amount(_invoice.Tax));
        }

        if (!_invoice.ToCredits.IsZero)
        {
            yield return new(Words.AddedToCredits, _locale.Amount(_invoice.ToCredits));
        }

        yield return new(Words.Total, _locale.Amount(_invoice.Total), SumWeight.Total);
        foreach (var tax in _invoice.Taxes.Where(static tax => tax.IsInclusive))
        {
            yield return new(Filled(Words.Included, NameOf(tax)), _locale.Amount(tax.Amount), SumWeight.Quiet);
        }

        foreach (var sum in Paid())
        {
            yield return sum;
        }

        yield return new(Words.AmountDue, _locale.Amount(_invoice.Due), SumWeight.Total);
    }

    private IEnumerable<DocumentSum> Paid()
    {
        var byOthers = _invoice.Paid - _invoice.FromCredits;
        if (!_invoice.FromCredits.IsZero)
        {
            yield return new(Words.FromCredits, _locale.Amount(-_invoice.FromCredits));
        }

        if (!byOthers.IsZero)
        {
            yield return new(Words.Payments, _locale.Amount(-byOthers));
        }

        // The part that the customer no longer has to pay. For credit notes, the refunded rest is listed below.
        var unpaid = _invoice.Total - _invoice.Paid - _invoice.Due;
        if (unpaid > MoneyAmount.Zero(_invoice.Currency))
        {
            var why =
                _invoice.Status switch { InvoiceStatus.Void => Words.Void, InvoiceStatus.Uncollectible => Words.WrittenOff,
                    _ => Words.Credited };
            yield return new(why, _locale.Amount(-unpaid));
        }
    }

    private IEnumerable<DocumentFact> Reductions() =>
        _invoice.Lines.Where(IsReduction).Select(line => new DocumentFact(line.Description, _locale.Amount(line.Amount)));

    private IEnumerable<DocumentTable> Details()
    {
        if (_invoice.Taxes.Count > 0)
        {
            yield return new(
                Words.Taxes,
                [new(Words.Tax, ColumnKind.Text), new(Words.Rate, ColumnKind.Number), new(Words.TaxableAmount, ColumnKind.Number),
                    new(Words.Amount, ColumnKind.Number)],
                [.. _invoice.Taxes.Select(TaxRow), .. TaxInAll()]);
        }

        if (_invoice.CreditNotes.Count > 0)
        {
            yield return new(
                Words.CreditNotes,
                [new(Words.Number, ColumnKind.Word), new(Words.Date, ColumnKind.Word), new(Words.Reason, ColumnKind.Text),
                    new(Words.Amount, ColumnKind.Number)],
                [
                    .. _invoice.CreditNotes.Select(note => new DocumentRow(
                        [note.Number, _locale.Date(note.IssuedAt, _style.Zone), note.Reason, _locale.Amount(-note.Total)])),
                ]);
        }
    }

    private DocumentRow TaxRow(InvoiceTax tax) => new(
        [tax.IsInclusive ? Filled(Words.Included, tax.Name) : tax.Name, _locale.Rate(tax.Rate), _locale.Amount(tax.Base),
            _locale.Amount(tax.Amount)]);

    private IEnumerable<DocumentRow> TaxInAll() =>
        _invoice.Taxes.Count > 1 ? [new([Words.Total, "", "", _locale.Amount(_invoice.Tax)])] : [];

    private IEnumerable<string> Notes(string? taxNote) =>
        ((string?[])[taxNote, _style.IsSandbox ? Words.Sandbox : null]).OfType<string>();

    private string NameOf(InvoiceTax tax) => $"{tax.Name} {_locale.Rate(tax.Rate)}";

    private static string Filled(string pattern, string value) => string.Format(CultureInfo.InvariantCulture, pattern, value);
}
