using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Server.Http;

namespace Tollgate.Server.Gateway;

/// <summary>
/// The gateway's own errors in the provider's format, so that an official SDK throws its usual exceptions. The header
/// <c>X-Tollgate-Error</c> of each has the stable code.
/// </summary>
internal static class ProviderErrors
{
    public const string CodeHeader = "X-Tollgate-Error";

    public static readonly ErrorShape Shape = new(WriteAsync);

    private static Task WriteAsync(HttpContext context, Problem problem)
    {
        context.Response.Headers[CodeHeader] = problem.Code;
        var provider = LlmRoutes.ProviderOf(context.Request.RouteValues["provider"] as string ?? RawPath.Segment(context, 1), null);
        var body = BodyOf(provider, LlmRoutes.OfProvider(provider, context.Request.Path.Value ?? "/").Api, problem);
        return Answer.Bytes(context, problem.Status, body, Answer.JsonType);
    }

    /// <summary>
    /// The last event of a stream that ends early. Empty: the stream's format has no place for an error, so the gateway cuts the
    /// connection.
    /// </summary>
    public static ReadOnlyMemory<byte> EndOf(LlmRoute route, string? contentType, Problem problem)
    {
        var body = BodyOf(route.Provider, route.Api, problem);
        if (contentType?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) == true)
        {
            ReadOnlySpan<byte> name = route.Api is LlmApi.AnthropicMessages or LlmApi.OpenAiResponses or LlmApi.CohereChat
                ? "event: error\n"u8
                : default;
            return (byte[])[.. name, .. "data: "u8, .. route.Api == LlmApi.OpenAiResponses ? ResponsesEvent(problem) : body, .. "\n\n"u8];
        }

        return contentType?.Contains("ndjson", StringComparison.OrdinalIgnoreCase) == true ? (byte[])[.. body, (byte)'\n'] : default;
    }

    private static byte[] BodyOf(string provider, LlmApi api, Problem problem) => (provider, api) switch
    {
        ("anthropic", _) or (_, LlmApi.AnthropicMessages) => Anthropic(problem),
        ("gemini" or "vertex_ai", not LlmApi.OpenAiChat) => Google(problem),
        ("mistral", _) => Mistral(problem),
        ("cohere" or "bedrock" or "serper", not LlmApi.OpenAiChat) => Write(json => json.WriteString("message", MessageOf(problem))),
        ("exa" or "firecrawl", _) or (_, LlmApi.OllamaChat) => Write(json =>
        {
            json.WriteBoolean("success", false);
            json.WriteString("error", MessageOf(problem));
        }),
        ("tavily", _) => Write(json =>
        {
            json.WriteStartObject("detail");
            json.WriteString("error", MessageOf(problem));
            json.WriteEndObject();
        }),
        ("stability", _) => Write(json =>
        {
            json.WriteString("id", problem.RequestId);
            json.WriteString("name", problem.Code);
            json.WriteStartArray("errors");
            json.WriteStringValue(MessageOf(problem));
            json.WriteEndArray();
        }),
        _ => OpenAi(problem),
    };

    private static string MessageOf(Problem problem) =>
        (problem.Errors is { Count: > 0 } faults
            ? string.Join(" ", faults.Select(fault => $"{fault.Param}: {fault.Detail}"))
            : problem.Detail ?? problem.Title)
        + (problem.UpgradeUrl is { Length: > 0 } url ? $" Upgrade: {url}" : "");

    private static byte[] OpenAi(Problem problem) => Write(json =>
    {
        json.WriteStartObject("error");
        json.WriteString("message", MessageOf(problem));
        json.WriteString("type", problem.Status switch
        {
            402 => "insufficient_quota",
            429 when Problems.IsUsedUp(problem) => "insufficient_quota",
            429 => "rate_limit_exceeded",
            401 => "authentication_error",
            403 => "permission_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        });
        json.WriteString("param", problem.Param);
        json.WriteString("code", problem.Code);
        json.WriteEndObject();
    });

    private static byte[] ResponsesEvent(Problem problem) => Write(json =>
    {
        json.WriteString("type", "error");
        json.WriteString("code", problem.Code);
        json.WriteString("message", MessageOf(problem));
        json.WriteNull("param");
    });

    private static byte[] Anthropic(Problem problem) => Write(json =>
    {
        json.WriteString("type", "error");
        json.WriteStartObject("error");
        json.WriteString("type", problem.Status switch
        {
            401 => "authentication_error",
            402 => "billing_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            503 => "overloaded_error",
            504 => "timeout_error",
            >= 500 => "api_error",
            _ => "invalid_request_error",
        });
        json.WriteString("message", MessageOf(problem));
        json.WriteEndObject();
        json.WriteString("request_id", problem.RequestId);
    });

    private static byte[] Google(Problem problem) => Write(json =>
    {
        json.WriteStartObject("error");
        json.WriteNumber("code", problem.Status);
        json.WriteString("message", MessageOf(problem));
        json.WriteString("status", problem.Status switch
        {
            400 or 422 => "INVALID_ARGUMENT",
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            402 or 429 => "RESOURCE_EXHAUSTED",
            503 or 502 => "UNAVAILABLE",
            504 => "DEADLINE_EXCEEDED",
            _ => "INTERNAL",
        });
        json.WriteEndObject();
    });

    private static byte[] Mistral(Problem problem) => Write(json =>
    {
        json.WriteString("object", "error");
        json.WriteString("message", MessageOf(problem));
        json.WriteString("type", problem.Code);
        json.WriteString("param", problem.Param);
        json.WriteString("code", problem.Status.ToString(CultureInfo.InvariantCulture));
    });

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, PlainJson.Writer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
