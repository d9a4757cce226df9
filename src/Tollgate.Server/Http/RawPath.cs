using Microsoft.AspNetCore.Http.Features;

namespace Tollgate.Server.Http;

/// <summary>
/// Reads ids in URLs exactly. Routing sees a path that is decoded except for <c>%2F</c>, so an id with a slash and an id with the text
/// "%2F" look the same there; the raw target distinguishes them.
/// </summary>
public static class RawPath
{
    /// <summary>The id in <c>/v1/things/{id}</c> and in paths below it.</summary>
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
    /// Returns the first segment of the path that decodes to <c>.</c> or <c>..</c>, as the caller wrote it; null: there is none. Kestrel
    /// removes such segments before routing, so the segments of the raw target would differ from those of the route.
    /// </summary>
    /// <remarks>It runs for every request. A target without a dot and without a percent sign costs one vectorised search.</remarks>
    public static string? DotSegment(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestFeature>()?.RawTarget is not { } target || target.AsSpan().IndexOfAny('.', '%') < 0)
        {
            return null;
        }

        var path = Behind(context, 0).Path.AsSpan();
        foreach (var part in path.Split('/'))
        {
            // A dot has two spellings, . and %2e.
            var segment = path[part];
            if (segment.Length is > 0 and <= 6 && Uri.UnescapeDataString(segment) is "." or "..")
            {
                return segment.ToString();
            }
        }

        return null;
    }

    /// <summary>
    /// Returns the path after this number of segments, with a leading slash, and the rest from the question mark on (or from the sign of a
    /// fragment, which does not belong in a request). It decodes nothing.
    /// </summary>
    public static (string Path, string Query) Behind(HttpContext context, int segments)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > 0 } raw
            ? raw
            : context.Request.Path.Value + context.Request.QueryString.Value;
        var path = target.AsSpan();
        if (path.IsEmpty || path[0] != '/')
        {
            // The absolute form, which clients send to proxies: http://host/path. "*" of OPTIONS and the host:port of CONNECT have no path.
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
