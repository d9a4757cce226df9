using Microsoft.AspNetCore.Http.Features;

namespace Tollgate.Server.Http;

/// <summary>
/// Ids in URLs, exactly as the caller meant them. Routing sees a path that is decoded except for <c>%2F</c>, so an id with
/// a slash and an id that contains the text "%2F" look the same there; the raw target tells them apart.
/// </summary>
public static class RawPath
{
    /// <summary>The id in <c>/v1/things/{id}</c> and in what stands below it.</summary>
    public static string Id(HttpContext context) => Segment(context, 2);

    /// <summary>
    /// The decoded segment at a place of the path, counted from 0: in <c>/v1/customers/a%2Fb/usage</c> number 2 is <c>a/b</c>.
    /// </summary>
    public static string Segment(HttpContext context, int number)
    {
        var rest = Behind(context, number);
        var path = rest.Path.AsSpan()[1..];
        var next = path.IndexOf('/');
        return Uri.UnescapeDataString((next < 0 ? path : path[..next]).ToString());
    }

    /// <summary>
    /// The first segment of the path that is <c>.</c> or <c>..</c> once it is decoded, as the caller wrote it; null: there is none. Kestrel
    /// removes such segments before an endpoint is chosen, so the segments of the raw target would be others than those of the route.
    /// </summary>
    /// <remarks>Every request comes by. One without a dot and without a percent sign in its target costs one vectorised search.</remarks>
    public static string? DotSegment(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestFeature>()?.RawTarget is not { } target || target.AsSpan().IndexOfAny('.', '%') < 0)
        {
            return null;
        }

        var path = Behind(context, 0).Path.AsSpan();
        foreach (var part in path.Split('/'))
        {
            // Dots are unreserved characters: %2e is the longest way to write one.
            var segment = path[part];
            if (segment.Length is > 0 and <= 6 && Uri.UnescapeDataString(segment) is "." or "..")
            {
                return segment.ToString();
            }
        }

        return null;
    }

    /// <summary>
    /// What the caller wrote behind so many segments: the path, with a leading slash, and what follows it from a question mark
    /// (or the sign of a fragment, which has no business in a request) on. Nothing is decoded.
    /// </summary>
    public static (string Path, string Query) Behind(HttpContext context, int segments)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > 0 } raw
            ? raw
            : context.Request.Path.Value + context.Request.QueryString.Value;
        var path = target.AsSpan();
        if (path.IsEmpty || path[0] != '/')
        {
            // The absolute form, as it is sent to proxies: http://host/path. "*" of OPTIONS and the host:port of CONNECT have no path.
            var authority = path.IndexOf("://");
            var start = authority < 0 ? -1 : path[(authority + 3)..].IndexOf('/');
            path = start < 0 ? "/" : path[(authority + 3 + start)..];
        }

        var end = path.IndexOfAny('?', '#');
        var query = end < 0 ? "" : path[end..].ToString();
        path = end < 0 ? path : path[..end];
        for (; segments > 0; segments--)
        {
            var slash = path[1..].IndexOf('/');
            path = slash < 0 ? "/" : path[(slash + 1)..];
        }

        return (path.ToString(), query);
    }
}
