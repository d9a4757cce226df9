using System.Collections.Concurrent;
using System.Diagnostics;

namespace Tollgate.Server.Http;

/// <summary>
/// How many requests each endpoint answered, how they ended and how long they took, for <c>/metrics</c>. An endpoint's series is looked up
/// by reference, so that a request costs two readings of the clock, one look-up and two interlocked additions, about 0.1 µs. The
/// framework's own <c>http.server.request.duration</c> builds its labels anew for every request; it goes out over OTLP only.
/// </summary>
/// <remarks>Labels come from fixed sets (known methods, route templates, classes of status): no request can add one.</remarks>
public sealed class RequestTimes
{
    /// <summary>Paths and methods that no endpoint has: whatever a scanner tries is one series.</summary>
    private const string Unmatched = "unmatched";

    private static readonly string[] Classes = ["aborted", "1xx", "2xx", "3xx", "4xx", "5xx"];

    /// <summary>Seconds. Checks take 0.1 ms, consumes 1 to 5 ms; a request beyond ten seconds is an export.</summary>
    private static readonly double[] Bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly ConcurrentDictionary<Endpoint, OfEndpoint> _endpoints = new(ReferenceEqualityComparer.Instance);
    private readonly OfEndpoint _unmatched = new(Unmatched);

    internal MetricFamily Family { get; } = new(
        "tollgate_http_request_duration_seconds", "Requests by route, method and class of status, and how long they took.", Bounds);

    /// <param name="started">From <see cref="Stopwatch.GetTimestamp"/>.</param>
    /// <param name="aborted">The client disconnected before it was answered.</param>
    public void Observe(HttpContext context, long started, bool aborted)
    {
        var endpoint = context.GetEndpoint() is RouteEndpoint matched
            ? _endpoints.GetOrAdd(matched, static one => new(RouteOf(one)))
            : _unmatched;
        var status = aborted ? 0 : Math.Clamp(context.Response.StatusCode / 100, 1, Classes.Length - 1);
        var series = endpoint.Series(MethodOf(context.Request.Method), status, Family);
        series.Observe(Stopwatch.GetElapsedTime(started).TotalSeconds, Bounds);
    }

    /// <summary>The template as the API document writes it: <c>/v1/customers/{id}/usage</c>.</summary>
    internal static string RouteOf(Endpoint? endpoint) =>
        endpoint is RouteEndpoint { RoutePattern.RawText: { } text } ? "/" + text.TrimStart('/') : Unmatched;

    private static int MethodOf(string method)
    {
        var index = Array.IndexOf(OfEndpoint.Methods, method);
        return index < 0 ? OfEndpoint.Methods.Length - 1 : index;
    }

    /// <summary>The series of one route: a small table, filled as requests come.</summary>
    private sealed class OfEndpoint(string route)
    {
        /// <summary>The hottest first; any method that is not known is the last.</summary>
        public static readonly string[] Methods = ["POST", "GET", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "other"];

        private readonly MetricSeries?[] _series = new MetricSeries?[Methods.Length * Classes.Length];

        public MetricSeries Series(int method, int status, MetricFamily family) =>
            _series[(method * Classes.Length)
                + status] ??= family.SeriesOf($"method=\"{Methods[method]}\",route=\"{route}\",status=\"{Classes[status]}\"");
    }
}
