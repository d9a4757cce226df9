using System.Globalization;
using System.Security.Cryptography;
using Tollgate.Bench.Hosting;

namespace Tollgate.Bench.Load;

/// <summary>The choice of the customer in a load of single decisions.</summary>
internal enum Turn
{
    /// <summary>Any customer, evenly.</summary>
    Random,

    /// <summary>One after the other.</summary>
    Each,

    /// <summary>Always the first: a hot balance.</summary>
    First,
}

/// <summary>
/// The closed-loop generator: wrk, one thread, a number of keep-alive connections, each of which sends its next request after the last
/// answer. The no-op and its peer get the same text, made by the same script.
/// </summary>
internal sealed class Wrk(Workbench bench, TollgateServer server, Books books)
{
    /// <param name="path">/v1/consume, /v1/check or /v1/noop.</param>
    /// <param name="ids">True if each request has an idempotency id.</param>
    /// <param name="seconds">The length of the run; null: a round.</param>
    /// <param name="records">True if an answer of 200 means that an event was recorded.</param>
    public Peer One(
        string name, string path, int connections, string feature = BenchProject.Feature, int customers = BenchProject.Customers,
        string prefix = "c", Turn turn = Turn.Random, bool ids = true, bool records = false, bool refusals = false, int? seconds = null) =>
        new(name, async cancel =>
        {
            var result = await RunAsync(
                "one.lua", server.Url, connections, Arguments(path, feature, customers, prefix, turn, ids), refusals, cancel, seconds);
            books.Acknowledge(records ? result.Done - result.Refused : 0, records ? connections : 0);
            return result;
        });

    public Peer Consume(int connections, string prefix = "c", string feature = BenchProject.Feature, Turn turn = Turn.Random) =>
        One($"consume c={connections}", "/v1/consume", connections, feature, prefix: prefix, turn: turn, records: true);

    /// <summary>The same requests, to the bare program.</summary>
    public Peer Bare(BareServer bare, int connections, Turn turn = Turn.Random) => new($"bare program c={connections}", cancel => RunAsync(
        "one.lua", bare.Url, connections, Arguments("/v1/consume", BenchProject.Feature, BenchProject.Customers, "c", turn, ids: true),
        false, cancel));

    public Peer NoOp(int connections, bool ids = true) => One($"no-op c={connections}", "/v1/noop", connections, ids: ids);

    /// <summary>100 events per request. Figures are events, not requests.</summary>
    public Peer Events(int connections) => new($"events c={connections}", async cancel =>
    {
        const int each = 100;
        var result = await RunAsync("events.lua", server.Url, connections,
            ["/v1/events", server.Project.Key, BenchProject.Feature, $"{BenchProject.Customers}", "c", Run(), Seed()], false, cancel);
        books.Acknowledge(result.Done * each, connections * each);
        return result with { PerSecond = result.PerSecond * each, Done = result.Done * each };
    });

    /// <param name="path">Contains <c>{customer}</c>.</param>
    public Peer Read(string name, string path, int connections, string prefix = "c") => new(name, cancel =>
        RunAsync(
            "read.lua", server.Url, connections, [path, server.Project.Key, $"{BenchProject.Customers}", prefix, Seed()], false, cancel));

    /// <summary>One completion per request, through a gate.</summary>
    public Task<LoadResult> GateAsync(string script, Gate gate, int connections, CancellationToken cancel) => RunAsync(
        script, gate.Url, connections, [gate.Path, gate.Key, .. gate.Headers.SelectMany(header => (string[])[header.Name, header.Value])],
        false, cancel);

    private string[] Arguments(string path, string feature, int customers, string prefix, Turn turn, bool ids) =>
        [path, server.Project.Key, feature, $"{customers}", prefix, turn.ToString().ToLowerInvariant(), ids ? "ids" : "none", Run(),
            Seed()];

    private async Task<LoadResult> RunAsync(
        string script, string url, int connections, string[] arguments, bool refusals, CancellationToken cancel, int? length = null)
    {
        var seconds = length ?? bench.Options.RoundSeconds;
        var watch = bench.Cpu.MeasureAsync(TimeSpan.FromSeconds(seconds), cancel);
        var said = await Child.RunAsync(bench.Tools.Wrk,
            ["-t1", $"-c{connections}", $"-d{seconds}s", "--latency", "--timeout", "10s", "-s", Path.Combine(bench.Scripts, script), url,
                "--", .. arguments],
            cancel);
        var result = Parse(said.OutOrThrow("wrk")) with { Cpu = await watch };
        if ((result.Refused > 0 && !refusals) || result.Broken > 0)
        {
            throw new BenchFault(
                $"{script} {arguments[0]}, {connections} connections: {result.Refused} of {result.Done} answers were not 2xx, "
                + $"{result.Broken} connections broke or were not answered in 10 s. A load that is refused proves nothing.");
        }

        return result.Done > 0
            ? result
            : throw new BenchFault($"{script} {arguments[0]}, {connections} connections: nothing was answered in {seconds} s.");
    }

    /// <summary>Reads the line that <c>report.lua</c> prints; its times are microseconds.</summary>
    internal static LoadResult Parse(string output)
    {
        var line = output.Split('\n').FirstOrDefault(text => text.StartsWith("RESULT ", StringComparison.Ordinal))
            ?? throw new BenchFault("wrk printed no result: " + output.Trim());
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(field => field.Split('='))
            .ToDictionary(parts => parts[0], parts => double.Parse(parts[1], CultureInfo.InvariantCulture));
        return new LoadResult(
            fields["requests"] / (fields["micros"] / 1e6), fields["p50"] / 1e3, fields["p99"] / 1e3, fields["p999"] / 1e3,
            fields["max"] / 1e3)
        {
            Done = (long)fields["requests"],
            Refused = (long)fields["status"],
            Broken = (long)(fields["connect"] + fields["read"] + fields["write"] + fields["timeout"]),
        };
    }

    private static string Run() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3));

    private static string Seed() => $"{RandomNumberGenerator.GetInt32(1, int.MaxValue)}";
}
