using Microsoft.AspNetCore.Http.Features;
using Tollgate.Core.Gateway;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Server.Gateway;

/// <summary>Where a call goes: the upstream's address and, byte by byte, what the caller wrote behind the provider's name.</summary>
internal static class GatewayTarget
{
    /// <summary>The provider's path, with a leading slash, and its query, with the question mark or empty.</summary>
    public static (string Path, string Query) Read(HttpContext context, ProviderHome home)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > 0 } target ? target : context.Request.Path.Value ?? "/";
        var start = raw.IndexOf("/gateway/", StringComparison.OrdinalIgnoreCase) + "/gateway/".Length;
        var slash = raw.IndexOf('/', start);
        var rest = slash < 0 ? "/" : raw[slash..];
        var mark = rest.IndexOf('?', StringComparison.Ordinal);
        return mark < 0 ? (rest, "") : (rest[..mark], WithoutKey(rest[mark..], home));
    }

    /// <summary>Null: dots in it would lead out of the address that the project allows.</summary>
    public static Uri? Of(string baseUrl, string path, string query) =>
        Array.Exists(Uri.UnescapeDataString(path).Split('/', '\\'), part => part is "." or "..")
            ? null
            : Uri.TryCreate(baseUrl + path + query, UriKind.Absolute, out var target) ? target : null;

    /// <summary>A host that is known says more than the name under which the project has it: Azure speaks as OpenAI does, at its own prices.</summary>
    public static LlmRoute RouteOf(string provider, Uri target, string path) =>
        LlmRoutes.Of(target.Host, path) is var route && ProviderHome.IsKnown(route.Provider) ? route : LlmRoutes.OfProvider(provider, path);

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
