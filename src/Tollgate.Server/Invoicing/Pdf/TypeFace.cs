using System.Buffers.Binary;
using System.Text;

namespace Tollgate.Server.Invoicing.Pdf;

/// <summary>
/// The parts of a TrueType font that a PDF needs (ISO/IEC 14496-22): widths, the map from characters to glyphs, and the outlines of used
/// glyphs. It is immutable and safe for all threads.
/// </summary>
/// <remarks>Reads fonts that the program includes. It does not validate untrusted files.</remarks>
internal sealed class TypeFace
{
    private readonly byte[] _file;
    private readonly Dictionary<string, Range> _tables = new(StringComparer.Ordinal);
    private readonly Dictionary<int, ushort> _glyphs = [];
    private readonly ushort[] _widths;
    private readonly int[] _offsets;

    /// <param name="name">PostScript name.</param>
    public TypeFace(string name, byte[] file)
    {
        (Name, _file) = (name, file);
        for (var at = 12; at < 12 + (16 * Word(4)); at += 16)
        {
            var start = (int)Long(at + 8);
            _tables.Add(Encoding.ASCII.GetString(file, at, 4), start..(start + (int)Long(at + 12)));
        }

        var (head, hhea) = (Start("head"), Start("hhea"));
        UnitsPerEm = Word(head + 18);
        Box = [Short(head + 36), Short(head + 38), Short(head + 40), Short(head + 42)];
        (Ascent, Descent, CapHeight) = (Short(hhea + 4), Short(hhea + 6), Short(Start("OS/2") + 88));
        _widths = ReadWidths(Word(Start("maxp") + 4), Word(hhea + 34));
        _offsets = ReadOffsets(isLong: Word(head + 50) == 1);
        ReadCharacters();
    }

    public string Name { get; }

    public int UnitsPerEm { get; }

    /// <summary>Left, bottom, right and top of all glyphs together, in units.</summary>
    public IReadOnlyList<int> Box { get; }

    public int Ascent { get; }

    public int Descent { get; }

    public int CapHeight { get; }

    /// <summary>Returns 0, the box for missing characters, if the font does not have the character.</summary>
    public ushort GlyphOf(int character) => _glyphs.GetValueOrDefault(character);

    /// <summary>The width in units.</summary>
    public int WidthOf(ushort glyph) => _widths[glyph];

