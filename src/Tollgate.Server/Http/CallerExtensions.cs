using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>The caller and project of a request, which <see cref="FrontDoor"/> has resolved.</summary>
public static class CallerExtensions
{
    private const int LongestRequestId = 128;

    /// <summary>The caller. Only for endpoints with <c>RequireKey</c>.</summary>
    public static Caller Caller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The endpoint requires no key, so it has no caller.");

    /// <summary>The project of the request. Not for endpoints that serve <see cref="Access.Admin"/> without a project.</summary>
    public static ProjectSnapshot Project(this HttpContext context) =>
        context.Caller().Project ?? throw new InvalidOperationException("The endpoint serves callers without a project.");

    /// <summary>The caller's <c>X-Request-Id</c> if it is valid, else the connection's id and the request's number.</summary>
    public static string RequestId(this HttpContext context)
    {
        string? sent = context.Request.Headers["X-Request-Id"];
        return sent is { Length: > 0 and <= LongestRequestId } && sent.All(IsDecent) ? sent : context.TraceIdentifier;
    }

    private static bool IsDecent(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':';
}
