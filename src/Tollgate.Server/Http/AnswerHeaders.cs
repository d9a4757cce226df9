using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>
/// The headers that every answer carries. <c>nosniff</c>: browsers believe the Content-Type, so that no JSON or CSV with a customer's text
/// in it runs as a page. <c>no-store</c>: answers hold keys, prices of one customer and balances, and no cache keeps a copy. An answer that
/// anybody may see says so itself.
/// </summary>
/// <remarks>Two known headers of Kestrel: two assignments without an allocation, and 61 bytes on the wire.</remarks>
internal static class AnswerHeaders
{
    public const string Private = "no-store";

    /// <summary>
    /// Documentation changes with a release only. Five minutes keep a page from being fetched again while somebody reads.
    /// </summary>
    public const string Documentation = "public, max-age=300";

    /// <summary>
    /// What a public key reads. A minute spares a busy pricing page most reads; a new price is on all pages a minute after it is published.
    /// </summary>
    public const string PublicRead = "public, max-age=60";

    /// <summary>The key decides whose catalogue it is.</summary>
    private const string Keys = "Authorization, X-Api-Key";

    public static void Begin(HttpResponse response)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = Private;
    }

    /// <summary>
    /// A public key, or no key, read something: <see cref="Access.Public"/> means that anybody may see it. Back ends read with secret keys
    /// what they have just written, so their answers are never kept. Errors are not kept either.
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
