using Tollgate.Core.Gateway;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Server.Http;

namespace Tollgate.Server.Gateway;

/// <summary>Where a call goes: the upstream's address and what the caller wrote behind the provider's name.</summary>
/// <param name="Path">
/// The provider's path as it is sent, with a leading slash and without the query. What a call is, and whether it is metered, is
/// judged by this and not by what was written: <c>%66iles</c> arrives as <c>files</c>.
/// </param>
internal sealed record GatewayTarget(Uri Url, string Path, LlmRoute Route)
{
    private const int SegmentsOfOurs = 2;

    /// <summary>
    /// Null: not a path that can be forwarded. Dots would lead out of the address that the project allows; behind <c>#</c> nothing is
    /// sent, and a backslash is sent as a slash.
    /// </summary>
    public static GatewayTarget? Of(HttpContext context, ProviderHome home, string provider, string baseUrl)
    {
        var (path, query) = RawPath.Behind(context, SegmentsOfOurs);
        return Of(provider, baseUrl, path, query.StartsWith('?') ? WithoutKey(query, home) : query);
    }

    /// <summary>The same for a path that is known already, and its query with the question mark or empty.</summary>
    public static GatewayTarget? Of(string provider, string baseUrl, string path, string query)
    {
        if (path.Contains('\\', StringComparison.Ordinal) || query.Contains('#', StringComparison.Ordinal)
            || Array.Exists(Uri.UnescapeDataString(path).Split('/', '\\'), part => part is "." or "..")
            || !Uri.TryCreate(baseUrl, UriKind.Absolute, out var root)
            || !Uri.TryCreate(baseUrl + path + query, UriKind.Absolute, out var url))
        {
            return null;
        }

        var sent = url.AbsolutePath[root.AbsolutePath.TrimEnd('/').Length..];
        return new(url, sent, RouteOf(provider, url, sent));
    }

    /// <summary>
    /// A host that is known says more than the name under which the project has it: Azure speaks as OpenAI does, at its own prices.
    /// </summary>
    private static LlmRoute RouteOf(string provider, Uri url, string path) =>
        LlmRoutes.Of(url.Host, path) is var route && ProviderHome.IsKnown(route.Provider) ? route : LlmRoutes.OfProvider(provider, path);

    /// <summary>Whose prices and answers the calls through an upstream have.</summary>
    public static string ProviderOf(Upstream upstream) =>
        upstream.BaseUrl is { } url ? RouteOf(upstream.Provider, new(url), "/").Provider : upstream.Provider;

    /// <summary>Google's clients may put the key there; the caller's own is not forwarded.</summary>
    private static string WithoutKey(string query, ProviderHome home)
    {
        if (home.KeyHeader != "x-goog-api-key")
        {
            return query;
        }

        var kept = query[1..].Split('&').Where(part => !part.StartsWith("key=", StringComparison.OrdinalIgnoreCase)).ToList();
        return kept.Count == 0 ? "" : "?" + string.Join('&', kept);
    }
}
