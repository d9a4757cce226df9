using Tollgate.Server.Invoicing.Pdf;
using static Tollgate.Server.Invoicing.PdfCanvas;

namespace Tollgate.Server.Invoicing;

/// <summary>Draws a table over as many pages as it needs, with its head on each page.</summary>
internal sealed class PdfTable
{
    /// <summary>The space between two columns, in points.</summary>
    private const double Gap = 14;

    /// <summary>
    /// The largest width of a column of numbers, in points; a longer number gets a smaller size. A unit price of twelve decimals fits.
    /// </summary>
    private const double Widest = 104;

    /// <summary>The smallest width of the column that wraps, in points: about 12 characters.</summary>
    private const double NarrowestText = 62;

    private const double Padding = 5;

    private readonly PdfFont _head = DocumentFonts.Strong(7.5);
    private readonly PdfFont _plain = DocumentFonts.Plain(9);
    private readonly PdfFont _strong = DocumentFonts.Strong(9);
    private readonly PdfFont _small = DocumentFonts.Plain(7.5);

    private readonly PdfCanvas _sheet;
    private readonly DocumentTable _table;
    private readonly double[] _widths;

    private PdfTable(PdfCanvas sheet, DocumentTable table) => (_sheet, _table, _widths) = (sheet, table, new double[table.Columns.Count]);

    public static void Draw(PdfCanvas sheet, DocumentTable table)
    {
        var drawn = new PdfTable(sheet, table);
        drawn.Measure();
        drawn.Head();
        foreach (var row in table.Rows)
        {
            drawn.Row(row);
        }
    }

    private double LineHeight => _plain.Size * Leading;

    private double DetailHeight => _small.Size * Leading;

    private void Measure()
    {
        for (var at = 0; at < _widths.Length; at++)
        {
            if (_table.Columns[at].Kind != ColumnKind.Text)
            {
                var column = at;
                var widest = _table.Rows.Select(row => WidthOf(row.Cells[column], _plain)).DefaultIfEmpty().Max();
                _widths[at] = Math.Min(Widest, Math.Max(widest, WidthOf(_table.Columns[at].Label, _head)));
            }
        }

        // A table with many columns shrinks them, so that the text keeps a readable width.
        var (room, taken) = (Width - NarrowestText - (Gap * (_widths.Length - 1)), _widths.Sum());
        for (var at = 0; taken > room && at < _widths.Length; at++)
        {
            _widths[at] *= room / taken;
        }

        _widths[_table.TextColumn] = Width - _widths.Sum() - (Gap * (_widths.Length - 1));
    }

    private void Head()
    {
        var y = _sheet.Y;
        Cells((at, x) => Cell(at, x, _table.Columns[at].Label, _head, Quiet, y));
        _sheet.Y = y + 15;
        _sheet.Line(Quiet);
    }

    private void Row(DocumentRow row)
    {
        var font = row.IsTotal ? _strong : _plain;
        var text = Wrapped(row.Cells[_table.TextColumn], font, _widths[_table.TextColumn]);
        var detail = row.Detail is { } words ? Wrapped(words, _small, _widths[_table.TextColumn]) : [];
        Break((text.Count * LineHeight) + (detail.Count * DetailHeight) + (2 * Padding));
        _sheet.Y += Padding;
        var y = _sheet.Y;
        Cells((at, x) =>
        {
            if (at != _table.TextColumn)
            {
                Cell(at, x, row.Cells[at], font, Ink, y);
            }
        });
        Lines(text, font, Ink, LineHeight);
        Lines(detail, _small, Quiet, DetailHeight);
        _sheet.Y += Padding;
        _sheet.Line(Pale);
    }

    private void Lines(IReadOnlyList<string> lines, PdfFont font, PdfInk ink, double height)
    {
        foreach (var line in lines)
        {
            Break(height);
            _sheet.Text(line, font, ink, TextLeft(), _sheet.Y);
            _sheet.Y += height;
        }
    }

    private void Break(double height)
    {
        if (_sheet.Keep(height))
        {
            Head();
            _sheet.Y += 2;
        }
    }

    private double TextLeft() => Left + _widths.Take(_table.TextColumn).Sum(static width => width + Gap);

    private void Cells(Action<int, double> draw)
    {
        var x = Left;
        for (var at = 0; at < _widths.Length; at++)
        {
            draw(at, x);
            x += _widths[at] + Gap;
        }
    }

    private void Cell(int at, double x, string text, PdfFont font, PdfInk ink, double y)
    {
        if (_table.Columns[at].Kind == ColumnKind.Number)
        {
            _sheet.TextBefore(text, font, ink, x + _widths[at], y, _widths[at]);
        }
        else
        {
            // Shrunk in a narrow column, as numbers are.
            var width = WidthOf(text, font);
            _sheet.Text(text, width <= _widths[at] ? font : font with { Size = font.Size * _widths[at] / width }, ink, x, y);
        }
    }
}
