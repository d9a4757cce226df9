using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tollgate.Core.Outbound;

/// <summary>The secret that signs an endpoint's messages under Standard Webhooks: <c>whsec_</c> and 24 to 64 bytes in base64.</summary>
/// <remarks>https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md</remarks>
public sealed record WebhookSecret
{
    public const string Prefix = "whsec_";
    public const int FewestBytes = 24;
    public const int MostBytes = 64;

    private readonly byte[] _key;

    private WebhookSecret(byte[] key) => _key = key;

    /// <summary>The text that the receiver configures.</summary>
    public string Text => Prefix + Convert.ToBase64String(_key);

    public static WebhookSecret Of(ReadOnlySpan<byte> key)
    {
        Invariant.That(
            key.Length is >= FewestBytes and <= MostBytes, $"A secret has {FewestBytes} to {MostBytes} bytes, and not {key.Length}.");
        return new(key.ToArray());
    }

    /// <summary>Returns null if the text is not a secret.</summary>
    public static WebhookSecret? Parse(string text)
    {
        var key = new byte[MostBytes];
        return text.StartsWith(Prefix, StringComparison.Ordinal)
            && Convert.TryFromBase64String(text[Prefix.Length..], key, out var length) && length >= FewestBytes
                ? new(key[..length])
                : null;
    }

    /// <summary>Returns <c>v1,</c> and the base64 of HMAC-SHA256 over <c>id.timestamp.body</c>.</summary>
    /// <param name="unixSeconds">The header <c>webhook-timestamp</c>: the time of this attempt.</param>
    public string Sign(string id, long unixSeconds, string body)
    {
        var signed = string.Create(CultureInfo.InvariantCulture, $"{id}.{unixSeconds}.{body}");
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(signed)));
    }

    /// <summary>Keeps the key out of logs.</summary>
    public override string ToString() => Prefix + "…";
}
