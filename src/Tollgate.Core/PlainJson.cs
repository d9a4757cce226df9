using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Tollgate.Core;

/// <summary>
/// Readable JSON: it escapes only the characters that RFC 8259 forbids in a string: the quotation mark, the backslash and U+0000 to U+001F.
/// It is not safe for HTML: a page that embeds it must escape it.
/// </summary>
public static class PlainJson
{
    public static JavaScriptEncoder Encoder { get; } = new LeastEscapes();

    /// <summary>For writers of bodies, messages and files.</summary>
    public static JsonWriterOptions Writer { get; } = new() { Encoder = Encoder };

    /// <summary>For values without a generated context, such as nodes.</summary>
    public static JsonSerializerOptions Indented { get; } = new() { Encoder = Encoder, WriteIndented = true };

    /// <inheritdoc cref="Indented"/>
    public static JsonSerializerOptions Compact { get; } = new() { Encoder = Encoder };

    /// <summary>
    /// The options for records that Tollgate writes and reads back, in columns and files: names in snake_case, and nothing that is null. A
    /// context of generated code takes its own instance.
    /// </summary>
    public static JsonSerializerOptions Stored() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Text<T>(T value, JsonTypeInfo<T> type)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Writer))
        {
            JsonSerializer.Serialize(writer, value, type);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <remarks>
    /// The framework's encoders with fewer escapes still escape all characters beyond U+FFFF, including every emoji. This one writes U+FFFD
    /// for invalid Unicode, as they do.
    /// </remarks>
    private sealed class LeastEscapes : JavaScriptEncoder
    {
        private const string Controls =
            "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000A\u000B\u000C\u000D\u000E\u000F\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F";

        private static readonly SearchValues<byte> Escaped = SearchValues.Create(
            [.. Encoding.ASCII.GetBytes(Controls), (byte)'"', (byte)'\\']);
        private static readonly SearchValues<char> EscapedOrHalf =
            SearchValues.Create([.. Controls, '"', '\\', .. Enumerable.Range(0xD800, 0x800).Select(static half => (char)half)]);

        /// <summary>The length of <c>\u001f</c>.</summary>
        public override int MaxOutputCharactersPerInputCharacter => 6;

        public override bool WillEncode(int unicodeScalar) => unicodeScalar is < 0x20 or '"' or '\\';

        public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text)
        {
            var first = utf8Text.IndexOfAny(Escaped);
            var plain = first < 0 ? utf8Text : utf8Text[..first];
            return Utf8.IsValid(plain) ? first : FaultIn(plain);
        }

        public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
        {
            var rest = new ReadOnlySpan<char>(text, textLength);
            for (var at = 0; rest[at..].IndexOfAny(EscapedOrHalf) is >= 0 and var next;)
            {
                at += next;
                if (!char.IsHighSurrogate(rest[at]) || at + 1 == rest.Length || !char.IsLowSurrogate(rest[at + 1]))
                {
                    return at;
                }

                at += 2;
            }

            return -1;
        }

        public override unsafe bool TryEncodeUnicodeScalar(
            int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
        {
            var to = new Span<char>(buffer, bufferLength);
            var isWritten = unicodeScalar switch
            {
                '"' => to.TryWrite($"\\\"", out numberOfCharactersWritten),
                '\\' => to.TryWrite($"\\\\", out numberOfCharactersWritten),
                '\n' => to.TryWrite($"\\n", out numberOfCharactersWritten),
                '\r' => to.TryWrite($"\\r", out numberOfCharactersWritten),
                '\t' => to.TryWrite($"\\t", out numberOfCharactersWritten),
                < 0x20 => to.TryWrite($"\\u{unicodeScalar:x4}", out numberOfCharactersWritten),
                _ => new Rune(unicodeScalar).TryEncodeToUtf16(to, out numberOfCharactersWritten),
            };
            return isWritten;
        }

        private static int FaultIn(ReadOnlySpan<byte> text)
        {
            for (var at = 0; ;)
            {
                if (Rune.DecodeFromUtf8(text[at..], out _, out var read) != OperationStatus.Done)
                {
                    return at;
                }

                at += read;
            }
        }
    }
}
