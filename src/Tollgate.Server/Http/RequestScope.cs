using System.Diagnostics;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>
/// The request that the running code works on, so that every log line written within it carries the request's id, project and trace id.
/// Nothing is put together before a line is written: entering costs one small object and one write to the execution context,
/// far less than a scope of the logging framework.
/// </summary>
public sealed class RequestScope : IDisposable
{
    private const int TraceParentLength = 55;

    private static readonly AsyncLocal<RequestScope?> Running = new();

    private volatile HttpContext? _context;

    private RequestScope(HttpContext context) => _context = context;

    /// <summary>Null outside of requests, and for work that outlives the request that started it: Kestrel uses the context again.</summary>
    public static RequestScope? Current => Running.Value is { _context: not null } scope ? scope : null;

    public static RequestScope Enter(HttpContext context)
    {
        var scope = new RequestScope(context);
        Running.Value = scope;
        return scope;
    }

    public string? RequestId => _context?.RequestId();

    /// <summary>The project's code; null before the key is known, and for the admin key without a project.</summary>
    public string? Project => _context?.Features.Get<Caller>()?.Project?.Code;

    /// <summary>Of the span when spans are exported, else of the caller's <c>traceparent</c>.</summary>
    public string? TraceId => Activity.Current?.TraceId.ToHexString() ?? SentTraceId();

    public void Dispose() => _context = null;

    private string? SentTraceId() =>
        (string?)_context?.Request.Headers.TraceParent is { Length: TraceParentLength } sent
        && ActivityContext.TryParse(sent, null, out var parent) ? parent.TraceId.ToHexString() : null;
}
