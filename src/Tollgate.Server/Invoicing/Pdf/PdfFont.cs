using System.Globalization;
using System.Text;

namespace Tollgate.Server.Invoicing.Pdf;

/// <summary>A face in a size, in points.</summary>
internal sealed record PdfFont(TypeFace Face, double Size)
{
    /// <summary>The width of a text on one line, in points.</summary>
    public double WidthOf(string text)
    {
        long units = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            units += Face.WidthOf(Face.GlyphOf(rune.Value));
        }

        return units * Size / Face.UnitsPerEm;
    }
}

/// <summary>The glyphs of a face that one document uses, and the objects that embed them in the file.</summary>
/// <param name="key">Its name on the pages: <c>F1</c>.</param>
internal sealed class PdfFace(TypeFace face, string key)
{
    /// <summary>For each glyph, the lowest character that it represents, which a reader copies from a page.</summary>
    private readonly SortedDictionary<ushort, int> _used = [];

    public string Key => key;

    /// <summary>The numbers of the text's glyphs, in hexadecimal.</summary>
    public string Encoded(string text)
    {
        var hex = new StringBuilder(text.Length * 4);
        foreach (var rune in text.EnumerateRunes())
        {
            var glyph = face.GlyphOf(rune.Value);
            _used[glyph] = _used.TryGetValue(glyph, out var known) ? Math.Min(known, rune.Value) : rune.Value;
            hex.Append(CultureInfo.InvariantCulture, $"{glyph:X4}");
        }

        return hex.ToString();
    }

    /// <returns>The number of the font's object.</returns>
    public int Write(PdfFile file)
    {
        // Six letters and a plus mark a subset of a font. They only need to be unique within one file, where the font's name already is.
        var name = $"/AAAAAA+{face.Name}";
        var outlines = face.Subset(_used.Keys);
        var program = file.AddStream($"/Length1 {outlines.Length}", outlines);
        var box = string.Join(' ', face.Box.Select(Thousandths));
        var descriptor = file.Add(
            $"<< /Type /FontDescriptor /FontName {name} /Flags 4 /FontBBox [{box}] /ItalicAngle 0 /Ascent {Thousandths(face.Ascent)} "
            + $"/Descent {Thousandths(face.Descent)} /CapHeight {Thousandths(face.CapHeight)} /StemV 80 /FontFile2 {program} 0 R >>");
        var widths = string.Join(' ', _used.Keys.Select(glyph => $"{glyph} [{Thousandths(face.WidthOf(glyph))}]"));
        var glyphs = file.Add(
            $"<< /Type /Font /Subtype /CIDFontType2 /BaseFont {name} /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement "
                + "0 >> "
            + $"/FontDescriptor {descriptor} 0 R /DW 1000 /W [{widths}] /CIDToGIDMap /Identity >>");
        var characters = file.AddStream("", Encoding.ASCII.GetBytes(Characters()));
        return file.Add(
            $"<< /Type /Font /Subtype /Type0 /BaseFont {name} /Encoding /Identity-H /DescendantFonts [{glyphs} 0 R] /ToUnicode "
                + $"{characters} 0 R >>");
    }

    private int Thousandths(int units) => (int)Math.Round(units * 1000.0 / face.UnitsPerEm);

    /// <summary>
    /// The map from glyphs to characters, so that readers can search and copy text. A block has at most a hundred entries.
    /// </summary>
    private string Characters()
    {
        var map = new StringBuilder(
            """
            /CIDInit /ProcSet findresource begin
            12 dict begin
            begincmap
            /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
            /CMapName /Adobe-Identity-UCS def
            /CMapType 2 def
            1 begincodespacerange
            <0000> <FFFF>
            endcodespacerange

            """);
        foreach (var block in _used.Chunk(100))
        {
            map.Append(CultureInfo.InvariantCulture, $"{block.Length} beginbfchar\n");
            foreach (var (glyph, character) in block)
            {
                map.Append(CultureInfo.InvariantCulture, $"<{glyph:X4}> <{character:X4}>\n");
            }

            map.Append("endbfchar\n");
        }

        return map.Append("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n").ToString();
    }
}
