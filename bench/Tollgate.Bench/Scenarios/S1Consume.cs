using System.Globalization;
using Tollgate.Bench.Load;
using Tollgate.Bench.Hosting;
using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Scenarios;

/// <summary>
/// The cost of a durable decision, compared with an answer that does nothing: same server, authentication, request text and connections.
/// Then the frontier, and the latency of an open loop at half of the capacity.
/// </summary>
internal static class S1Consume
{
    private static readonly int[] Sweep = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
    private static readonly double[] LatencyBoundsMs = [1, 5, 10, 50];

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Session session)
    {
        var wide = await session.CompareAsync(session.Wrk.Consume(256), session.Wrk.NoOp(256));
        var narrow = await session.CompareAsync(session.Wrk.Consume(64), session.Wrk.NoOp(64));
        List<Figure> figures =
        [
            Ratio.Higher("S1", "consume ÷ no-op, 256 connections", wide, goal: 0.60, floor: 0.45),
            Ratio.Higher("S1", "consume ÷ no-op, 64 connections", narrow, goal: 0.45),
            Latency("S1", "consume, closed loop, 256 connections", wide.MiddleA),
            Latency("S1", "consume, closed loop, 64 connections", narrow.MiddleA),
        ];
        figures.AddRange(await FrontierAsync(session));
        figures.Add(await HalfLoadAsync(session, Math.Max(wide.A.Median, narrow.A.Median) / 2));
        Workbench.Tell($"  checked: {await session.Books.RetryAsync(session.Cancel)}; {await TightCapAsync(session)}");
        await session.CheckAsync();
        return figures;
    }

    private static async Task<IEnumerable<Figure>> FrontierAsync(Session session)
    {
        var points = new List<(int Connections, LoadResult Run)>();
        foreach (var connections in session.Options.Quick ? Sweep.Where((_, at) => at % 2 == 0) : Sweep)
        {
            var point = await session.Wrk.Consume(connections).RunAsync(session.Cancel);
            Workbench.Tell(string.Create(CultureInfo.InvariantCulture,
                $"  frontier c={connections}: {Figure.Text(point.PerSecond)}/s, p50 {point.P50:0.00} ms, p99 {point.P99:0.00} ms  [{point.CpuText}]"));
            points.Add((connections, point));
        }

        return LatencyBoundsMs.Select(bound => points.Where(point => point.Run.P99 <= bound).ToList() is { Count: > 0 } within
            ? Best(bound, within.MaxBy(point => point.Run.PerSecond))
            : Figure.NotMeasured("S1", $"frontier: consume/s with p99 ≤ {bound} ms", "no number of connections stayed within"));

        static Figure Best(double bound, (int Connections, LoadResult Run) point) => Figure.Context(
            "S1", $"frontier: consume/s with p99 ≤ {bound} ms", point.Run.PerSecond, "/s",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{point.Connections} connections, p50 {point.Run.P50:0.00} ms, p99 {point.Run.P99:0.00} ms"));
    }

    private static async Task<Figure> HalfLoadAsync(Session session, double perSecond)
    {
        var length = TimeSpan.FromSeconds(session.Options.RoundSeconds * (session.Options.Quick ? 1 : 2));
        var result = await new OpenLoop(session.Server, session.Books).RunAsync(perSecond, length, session.Cancel);
        return Latency("S1", "consume, open loop at half of the capacity, 64 connections", result);
    }

    /// <summary>A quota of 1,000 with 256 callers: exactly 1,000 are allowed, and the rest is refused.</summary>
    private static async Task<string> TightCapAsync(Session session)
    {
        var result = await session.Wrk.One(
            "tight cap", "/v1/consume", 256, BenchProject.TightFeature, prefix: "t", turn: Turn.First, records: true, refusals: true)
            .RunAsync(session.Cancel);
        var allowed = result.Done - result.Refused;
        return allowed == BenchProject.TightQuota
            ? $"a hard cap of {BenchProject.TightQuota} allowed exactly as many of {result.Done:N0}"
            : throw new BenchFault($"WRONG ANSWERS: a hard cap of {BenchProject.TightQuota} allowed {allowed} of {result.Done}.");
    }

    private static Figure Latency(string scenario, string name, LoadResult result) => Figure.Context(
        scenario, $"{name}: p50", result.P50, "ms",
        string.Create(
            CultureInfo.InvariantCulture,
            $"{result.PerSecond:N0}/s, p99 {result.P99:0.00} ms, p99.9 {result.P999:0.00} ms, most {result.Most:0.0} ms"));
}
