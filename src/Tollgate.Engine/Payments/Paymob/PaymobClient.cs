using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Tollgate.Core;
using Tollgate.Core.Money;
using Tollgate.Core.Payments.Paymob;

namespace Tollgate.Engine.Payments.Paymob;

/// <param name="Home">The address of a test double instead of Paymob's own hosts. Null: Paymob's own.</param>
/// <param name="Callbacks">The address at which callbacks reach this server. Null: as set in the merchant's dashboard.</param>
public sealed record PaymobOptions(Uri? Home, Uri? Callbacks = null)
{
    public static readonly PaymobOptions Default = new(Home: null);
}

/// <summary>The known data of the payer.</summary>
public sealed record PaymobCustomer(string? Name, string? Email);

/// <summary>An amount for a customer to pay, as Paymob receives it.</summary>
/// <param name="Reference">Unique among all of the merchant's orders: Paymob refuses a second one with the same name.</param>
/// <param name="Integrations">The ways to pay.</param>
/// <param name="Lifetime">The time within which it can be paid.</param>
/// <param name="ReturnTo">The address to which Paymob sends the customer after a payment or a decline; null: as set in the
/// integration.</param>
public sealed record PaymobIntentionOrder(
    string Reference, MoneyAmount Amount, string Description, PaymobCustomer Customer, IReadOnlyList<long> Integrations, TimeSpan Lifetime,
    Uri? ReturnTo = null)
{
    /// <summary>The saved card to charge; null: the customer chooses on the page.</summary>
    public string? CardToken { get; init; }
}

/// <param name="Order">The order that its transactions name.</param>
/// <param name="ClientSecret">Opens the checkout page.</param>
/// <param name="PaymentKey">Pays it by the first of its integrations, without a page.</param>
public sealed record PaymobIntention(string Id, long Order, string ClientSecret, string? PaymentKey);

/// <summary>The result of a call.</summary>
/// <param name="Refusal">Null: Paymob did it. Otherwise the reason, in Paymob's words.</param>
public sealed record PaymobAnswer<T>(T? Value, string? Refusal)
    where T : class;

/// <summary>
/// Calls to Paymob. An answer is a statement of Paymob about the call. Everything else is null: no connection, a timeout, a fault at
/// Paymob, a body that is not JSON. The call may then have had an effect or not. Keys are never in messages and logs.
/// </summary>
/// <remarks>https://developers.paymob.com/egypt/api-reference-guide</remarks>
public sealed class PaymobClient(PaymobOptions options, ILogger<PaymobClient> log) : IDisposable
{
    /// <summary>Shorter than the time after which Tollgate queries a payment, so that no query overtakes a running request.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private const int LargestAnswer = 1024 * 1024;

    private const int LongestRefusal = 500;

    /// <summary>The longest description that the customer reads next to the amount.</summary>
    private const int LongestName = 50;

    private const string Unknown = "NA";

    private readonly HttpClient _http = new(new SocketsHttpHandler 
    {
        AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxConnectionsPerServer = PaymentOptions.MostConnections,
    })
    {
        Timeout = Timeout,
        MaxResponseContentBufferSize = LargestAnswer,
    };

    private readonly PaymobBearers _bearers = new();

    public void Dispose() => _http.Dispose();

    /// <summary>The page on which the customer pays an intention.</summary>
    public Uri PageOf(PaymobAccount account, PaymobIntention intention) => new(
        Home(account),
        $"unifiedcheckout/?publicKey={Uri.EscapeDataString(account.PublicKey)}&clientSecret={Uri.EscapeDataString(intention.ClientSecret)}");

