using System.Globalization;
using System.Text;
using static Tollgate.Server.Invoicing.Pdf.PdfFile;

namespace Tollgate.Server.Invoicing.Pdf;

/// <summary>A colour, each part 0 to 255.</summary>
internal readonly record struct PdfInk(byte Red, byte Green, byte Blue)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Red / 255.0:0.###} {Green / 255.0:0.###} {Blue / 255.0:0.###}");
}

/// <summary>The metadata of a file.</summary>
/// <param name="Language">BCP 47.</param>
internal sealed record PdfInfo(string Title, string Author, string Language, DateTime DatedAt);

/// <summary>The pages of one document, all A4, and their shared objects.</summary>
internal sealed class PdfDocument
{
    private readonly PdfFile _file = new();
    private readonly Dictionary<TypeFace, PdfFace> _faces = [];
    private readonly List<int> _pictures = [];

    public List<PdfPage> Pages { get; } = [];

    public PdfPage AddPage()
    {
        Pages.Add(new(this));
        return Pages[^1];
    }

    public PdfFace FaceOf(TypeFace face)
    {
        if (!_faces.TryGetValue(face, out var used))
        {
            used = new(face, $"F{_faces.Count + 1}");
            _faces.Add(face, used);
        }

        return used;
    }

    /// <returns>Its name on the pages.</returns>
    public string Add(PdfPicture picture)
    {
        _pictures.Add(picture.Write(_file));
        return $"P{_pictures.Count}";
    }

    public byte[] Bytes(PdfInfo info, ReadOnlySpan<byte> identity)
    {
        var fonts = string.Join(' ', _faces.Values.Select(face => $"/{face.Key} {face.Write(_file)} 0 R"));
        var pictures = string.Join(' ', _pictures.Index().Select(static picture => $"/P{picture.Index + 1} {picture.Item} 0 R"));
        var resources = _file.Add($"<< /Font << {fonts} >> /XObject << {pictures} >> >>");
        var tree = _file.Reserve();
        var pages = Pages.Select(page => page.Write(_file, tree, resources)).ToArray();
        _file.Add(tree, $"<< /Type /Pages /Count {pages.Length} /Kids [{string.Join(' ', pages.Select(static page => $"{page} 0 R"))}] >>");
        var catalog = _file.Add(
            $"<< /Type /Catalog /Pages {tree} 0 R /Lang {Text(info.Language)} /ViewerPreferences << /DisplayDocTitle true >> >>");
        var date = $"(D:{info.DatedAt.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture)}Z)";
        var about = _file.Add(
            $"<< /Title {Text(info.Title)} /Author {Text(info.Author)} /Creator (Tollgate) /Producer (Tollgate) /CreationDate {date} "
                + $"/ModDate {date} >>");
        return _file.Finish(catalog, about, identity);
    }
}

/// <summary>The drawing of one page. Coordinates are in points from the top left; PDF itself counts from the bottom.</summary>
internal sealed class PdfPage(PdfDocument document)
{
    private const double Width = 595.28;
    private const double Height = 841.89;

    private readonly StringBuilder _drawn = new();

    /// <param name="baseline">The y coordinate of the baseline.</param>
    public void Text(string text, PdfFont font, PdfInk ink, double x, double baseline)
    {
        var face = document.FaceOf(font.Face);
        Draw($"BT /{face.Key} {Number(font.Size)} Tf {ink} rg {Number(x)} {Number(Height - baseline)} Td <{face.Encoded(text)}> Tj ET");
    }

    public void Line(PdfInk ink, double thickness, double from, double to, double y) =>
        Draw($"{ink} RG {Number(thickness)} w {Number(from)} {Number(Height - y)} m {Number(to)} {Number(Height - y)} l S");

    /// <summary>With round corners.</summary>
    public void Box(PdfInk ink, PdfInk ground, double x, double y, double width, double height, double radius)
    {
        // Four Bézier curves; with 0.5523 of the radius they approximate circles.
        var (left, right, bottom, top, bend) = (x, x + width, Height - y - height, Height - y, radius * (1 - 0.5523));
        Draw($"{ink} RG {ground} rg 0.6 w {Number(left + radius)} {Number(bottom)} m "
            + $"{Number(right - radius)} {Number(bottom)} l {Curve(right - bend, bottom, right, bottom + bend, right, bottom + radius)}"
            + $"{Number(right)} {Number(top - radius)} l {Curve(right, top - bend, right - bend, top, right - radius, top)}"
            + $"{Number(left + radius)} {Number(top)} l {Curve(left + bend, top, left, top - bend, left, top - radius)}"
            + $"{Number(left)} {Number(bottom + radius)} l {Curve(left, bottom + bend, left + bend, bottom, left + radius, bottom)}b");
    }

    /// <param name="picture">A name from <see cref="PdfDocument.Add"/>.</param>
    public void Picture(string picture, double x, double y, double width, double height) =>
        Draw($"q {Number(width)} 0 0 {Number(height)} {Number(x)} {Number(Height - y - height)} cm /{picture} Do Q");

    /// <returns>The number of the page's object.</returns>
    public int Write(PdfFile file, int tree, int resources)
    {
        var content = file.AddStream("", Encoding.ASCII.GetBytes(_drawn.ToString()));
        return file.Add(
            $"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {Number(Width)} {Number(Height)}] /Resources {resources} 0 R /Contents "
                + $"{content} 0 R >>");
    }

    private static string Curve(double x1, double y1, double x2, double y2, double x3, double y3) =>
        $"{Number(x1)} {Number(y1)} {Number(x2)} {Number(y2)} {Number(x3)} {Number(y3)} c ";

    private void Draw(string operators) => _drawn.Append(operators).Append('\n');
}
