namespace Tollgate.Server.Http;

/// <summary>Finds the key in a request: <c>Authorization: Bearer</c>, else <c>X-Api-Key</c>, else the endpoint's own headers.</summary>
internal static class KeyReader
{
    private const string Scheme = "Bearer ";

    /// <summary>The key's text, or empty. Never in a query string: URLs end up in logs.</summary>
    public static ReadOnlyMemory<char> Read(HttpContext context, IReadOnlyList<string> ownHeaders)
    {
        var headers = context.Request.Headers;
        string? authorization = headers.Authorization;
        if (authorization is not null)
        {
            return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
                ? authorization.AsMemory(Scheme.Length).Trim()
                : default;
        }

        string? key = headers["X-Api-Key"];
        for (var i = 0; key is null && i < ownHeaders.Count; i++)
        {
            key = headers[ownHeaders[i]];
        }

        return key.AsMemory().Trim();
    }
}
