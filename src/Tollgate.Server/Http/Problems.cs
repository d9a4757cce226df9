using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Npgsql;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;

namespace Tollgate.Server.Http;

/// <summary>Writes all errors, as <c>application/problem+json</c> or in an endpoint's own <see cref="ErrorShape"/>.</summary>
public static class Problems
{
    public const string ContentType = "application/problem+json";

    /// <summary>The Retry-After of temporary failures of unknown duration.</summary>
    private const int DefaultRetryAfterSeconds = 1;

    public static Task WriteAsync(
        HttpContext context, ErrorCode code, string? detail = null, string? param = null, TimeSpan? retryAfter = null) =>
        WriteAsync(context, Problem.Of(code, detail ?? DetailOf(context, code), param), retryAfter);

    /// <summary>The next action, for a code whose description does not suggest one; null: the description is sufficient.</summary>
    private static string? DetailOf(HttpContext context, ErrorCode code) =>
        code.Status == StatusCodes.Status401Unauthorized || code == ErrorCode.ProjectRequired || code == ErrorCode.SandboxOnly
            ? $"{code.Description} {code.HowToFix}"
            : code.Status == StatusCodes.Status404NotFound ? UnknownId.Of(context, code) : null;

    /// <param name="what">The caller's name for it: <c>id</c>.</param>
    public static string Reused(string what, string id) =>
        $"The {what} '{Spelling.Shown(id)}' was accepted before with different content. {ErrorCode.IdempotencyKeyReused.HowToFix}";

    /// <summary>
    /// Names the content type of the body and those that the operation accepts. Routing answers only a 415 and does not pass on the
    /// operation.
    /// </summary>
    public static string WrongType(HttpContext context)
    {
        var sent = Spelling.Shown(Body.MediaTypeOf(context.Request));
        string[] wanted = [.. NearestPath.Operations(context)
            .SelectMany(static one => one.Metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes ?? []).Distinct(StringComparer.Ordinal)];
        var form = sent == "application/x-www-form-urlencoded"
            ? " curl sends a form unless you add -H 'Content-Type: application/json'."
            : "";
        return $"{(wanted.Length == 0 ? Answer.JsonType : string.Join(" or ", wanted))} is expected; {(sent.Length == 0 ? "no Content-Type" : sent)} was sent.{form}";
    }

    /// <summary>Writes all faults at once, under <paramref name="code"/> (default <c>validation_failed</c>).</summary>
    public static Task WriteAsync(HttpContext context, IReadOnlyList<Fault> faults, ErrorCode? code = null) =>
        WriteAsync(context, Of(faults, code ?? ErrorCode.ValidationFailed));

    /// <summary>Adds instance and request id; sets the headers of the status.</summary>
    public static Task WriteAsync(HttpContext context, Problem problem, TimeSpan? retryAfter = null)
    {
        var response = context.Response;
        var requestId = context.RequestId();
        response.Headers["X-Request-Id"] = requestId;
        AnswerHeaders.Begin(response);
        switch (problem.Status)
        {
            case StatusCodes.Status401Unauthorized:
                response.Headers.WWWAuthenticate = "Bearer realm=\"tollgate\"";
                break;
            case StatusCodes.Status429TooManyRequests when IsUsedUp(problem) && retryAfter is null:
                break; // A used-up quota that never resets.
            case StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable:
                SetRetryAfter(response, retryAfter ?? TimeSpan.FromSeconds(DefaultRetryAfterSeconds));
                break;
            default:
                if (retryAfter is { } after)
                {
                    SetRetryAfter(response, after);
                }

                break;
        }

        var whole = problem with { Instance = problem.Instance ?? context.Request.Path.Value, RequestId = requestId };
        return context.GetEndpoint()?.Metadata.GetMetadata<ErrorShape>() is { } shape
            ? shape.WriteAsync(context, whole)
            : Answer.Json(context, problem.Status, whole, WireJson.WithoutNulls.Problem, ContentType);
    }

    /// <summary>True if a quota or a budget is used up: waiting a second does not help, whatever the status is.</summary>
    internal static bool IsUsedUp(Problem problem) =>
        problem.Code == ErrorCode.QuotaExceeded.Code || problem.Code == ErrorCode.BudgetExceeded.Code;

