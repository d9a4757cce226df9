using System.Diagnostics;

namespace Tollgate.Server.Http;

/// <summary>
/// Adds the attributes of the semantic conventions to a request's span. Without an exporter there is no span, and this costs one read. It
/// omits paths and queries, because they contain ids of customers and the tokens of checkout and portal pages.
/// </summary>
internal static class SpanRoute
{
    private const string RequestSpan = "Microsoft.AspNetCore.Hosting.HttpRequestIn";

    /// <summary>Begins the span of the request, named by its route; null: there is no listener.</summary>
    public static Activity? Begin(HttpContext context)
    {
        if (Activity.Current is not { OperationName: RequestSpan } span)
        {
            return null;
        }

        var (method, route) = (context.Request.Method, RequestTimes.RouteOf(context.GetEndpoint()));
        span.DisplayName = $"{method} {route}";
        span.SetTag("http.route", route);
        span.SetTag("http.request.method", method);
        span.SetTag("url.path", null);
        span.SetTag("url.query", null);
        return span;
    }

    /// <summary>Sets the status; a 5xx is an error of this server, a 4xx is not.</summary>
    public static void End(Activity span, HttpContext context)
    {
        var status = context.Response.StatusCode;
        span.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
