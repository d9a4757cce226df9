using System.Collections.Frozen;
using System.Text.Json;

namespace Tollgate.Core.Gateway;

/// <summary>The references in the body of a call to ids of the account at the provider: answers, files, stores, conversations.</summary>
/// <remarks>
/// Providers add such members without notice. This class knows those that were documented in November 2026. Ids that were never shown to a
/// customer are hard to guess, which protects the other members. It skips schemas and arguments of tools, which may use any name.
/// </remarks>
public sealed record AccountReferences
{
    private const int Deepest = 256;

    /// <summary>
    /// The longest address in bytes. Bucket keys have at most 1,024 characters of up to six bytes each when escaped; a longer text is an
    /// inline file.
    /// </summary>
    private const int LongestAddress = 16 * 1024;

    /// <summary>The usual length of names in bytes; few members have longer ones.</summary>
    private const int UsualName = 64;

    /// <summary>Names of top-level members, in lower case without hyphens and underscores, since providers write both.</summary>
    private static readonly FrozenSet<string> OfRequest = FrozenSet.Create<string>(
        StringComparer.Ordinal,
        "conversation", "conversationid", "cachedcontent", "threadid", "assistantid", "agentid", "datasources", "connectors");

    private static readonly FrozenSet<string> Anywhere = FrozenSet.Create<string>(
        StringComparer.Ordinal,
        "fileid", "fileids", "vectorstoreid", "vectorstoreids", "collectionids", "libraryids", "documentids", "documentid", "skillid",
        "containerid",
        "filesearchstorenames", "vertexragstore", "vertexaisearch");

    /// <summary>Names of members that contain an address, possibly in the account's storage.</summary>
    private static readonly FrozenSet<string> Addresses = FrozenSet.Create<string>(
        StringComparer.Ordinal,
        "uri", "url", "fileuri", "imageurl", "videourl", "audiourl", "fileurl", "documenturl");

    /// <summary>Names of schemas and arguments of tools within the request's members.</summary>
    private static readonly FrozenSet<string> Opaque = FrozenSet.Create<string>(
        StringComparer.Ordinal,
        "parameters", "inputschema", "input", "arguments", "args", "schema", "parametersjsonschema", "responseschema", "responsejsonschema",
        "response", "properties",
        "json", "inputexamples");

    private static readonly FrozenSet<string> OpaqueOfRequest = FrozenSet.Create<string>(
        StringComparer.Ordinal,
        "metadata", "labels", "format", "responseschema");

    /// <summary>All names that the scan recognises. A name that ends in "uri" counts as <c>uri</c>.</summary>
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Known =
        FrozenSet.Create(
            StringComparer.Ordinal,
            [.. OfRequest, .. Anywhere, .. Addresses, .. Opaque, .. OpaqueOfRequest, "container", "id", "previousresponseid", "prompt",
                "type", "webhook"])
            .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The answer that the call continues; null: none. A second one counts as foreign.</summary>
    public string? Answer { get; private init; }

    /// <summary>The first member that refers to something else of the account; null: none does.</summary>
    public string? Foreign { get; private init; }

    public bool HasWebhook { get; private init; }

