using Microsoft.AspNetCore.Routing.Patterns;
using Tollgate.Core;

namespace Tollgate.Server.Http;

/// <summary>Finds the operation that a path without one was meant for: one of its segments is misspelt, or <c>/v1</c> is missing.</summary>
/// <remarks>Templates are in the OpenAPI document, which everybody may read; ids of the path are never looked up.</remarks>
internal static class NearestPath
{
    /// <summary>A longer path is compared with none: anybody can ask for one.</summary>
    private const int LongestPath = 200;

    /// <summary>A sentence with the template of the nearest path, or nothing when none is near.</summary>
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

    /// <summary>The operations that a request was for, whatever routing made of it.</summary>
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

    /// <summary>Null: a placeholder stands here.</summary>
    private static string? TextOf(RoutePatternPathSegment segment) =>
        segment.Parts is [RoutePatternLiteralPart literal] ? literal.Content : null;
}
