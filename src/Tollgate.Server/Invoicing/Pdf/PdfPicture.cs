using System.Buffers.Binary;
using System.IO.Compression;

namespace Tollgate.Server.Invoicing.Pdf;

/// <summary>
/// A picture in a PDF. Anybody with a key of the project can upload one, and a file of few bytes can require gigabytes of memory, so the
/// reader checks sizes before it unpacks anything.
/// </summary>
/// <param name="Colours">Three bytes a pixel, or a whole JPEG.</param>
/// <param name="Opacity">One byte a pixel; null: opaque.</param>
internal sealed record PdfPicture(int Width, int Height, byte[] Colours, byte[]? Opacity, bool IsJpeg, bool IsGrey)
{
    /// <summary>The longest side in pixels, ten times that of a drawn logo. Unpacked, such a picture takes 16 MB.</summary>
    public const int LongestSide = 2_000;

    /// <returns>Null: neither JPEG nor PNG, too large, broken, or of an unsupported kind (interlaced, four inks).</returns>
    public static PdfPicture? TryRead(ReadOnlySpan<byte> file) =>
        file.StartsWith(Png.Signature) ? Png.TryRead(file)
            : file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? TryReadJpeg(file)
            : null;

    /// <returns>The number of the picture's object.</returns>
    public int Write(PdfFile file)
    {
        var entries = $"/Type /XObject /Subtype /Image /Width {Width} /Height {Height} /BitsPerComponent 8 /ColorSpace ";
        var mask = Opacity is { } opacity ? $" /SMask {file.AddStream(entries + "/DeviceGray", opacity)} 0 R" : "";
        entries += (IsGrey ? "/DeviceGray" : "/DeviceRGB") + mask;
        return IsJpeg ? file.AddPacked(entries + " /Filter /DCTDecode", Colours) : file.AddStream(entries, Colours);
    }

    /// <summary>
    /// Reads marker by marker up to the start of the scan (SOS). The frame's header (SOF) has the size. The PDF contains the file
    /// unchanged, and the reader of the PDF unpacks it.
    /// </summary>
    private static PdfPicture? TryReadJpeg(ReadOnlySpan<byte> file)
    {
        PdfPicture? read = null;
        for (var at = 2; at + 10 < file.Length && file[at] == 0xFF;)
        {
            var mark = file[at + 1];
            if (mark == 0xDA)
            {
                return file.TrimEnd((byte)0).EndsWith((ReadOnlySpan<byte>)[0xFF, 0xD9]) ? read : null;
            }

            if (mark is 0xC0 or 0xC1 or 0xC2)
            {
                var (bits, height, width, inks) = (
                    file[at + 4], BinaryPrimitives.ReadUInt16BigEndian(file[(at + 5)..]),
                    BinaryPrimitives.ReadUInt16BigEndian(file[(at + 7)..]), file[at + 9]);
                if (bits != 8 || width is 0 or > LongestSide || height is 0 or > LongestSide || inks is not (1 or 3))
                {
                    return null;
                }

                read = new(width, height, file.ToArray(), null, IsJpeg: true, IsGrey: inks == 1);
            }

            at += 2 + Math.Max((ushort)2, BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]));
        }

        return null;
    }
}

/// <summary>Reads PNG (ISO/IEC 15948) of all colour types and depths, not interlaced.</summary>
internal static class Png
{
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private sealed record Header(int Width, int Height, int Depth, int Colour)
    {
        public int Samples => Colour switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

        /// <summary>Bytes of a row, without the byte before it that names its filter.</summary>
        public int RowBytes => ((Width * Samples * Depth) + 7) / 8;

        /// <summary>The distance in bytes to the previous pixel.</summary>
        public int Step => Math.Max(1, Samples * Depth / 8);
    }

    public static PdfPicture? TryRead(ReadOnlySpan<byte> file)
    {
        if (HeaderOf(file) is not { } header)
        {
            return null;
        }

        using var packed = new MemoryStream();
        byte[] palette = [], transparency = [];
        for (var at = 8; at + 12 <= file.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            if (length > file.Length - at - 12)
            {
                return null;
            }

            var kind = file.Slice(at + 4, 4);
            var data = file.Slice(at + 8, (int)length);
            if (kind.SequenceEqual("IDAT"u8))
            {
                packed.Write(data);
            }

            palette = kind.SequenceEqual("PLTE"u8) ? data.ToArray() : palette;
            transparency = kind.SequenceEqual("tRNS"u8) ? data.ToArray() : transparency;
            at += 12 + (int)length;
        }

        packed.Position = 0;
        return Unpacked(packed, header) is { } rows ? Picture(header, rows, palette, header.Colour == 3 ? transparency : []) : null;
    }