    /// <summary>Returns null if the body is not a JSON object. A form refers to nothing.</summary>
    public static AccountReferences? In(ReadOnlySpan<byte> body)
    {
        var json = body.StartsWith("\uFEFF"u8) ? body[3..] : body;
        try
        {
            return Read(new(json, new() { MaxDepth = Deepest, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip }));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static AccountReferences? Read(Utf8JsonReader json)
    {
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        var found = new AccountReferences();
        Span<bool> isHolder = stackalloc bool[Deepest + 2];
        while (json.Read())
        {
            if (json.TokenType != JsonTokenType.PropertyName)
            {
                // An element of a list; the value of a member is read with its name.
                isHolder[json.CurrentDepth + 1] &= json.TokenType != JsonTokenType.StartObject;
                continue;
            }

            var member = json;
            var depth = json.CurrentDepth;
            var name = NameOf(ref json);
            json.Read();
            if (depth == 1 ? OpaqueOfRequest.Contains(name) : Opaque.Contains(name))
            {
                json.Skip();
                continue;
            }

            // "prompt" and "container" may contain an id, which means something else elsewhere.
            if (json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                isHolder[depth + 1] = json.TokenType == JsonTokenType.StartObject
                    && (name == "container" || (depth == 1 && name == "prompt"));
            }

            found = depth == 1 ? found.WithRequest(name, ref member, ref json) : found;
            found = found.Foreign is null && IsForeign(name, depth, depth > 1 && isHolder[depth], ref json)
                ? found with { Foreign = Shown(name, depth, member.GetString()!) }
                : found;
        }

        return found;
    }

    /// <summary>
    /// Returns the recognised form of the name: lower case, without hyphens and underscores. Empty: not recognised. A body may have
    /// millions of names, so names of usual length stay off the heap.
    /// </summary>
    private static string NameOf(ref Utf8JsonReader json)
    {
        var text = json.ValueSpan.Length <= UsualName ? stackalloc char[UsualName] : new char[json.ValueSpan.Length];
        var length = 0;
        foreach (var letter in text[..json.CopyString(text)])
        {
            if (letter is not ('_' or '-'))
            {
                text[length++] = char.ToLowerInvariant(letter);
            }
        }

        var name = text[..length];
        return Known.TryGetValue(name, out var known) ? known : name.EndsWith("uri") ? "uri" : "";
    }

    /// <summary>Returns the name for the message, so that the caller finds the member.</summary>
    private static string Shown(string name, int depth, string written) => name switch
    {
        "type" => "item_reference",
        "id" => depth == 2 ? "prompt.id or container.id" : "container.id",
        _ => written,
    };

    private AccountReferences WithRequest(string name, ref Utf8JsonReader member, ref Utf8JsonReader json) => name switch
    {
        "previousresponseid" when json.TokenType == JsonTokenType.String && Answer is null => this with { Answer = json.GetString() },
        "previousresponseid" when IsSaid(ref json) => this with { Foreign = Foreign ?? member.GetString() },
        "webhook" => this with { HasWebhook = HasWebhook || IsSaid(ref json) },
        _ => this,
    };

    private static bool IsForeign(string name, int depth, bool inHolder, ref Utf8JsonReader json) =>
        (depth == 1 && OfRequest.Contains(name) && IsSaid(ref json))
        || (inHolder && name == "id" && IsSaid(ref json))
        || (name == "container" && json.TokenType == JsonTokenType.String)
        || (Anywhere.Contains(name) && IsSaid(ref json))
        || (name == "type" && json.TokenType == JsonTokenType.String && json.ValueTextEquals("item_reference"u8))
        || (Addresses.Contains(name) && json.TokenType == JsonTokenType.String && json.ValueSpan.Length <= LongestAddress
            && IsOfAccount(name, json.GetString()!));

    /// <summary>True for storage that the provider reads with the account's rights: buckets, and files uploaded to Gemini.</summary>
    private static bool IsOfAccount(string name, string address) =>
        address.StartsWith("gs://", StringComparison.OrdinalIgnoreCase) || address.StartsWith("s3://", StringComparison.OrdinalIgnoreCase)
        || (name == "fileuri"
            && (!address.Contains("://", StringComparison.Ordinal)
                || address.Contains("googleapis.com/", StringComparison.OrdinalIgnoreCase)));

    /// <summary>True unless the value is null, false, an empty text or an empty list.</summary>
    private static bool IsSaid(ref Utf8JsonReader json) => json.TokenType switch
    {
        JsonTokenType.Null or JsonTokenType.False => false,
        JsonTokenType.String => json.ValueSpan.Length > 0,
        JsonTokenType.StartArray => Peek(json) != JsonTokenType.EndArray,
        _ => true,
    };

    private static JsonTokenType Peek(Utf8JsonReader copy)
    {
        copy.Read();
        return copy.TokenType;
    }
}
