using Tollgate.Core.Gateway;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Server.Http;

namespace Tollgate.Server.Gateway;

/// <summary>The target of a call: the upstream's address and the path that the caller wrote after the provider's name.</summary>
/// <param name="Path"> The provider's path as sent, with a leading slash and without the query. It, and not the caller's spelling,
/// determines the kind of the call and its metering: <c>%66iles</c> arrives as <c>files</c>.
/// </param>
internal sealed record GatewayTarget(Uri Url, string Path, LlmRoute Route)
{
    private const int SegmentsOfOurs = 2;

    /// <summary>
    /// Null: the path cannot be forwarded. Dot segments would leave the address that the project allows; HTTP does not send the part after
    /// <c>#</c>, and sends a backslash as a slash.
    /// </summary>
    public static GatewayTarget? Of(HttpContext context, ProviderHome home, string provider, string baseUrl)
    {
        var (path, query) = RawPath.Behind(context, SegmentsOfOurs);
        return Of(provider, baseUrl, path, query.StartsWith('?') ? WithoutKey(query, home) : query);
    }

    /// <summary>The same for a known path and its query, which is empty or includes the question mark.</summary>
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
    /// A known host takes precedence over the project's name for the upstream: Azure has OpenAI's API with its own prices.
    /// </summary>
    private static LlmRoute RouteOf(string provider, Uri url, string path) =>
        LlmRoutes.Of(url.Host, path) is var route && ProviderHome.IsKnown(route.Provider) ? route : LlmRoutes.OfProvider(provider, path);

    /// <summary>The provider whose prices and answer formats apply to the calls through an upstream.</summary>
    public static string ProviderOf(Upstream upstream) =>
        upstream.BaseUrl is { } url ? RouteOf(upstream.Provider, new(url), "/").Provider : upstream.Provider;

    /// <summary>Removes the caller's key, which Google's clients may put in the query.</summary>
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
