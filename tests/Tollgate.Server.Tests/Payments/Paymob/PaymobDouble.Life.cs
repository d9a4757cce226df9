using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Tests.Payments.Paymob;

/// <summary>The actions of customers and the merchant at Paymob, and its callbacks about them.</summary>
public sealed partial class PaymobDouble
{
    private static readonly string[] Signed =
    [
        "amount_cents", "created_at", "currency", "error_occured", "has_parent_transaction", "id", "integration_id", "is_3d_secure",
        "is_auth", "is_capture",
        "is_refunded", "is_standalone_payment", "is_voided", "order.id", "owner", "pending", "source_data.pan", "source_data.sub_type",
        "source_data.type", "success",
    ];

    private static readonly string[] SignedOfToken = [
        "card_subtype", "created_at", "email", "id", "masked_pan", "merchant_id", "order_id", "token"];

    /// <summary>True after Paymob's business day: no payment can be voided any more.</summary>
    public bool IsSettled { get; set; } = true;

    /// <summary>True if refunds are accepted, and done later.</summary>
    public bool UndoesSlowly { get; set; }

    /// <summary>A customer tries to pay an order on its page.</summary>
    /// <param name="clientSecret">The value in the page's address.</param>
    /// <returns>The transaction.</returns>
    public long Pay(string clientSecret, bool success = true, string code = "APPROVED", long? amount = null, bool isPending = false)
    {
        lock (_lock)
        {
            var order = _orders.Single(one => Text(one, "client_secret") == clientSecret);
            var (id, asked) = (++_last, amount ?? Whole(order["intention_detail"]!["amount"])!.Value);
            _transactions.Add(id, new JsonObject
            {
                ["id"] = id, ["pending"] = isPending, ["amount_cents"] = asked, ["success"] = success && !isPending, ["is_auth"] = false,
                ["is_capture"] = false,
                ["is_standalone_payment"] = true, ["is_voided"] = false, ["is_refunded"] = false, ["is_3d_secure"] = true,
                ["integration_id"] = Cards,
                ["profile_id"] = 164295, ["has_parent_transaction"] = false, ["parent_transaction"] = null,
                ["order"] = new JsonObject
                {
                    ["id"] = Whole(order["intention_order_id"]), ["merchant_order_id"] = Text(order, "special_reference"),
                    ["paid_amount_cents"] = success ? asked : 0,
                },
                ["created_at"] = TimeZoneInfo.ConvertTime(
                    TimeProvider.System.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById("Africa/Cairo"))
                    .ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture),
                ["currency"] = Text(order["intention_detail"], "currency"), ["error_occured"] = false, ["owner"] = 302852,
                ["is_live"] = false,
                ["source_data"] = new JsonObject { ["pan"] = "2346", ["type"] = "card", ["sub_type"] = "MasterCard" },
                ["is_void"] = false, ["is_refund"] = false, ["is_captured"] = false, ["refunded_amount_cents"] = 0,
                ["data"] = new JsonObject { ["txn_response_code"] = code, ["message"] = success ? "Approved" : "Declined" },
            });
            return id;
        }
    }

    /// <summary>The name of an order.</summary>
    public string ReferenceOf(string clientSecret)
    {
        lock (_lock)
        {
            return Text(_orders.Single(one => Text(one, "client_secret") == clientSecret), "special_reference")!;
        }
    }

    /// <summary>Ends a pending transaction.</summary>
    public void Finish(long transaction, bool success = true)
    {
        lock (_lock)
        {
            (_transactions[transaction]["pending"], _transactions[transaction]["success"]) = (false, success);
        }
    }

    /// <summary>The merchant refunds money in Paymob's dashboard.</summary>
    /// <returns>The refund's transaction.</returns>
    public long RefundInDashboard(long transaction, long amount)
    {
        lock (_lock)
        {
            var (status, body) = Undo(new JsonObject { ["transaction_id"] = transaction, ["amount_cents"] = amount }, isVoid: false);
            status.ShouldBe(200, body.ToJsonString());
            return Whole(body["id"])!.Value;
        }
    }

    public JsonObject Transaction(long id)
    {
        lock (_lock)
        {
            return (JsonObject)JsonNode.Parse(_transactions[id].ToJsonString())!;
        }
    }

    /// <summary>The refunds and voids of a transaction, in order.</summary>
    public IReadOnlyList<long> ChildrenOf(long transaction)
    {
        lock (_lock)
        {
            return [.. _transactions.Values.Where(one => Whole(one["parent_transaction"]) == transaction)
                .Select(static one => Whole(one["id"])!.Value)];
        }
    }

    /// <summary>The processed callback of a transaction as it is now: query and body.</summary>
    public (string Query, string Body) CallbackOf(long transaction, string secret = HmacSecret) =>
        CallbackOf(Transaction(transaction), secret);

    public static (string Query, string Body) CallbackOf(JsonObject transaction, string secret = HmacSecret) =>
        ("?hmac=" + Sign(secret, transaction, Signed),
            new JsonObject { ["type"] = "TRANSACTION", ["obj"] = transaction.DeepClone() }.ToJsonString());

    /// <summary>The response callback, through the customer's browser.</summary>
    public string RedirectOf(long transaction)
    {
        var told = Transaction(transaction);
        var values = Signed.Select(name => $"{(name == "order.id" ? "order" : name)}={Uri.EscapeDataString(ValueOf(told, name))}");
        return "?" + string.Join('&', values) + "&hmac=" + Sign(HmacSecret, told, Signed);
    }

    /// <summary>The callback of a card that was saved with a payment.</summary>
    public (string Query, string Body) CardOf(long transaction, string token)
    {
        var card = new JsonObject
        {
            ["id"] = 8555026, ["token"] = token, ["masked_pan"] = "xxxx-xxxx-xxxx-2346", ["merchant_id"] = 164295,
            ["card_subtype"] = "MasterCard",
            ["created_at"] = "2024-11-13T12:32:23.859982", ["email"] = "jane@example.com",
            ["order_id"] = Transaction(transaction)["order"]!["id"]!.GetValue<long>().ToString(CultureInfo.InvariantCulture),
        };
        return ("?hmac=" + Sign(HmacSecret, card, SignedOfToken), new JsonObject { ["type"] = "TOKEN", ["obj"] = card }.ToJsonString());
    }

    /// <summary>The callback that Paymob would send for a plan that it renews automatically.</summary>
    public static string SubscriptionOf(string trigger, long subscription) => new JsonObject
    {
        ["paymob_request_id"] = "df9e4ecf-12e0-4925-b258-65423f32bc98", ["subscription_data"] = new JsonObject { ["id"] = subscription },
        ["trigger_type"] = trigger,
        ["hmac"] = Digest(HmacSecret, string.Create(CultureInfo.InvariantCulture, $"{trigger}for{subscription}")),
    }.ToJsonString();

    private static string Sign(string secret, JsonObject values, string[] names) =>
        Digest(secret, string.Concat(names.Select(name => ValueOf(values, name))));

    private static string ValueOf(JsonObject values, string path)
    {
        JsonNode? node = values;
        foreach (var name in path.Split('.'))
        {
            node = node?[name];
        }

        return node is null ? ""
            : node.GetValueKind() == System.Text.Json.JsonValueKind.String ? node.GetValue<string>()
            : node.ToJsonString();
    }

    private static string Digest(string secret, string text) =>
        Convert.ToHexStringLower(HMACSHA512.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text)));
}