    public async Task<PaymobAnswer<PaymobIntention>?> IntendAsync(
        PaymobAccount account, PaymobIntentionOrder order, CancellationToken cancel)
    {
        if (await SendAsync(account, HttpMethod.Post, "v1/intention/", BodyOf(order), TokenOf(account), cancel) is not { } reply)
        {
            return null;
        }

        if (!reply.IsGood)
        {
            return new(null, reply.Refusal);
        }

        var body = reply.Body;
        return Text(body, "id") is { } id && Text(body, "client_secret") is { } secret
            && body.TryGetProperty("intention_order_id", out var number)
            && number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out var made)
                ? new(new(id, made, secret, PaymentKeyOf(body)), null)
                : null;
    }

    /// <summary>Pays an intention by a saved card. The key authorises the payment; a repeat is not safe.</summary>
    public async Task<PaymobAnswer<PaymobTransaction>?> PayAsync(
        PaymobAccount account, string paymentKey, string cardToken, CancellationToken cancel)
    {
        var body =
            new JsonObject
            {
                ["source"] = new JsonObject { ["identifier"] = cardToken, ["subtype"] = "TOKEN" }, ["payment_token"] = paymentKey,
            };
        return await SendAsync(account, HttpMethod.Post, "api/acceptance/payments/pay", body, null, cancel) is { } reply
            ? Read(reply)
            : null;
    }

    /// <summary>Returns the transaction of a reference: the last one, if there were several attempts.</summary>
    /// <returns>A refusal: Paymob knows none.</returns>
    public Task<PaymobAnswer<PaymobTransaction>?> InquireAsync(PaymobAccount account, string reference, CancellationToken cancel) =>
        LookUpAsync(
            account, HttpMethod.Post, "api/ecommerce/orders/transaction_inquiry", new JsonObject { ["merchant_order_id"] = reference },
            cancel);

    public Task<PaymobAnswer<PaymobTransaction>?> FindAsync(PaymobAccount account, long transaction, CancellationToken cancel) =>
        LookUpAsync(account, HttpMethod.Get, FormattableString.Invariant($"api/acceptance/transactions/{transaction}"), null, cancel);

    /// <summary>Paymob has no idempotency keys: before a repeat, the caller checks the refunds made so far.</summary>
    /// <returns>The transaction of the refund itself.</returns>
    public Task<PaymobAnswer<PaymobTransaction>?> RefundAsync(
        PaymobAccount account, long transaction, MoneyAmount amount, CancellationToken cancel) =>
        MoveAsync(
            account, "api/acceptance/void_refund/refund",
            new JsonObject { ["transaction_id"] = transaction, ["amount_cents"] = amount.Minor }, cancel);

    /// <summary>Voids a card payment of the same business day, before it is settled.</summary>
    public Task<PaymobAnswer<PaymobTransaction>?> VoidAsync(PaymobAccount account, long transaction, CancellationToken cancel) =>
        MoveAsync(account, "api/acceptance/void_refund/void", new JsonObject { ["transaction_id"] = transaction }, cancel);

    private JsonObject BodyOf(PaymobIntentionOrder order)
    {
        var name = WellFormed.Cut(order.Description, LongestName);
        var body = new JsonObject
        {
            ["amount"] = order.Amount.Minor,
            ["currency"] = order.Amount.Currency.Code,
            ["payment_methods"] = new JsonArray([.. order.Integrations.Select(static id => JsonValue.Create(id))]),
            ["items"] = new JsonArray(new JsonObject { ["name"] = name, ["amount"] = order.Amount.Minor, ["quantity"] = 1 }),
            ["billing_data"] = BillingOf(order.Customer),
            ["special_reference"] = order.Reference,
            ["expiration"] = (long)order.Lifetime.TotalSeconds,
        };
        if (options.Callbacks is { } callbacks)
        {
            body["notification_url"] = callbacks.AbsoluteUri;
        }

        if (order.CardToken is { } token)
        {
            body["card_tokens"] = new JsonArray(token);
        }

        if (order.ReturnTo is { } page)
        {
            body["redirection_url"] = page.AbsoluteUri;
        }

        return body;
    }

    private static string? PaymentKeyOf(JsonElement intention) =>
        intention.TryGetProperty("payment_keys", out var keys) && keys.ValueKind == JsonValueKind.Array && keys.GetArrayLength() > 0
            ? Text(keys[0], "key")
            : null;

    /// <summary>Paymob requires every field, and accepts <c>NA</c> for unknown ones.</summary>
    private static JsonObject BillingOf(PaymobCustomer customer)
    {
        var names = (customer.Name ?? "").Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var billing = new JsonObject
        {
            ["first_name"] = names.ElementAtOrDefault(0) ?? Unknown,
            ["last_name"] = names.ElementAtOrDefault(1) ?? Unknown,
            ["email"] = customer.Email ?? Unknown,
        };
        foreach (var field in (string[])[
            "phone_number", "apartment", "floor", "street", "building", "shipping_method", "postal_code", "city", "country", "state"])
        {
            billing[field] = Unknown;
        }

        return billing;
    }

    private async Task<PaymobAnswer<PaymobTransaction>?> LookUpAsync(
        PaymobAccount account, HttpMethod method, string path, JsonObject? body, CancellationToken cancel)
    {
        // If Paymob revoked a token early, a new one is requested, once.
        for (var isSecond = false; ; isSecond = true)
        {
            if (await BearerAsync(account, isSecond, cancel) is not { } bearer
                || await SendAsync(account, method, path, body, new("Bearer", bearer), cancel) is not { } reply)
            {
                return null;
            }

            if (reply.Status != HttpStatusCode.Unauthorized || isSecond)
            {
                return reply.Status == HttpStatusCode.Unauthorized ? null : Read(reply);
            }
        }
    }

    /// <summary>Returns a bearer token, valid for an hour.</summary>
    /// <returns>Null: Paymob gave none.</returns>
    private async Task<string?> BearerAsync(PaymobAccount account, bool isAnew, CancellationToken cancel)
    {
        if (!isAnew && _bearers.Find(account) is { } known)
        {
            return known;
        }

        var reply = await SendAsync(
            account, HttpMethod.Post, "api/auth/tokens", new JsonObject { ["api_key"] = account.ApiKey }, null, cancel);
        if (reply is not { IsGood: true } good || Text(good.Body, "token") is not { Length: > 0 } token)
        {
            log.LogError("Paymob issued no token for the API key of {Account}: {Reason}", account, reply?.Refusal ?? "no answer");
            return null;
        }

        _bearers.Keep(account, token);
        return token;
    }

    /// <summary>A refusal of the keys tells nothing about the payment, so it counts as no answer.</summary>
    private async Task<PaymobAnswer<PaymobTransaction>?> MoveAsync(
        PaymobAccount account, string path, JsonObject body, CancellationToken cancel)
    {
        var reply = await SendAsync(account, HttpMethod.Post, path, body, TokenOf(account), cancel);
        if (reply is not { Status: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden })
        {
            return reply is null ? null : Read(reply);
        }

        log.LogError("Paymob does not accept the secret key of {Account}: {Reason}", account, reply.Refusal);
        return null;
    }

    private static PaymobAnswer<PaymobTransaction>? Read(Reply reply) =>
        !reply.IsGood ? new(null, reply.Refusal)
        : PaymobTransaction.Read(reply.Body) is { } transaction ? new(transaction, null)
        : null;

    private async Task<Reply?> SendAsync(
        PaymobAccount account, HttpMethod method, string path, JsonObject? body, AuthenticationHeaderValue? authorization,
        CancellationToken cancel)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(Home(account), path));
            request.Headers.Authorization = authorization;
            request.Content = body is null ? null : new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json"));
            using var answer = await _http.SendAsync(request, cancel);
            if (answer.StatusCode is >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests
                or HttpStatusCode.RequestTimeout)
            {
                log.LogWarning("Paymob answered {Path} with {Status}", path, (int)answer.StatusCode);
                return null;
            }

            using var read = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancel));
            return new(answer.StatusCode, read.RootElement.Clone());
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            log.LogWarning(
                "No answer of Paymob to {Path}: {Reason}", path,
                e is OperationCanceledException ? $"none in {Timeout.TotalSeconds} seconds" : e.Message);
            return null;
        }
    }

    private Uri Home(PaymobAccount account) => options.Home ?? account.Country.Home;

    private static AuthenticationHeaderValue TokenOf(PaymobAccount account) => new("Token", account.SecretKey);

    internal static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.String
            ? found.GetString()
            : null;

    /// <summary>Paymob's response to a call.</summary>
    private sealed record Reply(HttpStatusCode Status, JsonElement Body)
    {
        public bool IsGood => (int)Status is >= 200 and <= 299;

        /// <summary>The one sentence if there is one, else all faults that Paymob found.</summary>
        public string Refusal
        {
            get
            {
                var text = Text(Body, "detail") ?? Text(Body, "message") ?? Text(Body, "code") ?? Body.GetRawText();
                return $"{(int)Status}: {WellFormed.Cut(text, LongestRefusal)}";
            }
        }
    }

    /// <summary>The bearer tokens for look-ups, by API key.</summary>
    private sealed class PaymobBearers
    {
        /// <summary>Tokens are valid for 60 minutes.</summary>
        private static readonly TimeSpan Life = TimeSpan.FromMinutes(50);

        private const int Most = 1_000;

        private readonly Lock _lock = new();
        private readonly Dictionary<string, (string Token, long From)> _byKey = new(StringComparer.Ordinal);

        public string? Find(PaymobAccount account)
        {
            lock (_lock)
            {
                return _byKey.TryGetValue(account.ApiKey, out var kept) && Stopwatch.GetElapsedTime(kept.From) < Life ? kept.Token : null;
            }
        }

        public void Keep(PaymobAccount account, string token)
        {
            lock (_lock)
            {
                if (_byKey.Count >= Most)
                {
                    _byKey.Clear();
                }

                _byKey[account.ApiKey] = (token, Stopwatch.GetTimestamp());
            }
        }
    }
}
