using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tollgate.Core.Invoicing;
using Tollgate.Server.Invoicing.Pdf;
using static Tollgate.Server.Invoicing.PdfCanvas;

namespace Tollgate.Server.Invoicing;

/// <summary>Draws a document on A4. The same document always gives the same bytes.</summary>
internal sealed class DocumentPdf
{
    /// <summary>A footer of more lines appears only once, at the end.</summary>
    private const int FootLines = 5;

    private const double LogoWidth = 170;
    private const double LogoHeight = 46;

    private readonly PdfFont _title = DocumentFonts.Strong(20);
    private readonly PdfFont _headline = DocumentFonts.Strong(16);
    private readonly PdfFont _name = DocumentFonts.Strong(13);
    private readonly PdfFont _strong = DocumentFonts.Strong(9);
    private readonly PdfFont _plain = DocumentFonts.Plain(9);
    private readonly PdfFont _small = DocumentFonts.Plain(7.5);
    private readonly PdfFont _mark = DocumentFonts.Strong(8);

    private readonly Document _source;
    private readonly PdfDocument _document = new();
    private readonly PdfCanvas _sheet;
    private readonly IReadOnlyList<string> _foot;

    private DocumentPdf(Document source)
    {
        _source = source;
        var lines = source.Footer is { } footer ? Wrapped(footer.Trim(), _small, Width - 90) : [];
        _foot = lines.Count <= FootLines ? lines : [];
        _sheet = new(_document, 790 - (Math.Max(0, _foot.Count - 1) * _small.Size * Leading));
    }

    /// <remarks>1. head 2. parties and facts 3. the amount 4. table 5. sums 6. notes 7. details 8. feet 9. bytes</remarks>
    public static byte[] Draw(Document source)
    {
        var pdf = new DocumentPdf(source);
        pdf._sheet.RunningHead = pdf.RunningHead;
        pdf._sheet.AddPage();
        pdf.Head();
        pdf.Parties();
        pdf.Headline();
        if (source.Main is { } main)
        {
            PdfTable.Draw(pdf._sheet, main);
        }

        pdf.Sums();
        pdf.Notes(source.Notes);
        pdf.Details();
        pdf.Notes(pdf._foot.Count == 0 && source.Footer is { } footer ? [footer] : []);
        pdf._sheet.Number(
            (page, pages) => string.Format(CultureInfo.InvariantCulture, source.Locale.Words.Page, page, pages), pdf._foot, pdf._small);
        return pdf.Bytes();
    }

    private void Head()
    {
        var top = _sheet.Y;
        _sheet.TextBefore(_source.Title, _title, Ink, Right, top);
        if (_source.Mark is { } mark)
        {
            Mark(mark, Right - WidthOf(_source.Title, _title) - 12, top + 6);
        }

        if (_source.Logo is { } logo)
        {
            // As large as the frame allows, but not larger than its natural size.
            var picture = logo.Picture;
            var scale = Math.Min(1, Math.Min(LogoWidth / picture.Width, LogoHeight / picture.Height));
            _sheet.Picture(picture, Left, top, picture.Width * scale, picture.Height * scale);
            _sheet.Y = top + Math.Max(30, picture.Height * scale);
        }
        else
        {
            var at = top + 4;
            foreach (var line in Wrapped(_source.Seller?.Name ?? "", _name, Width * 0.5).Take(3))
            {
                _sheet.Text(line, _name, Ink, Left, at);
                at += _name.Size * 1.3;
            }

            _sheet.Y = Math.Max(top + 30, at);
        }

        _sheet.Y += 22;
    }

    /// <summary>The mark ends at <paramref name="right"/>.</summary>
    private void Mark(DocumentMark mark, double right, double y)
    {
        var (ink, ground) = mark.Tone switch
        {
            MarkTone.Good => (new PdfInk(20, 100, 60), new PdfInk(230, 244, 236)),
            MarkTone.Bad => (new PdfInk(160, 34, 34), new PdfInk(252, 235, 234)),
            _ => (new PdfInk(92, 97, 102), new PdfInk(243, 243, 241)),
        };
        var text = mark.Text.ToUpperInvariant();
        var width = WidthOf(text, _mark) + 14;
        _sheet.Box(ink, ground, right - width, y, width, 16);
        _sheet.Text(text, _mark, ink, right - width + 7, y + 3.4);
    }

    private void RunningHead(PdfCanvas sheet)
    {
        var words = string.Join(
            " · ", ((string?[])[$"{_source.Title} {_source.Number}".Trim(), _source.Mark?.Text, _source.Seller?.Name]).OfType<string>());
        sheet.Text(Wrapped(words, _small, Width)[0], _small, Quiet, Left, sheet.Y);
        sheet.Y += 16;
        sheet.Line(Pale);
        sheet.Y += 12;
    }

