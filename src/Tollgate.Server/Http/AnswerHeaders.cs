using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>
/// The headers of every answer. <c>nosniff</c>: browsers respect the Content-Type, so that no JSON or CSV with a customer's text runs as a
/// page. <c>no-store</c>: answers contain keys, prices of one customer and balances, and no cache may keep a copy. A public answer replaces
/// the header.
/// </summary>
/// <remarks>Two known headers of Kestrel: two assignments without an allocation, and 61 bytes on the wire.</remarks>
internal static class AnswerHeaders
{
    public const string Private = "no-store";

    /// <summary>Documentation changes only with a release. Five minutes avoid repeated requests of a reader.</summary>
    public const string Documentation = "public, max-age=300";

    /// <summary>
    /// For reads with a public key. A minute saves a busy pricing page most reads; a new price is on all pages a minute after its
    /// publication.
    /// </summary>
    public const string PublicRead = "public, max-age=60";

    /// <summary>The headers that select the project of an answer.</summary>
    private const string Keys = "Authorization, X-Api-Key";

    public static void Begin(HttpResponse response)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = Private;
    }

    /// <summary>
    /// Makes a successful read with a public key, or without a key, cacheable, since <see cref="Access.Public"/> means that anybody may see
    /// it. Back ends with secret keys read their own writes, so no cache keeps their answers. No cache keeps errors either.
    /// </summary>
    public static void EndOf(HttpContext context, Caller caller, KeyRequirement requirement)
    {
        var response = context.Response;
        if (caller.Kind == KeyKind.Public && requirement.Headers.Count == 0
            && response is { StatusCode: StatusCodes.Status200OK, HasStarted: false }
            && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)))
        {
            response.Headers.CacheControl = PublicRead;
            response.Headers.Vary = Keys;
        }
    }
}
