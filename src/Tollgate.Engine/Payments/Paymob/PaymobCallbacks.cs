using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tollgate.Core.Payments.Paymob;

namespace Tollgate.Engine.Payments.Paymob;

/// <summary>A card that a customer agreed to save.</summary>
/// <param name="Order">The order with whose payment it was saved.</param>
public sealed record PaymobCard(long Order, string Token, string Brand, string Last4);

/// <summary>Reads Paymob's processed callbacks as events. A repeat is the same event, even if its unsigned parts differ.</summary>
internal static class PaymobCallbacks
{
    public const string Transaction = "transaction";

    /// <summary>A card was saved.</summary>
    public const string Token = "token";

    public const string SubscriptionPrefix = "subscription.";

    /// <summary>The parameter of the callback's address that contains the digest.</summary>
    private const string Digest = "hmac";

    private const int LongestDepth = 64;

    public static WebhookReading Read(IReadOnlyList<string> secrets, WebhookRequest request)
    {
        JsonDocument read;
        try
        {
            read = JsonDocument.Parse(request.Body, new() { MaxDepth = LongestDepth });
        }
        catch (JsonException)
        {
            return new(WebhookVerdict.Forged);
        }

        using (read)
        {
            var (body, digest) = (read.RootElement, request.Query.GetValueOrDefault(Digest));
            if (body.ValueKind != JsonValueKind.Object)
            {
                return new(WebhookVerdict.Forged);
            }

            var obj = body.TryGetProperty("obj", out var found) ? found : default;
            var (type, number, signed) = PaymobClient.Text(body, "type") switch
            {
                "TRANSACTION" => (Transaction, Number(obj, "id"), PaymobSignature.TextOf(obj)),
                "TOKEN" => (Token, Number(obj, "id"), PaymobSignature.TokenTextOf(obj)),
                _ => OfSubscription(body),
            };
            digest = type is Transaction or Token ? digest : PaymobClient.Text(body, Digest);
            if (signed is null || !secrets.Any(secret => PaymobSignature.Matches(secret, signed, digest)))
            {
                return new(WebhookVerdict.Forged);
            }

            return number is null
                ? new(WebhookVerdict.Unreadable)
                : new(WebhookVerdict.Genuine,
                    new(IdOf(type, number, signed), type, number, Encoding.UTF8.GetString(request.Body.Span), null));
        }
    }

    /// <summary>The order that an event is about; null: it names none.</summary>
    public static long? OrderOf(ProviderEvent @event)
    {
        using var read = JsonDocument.Parse(@event.Body);
        var obj = read.RootElement.TryGetProperty("obj", out var found) ? found : default;
        var number = @event.Type == Token ? Number(obj, "order_id")
            : obj.ValueKind == JsonValueKind.Object && obj.TryGetProperty("order", out var order) ? Number(order, "id")
            : null;
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
    }

    /// <summary>Returns null if the event contains no card, or no card that can be charged.</summary>
    public static PaymobCard? CardOf(ProviderEvent @event)
    {
        using var read = JsonDocument.Parse(@event.Body);
        var obj = read.RootElement.TryGetProperty("obj", out var found) ? found : default;
        var (pan, token, brand) =
            (PaymobClient.Text(obj, "masked_pan") ?? "", PaymobClient.Text(obj, "token"), PaymobClient.Text(obj, "card_subtype"));
        var last4 = pan.Length >= 4 ? pan[^4..] : "";
        return long.TryParse(Number(obj, "order_id"), NumberStyles.None, CultureInfo.InvariantCulture, out var order)
            && token is { Length: > 0 } && last4.All(char.IsAsciiDigit) && last4.Length == 4
            ? new(order, token, (brand ?? "card").ToLowerInvariant(), last4)
            : null;
    }

    private static (string Type, string? Number, string? Signed) OfSubscription(JsonElement body) =>
        PaymobSignature.SubscriptionTextOf(body) is { } signed
        ? (SubscriptionPrefix + PaymobClient.Text(body, "trigger_type")!.Trim().ToLowerInvariant().Replace(' ', '_'),
            Number(body.GetProperty("subscription_data"), "id"), signed)
        : ("", null, null);

    /// <summary>
    /// The id covers the signed parts only: somebody who sees one callback can neither make many events of it nor replace the genuine one.
    /// </summary>
    private static string IdOf(string type, string number, string signed) =>
        $"{type}:{number}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(signed)).AsSpan(0, 16))}";

    /// <summary>A whole number, as a JSON number or as text.</summary>
    private static string? Number(JsonElement parent, string name)
    {
        var text = parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var found)
            ? found.ValueKind switch { JsonValueKind.Number => found.GetRawText(), JsonValueKind.String => found.GetString(), _ => null }
            : null;
        return text is { Length: > 0 and <= 18 } && text.All(char.IsAsciiDigit) ? text : null;
    }
}
