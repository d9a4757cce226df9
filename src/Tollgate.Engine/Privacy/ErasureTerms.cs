using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Core;

namespace Tollgate.Engine.Privacy;

/// <summary>
/// The words by which a running erasure finds its customer in texts. They are stored encrypted until the erasure is finished.
/// </summary>
/// <param name="Id">The id before the erasure.</param>
/// <param name="References">The customer's ids at payment providers.</param>
/// <param name="Names">Webhook objects that have the caller's ids as names, and their new names.</param>
/// <param name="Owners">Accounts that the customer was a member of.</param>
internal sealed record ErasureTerms(
    string Id, string? Email, IReadOnlyList<string> References, IReadOnlyDictionary<string, string> Names, IReadOnlyList<OwnerPlace> Owners)
{
    /// <summary>The shortest address that is searched in texts: a shorter one would be found by accident.</summary>
    private const int ShortestEmail = 4;

    /// <summary>Signs that a path may have, by RFC 3986.</summary>
    private const string Plain = "!$&'()*+,;=:@";

    /// <summary>The address if it can be searched for.</summary>
    public string? SoughtEmail => Email is { Length: >= ShortestEmail } ? Email : null;

    /// <summary>The id as paths of requests have it: percent-encoded, but for the signs that ASP.NET Core leaves as they are.</summary>
    public string PathId => Plain.Aggregate(
        Uri.EscapeDataString(Id),
        static (path, sign) => path.Replace(Uri.HexEscape(sign), sign.ToString(), StringComparison.Ordinal));

    public string Write() => JsonSerializer.Serialize(this, ErasureJson.Stored.ErasureTerms);

    public static ErasureTerms Read(string text) => JsonSerializer.Deserialize(text, ErasureJson.Stored.ErasureTerms)!;

    /// <summary>True if a provider's event is about the customer: one of its values is an id of the customer at the provider, its address,
    /// or, where a member names a customer, the project's own id.</summary>
    public bool AreIn(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return AreIn(document.RootElement, "");
        }
        catch (JsonException)
        {
            // A form of a provider that sends none: any occurrence counts.
            return References.Any(one => body.Contains(one, StringComparison.Ordinal))
                || (SoughtEmail is { } email && body.Contains(email, StringComparison.OrdinalIgnoreCase));
        }
    }

    private bool AreIn(JsonElement value, string name) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Any(member => AreIn(member.Value, member.Name)),
        JsonValueKind.Array => value.EnumerateArray().Any(item => AreIn(item, name)),
        JsonValueKind.String => IsOne(value.GetString()!, name),
        _ => false,
    };

    private bool IsOne(string text, string name) =>
        References.Contains(text, StringComparer.Ordinal)
        || (SoughtEmail is { } email && text.Equals(email, StringComparison.OrdinalIgnoreCase))
        || (text == Id && (name.Contains("customer", StringComparison.OrdinalIgnoreCase) || name is "client_reference_id" or "user_id"));
}

/// <summary>The place of an account.</summary>
internal sealed record OwnerPlace(short Partition, int Account);

[JsonSerializable(typeof(ErasureTerms))]
[JsonSerializable(typeof(Dictionary<string, long>))]
internal sealed partial class ErasureJson : JsonSerializerContext
{
    public static ErasureJson Stored { get; } = new(PlainJson.Stored());
}
