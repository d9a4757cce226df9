using System.Text.Json;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Llm.Requests;

/// <summary>Unwraps Perplexity's asynchronous chat, which has the chat itself in the member <c>request</c>.</summary>
internal static class WrappedRequest
{
    /// <summary>
    /// Returns the inner request; the body itself if there is none, or if it is not JSON. Returns nothing if there are two, since it is
    /// unknown which one counts.
    /// </summary>
    public static ReadOnlySpan<byte> In(LlmRoute route, ReadOnlySpan<byte> body)
    {
        if (route.Api != LlmApi.PerplexityAsync)
        {
            return body;
        }

        try
        {
            return Find(body);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return body;
        }
    }

    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> body)
    {
        var json = new Utf8JsonReader(
            body, new() { MaxDepth = 256, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        ReadOnlySpan<byte> found = default;
        var requests = 0;
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            return body;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isRequest = json.ValueTextEquals("request"u8);
            json.Read();
            var start = (int)json.TokenStartIndex;
            var isObject = json.TokenType == JsonTokenType.StartObject;
            json.Skip();
            requests += isRequest ? 1 : 0;
            found = isRequest && isObject ? body[start..(int)json.BytesConsumed] : found;
        }

        return requests == 0 ? body : requests == 1 ? found : default;
    }
}
