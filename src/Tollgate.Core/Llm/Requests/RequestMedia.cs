using System.Buffers;
using System.Buffers.Text;
using System.Buffers.Binary;

namespace Tollgate.Core.Llm.Requests;

internal enum MediaKind : byte
{
    Unknown,
    Text,
    Image,
    Audio,
    Video,
    Document,
}

/// <summary>Detects the kind of a file in a request, by its name, its type, or its first bytes.</summary>
internal static class RequestMedia
{
    /// <summary>The characters of base64 that contain the identifying bytes of a file, and the header of a WAV file.</summary>
    private const int Head = 64;

    private static readonly SearchValues<byte> Base64Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\\"u8);

    public static MediaKind OfType(ReadOnlySpan<byte> type) =>
        type.StartsWith("image/"u8) ? MediaKind.Image
        : type.StartsWith("audio/"u8) ? MediaKind.Audio
        : type.StartsWith("video/"u8) ? MediaKind.Video
        : type.StartsWith("text/"u8) ? MediaKind.Text
        : type.StartsWith("application/"u8) ? MediaKind.Document
        : MediaKind.Unknown;

    /// <summary>Returns the kind by the type of a message's part: <c>input_image</c>, <c>document</c>.</summary>
    public static MediaKind OfPart(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("image"u8) || type.SequenceEqual("image_url"u8) || type.SequenceEqual("input_image"u8)
            || type.SequenceEqual("image_file"u8) ? MediaKind.Image
        : type.SequenceEqual("input_audio"u8) || type.SequenceEqual("audio_url"u8) || type.SequenceEqual("audio"u8) ? MediaKind.Audio
        : type.SequenceEqual("document"u8) || type.SequenceEqual("file"u8) || type.SequenceEqual("input_file"u8)
            || type.SequenceEqual("document_url"u8) ? MediaKind.Document
        : type.SequenceEqual("video"u8) || type.SequenceEqual("video_url"u8) || type.SequenceEqual("input_video"u8) ? MediaKind.Video
        : MediaKind.Unknown;

    /// <summary>True if the beginning of a string is base64. It may also be ordinary words.</summary>
    public static bool IsBase64(ReadOnlySpan<byte> text) =>
        text.Length >= 16 && !text[..Math.Min(text.Length, 256)].ContainsAnyExcept(Base64Letters);

    /// <summary>Returns the number of bytes that a base64 string encodes.</summary>
    public static long BytesOf(ReadOnlySpan<byte> base64) => base64.Length * 3L / 4;

    /// <summary>Returns the kind by the first bytes of a file in base64.</summary>
    public static MediaKind OfBase64(ReadOnlySpan<byte> base64, out long? milliseconds)
    {
        Span<byte> head = stackalloc byte[Head];
        var length = Math.Min(Head, base64.Length & ~3);
        Base64.DecodeFromUtf8(base64[..length], head, out _, out var written, isFinalBlock: false);
        return OfHead(head[..written], BytesOf(base64), out milliseconds);
    }

    /// <summary>Returns the kind by the first bytes of a file, with the file's length in bytes.</summary>
    public static MediaKind OfHead(ReadOnlySpan<byte> head, long bytes, out long? milliseconds)
    {
        milliseconds = null;
        if (head.Length < 12)
        {
            return MediaKind.Unknown;
        }

        if (head.StartsWith("RIFF"u8) && head[8..].StartsWith("WAVE"u8))
        {
            milliseconds = LengthOfWave(head, bytes);
            return MediaKind.Audio;
        }

        return head switch
        {
            _ when head.StartsWith("%PDF"u8) => MediaKind.Document,
            _ when head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) => MediaKind.Image,
            _ when head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) || head.StartsWith("GIF8"u8) || head.StartsWith("RIFF"u8) =>
                MediaKind.Image,
            _ when head.StartsWith("ID3"u8) || head.StartsWith("OggS"u8) || head.StartsWith("fLaC"u8) => MediaKind.Audio,
            _ when head[0] == 0xFF && (head[1] & 0xE0) == 0xE0 => MediaKind.Audio,
            _ when head[4..].StartsWith("ftypheic"u8) || head[4..].StartsWith("ftypavif"u8) => MediaKind.Image,
            _ when head[4..].StartsWith("ftypM4A"u8) => MediaKind.Audio,
            _ => MediaKind.Unknown,
        };
    }

    // Canonical WAV: bytes per second are at offset 28 of a header of 44 bytes.
    private static long? LengthOfWave(ReadOnlySpan<byte> head, long bytes)
    {
        var perSecond = head.Length >= 32 && head[12..].StartsWith("fmt "u8) ? BinaryPrimitives.ReadUInt32LittleEndian(head[28..]) : 0;
        return perSecond == 0 ? null : Math.Max(0, bytes - 44) * 1_000 / perSecond;
    }
}
