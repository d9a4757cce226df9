using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tollgate.Core.Outbound;

namespace Tollgate.Testing.Stripe;

/// <summary>The faults of a request's transport.</summary>
public enum StripeMishap
{
    /// <summary>429 <c>rate_limit</c>, without an effect.</summary>
    RateLimit,

    /// <summary>429 <c>lock_timeout</c>, with the advice to retry, without an effect.</summary>
    LockTimeout,

    /// <summary>500 without an effect, and not stored under the key.</summary>
    ServerError,

    /// <summary>The connection breaks before any effect.</summary>
    Drop,

    /// <summary>The request has its effect, and the connection breaks instead of an answer.</summary>
    LoseAnswer,

    /// <summary>409: another request uses the same key.</summary>
    KeyInUse,

    /// <summary>400: the account's settings do not allow it.</summary>
    Refuse,

    /// <summary>The request has its effect, and the answer comes after a second.</summary>
    Slow,
}

/// <param name="Body">The form-encoded body, unchanged.</param>
public sealed record StripeRequest(
    string Method, string Path, string Query, string Body, string? Key, string? Version, string? Authorization);

/// <summary>
/// Stripe on this machine, over real HTTP. It refuses requests that Stripe's OpenAPI description does not allow, stores its state in
/// <see cref="Books"/>, executes a key once, and causes the faults that a test requests.
/// </summary>
public sealed class StripeDouble : IAsyncDisposable
{
    public const string SecretKey = "sk_test_double0123456789";
    public const string WebhookSecret = "whsec_double0123456789";

    private readonly WebApplication _app;
    private readonly StripeDescription _description;
    private readonly Dictionary<string, (string What, int Status, JsonNode Body)> _keys = [];

    /// <summary>Lets a day pass for idempotency keys.</summary>
    public void ForgetKeys() => _keys.Clear();
    private readonly List<(Func<StripeRequest, bool> When, StripeMishap What)> _mishaps = [];
    private readonly Lock _lock = new();

    private StripeDouble(WebApplication app, string facts)
    {
        _app = app;
        _description = StripeDescription.Load(facts);
        Books = new(facts);
    }

    public Uri Url { get; private set; } = new("http://localhost");

    /// <summary>Stripe's state, and the actions of its customers.</summary>
    public StripeBooks Books { get; }

    /// <summary>Every request, in the order of arrival.</summary>
    public ConcurrentQueue<StripeRequest> Requests { get; } = [];

    /// <summary>Faults of the double itself.</summary>
    public ConcurrentQueue<Exception> Broken { get; } = [];

    public static async Task<StripeDouble> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var stripe = new StripeDouble(app, Path.Combine(AppContext.BaseDirectory, "Stripe", "Facts"));
        app.Run(stripe.RunAsync);
        await app.StartAsync();
        stripe.Url = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return stripe;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>Applies to the next matching request; several are used in order.</summary>
    /// <param name="path">The path of a POST; null: any request.</param>
    public void Next(StripeMishap what, int times = 1, string? path = null) =>
        Next(what, times, request => path is null || (request.Path == path && request.Method == "POST"));

    public void Next(StripeMishap what, int times, Func<StripeRequest, bool> when)
    {
        lock (_lock)
        {
            _mishaps.AddRange(Enumerable.Repeat((when, what), times));
        }
    }

    /// <summary>Posts an event as Stripe does.</summary>
    /// <param name="secret">Null: the double's own.</param>
    /// <param name="at">The time of the signature.</param>
    public static async Task<HttpResponseMessage> SendAsync(
        HttpClient to, string path, JsonObject happened, DateTimeOffset at, string? secret = null)
    {
        var body = Encoding.UTF8.GetBytes(happened.ToJsonString());
        using var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        message.Headers.TryAddWithoutValidation("Stripe-Signature", StripeHooks.Sign(body, secret ?? WebhookSecret, at));
        return await to.SendAsync(message);
    }

    private async Task RunAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var (headers, body) = (context.Request.Headers, await reader.ReadToEndAsync());
        var request = new StripeRequest(
            context.Request.Method, context.Request.Path.Value!, context.Request.QueryString.Value ?? "", body, headers["Idempotency-Key"],
            headers["Stripe-Version"],
            headers.Authorization);
        Requests.Enqueue(request);
        var mishap = MishapOf(request);
        if (mishap == StripeMishap.Drop)
        {
            context.Abort();
            return;
        }