    /// <summary>Three columns: sender, recipient and facts.</summary>
    private void Parties()
    {
        var (top, end) = (_sheet.Y, _sheet.Y);
        end = Math.Max(end, Party(_source.Locale.Words.From, _source.Seller, Left, top));
        end = Math.Max(end, Party(_source.Locale.Words.To, _source.Buyer, Left + 165, top));
        var at = top;
        foreach (var fact in _source.Facts)
        {
            const double from = Left + 325;
            _sheet.Text(fact.Label, _small, Quiet, from, at + 1.2);
            var width = WidthOf(fact.Label, _small) + 10;
            _sheet.TextBefore(fact.Value, _plain, Ink, Right, at, Right - from - width);
            at += 14.5;
        }

        _sheet.Y = Math.Max(end, at) + 18;
    }

    private double Party(string label, InvoiceParty? party, double x, double y)
    {
        const double width = 150;
        if (party is null)
        {
            return y;
        }

        _sheet.Text(label, _small, Quiet, x, y + 1.2);
        y += 14.5;
        y = Block(party.Name, _strong);
        foreach (var line in LinesOf(party))
        {
            y = Block(line, _plain);
        }

        return y;

        double Block(string text, PdfFont font)
        {
            // An address block shows at most four lines of each text.
            foreach (var line in Wrapped(text, font, width).Take(4))
            {
                _sheet.Text(line, font, Ink, x, y);
                y += font.Size * Leading;
            }

            return y;
        }
    }

    private IEnumerable<string> LinesOf(InvoiceParty party) => DocumentParty.Lines(party, _source.Locale.Words).Take(12);

    private void Headline()
    {
        _sheet.Line(Pale);
        if (_source.Headline is not var (label, value))
        {
            return;
        }

        _sheet.Y += 14;
        _sheet.Text(label, _headline, Ink, Left, _sheet.Y);
        _sheet.Text(value, _plain, Quiet, Left + WidthOf(label, _headline) + 8, _sheet.Y + 7.2);
        _sheet.Y += 36;
    }

    private void Sums()
    {
        const double from = Left + 250;
        _sheet.Y += 8;
        _sheet.Keep(Math.Min(320, _source.Sums.Sum(sum => 18 + ((sum.Details?.Count ?? 0) * 11))));
        foreach (var sum in _source.Sums)
        {
            var font = sum.Weight switch { SumWeight.Total => _strong, SumWeight.Quiet => _small, _ => _plain };
            var ink = sum.Weight == SumWeight.Quiet ? Quiet : Ink;
            _sheet.Keep(22);
            if (sum.Weight == SumWeight.Total)
            {
                _sheet.Y += 3;
                _sheet.Line(Quiet, from);
                _sheet.Y += 6;
            }

            var amount = Math.Min(WidthOf(sum.Amount, font), 150);
            _sheet.TextBefore(sum.Amount, font, ink, Right, _sheet.Y, 150);
            Column(Wrapped(sum.Label, font, Right - from - amount - 12), font, ink);
            foreach (var detail in sum.Details ?? [])
            {
                Column(Wrapped($"{detail.Label}: {detail.Value}", _small, Right - from - amount - 20), _small, Quiet);
            }

            _sheet.Y += 4;
        }

        void Column(IReadOnlyList<string> lines, PdfFont font, PdfInk ink)
        {
            foreach (var line in lines)
            {
                _sheet.Keep(font.Size * Leading);
                _sheet.Text(line, font, ink, from, _sheet.Y);
                _sheet.Y += font.Size * Leading;
            }
        }
    }

    private void Details()
    {
        foreach (var table in _source.Details)
        {
            _sheet.Y += 16;
            _sheet.Keep(70);
            _sheet.Text(table.Title ?? "", _strong, Ink, Left, _sheet.Y);
            _sheet.Y += 18;
            PdfTable.Draw(_sheet, table);
        }
    }

    private void Notes(IReadOnlyList<string> notes)
    {
        foreach (var note in notes)
        {
            _sheet.Y += 12;
            foreach (var line in Wrapped(note, _plain, Width))
            {
                _sheet.Keep(_plain.Size * Leading);
                _sheet.Text(line, _plain, Ink, Left, _sheet.Y);
                _sheet.Y += _plain.Size * Leading;
            }
        }
    }

    private byte[] Bytes() => _document.Bytes(
        new($"{_source.Title} {_source.Number}".Trim(), _source.Seller?.Name ?? "", _source.Locale.Tag, _source.DatedAt.ToUtc()),
        SHA256.HashData(Encoding.UTF8.GetBytes(_source.Identity)).AsSpan(0, 16));
}
