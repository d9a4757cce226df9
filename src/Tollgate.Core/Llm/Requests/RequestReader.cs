using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Llm.Requests;

/// <summary>
/// Reads a request to a provider. It never throws: it returns null for a body that is neither a JSON object nor a form, or that repeats a
/// member that decides the usage, and ignores members of an unexpected type.
/// </summary>
public static class RequestReader
{
    /// <param name="route">The route from <see cref="LlmRoutes"/>.</param>
    /// <param name="body">The bytes from the caller, decompressed.</param>
    /// <param name="contentType">The header, with its boundary for a form; null: the body is read as JSON.</param>
    public static LlmRequest? Read(LlmRoute route, ReadOnlySpan<byte> body, string? contentType)
    {
        var draft = new RequestDraft(route);
        var isRead = contentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) == true
            ? RequestForm.TryRead(body, contentType, draft)
            : RequestScanner.TryRead(WrappedRequest.In(route, WithoutMark(body)), draft);
        return isRead && !draft.IsTwofold ? draft.Finished() : null;
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> body) => body.StartsWith("\uFEFF"u8) ? body[3..] : body;
}