        var (status, answer, advice) = mishap switch
        {
            StripeMishap.RateLimit => Refuse(new(429, "invalid_request_error", "rate_limit", "Request rate limit exceeded."), null),
            StripeMishap.LockTimeout =>
                Refuse(new(429, "invalid_request_error", "lock_timeout", "This object cannot be accessed right now."), "true"),
            StripeMishap.ServerError => Refuse(new(500, "api_error", null, "An unknown error occurred"), null),
            StripeMishap.KeyInUse =>
                Refuse(new(409, "invalid_request_error", "idempotency_key_in_use", "There is currently another in-progress request."),
                    null),
            StripeMishap.Refuse =>
                Refuse(new(400, "invalid_request_error", null, "Your account cannot currently make live charges."), null),
            _ => Once(request, context),
        };
        if (mishap == StripeMishap.LoseAnswer)
        {
            context.Abort();
            return;
        }

        await Task.Delay(mishap == StripeMishap.Slow ? TimeSpan.FromSeconds(1) : TimeSpan.Zero);
        context.Response.StatusCode = status;
        context.Response.Headers["Request-Id"] = "req_double";
        if (advice is not null)
        {
            context.Response.Headers["Stripe-Should-Retry"] = advice;
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.ToJsonString());
    }

    private static (int Status, JsonNode Body, string? Advice) Refuse(StripeFault fault, string? advice) =>
        (fault.Status, fault.ToJson(), advice);

    private StripeMishap? MishapOf(StripeRequest request)
    {
        lock (_lock)
        {
            var at = _mishaps.FindIndex(one => one.When(request));
            if (at < 0)
            {
                return null;
            }

            var what = _mishaps[at].What;
            _mishaps.RemoveAt(at);
            return what;
        }
    }

    /// <summary>Executes a key once: the same request gets the same answer, any other under the key is refused.</summary>
    private (int Status, JsonNode Body, string? Advice) Once(StripeRequest request, HttpContext context)
    {
        lock (_lock)
        {
            var what = $"{request.Path}?{string.Join('&', request.Body.Split('&').Order(StringComparer.Ordinal))}";
            var key = request.Method == "POST" ? request.Key : null;
            if (key is not null && _keys.TryGetValue(key, out var done))
            {
                if (done.What != what)
                {
                    return Refuse(
                        new(400, "idempotency_error", null,
                            "Keys for idempotent requests can only be used with the same parameters they were first used with."), null);
                }

                context.Response.Headers["Idempotent-Replayed"] = "true";
                return (done.Status, done.Body, null);
            }

            try
            {
                var (template, parameters) = Check(request);
                var (status, body) = Do(request.Method, template, parameters);
                if (key is not null)
                {
                    _keys[key] = (what, status, body);
                }

                return (status, body, null);
            }
            catch (StripeFaultException refused)
            {
                // A request that is refused before it begins is not stored under its key.
                return Refuse(refused.Fault, null);
            }
            catch (Exception broken)
            {
                Broken.Enqueue(broken);
                return Refuse(new(500, "api_error", null, broken.Message), "false");
            }
        }
    }

    private (string Template, JsonObject Parameters) Check(StripeRequest request)
    {
        if (request.Authorization != $"Bearer {SecretKey}")
        {
            throw new StripeFaultException(
                new(401, "invalid_request_error", null,
                    $"Invalid API Key provided: {request.Authorization?.Replace("Bearer ", "", StringComparison.Ordinal)}"));
        }

        return request.Version == "2026-10-28.endive"
            ? _description.Check(request.Method, request.Path, request.Query, request.Body)
            : throw new StripeFaultException(StripeFault.Wrong($"Invalid Stripe API version: {request.Version}"));
    }

    private (int Status, JsonNode Body) Do(string method, string template, JsonObject parameters)
    {
        try
        {
            return (200, Books.Do(method, template, parameters));
        }
        catch (StripeFaultException refused) when (refused.Fault.Type == "card_error")
        {
            var body = refused.Fault.ToJson();
            body["error"]!["decline_code"] = refused.Fault.Param;
            body["error"]!["param"] = null;
            body["error"]!["payment_intent"] = Books.LastFailed?.DeepClone();
            return (402, body);
        }
    }
}
