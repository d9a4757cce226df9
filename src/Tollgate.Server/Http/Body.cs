using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
using Tollgate.Contracts.Http;

namespace Tollgate.Server.Http;

/// <summary>
/// Reads JSON bodies. When a body cannot be read the problem has been written already and null comes back:
/// <code>
/// if (await Body.ReadAsync(context, WireJson.Default.SomeRequest) is not { } body) { return; }
/// </code>
/// Malformed JSON is a 400 with its position; unknown fields and wrong types are a 422 with all of their paths.
/// Which fields are required is checked afterwards with <see cref="Faults"/>, so declare the members nullable.
/// </summary>
public static class Body
{
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = WireLimits.JsonDepth };

    /// <param name="whenEmpty">What an absent body stands for; without it an absent body is malformed.</param>
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
            // Not by way of an exception in the usual case, and without a copy: the reader goes over the pipe's own memory.
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
    /// The whole body in the pipe's own memory; null when it has more than <paramref name="limit"/> bytes. Who has used it says
    /// so: <c>context.Request.BodyReader.AdvanceTo(body.End)</c>.
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
    /// Waits until the body is here, or so many bytes of it. Nothing is used up: whoever reads the body afterwards finds all of it.
    /// </summary>
    /// <exception cref="BadHttpRequestException">It is not here in time. The least pace of the server is an average: after one fast
    /// megabyte a sender could rest for an hour.</exception>
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

    /// <summary>
    /// Bytes that the body may have: those it is announced with, or <paramref name="most"/> where nobody says, or where more is announced.
    /// </summary>
    public static long LengthOf(HttpContext context, int most) => context.Request.ContentLength is { } length
        ? Math.Min(length, most)
        : context.Request.Headers.ContainsKey("Transfer-Encoding") ? most : 0;

    /// <summary>
    /// A body of more bytes is refused with 413 before it is read, and where its length is not announced, once it has more.
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

    /// <summary>For bodies that are read line by line; the least pace of the server stays.</summary>
    public static void AllowAnyLength(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }
    }

    /// <summary>Of the body, in small letters and without parameters; empty when the request has none.</summary>
    public static string MediaTypeOf(HttpRequest request)
    {
        var type = request.ContentType.AsSpan();
        var end = type.IndexOf(';');
        return (end < 0 ? type : type[..end]).Trim().ToString().ToLowerInvariant();
    }

    /// <summary>Null when the bytes are not a good <typeparamref name="T"/>; <see cref="Explain"/> then says why.</summary>
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

    /// <summary>The serializer puts null into lists whose type has none; few bodies have the word at all.</summary>
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