    /// <summary>
    /// Returns the font with the outlines of these glyphs and their components only. Glyphs keep their numbers: the others are empty, which
    /// costs almost nothing in a compressed file.
    /// </summary>
    public byte[] Subset(IEnumerable<ushort> used)
    {
        var kept = new SortedSet<ushort> { 0 };
        foreach (var glyph in used)
        {
            Keep(glyph, kept);
        }

        using var outlines = new MemoryStream();
        var offsets = new byte[4 * _offsets.Length];
        for (var glyph = 0; glyph < _offsets.Length; glyph++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(offsets.AsSpan(4 * glyph), (uint)outlines.Length);
            if (kept.Contains((ushort)glyph) && glyph < _widths.Length)
            {
                outlines.Write(Outline((ushort)glyph));
                outlines.Write(new byte[3], 0, (int)(-outlines.Length & 3));
            }
        }

        var head = Table("head").ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(8), 0);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(50), 1);
        return Assemble(
        [
            ("glyf", outlines.ToArray()), ("head", head), ("hhea", Table("hhea").ToArray()), ("hmtx", Table("hmtx").ToArray()),
            ("loca", offsets), ("maxp", Table("maxp").ToArray()),
        ]);
    }

    private void Keep(ushort glyph, SortedSet<ushort> kept)
    {
        if (!kept.Add(glyph) && glyph != 0)
        {
            return;
        }

        var outline = Outline(glyph);
        if (outline.Length == 0 || BinaryPrimitives.ReadInt16BigEndian(outline) >= 0)
        {
            return;
        }

        // A composite glyph: each component begins with flags and its glyph.
        const int wordArguments = 0x01, scale = 0x08, more = 0x20, twoScales = 0x40, matrix = 0x80;
        for (int at = 10, flags = more; (flags & more) != 0;)
        {
            flags = BinaryPrimitives.ReadUInt16BigEndian(outline[at..]);
            Keep(BinaryPrimitives.ReadUInt16BigEndian(outline[(at + 2)..]), kept);
            at += 4 + ((flags & wordArguments) != 0 ? 4 : 2)
                + ((flags & scale) != 0 ? 2 : (flags & twoScales) != 0 ? 4 : (flags & matrix) != 0 ? 8 : 0);
        }
    }

    private ReadOnlySpan<byte> Outline(ushort glyph) => Table("glyf")[_offsets[glyph].._offsets[glyph + 1]];

    private static byte[] Assemble((string Tag, byte[] Data)[] tables)
    {
        var file = new byte[12 + (16 * tables.Length) + tables.Sum(static table => (table.Data.Length + 3) & ~3)];
        BinaryPrimitives.WriteUInt32BigEndian(file, 0x00010000);
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(4), (ushort)tables.Length);

        // The values for a binary search in four to seven tables. No PDF reader uses them.
        ((ReadOnlySpan<byte>)[0, 64, 0, 2]).CopyTo(file.AsSpan(6));
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(10), (ushort)((16 * tables.Length) - 64));
        var (entry, at, head) = (12, 12 + (16 * tables.Length), 0);
        foreach (var (tag, data) in tables)
        {
            data.CopyTo(file.AsSpan(at));
            Encoding.ASCII.GetBytes(tag, file.AsSpan(entry));
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(entry + 4), Sum(file.AsSpan(at, (data.Length + 3) & ~3)));
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(entry + 8), (uint)at);
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(entry + 12), (uint)data.Length);
            head = tag == "head" ? at : head;
            (entry, at) = (entry + 16, at + ((data.Length + 3) & ~3));
        }

        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(head + 8), unchecked(0xB1B0AFBA - Sum(file)));
        return file;
    }

    private static uint Sum(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        for (var at = 0; at < data.Length; at += 4)
        {
            sum = unchecked(sum + BinaryPrimitives.ReadUInt32BigEndian(data[at..]));
        }

        return sum;
    }

    private ushort[] ReadWidths(int glyphs, int given)
    {
        var (widths, start) = (new ushort[glyphs], Start("hmtx"));
        for (var glyph = 0; glyph < glyphs; glyph++)
        {
            widths[glyph] = Word(start + (4 * Math.Min(glyph, given - 1)));
        }

        return widths;
    }

    private int[] ReadOffsets(bool isLong)
    {
        var (offsets, start) = (new int[_widths.Length + 1], Start("loca"));
        for (var glyph = 0; glyph < offsets.Length; glyph++)
        {
            offsets[glyph] = isLong ? (int)Long(start + (4 * glyph)) : 2 * Word(start + (2 * glyph));
        }

        return offsets;
    }

    /// <summary>Reads the table of the basic plane (format 4), which both fonts have.</summary>
    private void ReadCharacters()
    {
        var cmap = Start("cmap");
        for (var entry = cmap + 4; entry < cmap + 4 + (8 * Word(cmap + 2)); entry += 8)
        {
            var table = cmap + (int)Long(entry + 4);
            if (Word(table) != 4)
            {
                continue;
            }

            var twice = Word(table + 6);
            for (var at = 0; at < twice; at += 2)
            {
                var (last, first) = (Word(table + 14 + at), Word(table + 16 + twice + at));
                var (delta, place) = (Word(table + 16 + (2 * twice) + at), table + 16 + (3 * twice) + at);
                for (int character = first; character <= last && character < 0xFFFF; character++)
                {
                    var glyph = Word(place) == 0 ? character + delta : Word(place + Word(place) + (2 * (character - first))) + delta;
                    if ((glyph & 0xFFFF) != 0)
                    {
                        _glyphs[character] = (ushort)(glyph & 0xFFFF);
                    }
                }
            }

            return;
        }
    }

    private int Start(string table) => _tables[table].Start.Value;

    private ReadOnlySpan<byte> Table(string table) => _file.AsSpan(_tables[table]);

    private ushort Word(int at) => BinaryPrimitives.ReadUInt16BigEndian(_file.AsSpan(at));

    private short Short(int at) => BinaryPrimitives.ReadInt16BigEndian(_file.AsSpan(at));

    private uint Long(int at) => BinaryPrimitives.ReadUInt32BigEndian(_file.AsSpan(at));
}
