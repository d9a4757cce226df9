using Tollgate.Server.Invoicing.Pdf;

namespace Tollgate.Server.Invoicing;

/// <summary>
/// The pages of one document and the current position. Coordinates are in points from the top left; <see cref="Y"/> is the upper edge of
/// the next element. Only this class makes texts drawable.
/// </summary>
internal sealed class PdfCanvas
{
    public const double Left = 50;
    public const double Right = 545;
    public const double Width = Right - Left;
    public const double Top = 50;

    /// <summary>The distance from the upper edge of a line to the next, for a font size of one.</summary>
    public const double Leading = 1.4;

    /// <summary>A4 is 842 points high; the page number is in the margin.</summary>
    private const double PageNumberAt = 806;

    /// <summary>
    /// The most lines of a text; the canvas cuts the rest with an ellipsis. The longest texts that the API accepts have a hundred lines.
    /// </summary>
    private const int MostLines = 500;

    public static readonly PdfInk Ink = new(29, 31, 33);
    public static readonly PdfInk Quiet = new(92, 97, 102);
    public static readonly PdfInk Pale = new(222, 222, 217);

    private readonly PdfDocument _document;

    /// <param name="bottom">The lower edge of the body; below it is the foot.</param>
    public PdfCanvas(PdfDocument document, double bottom) => (_document, Bottom) = (document, bottom);

    public double Y { get; set; } = Top;

    public double Bottom { get; }

    /// <summary>Draws the head of every page but the first.</summary>
    public Action<PdfCanvas> RunningHead { get; set; } = static _ => { };

    private PdfPage Page => _document.Pages[^1];

    public void AddPage()
    {
        _document.AddPage();
        Y = Top;
        if (_document.Pages.Count > 1)
        {
            RunningHead(this);
        }
    }

    /// <summary>Begins a new page if the height does not fit. An element higher than any page begins on the current page.</summary>
    /// <returns>True: it began a new page.</returns>
    public bool Keep(double height)
    {
        if (Y + height <= Bottom || (height > Bottom - Top - 40 && Y + 60 <= Bottom))
        {
            return false;
        }

        AddPage();
        return true;
    }

    /// <summary>One line; the text's upper edge is at <paramref name="y"/>.</summary>
    public void Text(string text, PdfFont font, PdfInk ink, double x, double y) =>
        Page.Text(DocumentFonts.Drawable(text), font, ink, x, y + Baseline(font));

    /// <summary>One line that ends at <paramref name="right"/>, in a smaller size if it is wider than <paramref name="room"/>.</summary>
    public void TextBefore(string text, PdfFont font, PdfInk ink, double right, double y, double room = Width)
    {
        var drawn = DocumentFonts.Drawable(text);
        var width = font.WidthOf(drawn);
        var (fitting, drawnWidth) = width <= room ? (font, width) : (font with { Size = font.Size * room / width }, room);
        Page.Text(drawn, fitting, ink, right - drawnWidth, y + Baseline(font));
    }

    public static double WidthOf(string text, PdfFont font) => font.WidthOf(DocumentFonts.Drawable(text));

    public void Line(PdfInk ink, double from = Left) => Page.Line(ink, 0.6, from, Right, Y);

    public void Picture(PdfPicture picture, double x, double y, double width, double height) =>
        Page.Picture(_document.Add(picture), x, y, width, height);

    public void Box(PdfInk ink, PdfInk ground, double x, double y, double width, double height) =>
        Page.Box(ink, ground, x, y, width, height, radius: 2.5);

    /// <summary>Splits a text into lines at spaces, or inside words that are longer than a line.</summary>
    public static IReadOnlyList<string> Wrapped(string text, PdfFont font, double width)
    {
        var lines = new List<string>();
        foreach (var paragraph in text.ReplaceLineEndings("\n").Split('\n'))
        {
            Wrap(DocumentFonts.Drawable(paragraph), font, width, lines);
            if (lines.Count >= MostLines)
            {
                return [.. lines.Take(MostLines - 1), "…"];
            }
        }

        return lines;
    }

    /// <summary>Numbers every page, once all pages exist.</summary>
    public void Number(Func<int, int, string> words, IReadOnlyList<string> foot, PdfFont font)
    {
        var at = PageNumberAt - ((foot.Count - 1) * font.Size * Leading);
        foreach (var (index, page) in _document.Pages.Index())
        {
            var text = words(index + 1, _document.Pages.Count);
            page.Text(text, font, Quiet, Right - font.WidthOf(text), PageNumberAt + Baseline(font));
            for (var line = 0; line < foot.Count; line++)
            {
                page.Text(foot[line], font, Quiet, Left, at + (line * font.Size * Leading) + Baseline(font));
            }
        }
    }

    private static double Baseline(PdfFont font) => font.Size * 1.02;

    private static void Wrap(string text, PdfFont font, double width, List<string> lines)
    {
        var line = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var longer = line.Length == 0 ? word : $"{line} {word}";
            if (Fits(longer))
            {
                line = longer;
                continue;
            }

            if (line.Length > 0)
            {
                lines.Add(line);
            }

            line = Fits(word) ? word : Broken(word);
        }

        lines.Add(line);

        bool Fits(string part) => font.WidthOf(part) <= width;

        // Writes all but the last part of a word that is longer than the line.
        string Broken(string word)
        {
            while (!Fits(word) && lines.Count < MostLines)
            {
                var (few, many) = (1, word.Length);
                while (many - few > 1)
                {
                    var middle = (few + many) / 2;
                    (few, many) = Fits(word[..middle]) ? (middle, many) : (few, middle);
                }

                lines.Add(word[..few]);
                word = word[few..];
            }

            return word;
        }
    }
}
