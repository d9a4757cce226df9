using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Tollgate.Core.Customers;
using Tollgate.Core.Time;

namespace Tollgate.Server.Http;

/// <summary>The content of a token that an app has signed.</summary>
/// <param name="Customer">The claim <c>sub</c>.</param>
public sealed record AppToken(string Customer, Instant ExpiresAt);

/// <summary>
/// Reads the tokens of an app that signs its users' tokens itself: JWT with HS256 and the app's <c>SECRET_KEY</c>. Such a token counts as a
/// customer token of the default project. The server accepts no other algorithm, and no token without an end.
/// </summary>
/// <remarks>Nobody can revoke one of them: they end by their own time, or all together with another <c>SECRET_KEY</c>.</remarks>
public sealed class AppTokens(IOptions<HttpOptions> options)
{
    /// <summary>Nothing may last longer than this from now on.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromDays(30);

    private const int LongestText = 4 * 1024;

    /// <summary>The beginning of every JWT: <c>{"</c> in Base64.</summary>
    private const string Beginning = "eyJ";

    public static bool IsOne(ReadOnlySpan<char> text) => text.StartsWith(Beginning, StringComparison.Ordinal);

    /// <summary>Returns null unless the app has signed the token, and it names a customer and an end.</summary>
    public AppToken? Read(ReadOnlySpan<char> text)
    {
        var (first, last) = (text.IndexOf('.'), text.LastIndexOf('.'));
        if (options.Value.AppSecret is not { } secret || text.Length > LongestText || first < 0 || last == first || !Ascii.IsValid(text)
            || !IsSigned(secret.Span, text, last))
        {
            return null;
        }

        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(text[..first]));
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(text[(first + 1)..last]));
            return IsHs256(header.RootElement) ? Of(claims.RootElement) : null;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool IsSigned(ReadOnlySpan<byte> secret, ReadOnlySpan<char> text, int last)
    {
        var signature = text[(last + 1)..];
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (!Base64Url.IsValid(signature, out var length) || length != given.Length)
        {
            return false;
        }

        Base64Url.DecodeFromChars(signature, given);
        Span<byte> signed = stackalloc byte[LongestText];
        var count = Encoding.ASCII.GetBytes(text[..last], signed);
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, signed[..count], expected);
        return CryptographicOperations.FixedTimeEquals(expected, given);
    }

    private static bool IsHs256(JsonElement header) =>
        header.ValueKind == JsonValueKind.Object && header.TryGetProperty("alg", out var algorithm) && algorithm.ValueEquals("HS256");

    private static AppToken? Of(JsonElement claims) =>
        claims.ValueKind == JsonValueKind.Object
        && claims.TryGetProperty("sub", out var sub) && sub.ValueKind == JsonValueKind.String
        && sub.GetString() is { Length: > 0 and <= WireLimits.IdCharacters } customer && CustomerRules.IsLine(customer)
        && claims.TryGetProperty("exp", out var exp) && exp.TryGetInt64(out var end) && end is > 0 and < 10_000_000_000
            ? new(customer, Instant.FromUtc(DateTime.UnixEpoch.AddSeconds(end)))
            : null;
}
