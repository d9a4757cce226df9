using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tollgate.Core.Payments.Stripe;

namespace Tollgate.Engine.Payments.Stripe;

/// <param name="Url">The address of Stripe's API. Default https://api.stripe.com; another one for tests.</param>
/// <param name="Timeout">The time limit of one try. Default 20 seconds.</param>
public sealed record StripeOptions(Uri Url, TimeSpan Timeout)
{
    /// <summary>The API version of the requests. Events have the version of their endpoint.</summary>
    public const string Version = "2026-10-28.endive";

    public const string UrlVariable = "TOLLGATE_STRIPE_URL";

    public static readonly StripeOptions Default = new(new("https://api.stripe.com"), TimeSpan.FromSeconds(20));
}

public enum StripeOutcome
{
    Done,
    Refused,

    /// <summary>
    /// No answer arrived, or one without content: the call may have had an effect. A repeat with the same key has none of its own.
    /// </summary>
    NoAnswer,
}

/// <param name="Body">For <see cref="StripeOutcome.Done"/>: the object.</param>
/// <param name="Error">For <see cref="StripeOutcome.Refused"/>.</param>
public sealed record StripeAnswer(StripeOutcome Outcome, JsonElement Body = default, StripeError? Error = null);

/// <summary>
/// Calls Stripe's REST API: form-encoded, with the version and the caller's idempotency key; it retries if that is safe. Stripe's refusals
/// are values, not exceptions; keys are in no log and no message.
/// </summary>
/// <remarks>Stripe's own library for .NET (Stripe.net) would replace it; it does not restore here.</remarks>
public sealed class StripeClient : IDisposable
{
    /// <summary>Lists of 100 with everything expanded are far smaller.</summary>
    private const int LongestAnswer = 16 * 1024 * 1024;

    private static readonly TimeSpan ConnectionLife = TimeSpan.FromMinutes(5);

    private readonly HttpClient _http;
    private readonly StripeOptions _options;
    private readonly ILogger<StripeClient> _log;
    private readonly Func<TimeSpan, CancellationToken, Task> _pause;

    /// <param name="pause">Null: real time.</param>
    public StripeClient(StripeOptions options, ILogger<StripeClient> log, Func<TimeSpan, CancellationToken, Task>? pause = null)
    {
        (_options, _log, _pause) = (options, log, pause ?? Task.Delay);
        _http = new(new SocketsHttpHandler 
        {
            AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = ConnectionLife,
            MaxConnectionsPerServer = PaymentOptions.MostConnections,
        })
        {
            BaseAddress = options.Url,
            Timeout = options.Timeout,
            MaxResponseContentBufferSize = LongestAnswer,
        };
    }

    public void Dispose() => _http.Dispose();

    /// <param name="secret">The project's secret key.</param>
    /// <param name="path">For example <c>/v1/payment_intents</c>. The caller escapes the parts that come from outside.</param>
    public Task<StripeAnswer> GetAsync(string secret, string path, StripeForm? query, CancellationToken cancel) =>
        SendAsync(secret, () => new(HttpMethod.Get, query is null or { IsEmpty: true } ? path : $"{path}?{query.Encode()}"), cancel);

    /// <param name="key">Idempotency key: for at least 24 hours, Stripe acts once and repeats the first answer. Null: a repeat may act
    /// again.</param>
    public Task<StripeAnswer> PostAsync(string secret, string path, StripeForm form, string? key, CancellationToken cancel) => SendAsync(
        secret,
        () =>
        {
            var message = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new StringContent(form.Encode(), Encoding.ASCII, "application/x-www-form-urlencoded"),
            };
            message.Content.Headers.ContentType!.CharSet = null;
            if (key is not null)
            {
                message.Headers.Add("Idempotency-Key", key);
            }

            return message;
        },
        cancel);

    public Task<StripeAnswer> DeleteAsync(string secret, string path, StripeForm? query, CancellationToken cancel) =>
        SendAsync(secret, () => new(HttpMethod.Delete, query is null or { IsEmpty: true } ? path : $"{path}?{query.Encode()}"), cancel);

    private async Task<StripeAnswer> SendAsync(string secret, Func<HttpRequestMessage> make, CancellationToken cancel)
    {
        for (var failed = 1; ; failed++)
        {
            using var message = make();
            message.Headers.Authorization = new("Bearer", secret);
            message.Headers.Add("Stripe-Version", StripeOptions.Version);
            message.Headers.UserAgent.Add(new ProductInfoHeaderValue("Tollgate", "1"));
            var (status, advice, body, why) = await TryAsync(message, cancel);
            if (failed <= StripeRules.Retries && StripeRules.IsAskedAgain(status, advice))
            {
                await _pause(StripeRules.PauseAfter(failed, Random.Shared.Next(1_001)), cancel);
                continue;
            }

            return Read(secret, message, status, body, why);
        }
    }

    private async Task<(int? Status, string? Advice, byte[] Body, string? Why)> TryAsync(HttpRequestMessage message,
        CancellationToken cancel)
    {
        try
        {
            using var answer = await _http.SendAsync(message, HttpCompletionOption.ResponseContentRead, cancel);
            var advice = answer.Headers.TryGetValues("Stripe-Should-Retry", out var values) ? values.First() : null;
            return ((int)answer.StatusCode, advice, await answer.Content.ReadAsByteArrayAsync(cancel), null);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (null, null, [], $"no answer within {_options.Timeout.TotalSeconds} seconds");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (null, null, [], e.Message);
        }
    }

    private StripeAnswer Read(string secret, HttpRequestMessage message, int? status, byte[] body, string? why)
    {
        var path = message.RequestUri!.IsAbsoluteUri ? message.RequestUri.AbsolutePath : message.RequestUri.OriginalString.Split('?')[0];
        var json = Parse(body);
        if (StripeRules.IsNoAnswer(status))
        {
            _log.LogWarning(
                "Stripe did not answer {Method} {Path}: {Status} {Why}", message.Method, path, status,
                why ?? Hidden(secret, MessageOf(json)));
            return new(StripeOutcome.NoAnswer);
        }

        if (status is >= 200 and < 300)
        {
            // An unreadable answer counts as none: the object may exist.
            return json is { ValueKind: JsonValueKind.Object } done ? new(StripeOutcome.Done, done) : new(StripeOutcome.NoAnswer);
        }

        var error = ErrorOf(secret, status!.Value, json);
        _log.LogInformation("Stripe refused {Method} {Path}: {Error}", message.Method, path, error);
        return new(StripeOutcome.Refused, default, error);
    }

    private static StripeError ErrorOf(string secret, int status, JsonElement? json)
    {
        if (json is not { ValueKind: JsonValueKind.Object } body || body.Child("error") is not { ValueKind: JsonValueKind.Object } error)
        {
            return new(status, "unknown");
        }

        return new(
            status, error.Text("type") ?? "unknown", error.Text("code"), error.Text("decline_code"), Hidden(secret, error.Text("message")),
            error.Text("param"),
            error.Child("payment_intent")?.Text("id"));
    }

    private static string? MessageOf(JsonElement? json) => json?.Child("error")?.Text("message");

    private static string? Hidden(string secret, string? text) => text?.Replace(secret, "…", StringComparison.Ordinal);

    private static JsonElement? Parse(byte[] body)
    {
        try
        {
            return JsonElement.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
