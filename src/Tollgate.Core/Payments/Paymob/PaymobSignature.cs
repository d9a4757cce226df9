using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tollgate.Core.Payments.Paymob;

/// <summary>
/// What signs Paymob's callbacks: HMAC-SHA512 over some of their values, in lower-case hex, by a secret of the account. Each kind of
/// callback has its own list of values, written one behind the other without anything between.
/// </summary>
/// <remarks>
/// Because nothing stands between, digits can wander from one number into the next without the signature noticing: from <c>order.id</c>
/// into
/// <c>owner</c>, from <c>id</c> into <c>integration_id</c>. And much of a callback is not signed at all, <c>merchant_order_id</c>,
/// <c>is_refund</c> and <c>refunded_amount_cents</c> among it. So a signature tells that Paymob has something to say, and Paymob is asked
/// what it is.
/// </remarks>
public static partial class PaymobSignature
{
    private const int DigestBytes = 64;

    /// <summary>Of a transaction: names in the order in which their values are signed.</summary>
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
    /// <returns>What is signed. Null: it is no transaction.</returns>
    public static string? TextOf(JsonElement transaction) => Join(OfTransaction, name => Value(transaction, name));

    /// <summary>Of the response callback, which comes through the customer's browser as a query.</summary>
    /// <param name="query">The first value of a name; null: there is none.</param>
    /// <returns>Null: it is no transaction.</returns>
    public static string? TextOf(Func<string, string?> query) => Join(OfTransaction, name => name switch
    {
        "order.id" => query("order") ?? query("order_id") ?? query("order.id"),

        // Some languages cannot name a member with a dot, and pass on what they read.
        _ => query(name) ?? query(name.Replace('.', '_')),
    });

    /// <param name="token">The member <c>obj</c> of the callback of a saved card.</param>
    /// <returns>Null: it is none.</returns>
    public static string? TokenTextOf(JsonElement token) => Join(OfToken, name => Value(token, name));

    /// <param name="callback">The whole body of a subscription's callback. Only these two values of it are signed.</param>
    /// <returns>Null: it is none.</returns>
    public static string? SubscriptionTextOf(JsonElement callback) =>
        Value(callback, "trigger_type") is { Length: > 0 } trigger && Value(callback, "subscription_data.id") is { Length: > 0 } id
            ? $"{trigger}for{id}"
            : null;

    /// <summary>In constant time. An upper-case digest is as good.</summary>
    public static bool Matches(string secret, string text, string? digest)
    {
        Span<byte> told = stackalloc byte[DigestBytes];
        if (digest is not { Length: 2 * DigestBytes }
            || Convert.FromHexString(digest, told, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        return CryptographicOperations.FixedTimeEquals(
            told, HMACSHA512.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>What a callback of these values would be signed with.</summary>
    public static string Sign(string secret, string text) =>
        Convert.ToHexStringLower(HMACSHA512.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text)));

    private static string? Join(string[] names, Func<string, string?> valueOf)
    {
        var text = new StringBuilder();
        foreach (var name in names)
        {
            // A time of another shape could have lent its first digits to the amount before it.
            if (valueOf(name) is not { } value || (name == "created_at" && !Time().IsMatch(value))
                || (name == "amount_cents" && !Whole().IsMatch(value)))
            {
                return null;
            }

            text.Append(value);
        }

        return text.ToString();
    }

    /// <summary>As it stands in the text: numbers and times are not read and written anew. Of null: nothing. Absent: null.</summary>
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
