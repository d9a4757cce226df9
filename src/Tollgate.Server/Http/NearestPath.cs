using Microsoft.AspNetCore.Routing.Patterns;
using Tollgate.Core;

namespace Tollgate.Server.Http;

/// <summary>Suggests the operation for an unknown path with a misspelt segment or without <c>/v1</c>.</summary>
/// <remarks>The templates are in the public OpenAPI document, and it looks up no ids of the path.</remarks>
internal static class NearestPath
{
    /// <summary>The longest path that it compares, since anybody can send one.</summary>
    private const int LongestPath = 200;

    /// <summary>Returns a sentence with the template of the nearest path; empty: none is near.</summary>
    public static string DidYouMean(HttpContext context)
    {
        if (context.Request.Path.Value is not { Length: > 1 and <= LongestPath } path)
        {
            return "";
        }

        var templates = context.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(static endpoint => endpoint.Metadata.GetMetadata<KnownQuery>() is not null)
            .Select(static endpoint => endpoint.RoutePattern).DistinctBy(static pattern => pattern.RawText).ToArray();
        var found = Find(path, templates) ?? (path.StartsWith("/v1/", StringComparison.Ordinal) ? null : Find("/v1" + path, templates));
        return found is null ? "" : $" Did you mean '{found.RawText}'?";
    }

    /// <summary>Returns the operations with the path of a request, whatever the result of routing.</summary>
    public static IEnumerable<Endpoint> Operations(HttpContext context)
    {
        if (context.Request.Path.Value is not { Length: > 1 and <= LongestPath } path)
        {
            return [];
        }

        var segments = path.Trim('/').Split('/');
        return context.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Where(endpoint =>
            endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains(context.Request.Method) == true
            && endpoint.RoutePattern.PathSegments.Count == segments.Length
            && endpoint.RoutePattern.PathSegments.Index().All(one => Fits(one.Item, segments[one.Index])));
    }

    private static RoutePattern? Find(string path, IReadOnlyList<RoutePattern> templates)
    {
        var segments = path.Trim('/').Split('/');
        var ofLength = templates.Where(template => template.PathSegments.Count == segments.Length).ToArray();
        for (var i = segments.Length - 1; i >= 0; i--)
        {
            var fitting = ofLength.Where(template => template.PathSegments.Index()
                .All(one => one.Index == i || Fits(one.Item, segments[one.Index]))).ToArray();
            if (Spelling.Nearest(segments[i], fitting.Select(template => TextOf(template.PathSegments[i])).OfType<string>()) is { } nearest)
            {
                return fitting.First(template => TextOf(template.PathSegments[i]) == nearest);
            }
        }

        return null;
    }

    private static bool Fits(RoutePatternPathSegment segment, string text) => TextOf(segment) is not { } literal || literal == text;

    /// <summary>Null: the segment is a placeholder.</summary>
    private static string? TextOf(RoutePatternPathSegment segment) =>
        segment.Parts is [RoutePatternLiteralPart literal] ? literal.Content : null;
}
