using System.Globalization;
using System.Text.Json;
using Tollgate.Core.Money;

namespace Tollgate.Core.Payments.Paymob;

/// <summary>
/// A transaction as Paymob reports it: a payment, a failed payment, or a refund. A refund is a transaction of its own with a parent.
/// </summary>
public sealed record PaymobTransaction
{
    public required long Id { get; init; }

    /// <summary>The intention's <c>intention_order_id</c>.</summary>
    public required long Order { get; init; }

    /// <summary>The intention's <c>special_reference</c>, which its creator chose.</summary>
    public string? Reference { get; init; }

    /// <summary>The amount. Paymob's "cents" are the currency's own smallest unit: thousandths of a rial.</summary>
    public required MoneyAmount Amount { get; init; }

    public required bool Success { get; init; }

    /// <summary>True if the customer, the bank or the kiosk has not finished.</summary>
    public required bool Pending { get; init; }

    /// <summary>True if the amount was authorised, not taken.</summary>
    public bool IsAuthorization { get; init; }

    /// <summary>True if the authorised amount was captured.</summary>
    public bool IsCaptured { get; init; }

    /// <summary>True if the transaction itself is a refund.</summary>
    public bool IsRefund { get; init; }

    /// <summary>True if the transaction itself voids another.</summary>
    public bool IsVoid { get; init; }

    public bool IsVoided { get; init; }

    /// <summary>The refunded part of the amount.</summary>
    public required MoneyAmount Refunded { get; init; }

    /// <summary>For a refund or a void: the transaction that it reverses.</summary>
    public long? Parent { get; init; }

    /// <summary><c>card</c>, <c>wallet</c>, <c>aggregator</c>.</summary>
    public string? SourceType { get; init; }

    /// <summary><c>MasterCard</c>.</summary>
    public string? SourceSubtype { get; init; }

    /// <summary>The last digits of a card.</summary>
    public string? SourcePan { get; init; }

    /// <summary>The bank's reason: <c>INSUFFICIENT_FUNDS</c>.</summary>
    public string? Code { get; init; }

    /// <summary>The reason in words.</summary>
    public string? Message { get; init; }

    public bool IsLive { get; init; }

    /// <summary>The date in the account's zone. Null: the transaction does not say it.</summary>
    public DateOnly? MadeOn { get; init; }

    private const int DayLength = 10;

    /// <returns>Null: it is not a transaction, or its currency is unknown.</returns>
    public static PaymobTransaction? Read(JsonElement obj)
    {
        if (Whole(obj, "id") is not { } id || OrderOf(obj) is not { } order || Whole(obj, "amount_cents") is not { } amount
            || !Currency.TryFind(Text(obj, "currency"), out var currency) || Truth(obj, "success") is not { } success
            || Truth(obj, "pending") is not { } pending)
        {
            return null;
        }

        var (source, data) = (Member(obj, "source_data"), Member(obj, "data"));
        return new()
        {
            Id = id,
            Order = order,
            Reference = Text(Member(obj, "order"), "merchant_order_id") ?? Text(obj, "merchant_order_id"),
            Amount = new(amount, currency),
            Success = success,
            Pending = pending,
            IsAuthorization = Truth(obj, "is_auth") == true,
            IsCaptured = Truth(obj, "is_captured") == true || Truth(obj, "is_capture") == true,
            IsRefund = Truth(obj, "is_refund") == true,
            IsVoid = Truth(obj, "is_void") == true,
            IsVoided = Truth(obj, "is_voided") == true,
            Refunded = new(Whole(obj, "refunded_amount_cents") ?? 0, currency),
            Parent = Whole(obj, "parent_transaction") ?? Whole(Member(obj, "parent_transaction"), "id"),
            SourceType = Text(source, "type"),
            SourceSubtype = Text(source, "sub_type"),
            SourcePan = Text(source, "pan"),
            Code = Text(data, "txn_response_code"),
            Message = Text(data, "message"),
            IsLive = Truth(obj, "is_live") == true,
            MadeOn = Text(obj, "created_at") is { Length: >= DayLength } made
                && DateOnly.TryParseExact(made[..DayLength], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
                ? day
                : null,
        };
    }

    private static long? OrderOf(JsonElement obj) => Whole(obj, "order") ?? Whole(Member(obj, "order"), "id");

    private static JsonElement Member(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var found) ? found : default;

    private static string? Text(JsonElement parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static long? Whole(JsonElement parent, string name) => Member(parent, name) switch
    {
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out var whole) => whole,
        { ValueKind: JsonValueKind.String } text
            when long.TryParse(text.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var whole) => whole,
        _ => null,
    };

    private static bool? Truth(JsonElement parent, string name) => Member(parent, name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.String } text when bool.TryParse(text.GetString(), out var truth) => truth,
        _ => null,
    };
}
