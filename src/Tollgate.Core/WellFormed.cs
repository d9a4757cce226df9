using System.Buffers;
using System.Text.Unicode;

namespace Tollgate.Core;

/// <summary>
/// Finds invalid Unicode in JSON: bytes that are not UTF-8, and escapes that are one half of a surrogate pair (<c>\ud800</c>). The grammar
/// of JSON allows such an escape, so System.Text.Json reads over it, and throws <see cref="InvalidOperationException"/> when code converts
/// it to a string or compares it with one.
/// </summary>
public static class WellFormed
{
    private const int EscapeLength = 6;

    /// <summary>Returns the offset of the first fault in bytes; -1: none.</summary>
    public static int FaultIn(ReadOnlySpan<byte> json)
    {
        var half = HalfPairIn(json);
        return Utf8.IsValid(half < 0 ? json : json[..half]) ? half : NoUtf8In(json);
    }

    /// <summary>True if PostgreSQL can store the text: no U+0000, and no half of a surrogate pair.</summary>
    public static bool IsText(string text) => IsWellFormed(text) && !text.Contains('\0', StringComparison.Ordinal);

    /// <summary>True if the text has no lone half of a surrogate pair, which UTF-8 cannot represent.</summary>
    public static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return false;
            }

            i++;
        }

        return true;
    }

    /// <summary>
    /// Returns the beginning of a text: at most so many characters, without half of a surrogate pair at its end, which JSON cannot
    /// represent.
    /// </summary>
    public static string Cut(string text, int longest) =>
        text.Length <= longest ? text : text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)];

    // Only a backslash can begin an escape, and most texts have none: the search for it is vectorised.
    private static int HalfPairIn(ReadOnlySpan<byte> json)
    {
        for (var at = 0; json[at..].IndexOf((byte)'\\') is >= 0 and var next;)
        {
            at += next;
            var unit = UnitAt(json, at);
            if (unit < 0 || !char.IsSurrogate((char)unit))
            {
                // An escaped backslash begins no escape.
                at = Math.Min(at + 2, json.Length);
                continue;
            }

            if (!char.IsHighSurrogate((char)unit) || UnitAt(json, at + EscapeLength) is not (>= 0xDC00 and <= 0xDFFF))
            {
                return at;
            }

            at += 2 * EscapeLength;
        }

        return -1;
    }

    /// <summary>Returns the code unit of <c>\u0041</c>; -1: there is no such escape.</summary>
    private static int UnitAt(ReadOnlySpan<byte> json, int at)
    {
        if (at > json.Length - EscapeLength || json[at] != '\\' || json[at + 1] != 'u')
        {
            return -1;
        }

        var unit = 0;
        foreach (var digit in json.Slice(at + 2, 4))
        {
            if (!char.IsAsciiHexDigit((char)digit))
            {
                return -1;
            }

            unit = (unit << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return unit;
    }

    private static int NoUtf8In(ReadOnlySpan<byte> json)
    {
        Span<char> buffer = stackalloc char[512];
        for (var at = 0; ;)
        {
            var status = Utf8.ToUtf16(json[at..], buffer, out var read, out _, replaceInvalidSequences: false);
            at += read;
            if (status != OperationStatus.DestinationTooSmall)
            {
                return at;
            }
        }
    }
}
