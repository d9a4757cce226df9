using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Llm.Requests;

/// <summary>
/// Reads what a request to a provider asks for. Whatever the bytes are, there is no exception: what is no request in JSON and no
/// form gives null, and so does what names a member twice that decides what the call uses; members of another type than promised
/// are passed over.
/// </summary>
public static class RequestReader
{
    /// <param name="route">From <see cref="LlmRoutes"/>.</param>
    /// <param name="body">Bytes as the caller sent them, decompressed.</param>
    /// <param name="contentType">The header, with its boundary for a form; null: the bytes decide.</param>
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
