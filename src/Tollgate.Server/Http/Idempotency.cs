using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Tollgate.Contracts.Http;
using Tollgate.Core.Customers;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>
/// The header <c>Idempotency-Key</c> on POST and PATCH: Tollgate stores the first answer, and every repeat of the same request gets it
/// again, byte for byte, with <c>Idempotent-Replayed: true</c>.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>It reads the whole body and hashes it with method, path and query.</item>
/// <item>It claims the key with a lease. The key of another request: 409. The same request still runs: it waits at most two seconds, then
/// 409.</item>
/// <item>It runs the endpoint and buffers the answer.</item>
/// <item>It stores the answer, or releases the claim if the request had no effect; then it sends the answer.</item>
/// </list>
/// consume, reservations and events bypass it: there the header is the default of the event's id, which a unique key protects
/// (<see cref="IdFor"/>). It stores an answer that contains a secret encrypted under the caller's own key.
/// </remarks>
public sealed class Idempotency(IdempotencyKeys keys, CustomerKeys customers, ILogger<Idempotency> log)
{
    public const string Header = "Idempotency-Key";
    private const string ReplayedHeader = "Idempotent-Replayed";

    /// <summary>The largest body in bytes. Larger ones (event streams) have their own idempotency.</summary>
    private const int LargestBody = 4 * WireLimits.BodyBytes;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Returns the id for an endpoint with its own ids: the body's, else the header's, else null (Tollgate generates one). Two different
    /// ones are a fault.
    /// </summary>
    public static string? IdFor(HttpContext context, string? idOfBody, Faults faults)
    {
        string? header = context.Request.Headers[Header];
        if (header is not null && idOfBody is not null && header != idOfBody)
        {
            faults.Add(Header, FaultCode.InvalidValue, "The header and the body's id differ; send one of them.");
        }

        return idOfBody ?? (faults.Id(header, Header, required: false) ? header : null);
    }

    /// <summary>
    /// Identifies the effect of a request without a natural key, which its transaction stores: a hash of the key and the request. Null: the
    /// request has no key.
    /// </summary>
    public static Guid? RequestOf(HttpContext context) =>
        context.Features.Get<IdempotentRequest>() is { } request
            ? new Guid(SHA256.HashData([.. Encoding.UTF8.GetBytes(request.Key), 0, .. request.BodyHash]).AsSpan(0, 16))
            : null;

    internal static bool IsWanted(HttpContext context)
    {
        var method = context.Request.Method;
        return (HttpMethods.IsPost(method) || HttpMethods.IsPatch(method))
            && context.GetEndpoint()!.Metadata.GetMetadata<OwnIdempotency>() is null
            && context.Request.Headers.ContainsKey(Header);
    }

    internal async Task RunAsync(HttpContext context, Caller caller, KeyRequirement requirement, RequestDelegate next)
    {
        string key = context.Request.Headers[Header]!;
        if (key.Length is 0 or > WireLimits.IdCharacters || !CustomerRules.IsLine(key))
        {
            await Problems.WriteAsync(context, ErrorCode.MalformedRequest, "Idempotency-Key has 1 to 255 characters.", Header);
            return;
        }

        // 1. The body.
        if (await ReadBodyAsync(context) is not { } body)
        {
            await Problems.WriteAsync(context, ErrorCode.PayloadTooLarge, $"At most {LargestBody} bytes are accepted with {Header}.");
            return;
        }

        // 2. The claim.
        var request = Describe(context, caller, key, body);
        var claim = await ClaimAsync(request, context.RequestAborted);
        var seal = context.GetEndpoint()!.Metadata.GetMetadata<SecretAnswer>() is null
            ? null
            : new SecretAnswerCipher(KeyReader.Read(context, requirement.Headers).Span, key);
        switch (claim.State)
        {
            case ClaimState.Reused:
                await Problems.WriteAsync(
                    context, ErrorCode.IdempotencyKeyReused, Problems.Reused(Header, context.Request.Headers[Header].ToString()), Header);
                return;
            case ClaimState.Limited:
                await Problems.WriteAsync(
                    context, ErrorCode.RateLimited,
                    FormattableString.Invariant(
                        $"Tokens of one customer may use {customers.ADay} new Idempotency-Keys a day (UTC, TOLLGATE_CUSTOMER_IDEMPOTENCY_KEYS). Nothing was done. Earlier keys are still answered."),
                    Header, claim.RetryAfter);
                return;
            case ClaimState.Running:
                await Problems.WriteAsync(
                    context, ErrorCode.Conflict, "The first request with this Idempotency-Key is still running.", Header, LongestWait);
                return;
            case ClaimState.Answered:
                await ReplayAsync(context, claim.Answer!, seal);
                return;
        }

        // 3. The endpoint. It does not stop if the caller disconnects: a caller with a key retries, and then gets an answer instead of half
        //    an effect.
        var aborted = context.RequestAborted;
        context.RequestAborted = CancellationToken.None;
        context.Features.Set(request);
        var answer = await CaptureAsync(context, request, claim.Id, next);
        context.RequestAborted = aborted;

        // 4. Store or release, then send.
        await KeepAsync(context, request, claim.Id, answer, seal);
        if (answer.Length > 0)
        {
            await context.Response.Body.WriteAsync(answer, aborted);
        }
    }

