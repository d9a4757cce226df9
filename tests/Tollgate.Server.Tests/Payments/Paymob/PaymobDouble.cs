using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tollgate.Server.Tests.Payments.Paymob;

/// <summary>The fault of the next call of a path.</summary>
public enum PaymobTrouble
{
    /// <summary>Answers 500 without an effect.</summary>
    Fails,

    /// <summary>Does it, and sends no answer.</summary>
    LosesAnswer,

    /// <summary>Does it, and answers 500.</summary>
    FailsAfter,
}

/// <summary>A call that Paymob has received and does not answer yet.</summary>
public sealed class HeldCall
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Arrived => _arrived.Task;

    public void Release() => _released.SetResult();

    internal Task HoldAsync()
    {
        _arrived.SetResult();
        return _released.Task;
    }
}

/// <summary>
/// Paymob on this machine, according to its description: it has its own state, refuses everything that the description does not allow, and
/// signs its callbacks with its own code.
/// </summary>
public sealed partial class PaymobDouble : IAsyncDisposable
{
    public const string SecretKey = "egy_sk_test_7a1f";
    public const string PublicKey = "egy_pk_test_9c2e";
    public const string ApiKey = "ZXlKaGJHY2lPaUpJVXpVeE1pSXNJblI1Y0NJNklrcFhWQ0o5";
    public const string HmacSecret = "C4F0AA7E0D2B4E1B9A77";
    public const long Cards = 4097558;
    public const long Wallets = 4097559;
    public const long LiveCards = 5000001;
    public const long Moto = 4097560;

    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly List<JsonObject> _orders = [];
    private readonly Dictionary<long, JsonObject> _transactions = [];
    private readonly ConcurrentDictionary<string, PaymobTrouble> _troubles = [];
    private readonly ConcurrentDictionary<string, HeldCall> _held = [];
    private string? _bearer;
    private long _last = 192_000_000;

