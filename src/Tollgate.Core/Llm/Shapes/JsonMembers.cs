using System.Text.Json;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>Access to members of an answer that may be absent, null or of an unexpected type.</summary>
internal static class JsonMembers
{
    // A content filter or a tool may nest deeper than the reader's default of 64.
    private static readonly JsonReaderOptions Lenient =
        new() { MaxDepth = 1_000, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>
    /// The most tokens of a parsed document. Each takes 12 bytes (JsonDocument), so 32 MiB of <c>1,1,1,</c> would be 200 MB. The largest
    /// answers of providers, 2,000 embeddings, have three million. A text with at most so many bytes cannot have more tokens, so its tokens
    /// are not counted.
    /// </summary>
    public const int MostTokens = 4_000_000;

    /// <summary>Returns null if the text is not JSON, or has too many tokens.</summary>
    public static JsonDocument? Parse(ReadOnlySpan<byte> json) => Parse(json, out _);

    /// <param name="rest">The text after the value; empty if there is none.</param>
    public static JsonDocument? Parse(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> rest)
    {
        rest = default;
        try
        {
            var reader = new Utf8JsonReader(json, Lenient);
            if (json.Length > MostTokens && HasTooMany(reader))
            {
                return null;
            }

            if (!JsonDocument.TryParseValue(ref reader, out var document))
            {
                return null;
            }

            rest = json[(int)reader.BytesConsumed..].TrimStart(" \t\r\n"u8);
            return document;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <param name="copy">Read to the end of the first value.</param>
    private static bool HasTooMany(Utf8JsonReader copy)
    {
        var tokens = 1;
        copy.Read();
        while (tokens <= MostTokens && copy.Read() && copy.CurrentDepth > 0)
        {
            tokens++;
        }

        return tokens > MostTokens;
    }

    /// <summary>Returns Undefined if the parent is not an object or has no such member.</summary>
    public static JsonElement Member(this JsonElement parent, string name)
    {
        try
        {
            return parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? value : default;
        }
        catch (InvalidOperationException)
        {
            // The look-up compares names from the last one on, and one of them is half of a surrogate pair.
            return default;
        }
    }

    public static JsonElement Member(this JsonElement parent, string name, string inner) => parent.Member(name).Member(inner);

    public static bool Has(this JsonElement parent, string name) =>
        parent.Member(name).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public static bool HasObject(this JsonElement parent, string name) => parent.Member(name).ValueKind == JsonValueKind.Object;

    public static string? Text(this JsonElement parent, string name) => parent.Member(name).AsText();

    /// <summary>Returns null if the value is not text.</summary>
    public static string? AsText(this JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Models do write half of a surrogate pair: it is not text, and the rest of the answer is valid.
            return null;
        }
    }

    /// <summary>Returns the elements of an array; none if the member is not an array.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement parent, string name)
    {
        var value = parent.Member(name);
        return value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];
    }

    /// <summary>Returns the first candidate that is an object.</summary>
    public static JsonElement FirstObject(params ReadOnlySpan<JsonElement> candidates)
    {
        foreach (var candidate in candidates)
        {
            if (candidate.ValueKind == JsonValueKind.Object)
            {
                return candidate;
            }
        }

        return default;
    }
}