    private static async Task<byte[]?> ReadBodyAsync(HttpContext context)
    {
        using var copy = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted)) > 0)
        {
            if (copy.Length + read > LargestBody)
            {
                return null;
            }

            copy.Write(chunk, 0, read);
        }

        var body = copy.ToArray();
        context.Request.Body = new MemoryStream(body, writable: false);
        return body;
    }

    private static IdempotentRequest Describe(HttpContext context, Caller caller, string key, byte[] body)
    {
        var request = context.Request;
        var operation = $"{request.Method} {request.Path}";
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{operation}{request.QueryString}\n{caller.Customer}\n"));
        hash.AppendData(body);
        return new(caller.Project?.Id ?? 0, KeyOf(caller, key), operation, hash.GetHashAndReset()) { Customer = caller.Customer };
    }

    /// <summary>
    /// Separates the idempotency keys of a customer's tokens from those of the back end. Tollgate stores them as a hash after a line feed,
    /// which no sent key can contain.
    /// </summary>
    private static string KeyOf(Caller caller, string key) => caller.Customer is { } customer
        ? "\n" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{customer}\0{key}")))
        : key;

    private async Task<Claim> ClaimAsync(IdempotentRequest request, CancellationToken cancel)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            // Not cancelled if the caller disconnects: a claim without a known result would block the key for its whole lease.
            var claim = await keys.ClaimAsync(request, CancellationToken.None);
            if (claim.State != ClaimState.Running || Stopwatch.GetElapsedTime(started) > LongestWait)
            {
                return claim;
            }

            await Task.Delay(RetryAfter, cancel);
        }
    }

    private static async Task ReplayAsync(HttpContext context, StoredAnswer stored, SecretAnswerCipher? seal)
    {
        var body = stored.Sealed ? seal?.Open(stored.Body) : stored.Body;
        if (body is null)
        {
            await Problems.WriteAsync(
                context, ErrorCode.Conflict, "The answer holds a secret that only the key which made the first request may see again.",
                Header);
            return;
        }

        context.Response.Headers[ReplayedHeader] = "true";
        if (stored.ContentType is null)
        {
            context.Response.StatusCode = stored.Status;
            return;
        }

        await Answer.Bytes(context, stored.Status, body, stored.ContentType);
    }

    /// <summary>Runs the endpoint with a buffered response body.</summary>
    private async Task<byte[]> CaptureAsync(HttpContext context, IdempotentRequest request, Guid claim, RequestDelegate next)
    {
        var real = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var copy = new MemoryStream();
        var held = new StreamResponseBodyFeature(copy);
        context.Features.Set<IHttpResponseBodyFeature>(held);
        try
        {
            await next(context);
            await held.CompleteAsync();
            return copy.ToArray();
        }
        catch
        {
            await GiveUpAsync(request, claim);
            throw;
        }
        finally
        {
            context.Features.Set(real);
        }
    }

    private async Task KeepAsync(HttpContext context, IdempotentRequest request, Guid claim, byte[] body, SecretAnswerCipher? seal)
    {
        var response = context.Response;
        if (!HadEffect(response.StatusCode))
        {
            await GiveUpAsync(request, claim);
            return;
        }

        try
        {
            var answer = new StoredAnswer(response.StatusCode, response.ContentType, seal?.Close(body) ?? body, seal is not null);
            await keys.StoreAsync(request, claim, answer, CancellationToken.None);
        }
        catch (Exception e) when (e is Npgsql.NpgsqlException or TimeoutException)
        {
            // The effect is done, and the caller gets the answer. A repeat meets the lease, and afterwards the effect's natural key.
            log.LogWarning("The answer to an idempotent request could not be stored: {Reason}", e.Message);
        }
    }

    /// <summary>False: the request was refused without an effect or the server failed, so the caller may retry with the same key.</summary>
    private static bool HadEffect(int status) => status is < 500
        and not (StatusCodes.Status400BadRequest or StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden
            or StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType
            or StatusCodes.Status422UnprocessableEntity or StatusCodes.Status429TooManyRequests);

    private async Task GiveUpAsync(IdempotentRequest request, Guid claim)
    {
        try
        {
            await keys.ForgetAsync(request, claim, CancellationToken.None);
        }
        catch (Exception e) when (e is Npgsql.NpgsqlException or TimeoutException)
        {
            log.LogWarning("An idempotency key stays claimed until its lease ends: {Reason}", e.Message);
        }
    }
}
