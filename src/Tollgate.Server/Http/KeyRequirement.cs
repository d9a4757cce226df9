using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>The kinds of callers that an endpoint serves. They combine with <c>|</c>.</summary>
[Flags]
public enum Access
{
    None = 0,

    /// <summary>Secret keys of the project, restricted ones that have the scope, and the admin key with <c>X-Project</c>.</summary>
    Secret = 1,

    /// <summary>Public keys: anybody may see the endpoint's answers.</summary>
    Public = 2,

    /// <summary>Customer tokens: the endpoint must serve only <see cref="Caller.Customer"/>.</summary>
    CustomerToken = 4,

    /// <summary>
    /// The admin key also without <c>X-Project</c>, for operations on the server. <see cref="Caller.Project"/> may be null.
    /// </summary>
    Admin = 8,

    /// <summary>
    /// A request without a key counts as a public one of the project that <see cref="PublicProject"/> finds: by its path or host name, else
    /// the server's default project, else the product's own (seed doors).
    /// </summary>
    Keyless = 16,
}

/// <summary>Metadata of an endpoint: the callers that may use it. <see cref="FrontDoor"/> enforces it.</summary>
/// <param name="Headers">Further headers that may contain the key, for seeds and providers with their own.</param>
public sealed record KeyRequirement(Access Access, Scope Scope, IReadOnlyList<string> Headers);

/// <summary>Metadata of an endpoint that needs no key, with the reason.</summary>
public sealed record OpenDoor(string Reason);

/// <summary>
/// Metadata of a POST that has its own unique id against retries, or that changes nothing: see <see cref="Idempotency"/>.
/// </summary>
public sealed record OwnIdempotency(bool ReadsOnly);

/// <summary>
/// Metadata of a POST without parameters in its body: <see cref="FrontDoor"/> refuses a body other than an empty object, since Tollgate
/// would ignore it. <see cref="DescriptionExtensions.Describe"/> adds it if no body is described.
/// </summary>
public sealed record NoBody;

/// <summary>
/// Metadata of an operation of <c>/v1</c>: the query parameters that it reads. <see cref="FrontDoor"/> refuses others, so that a misspelt
/// filter never lists everything. <see cref="DescriptionExtensions.Describe"/> adds it; doors of seeds and of providers accept any
/// parameters.
/// </summary>
public sealed record KnownQuery(IReadOnlyList<string> Names);

/// <summary>Metadata of an endpoint whose answer contains a secret: Tollgate encrypts the stored answer.</summary>
public sealed record SecretAnswer;

public static class KeyRequirementExtensions
{
    public static TBuilder RequireKey<TBuilder>(this TBuilder endpoint, Access access, Scope scope, params IReadOnlyList<string> headers)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new KeyRequirement(access, scope, headers));

    /// <summary>Requires no key. <paramref name="reason"/> explains why that is safe.</summary>
    public static TBuilder OpenToAll<TBuilder>(this TBuilder endpoint, string reason)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new OpenDoor(reason));

    /// <summary>The endpoint handles the header <c>Idempotency-Key</c> as the default of an event's id.</summary>
    public static TBuilder WithOwnIdempotency<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new OwnIdempotency(ReadsOnly: false));

    /// <summary>A POST that changes nothing.</summary>
    public static TBuilder ReadsOnly<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new OwnIdempotency(ReadsOnly: true));

    public static TBuilder WithSecretAnswer<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new SecretAnswer());

    /// <summary>
    /// Refuses the start of the server if an endpoint declares neither its callers nor that it is open. Call it last, after all endpoints
    /// are mapped.
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