    private PaymobDouble(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    /// <summary>Path and body of every call, in their order.</summary>
    public ConcurrentQueue<(string Path, string Body)> Calls { get; } = [];

    public JsonArray Integrations { get; } = [Cards, Wallets, Moto];

    /// <summary>Saved cards that pay nothing, with the bank's answer.</summary>
    public ConcurrentDictionary<string, string> Declining { get; } = [];

    /// <summary>The credentials that a project sets.</summary>
    public static JsonObject Credentials => new()
    {
        ["secret_key"] = SecretKey, ["public_key"] = PublicKey, ["api_key"] = ApiKey, ["hmac_secret"] = HmacSecret,
        ["integrations"] = string.Create(CultureInfo.InvariantCulture, $"{Cards}, {Wallets}"),
    };

    public static async Task<PaymobDouble> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var paymob = new PaymobDouble(app);
        app.Run(paymob.RunAsync);
        await app.StartAsync();
        paymob.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/";
        return paymob;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>Sets the fault of the next call of that path.</summary>
    public void Next(string path, PaymobTrouble trouble) => _troubles[path] = trouble;

    /// <summary>Holds the next call of that path.</summary>
    public HeldCall Hold(string path) => _held[path] = new();

    public int CallsOf(string path) => Calls.Count(call => call.Path == path);

    /// <summary>Revokes all bearer tokens given so far.</summary>
    public void ForgetTokens()
    {
        lock (_lock)
        {
            _bearer = null;
        }
    }

    private async Task RunAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var (text, path) = (await reader.ReadToEndAsync(), context.Request.Path.Value!);
        Calls.Enqueue((path, text));
        if (_held.TryRemove(path, out var held))
        {
            await held.HoldAsync();
        }

        var hasTrouble = _troubles.TryRemove(path, out var trouble);
        if (hasTrouble && trouble == PaymobTrouble.Fails)
        {
            context.Response.StatusCode = 500;
            await context.Response.WriteAsync("<html>Server Error (500)</html>");
            return;
        }

        (int Status, JsonNode Body) answer;
        lock (_lock)
        {
            answer = Answer(context.Request, path, text.Length == 0 ? null : JsonNode.Parse(text) as JsonObject);
        }

        if (hasTrouble && trouble == PaymobTrouble.LosesAnswer)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = hasTrouble ? 502 : answer.Status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.Body.ToJsonString());
    }

    private (int Status, JsonNode Body) Answer(HttpRequest request, string path, JsonObject? body) => (request.Method, path) switch
    {
        ("POST", "/v1/intention/") => Secretly(request, () => Intend(body)),
        ("POST", "/api/acceptance/void_refund/refund") => Secretly(request, () => Undo(body, isVoid: false)),
        ("POST", "/api/acceptance/void_refund/void") => Secretly(request, () => Undo(body, isVoid: true)),
        ("POST", "/api/acceptance/payments/pay") => PayBySavedCard(body),
        ("POST", "/api/auth/tokens") => Login(body),
        ("POST", "/api/ecommerce/orders/transaction_inquiry") => WithBearer(request, () => Inquire(body)),
        ("GET", _) when path.StartsWith("/api/acceptance/transactions/", StringComparison.Ordinal) => WithBearer(request, () =>
            long.TryParse(path.Split('/')[^1], out var id) && _transactions.TryGetValue(id, out var found)
                ? (200, found.DeepClone())
                : Told(404, "Not found.")),
        ("GET", "/unifiedcheckout/") =>
            request.Query["publicKey"] == PublicKey && _orders.Any(order => Text(order, "client_secret") == request.Query["clientSecret"])
            ? (200, new JsonObject { ["page"] = "checkout" })
            : Told(404, "Not found."),
        _ => Told(404, "Not found."),
    };

    private static (int, JsonNode) Secretly(HttpRequest request, Func<(int, JsonNode)> answer) =>
        request.Headers.Authorization == $"Token {SecretKey}" ? answer() : Told(401, "Authentication credentials were not provided.");

    private (int, JsonNode) WithBearer(HttpRequest request, Func<(int, JsonNode)> answer) =>
        _bearer is not null && request.Headers.Authorization == $"Bearer {_bearer}" ? answer() : Told(401, "incorrect credentials");

    private (int, JsonNode) Login(JsonObject? body)
    {
        if (body is not { Count: 1 } || Text(body, "api_key") != ApiKey)
        {
            return Told(403, "incorrect credentials");
        }

        _bearer ??= Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        return (201, new JsonObject { ["token"] = _bearer, ["profile"] = new JsonObject { ["id"] = 164295 } });
    }

    private (int, JsonNode) Intend(JsonObject? body)
    {
        if (WhyNot(body) is { } refusal)
        {
            return refusal;
        }

        var order = ++_last;
        var secret = "egy_csk_test_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var made = new JsonObject
        {
            ["payment_keys"] = new JsonArray(
                new JsonObject
                {
                    ["integration"] = body!["payment_methods"]![0]!.DeepClone(), ["key"] = $"ZXlK{order}", ["gateway_type"] = "VPC",
                    ["iframe_id"] = null,
                }),
            ["intention_order_id"] = order, ["id"] = $"pi_test_{order:x}", ["client_secret"] = secret,
            ["special_reference"] = Text(body!, "special_reference"),
            ["intention_detail"] = new JsonObject { ["amount"] = body!["amount"]!.DeepClone(), ["currency"] = Text(body, "currency") },
            ["confirmed"] = false, ["status"] = "intended", ["object"] = "paymentintention",
            ["card_tokens"] = body["card_tokens"]?.DeepClone() ?? new JsonArray(),
        };
        _orders.Add((JsonObject)made.DeepClone());
        return (201, made);
    }

    /// <summary>
    /// A payment without the customer: only by an integration for that, and by a card that the intention names. It repeats with each
    /// request.
    /// </summary>
    private (int, JsonNode) PayBySavedCard(JsonObject? body)
    {
        var (source, key) = (body?["source"] as JsonObject, Text(body, "payment_token"));
        var order = _orders.Find(one => Text(one["payment_keys"]![0], "key") == key);
        if (body?.Count != 2 || source?.Count != 2 || Text(source, "subtype") != "TOKEN" || order is null
            || Whole(order["payment_keys"]![0]!["integration"]) != Moto)
        {
            return Told(400, "Invalid data.");
        }

        if (Text(source, "identifier") is not { } token || !order["card_tokens"]!.AsArray().Any(one => one!.GetValue<string>() == token))
        {
            return Told(400, "Invalid card token.");
        }

        var declines = Declining.TryGetValue(token, out var code);
        var id = Pay(Text(order, "client_secret")!, success: !declines, code: code ?? "APPROVED");
        _transactions[id]["integration_id"] = Moto;
        return (200, _transactions[id].DeepClone());
    }

    /// <summary>Returns the refusal of a body that the description does not allow.</summary>
    private (int, JsonNode)? WhyNot(JsonObject? body)
    {
        string[] known = ["amount", "currency", "payment_methods", "items", "billing_data", "customer", "special_reference", "extras",
            "notification_url", "redirection_url", "expiration", "expires_at", "card_tokens"];
        string[] billing = [
            "first_name", "last_name", "email", "phone_number", "apartment", "floor", "street", "building", "shipping_method",
            "postal_code", "city", "country", "state"];
        if (body?.Select(static member => member.Key).FirstOrDefault(name => !known.Contains(name)) is { } unknown)
        {
            return (400, new JsonObject { [unknown] = new JsonArray("Unknown field.") });
        }

        if (Whole(body?["amount"]) is not > 0)
        {
            return (400, new JsonObject { ["amount"] = new JsonArray("A valid integer is required.") });
        }

        if (body!["items"] is JsonArray items
            && (items.Any(static item => Text(item!, "name") is not { Length: > 0 and <= 50 } || Whole(item!["quantity"]) is not > 0)
                || items.Sum(static item => Whole(item!["amount"]) * Whole(item["quantity"])) != Whole(body["amount"])))
        {
            return (400, new JsonObject { ["code"] = "unmatched_item_prices" });
        }

        if (body["payment_methods"] is not JsonArray { Count: > 0 } methods
            || methods.Any(method => !Integrations.Any(one => JsonNode.DeepEquals(one, method))) || Text(body, "currency") != "EGP")
        {
            return Told(404, "Integration ID/Name does not exist in our system");
        }

        if (billing.Take(4).FirstOrDefault(field => Text(body["billing_data"], field) is not { Length: > 0 }) is { } missing)
        {
            return (400, new JsonObject { ["billing_data"] = new JsonObject { [missing] = new JsonArray("This field is required.") } });
        }

        if (body["billing_data"]!.AsObject().Any(member => !billing.Contains(member.Key)) || Whole(body["expiration"]) is <= 0
            || (body["redirection_url"] is { } page && !Uri.TryCreate(page.GetValue<string>(), UriKind.Absolute, out _)))
        {
            return Told(400, "Invalid data.");
        }

        return Text(body, "special_reference") is { } reference && _orders.Any(order => Text(order, "special_reference") == reference)
            ? (400, new JsonObject { ["special_reference"] = new JsonArray("Intention with this special reference already exists.") })
            : null;
    }

    private (int, JsonNode) Inquire(JsonObject? body)
    {
        var found = _transactions.Values.LastOrDefault(one => !IsTrue(one["has_parent_transaction"])
            && Text(one["order"], "merchant_order_id") == Text(body, "merchant_order_id"));
        return body is { Count: 1 } && found is not null ? (200, found.DeepClone()) : Told(404, "Not found.");
    }

    private (int, JsonNode) Undo(JsonObject? body, bool isVoid)
    {
        if (body?.Count != (isVoid ? 1 : 2) || Whole(body["transaction_id"]) is not { } id || !_transactions.TryGetValue(id, out var paid))
        {
            return Told(404, "Transaction not found.");
        }

        var (whole, gone) = (Whole(paid["amount_cents"])!.Value, Whole(paid["refunded_amount_cents"])!.Value);
        var amount = isVoid ? whole : Whole(body["amount_cents"]) ?? 0;
        if (!IsTrue(paid["success"]) || IsTrue(paid["is_voided"]) || amount <= 0 || gone + amount > whole
            || (isVoid && (gone > 0 || IsSettled)))
        {
            return Told(400, isVoid ? "Transaction cannot be voided." : "Full Amount has been already refunded");
        }

        var child = (JsonObject)paid.DeepClone();
        (child["id"], child["amount_cents"], child["has_parent_transaction"], child["parent_transaction"]) = (++_last, amount, true, id);
        (child[isVoid ? "is_void" : "is_refund"], child["is_refunded"], child["refunded_amount_cents"]) = (true, false, 0);
        (child["pending"], child["success"]) = (UndoesSlowly, !UndoesSlowly);
        _transactions.Add(_last, child);
        paid[isVoid ? "is_voided" : "is_refunded"] = true;
        paid["refunded_amount_cents"] = isVoid ? 0 : gone + amount;
        return (200, child.DeepClone());
    }

    private static (int, JsonNode) Told(int status, string detail) => (status, new JsonObject { ["detail"] = detail });

    private static string? Text(JsonNode? parent, string name) =>
        parent is JsonObject known && known[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static long? Whole(JsonNode? node) =>
        long.TryParse(node?.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : null;

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue<bool>(out var truth) && truth;
}
