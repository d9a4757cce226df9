using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tollgate.Chaos.Client;

/// <summary>
/// A caller that speaks plain HTTP and JSON as <c>API.md</c> promises it, sharing no code with the server. It never throws for a failure of
/// a server or a network; it returns what it knows.
/// </summary>
public sealed class GateClient : IDisposable
{
    /// <summary>Longer than any correct answer takes, shorter than a hanging test.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http;
    private readonly string? _key;
    private readonly string? _project;

    /// <param name="project">With the server's admin key: the project to use.</param>
    public GateClient(Uri server, string? key, string? project = null)
    {
        // A connection to a killed server must fail soon, and 512 callers need 512 connections.
        _http = new HttpClient(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = 512,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
            AllowAutoRedirect = false,
        })
        {
            BaseAddress = server,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _key = key;
        _project = project;
    }

    public Uri Server => _http.BaseAddress!;

    public Task<Answer> ConsumeAsync(string customer, string feature, decimal amount, string? id = null) =>
        PostAsync("/v1/consume", With(new JsonObject { ["customer"] = customer, ["feature"] = feature, ["amount"] = amount }, id));

    public Task<Answer> ReserveAsync(string customer, IReadOnlyDictionary<string, decimal> amounts, int ttlSeconds, string? id = null)
    {
        var body = new JsonObject { ["customer"] = customer, ["ttl_seconds"] = ttlSeconds };
        body["amounts"] = new JsonObject(amounts.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        return PostAsync("/v1/reservations", With(body, id));
    }

    public Task<Answer> SettleAsync(string hold, IReadOnlyDictionary<string, decimal> amounts) =>
        PostAsync($"/v1/reservations/{Uri.EscapeDataString(hold)}/settle", new JsonObject
        {
            ["amounts"] = new JsonObject(amounts.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
        });

    public Task<Answer> ReleaseAsync(string hold) => SendAsync(HttpMethod.Delete, $"/v1/reservations/{Uri.EscapeDataString(hold)}", null);

    public Task<Answer> RecordAsync(JsonNode events) => PostAsync("/v1/events", events);

    public Task<Answer> UsageAsync(string customer) =>
        SendAsync(HttpMethod.Get, $"/v1/customers/{Uri.EscapeDataString(customer)}/usage", null);

    public Task<Answer> AssignPlanAsync(string customer, string plan) =>
        SendAsync(HttpMethod.Put, $"/v1/customers/{Uri.EscapeDataString(customer)}/plan", Json(new JsonObject { ["plan"] = plan }));

    public Task<Answer> PostAsync(string path, JsonNode body, string? idempotencyKey = null) =>
        SendAsync(HttpMethod.Post, path, Json(body), idempotencyKey: idempotencyKey);

    /// <summary>Sends anything. <paramref name="patience"/> bounds the wait for the whole answer.</summary>
    public async Task<Answer> SendAsync(
        HttpMethod method, string path, HttpContent? content, string? idempotencyKey = null, TimeSpan? patience = null,
        CancellationToken cancel = default)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (_key is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {_key}");
        }

        if (_project is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Project", _project);
        }

        if (idempotencyKey is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(patience ?? Patience);
        var invoked = Stopwatch.GetTimestamp();
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, limit.Token);
            var text = await response.Content.ReadAsStringAsync(limit.Token);
            return new Answer((int)response.StatusCode, Parse(text), invoked, Stopwatch.GetTimestamp())
            {
                Text = text,
                RetryAfter = response.Headers.TryGetValues("Retry-After", out var after) ? after.First() : null,
                ReplayedWhole = response.Headers.TryGetValues("Idempotent-Replayed", out var replayed) && replayed.First() == "true",
            };
        }
        catch (Exception lost) when (lost is HttpRequestException or OperationCanceledException or IOException)
        {
            return new Answer(0, default, invoked, Stopwatch.GetTimestamp()) { Text = $"{lost.GetType().Name}: {lost.Message}" };
        }
    }

    public static HttpContent Json(JsonNode body) => Raw(body.ToJsonString(), "application/json");

    public static HttpContent Raw(string body, string mediaType)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return content;
    }

    public void Dispose() => _http.Dispose();

    private static JsonObject With(JsonObject body, string? id)
    {
        if (id is not null)
        {
            body["id"] = id;
        }

        return body;
    }

    private static JsonElement Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // No JSON (an empty 204, Prometheus text): the caller has the text.
            return default;
        }
    }
}
