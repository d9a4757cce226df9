using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tollgate.Core;

namespace Tollgate.Server.Http;

/// <summary>Writes answers with their length, in one piece.</summary>
public static class Answer
{
    public const string JsonType = "application/json";

    /// <summary>The largest buffer that a thread keeps for its next answer.</summary>
    private const int LargestKeptBuffer = 64 * 1024;

    private const int FirstBuffer = 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary>Passes the bytes to the response, which sends them when the request ends.</summary>
    public static Task Json<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type, string contentType = JsonType)
    {
        var buffer = _buffer ??= new(FirstBuffer);
        var writer = _writer ??= new(buffer, PlainJson.Writer with { SkipValidation = true });
        try
        {
            JsonSerializer.Serialize(writer, value, type);
            writer.Flush();
            return Bytes(context, status, buffer.WrittenSpan, contentType);
        }
        finally
        {
            buffer.ResetWrittenCount();
            writer.Reset();
            if (buffer.Capacity > LargestKeptBuffer)
            {
                (_buffer, _writer) = (null, null);
            }
        }
    }

    public static Task Bytes(HttpContext context, int status, ReadOnlySpan<byte> body, string contentType)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            response.BodyWriter.Write(body);
        }

        return Task.CompletedTask;
    }

    /// <summary>Answers 204, for a success without content.</summary>
    public static Task Nothing(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