    private static Header? HeaderOf(ReadOnlySpan<byte> file)
    {
        if (file.Length < 33 || !file[12..16].SequenceEqual("IHDR"u8))
        {
            return null;
        }

        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(file[16..]), BinaryPrimitives.ReadUInt32BigEndian(file[20..]));
        var (depth, colour, isInterlaced) = (file[24], file[25], file[28] != 0);
        var isKnown = (colour, depth) is (0, 1 or 2 or 4 or 8 or 16) or (3, 1 or 2 or 4 or 8) or (2 or 4 or 6, 8 or 16);
        return isKnown && !isInterlaced && width is > 0 and <= PdfPicture.LongestSide && height is > 0 and <= PdfPicture.LongestSide
            ? new((int)width, (int)height, depth, colour)
            : null;
    }

    /// <summary>
    /// Returns the rows with their filters reversed; null: there are fewer rows, or the data are broken. It never unpacks more.
    /// </summary>
    private static byte[]? Unpacked(Stream packed, Header header)
    {
        var rows = new byte[header.Height * header.RowBytes];
        var (row, before) = (new byte[header.RowBytes + 1], new byte[header.RowBytes]);
        try
        {
            using var plain = new ZLibStream(packed, CompressionMode.Decompress);
            for (var y = 0; y < header.Height; y++)
            {
                plain.ReadExactly(row);
                if (row[0] > 4)
                {
                    return null;
                }

                Unfilter(row[0], row.AsSpan(1), before, header.Step);
                row.AsSpan(1).CopyTo(before);
                before.CopyTo(rows, y * header.RowBytes);
            }

            return rows;
        }
        catch (Exception broken) when (broken is InvalidDataException or EndOfStreamException)
        {
            return null;
        }
    }

    private static void Unfilter(byte filter, Span<byte> row, ReadOnlySpan<byte> above, int step)
    {
        for (var x = 0; x < row.Length; x++)
        {
            int left = x >= step ? row[x - step] : 0, corner = x >= step ? above[x - step] : 0;
            var guess = filter switch
            {
                1 => left,
                2 => above[x],
                3 => (left + above[x]) / 2,
                4 => Nearest(left, above[x], corner),
                _ => 0,
            };
            row[x] = (byte)((row[x] + guess) & 0xFF);
        }
    }

    /// <summary>Returns the neighbour that is nearest to left + above − corner (Paeth).</summary>
    private static int Nearest(int left, int above, int corner)
    {
        var (toLeft, toAbove, toCorner) = (Math.Abs(above - corner), Math.Abs(left - corner), Math.Abs(left + above - (2 * corner)));
        return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
    }

    private static PdfPicture Picture(Header header, byte[] rows, byte[] palette, byte[] transparency)
    {
        var pixels = header.Width * header.Height;
        var colours = new byte[pixels * 3];
        var opacity = header.Colour is 4 or 6 || transparency.Length > 0 ? new byte[pixels] : null;
        for (var pixel = 0; pixel < pixels; pixel++)
        {
            var (y, x) = Math.DivRem(pixel, header.Width);
            var first = x * header.Samples;
            if (header.Colour == 3)
            {
                var entry = Sample(y, first, scaled: false);
                palette.AsSpan(Math.Min(entry * 3, palette.Length)).Slice(0, Math.Min(3, Math.Max(0, palette.Length - (entry * 3))))
                    .CopyTo(colours.AsSpan(pixel * 3));
                opacity?[pixel] = entry < transparency.Length ? transparency[entry] : (byte)255;
                continue;
            }

            for (var part = 0; part < 3; part++)
            {
                colours[(pixel * 3) + part] = (byte)Sample(y, header.Colour is 2 or 6 ? first + part : first, scaled: true);
            }

            opacity?[pixel] = (byte)Sample(y, first + header.Samples - 1, scaled: true);
        }

        return new(header.Width, header.Height, colours, opacity, IsJpeg: false, IsGrey: false);

        // Takes the upper byte of sixteen bits; scales fewer than eight bits to the full range.
        int Sample(int y, int number, bool scaled)
        {
            var start = y * header.RowBytes;
            if (header.Depth >= 8)
            {
                return rows[start + (number * header.Depth / 8)];
            }

            var bit = number * header.Depth;
            var (most, value) = ((1 << header.Depth) - 1, rows[start + (bit / 8)] >> (8 - header.Depth - (bit % 8)));
            return scaled ? (value & most) * 255 / most : value & most;
        }
    }
}
