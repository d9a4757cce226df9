namespace Tollgate.Server.Http;

/// <summary>Finds the key in a request: <c>Authorization: Bearer</c>, else <c>X-Api-Key</c>, else the endpoint's own header.</summary>
internal static class KeyReader
{
    private const string Scheme = "Bearer ";

    /// <summary>The key's text, or empty. Never in a query string: URLs end up in logs.</summary>
    public static ReadOnlyMemory<char> Read(HttpContext context, string? ownHeader)
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
        if (key is null && ownHeader is not null)
        {
            key = headers[ownHeader];
        }

        return key.AsMemory().Trim();
    }
}
