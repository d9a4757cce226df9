using System.Text.Json;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Streams of chat completions report usage only when the request asks for it (<c>stream_options.include_usage</c>). This asks in
/// place of a caller that did not; <see cref="UsageChunkFilter"/> then takes the answer to it out of the stream again.
/// </summary>
public static class UsageOption
{
    private static ReadOnlySpan<byte> Option => "\"stream_options\":{\"include_usage\":true}"u8;

    /// <summary>Providers that report usage unasked, and refuse members that they do not know.</summary>
    private static readonly string[] Unasked = ["mistral", "perplexity"];

    public static bool IsNeeded(LlmRoute route) => route.Api == LlmApi.OpenAiChat && !Unasked.Contains(route.Provider, StringComparer.Ordinal);

    /// <summary>The body with the option set; null when it is set already, or when the body is no JSON object.</summary>
    public static byte[]? AddTo(ReadOnlySpan<byte> body)
    {
        try
        {
            return Find(body) switch
            {
                (Place.Start, var at) => Spliced(body, at, at, IsEmptyObject(body[at..]) ? Option : [.. Option, (byte)',']),
                (Place.Inside, var at) => Spliced(body, at, at, IsEmptyObject(body[at..]) ? "\"include_usage\":true"u8 : "\"include_usage\":true,"u8),
                (Place.False, var at) => Spliced(body, at, at + "false".Length, "true"u8),
                (Place.Null, var at) => Spliced(body, at, at + "null".Length, "{\"include_usage\":true}"u8),
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private enum Place
    {
        None,

        /// <summary>Behind the brace that opens the body.</summary>
        Start,

        /// <summary>Behind the brace that opens the options.</summary>
        Inside,
        False,
        Null,
    }

    private static (Place Place, int At) Find(ReadOnlySpan<byte> body)
    {
        var json = new Utf8JsonReader(body);
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

            return json.TokenType switch
            {
                JsonTokenType.StartObject => InOptions(ref json),
                JsonTokenType.Null => (Place.Null, (int)json.TokenStartIndex),
                _ => default,
            };
        }

        return (Place.Start, start);
    }

    private static (Place Place, int At) InOptions(ref Utf8JsonReader json)
    {
        var start = (int)json.BytesConsumed;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isOurs = json.ValueTextEquals("include_usage"u8);
            json.Read();
            if (isOurs)
            {
                return json.TokenType == JsonTokenType.False ? (Place.False, (int)json.TokenStartIndex) : default;
            }

            json.Skip();
        }

        return (Place.Inside, start);
    }

    private static bool IsEmptyObject(ReadOnlySpan<byte> rest) => rest.TrimStart(" \t\r\n"u8).StartsWith("}"u8);

    private static byte[] Spliced(ReadOnlySpan<byte> body, int from, int to, ReadOnlySpan<byte> put) => [.. body[..from], .. put, .. body[to..]];
}
