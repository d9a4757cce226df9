using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Hostile;

/// <summary>The latencies of one kind of call.</summary>
internal sealed record Times(string Kind, IReadOnlyList<double> Milliseconds, IReadOnlyList<int> Failures)
{
    public double P50 => At(0.5);

    public double P99 => At(0.99);

    public double Longest => Milliseconds.Count == 0 ? 0 : Milliseconds[^1];

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kind,-9} {Milliseconds.Count,6} calls  p50 {P50,7:0.0} ms  p99 {P99,7:0.0} ms  longest {Longest,7:0.0} ms  failed {Failures.Count}");

    private double At(double share) =>
        Milliseconds.Count == 0 ? 0 : Milliseconds[Math.Min(Milliseconds.Count - 1, (int)(Milliseconds.Count * share))];
}

/// <summary>
/// A tenant with moderate traffic that measures the latencies of its customers. Each kind of call has its own thread and connection and
/// sends at a steady pace; a slow call delays only the next of its kind.
/// </summary>
internal sealed class Neighbour(Uri server, string key)
{
    private const int Customers = 20;

    private static readonly Kind[] Kinds =
    [
        new("consume", 10,
            at => ("POST", "/v1/consume", $$"""{"customer":"{{CustomerOf(at)}}","feature":"{{Catalogue.Roomy}}","amount":1}""")),
        new("check", 20, at => ("POST", "/v1/check", $$"""{"customer":"{{CustomerOf(at)}}","feature":"{{Catalogue.Roomy}}"}""")),
        new("usage", 20, at => ("GET", $"/v1/customers/{CustomerOf(at)}/usage", null)),
        new("customers", 50, _ => ("GET", "/v1/customers?limit=20", null)),
        new("events", 50, at => ("GET", $"/v1/events?customer={CustomerOf(at)}&limit=20", null)),
        new("ready", 50, _ => ("GET", "/health/ready", null)),
        new("live", 50, _ => ("GET", "/health/live", null)),
    ];

    /// <summary>Makes its customers.</summary>
    public static async Task SettleInAsync(Project project)
    {
        for (var at = 0; at < Customers; at++)
        {
            (await project.Gate.PostAsync("/v1/customers", new JsonObject { ["id"] = CustomerOf(at) })).Status.ShouldBe(201);
        }
    }

    /// <summary>Calls for the given time and returns the latencies.</summary>
    public IReadOnlyList<Times> Measure(TimeSpan length)
    {
        var until = Stopwatch.GetTimestamp() + (long)(length.TotalSeconds * Stopwatch.Frequency);
        var times = new Times[Kinds.Length];
        var threads = Kinds.Select((kind, at) => new Thread(() => times[at] = Measure(kind, until))).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());
        return times;
    }

    private Times Measure(Kind kind, long until)
    {
        using var caller = new SteadyCaller(server, key);
        var (times, failures) = (new List<double>(), new List<int>());
        for (var at = 0; Stopwatch.GetTimestamp() < until; at++)
        {
            var (method, path, body) = kind.Call(at);
            var started = Stopwatch.GetTimestamp();
            var status = caller.Send(method, path, body);
            var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            times.Add(took);
            if (status is not (>= 200 and < 300))
            {
                failures.Add(status);
            }

            if (took < kind.EveryMilliseconds)
            {
                Thread.Sleep((int)(kind.EveryMilliseconds - took));
            }
        }

        times.Sort();
        return new(kind.Name, times, failures);
    }

    private static string CustomerOf(int at) => string.Create(CultureInfo.InvariantCulture, $"neighbour-{at % Customers}");

    private sealed record Kind(string Name, int EveryMilliseconds, Func<int, (string Method, string Path, string? Body)> Call);
}
