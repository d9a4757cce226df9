using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>Which kinds of callers an endpoint serves. They combine with <c>|</c>.</summary>
[Flags]
public enum Access
{
    None = 0,

    /// <summary>Secret keys of the project, restricted ones that have the scope, and the admin key with <c>X-Project</c>.</summary>
    Secret = 1,

    /// <summary>Public keys: everything that such an endpoint shows may be seen by anybody.</summary>
    Public = 2,

    /// <summary>Customer tokens: the endpoint must serve only <see cref="Caller.Customer"/>.</summary>
    CustomerToken = 4,

    /// <summary>
    /// The admin key also without <c>X-Project</c>: the endpoint works on the server. <see cref="Caller.Project"/> may be null.
    /// </summary>
    Admin = 8,

    /// <summary>
    /// A request without any key is served as a public one of the project that has the request's host name, else of the
    /// server's default project (seed doors).
    /// </summary>
    Keyless = 16,
}

/// <summary>Metadata of an endpoint: who may call it. <see cref="FrontDoor"/> enforces it.</summary>
/// <param name="Headers">Further headers in which the key may come, for seeds and providers that have their own.</param>
public sealed record KeyRequirement(Access Access, Scope Scope, IReadOnlyList<string> Headers);

/// <summary>Metadata of an endpoint that needs no key, with the reason.</summary>
public sealed record OpenDoor(string Reason);

/// <summary>
/// Metadata of a POST whose retries are caught by its own unique id, or that changes nothing: see <see cref="Idempotency"/>.
/// </summary>
public sealed record OwnIdempotency(bool ReadsOnly);

/// <summary>
/// Metadata of a POST that is told nothing by its body: <see cref="FrontDoor"/> refuses one that is no empty object, so that nobody
/// believes it was heard.
/// <see cref="DescriptionExtensions.Describe"/> adds it where no body is described.
/// </summary>
public sealed record NoBody;

/// <summary>
/// Metadata of an operation of <c>/v1</c>: the query parameters that it reads. <see cref="FrontDoor"/> refuses others, so that a misspelt
/// filter never lists everything. <see cref="DescriptionExtensions.Describe"/> adds it; doors of seeds and of providers are called as their
/// callers please.
/// </summary>
public sealed record KnownQuery(IReadOnlyList<string> Names);

/// <summary>Metadata of an endpoint whose answer holds a secret: a stored replay of it is encrypted.</summary>
public sealed record SecretAnswer;

public static class KeyRequirementExtensions
{
    public static TBuilder RequireKey<TBuilder>(this TBuilder endpoint, Access access, Scope scope, params IReadOnlyList<string> headers)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new KeyRequirement(access, scope, headers));

    /// <summary>No key needed. <paramref name="reason"/> says why that is safe.</summary>
    public static TBuilder OpenToAll<TBuilder>(this TBuilder endpoint, string reason)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new OpenDoor(reason));

    /// <summary>The header <c>Idempotency-Key</c> is the endpoint's own business: it is the default of an event's id.</summary>
    public static TBuilder WithOwnIdempotency<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new OwnIdempotency(ReadsOnly: false));

    /// <summary>A POST that changes nothing.</summary>
    public static TBuilder ReadsOnly<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new OwnIdempotency(ReadsOnly: true));

    public static TBuilder WithSecretAnswer<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new SecretAnswer());

    /// <summary>
    /// Ends the start of the server when an endpoint says neither whom it serves nor that it is open. Called last, when
    /// everything is mapped.
    /// </summary>
    public static void RefuseUnguardedEndpoints(this IEndpointRouteBuilder app)
    {
        var unguarded = app.DataSources
            .SelectMany(source => source.Endpoints)
            .Where(endpoint => endpoint.Metadata.GetMetadata<KeyRequirement>() is null && endpoint.Metadata.GetMetadata<OpenDoor>() is null)
            .Select(endpoint => endpoint.DisplayName)
            .ToList();
        if (unguarded.Count > 0)
        {
            throw new InvalidOperationException(
                "Every endpoint says whom it serves: add .RequireKey(…) or .OpenToAll(reason) to " + string.Join(", ", unguarded));
        }
    }
}
