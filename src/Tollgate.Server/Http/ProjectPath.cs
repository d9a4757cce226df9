using Microsoft.AspNetCore.Http.Features;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>The project that the path names: <c>/p/{code}/…</c>.</summary>
/// <remarks>A path only selects: a key must belong to the project, and a request without a key gets its public reads.</remarks>
internal sealed record ProjectOfPath(ProjectSnapshot Project);

/// <summary>
/// Metadata of an endpoint of one seed: the project of requests without a key if neither path nor host name selects one and the server has
/// no default project. It is the built-in project of the seed, so that its public reads work on a plain <c>up</c>.
/// </summary>
public sealed record OfProduct(string Code);

/// <summary>
/// Answers each path also below <c>/p/{code}</c>: removes the prefix before routing, and remembers the project. Any other path costs one
/// comparison.
/// </summary>
internal sealed class ProjectPath(RequestDelegate next, ProjectDirectory directory)
{
    private const string Prefix = "/p/";

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Path.Value is { } path && path.StartsWith(Prefix, StringComparison.Ordinal))
        {
            Enter(context, path);
        }

        return next(context);
    }

    /// <summary>Changes nothing if the server has no such project: the request then gets a 404.</summary>
    private void Enter(HttpContext context, string path)
    {
        var end = path.IndexOf('/', Prefix.Length);
        var prefix = end < 0 ? path : path[..end];

        // The raw target, from which ids are read, must have the same prefix: not the absolute form, no escapes, and no dot segments.
        if (directory.Find(prefix[Prefix.Length..]) is { } project
            && context.Features.Get<IHttpRequestFeature>() is { } request
            && request.RawTarget.StartsWith(prefix, StringComparison.Ordinal)
            && request.RawTarget.AsSpan(prefix.Length) is "" or ['/' or '?', ..])
        {
            var rest = request.RawTarget[prefix.Length..];
            request.RawTarget = rest.StartsWith('/') ? rest : "/" + rest;
            context.Request.PathBase += prefix;
            context.Request.Path = end < 0 ? "/" : path[end..];
            context.Features.Set(new ProjectOfPath(project));
        }
    }
}

/// <summary>The project of a request whose key names none.</summary>
internal static class PublicProject
{
    /// <summary>
    /// The project of the path, else of the host name, else the default project, else the endpoint's product. The caller can send any of
    /// them; they only select among public pages. Null: the server has none of them.
    /// </summary>
    public static ProjectSnapshot? Of(HttpContext context, ProjectDirectory directory, HttpOptions options) =>
        context.Features.Get<ProjectOfPath>()?.Project
        ?? directory.FindByHost(PublicAddress.HostOf(context).Host)
        ?? ((options.DefaultProject ?? context.GetEndpoint()?.Metadata.GetMetadata<OfProduct>()?.Code) is { } code
            ? directory.Find(code)
            : null);
}

internal static class OfProductExtensions
{
    public static TBuilder OfProduct<TBuilder>(this TBuilder endpoint, string code)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new OfProduct(code));
}
