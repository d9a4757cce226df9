using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tollgate.Core.Outbound;
using Tollgate.Core.Payments.Sandbox;

namespace Tollgate.Engine.Payments.Sandbox;

/// <summary>
/// The signature of the sandbox's webhooks, as in Standard Webhooks, with a secret that the project's sandbox creates.
/// </summary>
internal static class SandboxSignature
{
    /// <summary>The one credential of the sandbox.</summary>
    public const string Secret = "webhook_secret";

    /// <summary>The same as Stripe's.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(300);

    private const string Id = "webhook-id";
    private const string Timestamp = "webhook-timestamp";
    private const string Signature = "webhook-signature";

    public static WebhookRequest Sign(WebhookSecret secret, string id, string body, DateTimeOffset now)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            [Id] = id,
            [Timestamp] = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            [Signature] = secret.Sign(id, now.ToUnixTimeSeconds(), body),
        };
        return new(headers, new Dictionary<string, string>(), Encoding.UTF8.GetBytes(body));
    }

    public static WebhookReading Read(IReadOnlyDictionary<string, string> credentials, WebhookRequest request, DateTimeOffset now)
    {
        if (!credentials.TryGetValue(Secret, out var text) || WebhookSecret.Parse(text) is not { } secret
            || !request.Headers.TryGetValue(Id, out var id) || !request.Headers.TryGetValue(Signature, out var signature)
            || !request.Headers.TryGetValue(Timestamp, out var at)
            || !long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return new(WebhookVerdict.Forged);
        }

        var expected = Encoding.UTF8.GetBytes(secret.Sign(id, seconds, request.Text));
        if (!CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(signature)))
        {
            return new(WebhookVerdict.Forged);
        }

        // The signed timestamp may have any size: this compares bounds, because a difference could overflow.
        if (seconds < (now - Tolerance).ToUnixTimeSeconds() || seconds > (now + Tolerance).ToUnixTimeSeconds())
        {
            return new(WebhookVerdict.Stale);
        }

        return SandboxEvent.Read(request.Text) is { } read && read.Id == id
            ? new(WebhookVerdict.Genuine, new(read.Id, read.Type, read.Data.Reference, request.Text, read.Created))
            : new(WebhookVerdict.Unreadable);
    }
}
