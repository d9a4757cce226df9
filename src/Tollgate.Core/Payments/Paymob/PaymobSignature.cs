using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tollgate.Core.Payments.Paymob;

/// <summary>
/// The signature of Paymob's callbacks: HMAC-SHA512 over some of their values, in lower-case hex, with a secret of the account. Each kind
/// of callback has its own list of values, concatenated without separators.
/// </summary>
/// <remarks>
/// Without separators, digits can move from one number into the next without a change of the signature: from <c>order.id</c> into
/// <c>owner</c>, from <c>id</c> into <c>integration_id</c>. Much of a callback is not signed at all, such as <c>merchant_order_id</c>,
/// <c>is_refund</c> and <c>refunded_amount_cents</c>. A signature therefore only proves that Paymob reports something, and Tollgate asks
/// Paymob for the content.
/// </remarks>
public static partial class PaymobSignature
{
    private const int DigestBytes = 64;

    /// <summary>The signed values of a transaction by name, in the order of signing.</summary>
    private static readonly string[] OfTransaction =
    [
        "amount_cents", "created_at", "currency", "error_occured", "has_parent_transaction", "id", "integration_id", "is_3d_secure",
        "is_auth", "is_capture",
        "is_refunded", "is_standalone_payment", "is_voided", "order.id", "owner", "pending", "source_data.pan", "source_data.sub_type",
        "source_data.type", "success",
    ];

    private static readonly string[] OfToken = [
        "card_subtype", "created_at", "email", "id", "masked_pan", "merchant_id", "order_id", "token"];

    /// <param name="transaction">The member <c>obj</c> of a processed callback.</param>
    /// <returns>The signed text. Null: it is not a transaction.</returns>
    public static string? TextOf(JsonElement transaction) => Join(OfTransaction, name => Value(transaction, name));

    /// <summary>Returns the signed text of the response callback, which arrives through the customer's browser as a query.</summary>
    /// <param name="query">Returns the first value of a name; null: there is none.</param>
    /// <returns>Null: it is not a transaction.</returns>
    public static string? TextOf(Func<string, string?> query) => Join(OfTransaction, name => name switch
    {
        "order.id" => query("order") ?? query("order_id") ?? query("order.id"),

        // Some languages cannot name a member with a dot, and pass on another spelling.
        _ => query(name) ?? query(name.Replace('.', '_')),
    });

    /// <param name="token">The member <c>obj</c> of the callback of a saved card.</param>
    /// <returns>Null: it is not such a callback.</returns>
    public static string? TokenTextOf(JsonElement token) => Join(OfToken, name => Value(token, name));

    /// <param name="callback">The whole body of a subscription's callback. Paymob signs only these two values of it.</param>
    /// <returns>Null: it is not such a callback.</returns>
    public static string? SubscriptionTextOf(JsonElement callback) =>
        Value(callback, "trigger_type") is { Length: > 0 } trigger && Value(callback, "subscription_data.id") is { Length: > 0 } id
            ? $"{trigger}for{id}"
            : null;

    /// <summary>Compares in constant time. Accepts an upper-case digest too.</summary>
    public static bool Matches(string secret, string text, string? digest)
    {
        Span<byte> given = stackalloc byte[DigestBytes];
        if (digest is not { Length: 2 * DigestBytes }
            || Convert.FromHexString(digest, given, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        return CryptographicOperations.FixedTimeEquals(
            given, HMACSHA512.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>Returns the signature of a callback with these values.</summary>
    public static string Sign(string secret, string text) =>
        Convert.ToHexStringLower(HMACSHA512.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text)));

    private static string? Join(string[] names, Func<string, string?> valueOf)
    {
        var text = new StringBuilder();
        foreach (var name in names)
        {
            // A time of another form could have lent its first digits to the amount before it.
            if (valueOf(name) is not { } value || (name == "created_at" && !Time().IsMatch(value))
                || (name == "amount_cents" && !Whole().IsMatch(value)))
            {
                return null;
            }

            text.Append(value);
        }

        return text.ToString();
    }

    /// <summary>
    /// Returns the value exactly as in the text: numbers and times are not parsed and rewritten. The value null: empty. Absent: null.
    /// </summary>
    private static string? Value(JsonElement parent, string path)
    {
        foreach (var name in path.Split('.'))
        {
            if (parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(name, out parent))
            {
                return null;
            }
        }

        return parent.ValueKind switch
        {
            JsonValueKind.String => parent.GetString(),
            JsonValueKind.Number => parent.GetRawText(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            JsonValueKind.Null => "",
            _ => null,
        };
    }

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]", RegexOptions.CultureInvariant)]
    private static partial Regex Time();

    [GeneratedRegex(@"\A[0-9]{1,18}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}
