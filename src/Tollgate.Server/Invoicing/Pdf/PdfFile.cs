using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Tollgate.Server.Invoicing.Pdf;

/// <summary>
/// Writes a PDF (ISO 32000-1, version 1.7): numbered objects, the cross-reference table, and the trailer. The same objects give the same
/// bytes; it reads no clock and no random numbers.
/// </summary>
/// <remarks>
/// It supports only the needs of this server's documents: pages with text in two embedded fonts, lines, boxes and pictures. PDFsharp 6.2
/// could replace it. The newer versions of that library are under the AGPL, which is incompatible with the licence of this program.
/// </remarks>
internal sealed class PdfFile
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<int> _places = [];

    public PdfFile()
    {
        Write("%PDF-1.7\n");

        // Four bytes beyond ASCII tell file transfer programs not to convert line ends.
        _bytes.Write((ReadOnlySpan<byte>)[(byte)'%', 0xE2, 0xE3, 0xCF, 0xD3, (byte)'\n']);
    }

    /// <summary>A number for an object that others point to before it is written.</summary>
    public int Reserve()
    {
        _places.Add(0);
        return _places.Count;
    }

    /// <param name="body">The text in the file, ASCII.</param>
    /// <returns>The object's number.</returns>
    public int Add(string body) => Add(Reserve(), body);

    public int Add(int number, string body)
    {
        _places[number - 1] = _bytes.WrittenCount;
        Write($"{number} 0 obj\n{body}\nendobj\n");
        return number;
    }

    /// <param name="entries">The entries of its dictionary, without length and filter.</param>
    public int AddStream(string entries, ReadOnlySpan<byte> data)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(data);
        }

        return AddPacked($"{entries} /Filter /FlateDecode", packed.ToArray());
    }

    /// <param name="entries">The entries of its dictionary, with the filter that compressed the data.</param>
    public int AddPacked(string entries, ReadOnlySpan<byte> data)
    {
        var number = Reserve();
        _places[number - 1] = _bytes.WrittenCount;
        Write($"{number} 0 obj\n<< {entries} /Length {data.Length} >>\nstream\n");
        _bytes.Write(data);
        Write("\nendstream\nendobj\n");
        return number;
    }

    /// <param name="identity">Sixteen bytes that identify this document.</param>
    public byte[] Finish(int catalog, int info, ReadOnlySpan<byte> identity)
    {
        var (table, id) = (_bytes.WrittenCount, Convert.ToHexString(identity));
        Write($"xref\n0 {_places.Count + 1}\n0000000000 65535 f \n");
        foreach (var place in _places)
        {
            Write(string.Create(CultureInfo.InvariantCulture, $"{place:0000000000} 00000 n \n"));
        }

        Write(
            $"trailer\n<< /Size {_places.Count + 1} /Root {catalog} 0 R /Info {info} 0 R /ID [<{id}> <{id}>] "
                + $">>\nstartxref\n{table}\n%%EOF\n");
        return _bytes.WrittenSpan.ToArray();
    }

    /// <summary>A text outside pages, in PDF notation: UTF-16 in hexadecimal.</summary>
    public static string Text(string text) => $"<FEFF{Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(text))}>";

    /// <summary>Hundredths of a point are finer than any printer.</summary>
    public static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);

    private void Write(string text) => _bytes.Write(Encoding.ASCII.GetBytes(text));
}
