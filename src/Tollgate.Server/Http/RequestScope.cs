using System.Diagnostics;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>
/// The request of the running code, so that every log line within it has the request's id, project and trace id. It formats nothing before
/// a line is written: entering costs one small object and one write to the execution context, far less than a scope of the logging
/// framework.
/// </summary>
public sealed class RequestScope : IDisposable
{
    private const int TraceParentLength = 55;

    private static readonly AsyncLocal<RequestScope?> Running = new();

    private volatile HttpContext? _context;

    private RequestScope(HttpContext context) => _context = context;

    /// <summary>Null outside requests, and for work that outlives the request that started it, since Kestrel reuses the context.</summary>
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

    /// <summary>The trace id of the span if spans are exported, else of the caller's <c>traceparent</c>.</summary>
    public string? TraceId => Activity.Current?.TraceId.ToHexString() ?? SentTraceId();

    public void Dispose() => _context = null;

    private string? SentTraceId() =>
        (string?)_context?.Request.Headers.TraceParent is { Length: TraceParentLength } sent
        && ActivityContext.TryParse(sent, null, out var parent) ? parent.TraceId.ToHexString() : null;
}
