using Tollgate.Contracts.Http;
using Tollgate.Core;

namespace Tollgate.Server.Http;

/// <summary>Finds the key in a request: <c>Authorization: Bearer</c>, else <c>X-Api-Key</c>, else the endpoint's own headers.</summary>
internal static class KeyReader
{
    private const string Scheme = "Bearer ";

    /// <summary>The longest scheme that an error repeats; a longer one may be a secret.</summary>
    private const int LongestScheme = 16;

    /// <summary>Explains why a request has no key, and how to send one; it names a header that is present but not understood.</summary>
    public static string WhyNone(HttpContext context)
    {
        string? header = context.Request.Headers.Authorization;
        var scheme = header?.Trim().Split(' ')[0] ?? "";
        var why = header is null ? "The request has no API key or token."
            : scheme.Equals(Scheme.Trim(), StringComparison.OrdinalIgnoreCase)
            ? "Authorization: Bearer is not followed by a key; a variable may be empty."
            : scheme.StartsWith("tg_", StringComparison.Ordinal) ? "Authorization has a key without the word Bearer before it."
            : scheme.Length is > 0 and <= LongestScheme && header!.Contains(' ', StringComparison.Ordinal)
            ? $"Authorization has the scheme '{Spelling.Shown(scheme)}', which this server does not accept."
            : "Authorization has no scheme that this server accepts.";
        return $"{why} {ErrorCode.KeyMissing.HowToFix}";
    }

    /// <summary>Returns the key's text; empty: none. It ignores the query string, since logs contain URLs.</summary>
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
