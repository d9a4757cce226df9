using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
using Tollgate.Contracts.Http;

namespace Tollgate.Server.Http;

/// <summary>
/// Reads JSON bodies. If a body cannot be read, the method writes the problem and returns null:
/// <code>
/// if (await Body.ReadAsync(context, WireJson.Default.SomeRequest) is not { } body) { return; }
/// </code>
/// Malformed JSON is a 400 with its position; unknown fields and wrong types are a 422 with all of their paths. The caller checks required
/// fields afterwards with <see cref="Faults"/>, so declare the members nullable.
/// </summary>
public static class Body
{
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = WireLimits.JsonDepth };

    /// <param name="whenEmpty">The value of an absent body; null: an absent body is malformed.</param>
    /// <param name="limit">Bytes.</param>
    public static async ValueTask<T?> ReadAsync<T>(
        HttpContext context, JsonTypeInfo<T> type, T? whenEmpty = null, int limit = WireLimits.BodyBytes)
        where T : class
    {
        if (await ReadWholeAsync(context, limit) is not { } body)
        {
            await Problems.WriteAsync(context, ErrorCode.PayloadTooLarge, $"At most {limit} bytes are accepted.");
            return null;
        }

        T? value;
        Problem? failure;
        try
        {
            // The usual case needs neither an exception nor a copy: the reader uses the pipe's own memory.
            value = body.IsEmpty && whenEmpty is not null ? whenEmpty : Parse(context, body, type);
            failure = value is null ? Explain(context, body, type) : null;
        }
        finally
        {
            context.Request.BodyReader.AdvanceTo(body.End);
        }

        if (failure is not null)
        {
            await Problems.WriteAsync(context, failure);
        }

        return value;
    }

    /// <summary>
    /// Returns the whole body in the pipe's own memory; null: it has more than <paramref name="limit"/> bytes. The caller releases it after
    /// use: <c>context.Request.BodyReader.AdvanceTo(body.End)</c>.
    /// </summary>
    public static async ValueTask<ReadOnlySequence<byte>?> ReadWholeAsync(HttpContext context, int limit)
    {
        var pipe = context.Request.BodyReader;
        while (true)
        {
            var read = await pipe.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > limit)
            {
                pipe.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                return read.Buffer;
            }

            pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>
    /// Waits until the body, or this many bytes of it, has arrived. It consumes nothing, so a later reader gets the whole body.
    /// </summary>
    /// <exception cref="BadHttpRequestException">It did not arrive in time. The server's minimum rate is only an average: after one fast
    /// megabyte a sender could pause for an hour.</exception>
    public static async ValueTask ArriveAsync(HttpContext context, int most, TimeSpan time)
    {
        if (LengthOf(context, most) == 0)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(time);
        var pipe = context.Request.BodyReader;
        try
        {
            while (true)
            {
                var read = await pipe.ReadAsync(limit.Token);
                var isEnough = read.IsCompleted || read.Buffer.Length >= most;
                pipe.AdvanceTo(read.Buffer.Start, isEnough ? read.Buffer.Start : read.Buffer.End);
                if (isEnough)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new BadHttpRequestException(
                string.Create(
                    CultureInfo.InvariantCulture, $"The body did not arrive within {time.TotalSeconds:0} seconds (TOLLGATE_BODY_SECONDS)."),
                StatusCodes.Status408RequestTimeout);
        }
    }

    /// <summary>Returns the announced length of the body, or <paramref name="most"/> if there is none or it is larger.</summary>
    public static long LengthOf(HttpContext context, int most) => context.Request.ContentLength is { } length
        ? Math.Min(length, most)
        : context.Request.Headers.ContainsKey("Transfer-Encoding") ? most : 0;

    /// <summary>
    /// Sets the limit of the body. A longer one is refused with 413: before it is read if its length is announced, else once it exceeds the
    /// limit.
    /// </summary>
    /// <returns><paramref name="most"/>.</returns>
    public static int Bound(HttpContext context, int most)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = most;
        }

        return most;
    }

    /// <summary>Removes the length limit for bodies that are read line by line; the server's minimum rate still applies.</summary>
    public static void AllowAnyLength(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }
    }

    /// <summary>Returns the media type of the body, in lower case and without parameters; empty: the request has none.</summary>
    public static string MediaTypeOf(HttpRequest request)
    {
        var type = request.ContentType.AsSpan();
        var end = type.IndexOf(';');
        return (end < 0 ? type : type[..end]).Trim().ToString().ToLowerInvariant();
    }

    /// <summary>Null: the bytes are not a valid <typeparamref name="T"/>; <see cref="Explain"/> returns the reasons.</summary>
    public static T? Parse<T>(HttpContext context, ReadOnlySequence<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        if (!IsJson(context.Request.ContentType))
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(body, Strict);
            var value = JsonSerializer.Deserialize(ref reader, type);
            return reader.Read() || (SaysNull(body) && BodyFaults.HasNullInList(body, type)) ? null : value;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>
    /// True if the body contains the word null, which few bodies do. The serializer puts null even into lists whose type does not allow it.
    /// </summary>
    private static bool SaysNull(ReadOnlySequence<byte> body) =>
        body.IsSingleSegment
            ? body.FirstSpan.IndexOf("null"u8) >= 0
            : new SequenceReader<byte>(body).TryReadTo(out ReadOnlySequence<byte> _, "null"u8);

    private static Problem Explain<T>(HttpContext context, ReadOnlySequence<byte> body, JsonTypeInfo<T> type)
    {
        if (!IsJson(context.Request.ContentType))
        {
            return Problem.Of(ErrorCode.UnsupportedMediaType, Problems.WrongType(context), "Content-Type");
        }

        if (body.IsEmpty)
        {
            return Problem.Of(ErrorCode.MalformedJson, "The body is empty; a JSON object is expected.");
        }

        try
        {
            using var document = JsonDocument.Parse(body, new() { MaxDepth = WireLimits.JsonDepth });
            return BodyFaults.Explain(document.RootElement, type);
        }
        catch (JsonException e)
        {
            return Problems.Of(e);
        }
    }

    /// <summary>A body without a declared type counts as JSON.</summary>
    private static bool IsJson(string? contentType) =>
        contentType is null
        || contentType.StartsWith(Answer.JsonType, StringComparison.OrdinalIgnoreCase)
        || contentType.Contains("+json", StringComparison.OrdinalIgnoreCase);
}