    /// <summary>Maps an unexpected exception to an error for the caller. Internals stay in the log.</summary>
    public static (ErrorCode Code, string? Detail) Of(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } e => (ErrorCode.PayloadTooLarge, e.Message),
        BadHttpRequestException e => (ErrorCode.MalformedRequest, e.Message),
        IOException { InnerException: OverflowException } =>
            (ErrorCode.MalformedRequest, "A chunk of the body has an invalid size."),
        CustomerBusyException => (ErrorCode.CustomerBusy, null),
        CustomerErasedException => (ErrorCode.CustomerErased, null),
        CatalogTooOldException => (ErrorCode.Overloaded, "The catalogue changed during the request. Repeat the request."),
        SearchTooLongException e => (ErrorCode.ValidationFailed, e.Message),
        // Class 08: connection. 53: out of disk, memory or connections. 57: shutting down, or cancelled by a timeout. 25006: a standby,
        // which is read-only. 25P03: PostgreSQL ended an idle transaction. 26000: a pooler before PostgreSQL dropped a prepared statement.
        // Without a state: the connection broke or failed.
        PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable } => (ErrorCode.Overloaded, LockDetail),
        PostgresException { SqlState: ['0', '8', ..] or ['5', '3', ..] or ['5', '7', ..] or "25006" or "25P03" or "26000" } =>
            (ErrorCode.StorageUnavailable, null),
        // A deadlock or a serialization failure: nothing is written, and a retry succeeds.
        PostgresException { SqlState: "40001" or "40P01" } => (ErrorCode.StorageUnavailable, null),
        // U+0000, text with an invalid encoding, or a row too long for its index: only texts of the request can cause them. The endpoints
        // check for them and name the field; this handles the rest.
        PostgresException { SqlState: "22021" or "22P05" or "54000" } =>
            (ErrorCode.MalformedRequest, "A text of the request contains U+0000 or is too long to store."),
        PostgresException => (ErrorCode.Internal, InternalDetail),
        NpgsqlException e when IsPoolExhausted(e) => (ErrorCode.Overloaded, PoolDetail),
        NpgsqlException { InnerException: TimeoutException } => (ErrorCode.StorageUnavailable, SlowDetail),
        NpgsqlException or TimeoutException => (ErrorCode.StorageUnavailable, null),
        _ => (ErrorCode.Internal, InternalDetail),
    };

    /// <summary>Maps a bare status of the framework to an error code.</summary>
    public static ErrorCode Of(int status) => status switch
    {
        StatusCodes.Status404NotFound => ErrorCode.NotFound,
        StatusCodes.Status405MethodNotAllowed => ErrorCode.MethodNotAllowed,
        StatusCodes.Status413PayloadTooLarge => ErrorCode.PayloadTooLarge,
        StatusCodes.Status415UnsupportedMediaType => ErrorCode.UnsupportedMediaType,
        >= 500 => ErrorCode.Internal,
        _ => ErrorCode.MalformedRequest,
    };

    private const string LockDetail = "Another transaction has locked the rows that this request changes, and did not end in time.";

    private const string PoolDetail = "All of this server's connections to PostgreSQL (TOLLGATE_POOL_SIZE) are in use.";

    private const string SlowDetail =
        "PostgreSQL accepts connections but did not answer within TOLLGATE_COMMAND_SECONDS. The request may have "
            + "taken effect.";

    /// <summary>Npgsql has no type for it; <c>FailureMapTests</c> exhausts a real pool, to notice a change of the message.</summary>
    private static bool IsPoolExhausted(NpgsqlException e) =>
        e.InnerException is TimeoutException && e.Message.StartsWith("The connection pool has been exhausted", StringComparison.Ordinal);

    private const string InternalDetail = "The request could not be completed. The log of the server has the details under the request_id.";

    /// <summary>The problem of all faults; the detail of a single fault is the fault itself.</summary>
    public static Problem Of(IReadOnlyList<Fault> faults, ErrorCode code)
    {
        var detail = faults.Count == 1
            ? $"{PlaceOf(faults[0])}{faults[0].Detail}"
            : $"{faults.Count.ToString(CultureInfo.InvariantCulture)} faults were found; errors lists them. The first: "
                + $"{PlaceOf(faults[0])}{faults[0].Detail}";
        return Problem.Of(code, detail, faults[0].Param) with { Errors = faults };
    }

    /// <summary>The place of a fault: a field, the line of a text, or none for the body as a whole.</summary>
    private static string PlaceOf(Fault fault)
    {
        var line = fault.Line is { } number ? string.Create(CultureInfo.InvariantCulture, $"Line {number}, column {fault.Column}: ") : "";
        return fault.Param.Length == 0 ? line : $"{line}{fault.Param}: ";
    }

    /// <summary>The problem of truncated or malformed JSON.</summary>
    /// <param name="takesLines">True: the operation also accepts one value per line.</param>
    public static Problem Of(JsonException malformed, bool takesLines = false) => Problem.Of(
        ErrorCode.MalformedJson, $"Line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1}: invalid JSON."
            + (takesLines && malformed.LineNumber > 0
                ? " If each line is a value of its own, send it as Content-Type: application/x-ndjson."
                : ""));

    /// <summary>The problem of JSON with bytes that are not UTF-8 or an escaped lone surrogate; null: all of it is Unicode.</summary>
    public static Problem? OfUnicode(ReadOnlySpan<byte> json)
    {
        if (WellFormed.FaultIn(json) is not (>= 0 and var at))
        {
            return null;
        }

        var (line, column) = (json[..at].Count((byte)'\n') + 1, at - json[..at].LastIndexOf((byte)'\n'));
        return Problem.Of(ErrorCode.MalformedJson, $"Line {line}, byte {column}: {NotUnicode}");
    }

    internal const string NotUnicode =
        "this is not Unicode: bytes that are not UTF-8, or an escape such as \\ud800 without the other half of its surrogate pair.";

    private static void SetRetryAfter(HttpResponse response, TimeSpan after) =>
        response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
