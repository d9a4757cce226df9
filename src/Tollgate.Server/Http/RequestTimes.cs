using System.Collections.Concurrent;
using System.Diagnostics;

namespace Tollgate.Server.Http;

/// <summary>
/// The number, results and durations of each endpoint's requests, for <c>/metrics</c>. It looks up an endpoint's series by reference, so a
/// request costs two clock readings, one look-up and two interlocked additions, about 0.1 µs. The framework's own
/// <c>http.server.request.duration</c> builds its labels for every request; only OTLP exports it.
/// </summary>
/// <remarks>Labels come from fixed sets (known methods, route templates, classes of status): no request can add one.</remarks>
public sealed class RequestTimes
{
    /// <summary>The series of unknown paths and methods, so that scanners add only one series.</summary>
    private const string Unmatched = "unmatched";

    private static readonly string[] Classes = ["aborted", "1xx", "2xx", "3xx", "4xx", "5xx"];

    /// <summary>The bounds in seconds. Checks take 0.1 ms, consumes 1 to 5 ms; a request of more than ten seconds is an export.</summary>
    private static readonly double[] Bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly ConcurrentDictionary<Endpoint, OfEndpoint> _endpoints = new(ReferenceEqualityComparer.Instance);
    private readonly OfEndpoint _unmatched = new(Unmatched);

    internal MetricFamily Family { get; } = new(
        "tollgate_http_request_duration_seconds", "Requests by route, method and class of status, and how long they took.", Bounds);

    /// <param name="started">The start, from <see cref="Stopwatch.GetTimestamp"/>.</param>
    /// <param name="aborted">True: the client disconnected before the answer.</param>
    public void Observe(HttpContext context, long started, bool aborted)
    {
        var endpoint = context.GetEndpoint() is RouteEndpoint matched
            ? _endpoints.GetOrAdd(matched, static one => new(RouteOf(one)))
            : _unmatched;
        var status = aborted ? 0 : Math.Clamp(context.Response.StatusCode / 100, 1, Classes.Length - 1);
        var series = endpoint.Series(MethodOf(context.Request.Method), status, Family);
        series.Observe(Stopwatch.GetElapsedTime(started).TotalSeconds, Bounds);
    }

    /// <summary>The template as in the API document: <c>/v1/customers/{id}/usage</c>.</summary>
    internal static string RouteOf(Endpoint? endpoint) =>
        endpoint is RouteEndpoint { RoutePattern.RawText: { } text } ? "/" + text.TrimStart('/') : Unmatched;

    private static int MethodOf(string method)
    {
        var index = Array.IndexOf(OfEndpoint.Methods, method);
        return index < 0 ? OfEndpoint.Methods.Length - 1 : index;
    }

    /// <summary>The series of one route: a small table, filled by requests.</summary>
    private sealed class OfEndpoint(string route)
    {
        /// <summary>The most frequent first; the last is for unknown methods.</summary>
        public static readonly string[] Methods = ["POST", "GET", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "other"];

        private readonly MetricSeries?[] _series = new MetricSeries?[Methods.Length * Classes.Length];

        public MetricSeries Series(int method, int status, MetricFamily family) =>
            _series[(method * Classes.Length)
                + status] ??= family.SeriesOf($"method=\"{Methods[method]}\",route=\"{route}\",status=\"{Classes[status]}\"");
    }
}
