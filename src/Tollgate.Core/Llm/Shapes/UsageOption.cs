using System.Text.Json;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Streams of chat completions report usage only if the request asks for it (<c>stream_options.include_usage</c>). This class asks for a
/// caller that did not; <see cref="UsageChunkFilter"/> then removes the reported usage from the stream.
/// </summary>
public static class UsageOption
{
    private static ReadOnlySpan<byte> Option => "\"stream_options\":{\"include_usage\":true}"u8;

    /// <summary>Providers that always report usage, and refuse unknown members.</summary>
    private static readonly string[] Unasked = ["mistral", "perplexity"];

    public static bool IsNeeded(LlmRoute route) =>
        route.Api == LlmApi.OpenAiChat && !Unasked.Contains(route.Provider, StringComparer.Ordinal);

    /// <summary>
    /// Returns the body with the option set, in place of any other value; null if it is set already, or if the body is not a JSON object.
    /// <see cref="Requests.RequestReader"/> has refused a body with the option twice.
    /// </summary>
    public static byte[]? AddTo(ReadOnlySpan<byte> body)
    {
        try
        {
            var mark = body.StartsWith("\uFEFF"u8) ? 3 : 0;
            return Find(body[mark..]) switch
            {
                (Place.Start, var at, _) =>
                    Spliced(body, mark + at, 0, IsEmptyObject(body[(mark + at)..]) ? Option : [.. Option, (byte)',']),
                (Place.Inside, var at, _) =>
                    Spliced(body, mark + at, 0,
                        IsEmptyObject(body[(mark + at)..]) ? "\"include_usage\":true"u8 : "\"include_usage\":true,"u8),
                (Place.Answer, var at, var length) => Spliced(body, mark + at, length, "true"u8),
                (Place.Options, var at, var length) => Spliced(body, mark + at, length, "{\"include_usage\":true}"u8),
                _ => null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private enum Place
    {
        None,

        /// <summary>After the opening brace of the body.</summary>
        Start,

        /// <summary>After the opening brace of the options.</summary>
        Inside,

        /// <summary>In place of a value other than true: false, null, 0.</summary>
        Answer,

        /// <summary>In place of options that are not an object: null.</summary>
        Options,
    }

    private static (Place Place, int At, int Length) Find(ReadOnlySpan<byte> body)
    {
        var json = new Utf8JsonReader(
            body, new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 256 });
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            return default;
        }

        var start = (int)json.BytesConsumed;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isOptions = json.ValueTextEquals("stream_options"u8);
            json.Read();
            if (!isOptions)
            {
                json.Skip();
                continue;
            }

            return json.TokenType == JsonTokenType.StartObject ? InOptions(ref json) : Whole(Place.Options, ref json);
        }

        return (Place.Start, start, 0);
    }

    private static (Place Place, int At, int Length) InOptions(ref Utf8JsonReader json)
    {
        var start = (int)json.BytesConsumed;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isOurs = json.ValueTextEquals("include_usage"u8);
            json.Read();
            if (isOurs)
            {
                return json.TokenType == JsonTokenType.True ? default : Whole(Place.Answer, ref json);
            }

            json.Skip();
        }

        return (Place.Inside, start, 0);
    }

    private static (Place Place, int At, int Length) Whole(Place place, ref Utf8JsonReader json)
    {
        var start = (int)json.TokenStartIndex;
        json.Skip();
        return (place, start, (int)json.BytesConsumed - start);
    }

    private static bool IsEmptyObject(ReadOnlySpan<byte> rest) => rest.TrimStart(" \t\r\n"u8).StartsWith("}"u8);

    private static byte[] Spliced(ReadOnlySpan<byte> body, int at, int length, ReadOnlySpan<byte> put) =>
        [.. body[..at], .. put, .. body[(at + length)..]];
}
