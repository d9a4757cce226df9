using System.Globalization;
using Tollgate.Bench.Hosting;

namespace Tollgate.Bench.Load;

/// <summary>
/// Redis as durable as we are: append-only file, fsync before the answer. One Lua script reads, compares, increments and
/// appends to a stream; 50 clients over loopback TCP, no HTTP. Rewrites of its file are off: they would only slow it.
/// </summary>
internal sealed class Redis : IAsyncDisposable
{
    private readonly Workbench _bench;
    private readonly Child _process;
    private readonly int _port;
    private double _expectedRate = 20_000;

    private Redis(Workbench bench, Child process, int port)
    {
        _bench = bench;
        _process = process;
        _port = port;
    }

    public static async Task<Redis> StartAsync(Workbench bench, CancellationToken cancel)
    {
        var (folder, port) = (bench.NewFolder("redis"), Workbench.FreePort());
        var process = Child.Start(bench.Tools.RedisServer,
            ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always",
             "--auto-aof-rewrite-percentage", "0", "--daemonize", "no"],
            new Dictionary<string, string>(), Path.Combine(bench.Folder, "redis.log"));
        bench.Cpu.Name(process.Id, "redis");
        var redis = new Redis(bench, process, port);
        for (var tries = 0; tries < 100; tries++)
        {
            await Task.Delay(50, cancel);
            if ((await redis.AskAsync(cancel, "PING")).Out.Contains("PONG", StringComparison.Ordinal))
            {
                return redis;
            }
        }

        await redis.DisposeAsync();
        throw new BenchFault($"redis-server does not answer on 127.0.0.1:{port}.");
    }

    public Peer Script(int clients) => new($"Redis Lua, {clients} clients", async cancel =>
    {
        await AskAsync(cancel, "FLUSHALL");
        var script = await File.ReadAllTextAsync(Path.Combine(_bench.Scripts, "consume.redis.lua"), cancel);
        var hash = (await AskAsync(cancel, "SCRIPT", "LOAD", script)).OutOrThrow("redis-cli").Trim();

        // redis-benchmark takes a number of requests, not seconds: this computes the number for one round from the rate of the last run.
        var requests = (long)(_expectedRate * _bench.Options.RoundSeconds);
        var watch = _bench.Cpu.MeasureAsync(TimeSpan.FromSeconds(_bench.Options.RoundSeconds * 0.8), cancel);
        var said = await Child.RunAsync(_bench.Tools.RedisBenchmark,
            ["-h", "127.0.0.1", "-p", $"{_port}", "-c", $"{clients}", "-n", $"{requests}", "-r", $"{BenchProject.Customers}", "--csv",
             "EVALSHA", hash, "1", "balance:__rand_int__", "1", "1000000000"], cancel);
        var result = Parse(said.OutOrThrow("redis-benchmark")) with { Done = requests, Cpu = await watch };
        _expectedRate = result.PerSecond;

        var recorded = long.Parse((await AskAsync(cancel, "XLEN", "events")).Out.Trim(), CultureInfo.InvariantCulture);
        return recorded == requests ? result : throw new BenchFault($"Redis recorded {recorded} events of {requests}.");
    });

    public async ValueTask DisposeAsync() => await _process.DisposeAsync();

    /// <summary>The last line holds: name, requests per second, average, least, p50, p95, p99, most (ms).</summary>
    internal static LoadResult Parse(string csv)
    {
        var last = csv.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        var fields = last.Trim('"').Split("\",\"").TakeLast(7).Select(field => double.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        return new LoadResult(fields[0], fields[3], fields[5], fields[6], fields[6]);
    }

    private Task<Said> AskAsync(CancellationToken cancel, params string[] words) =>
        Child.RunAsync(_bench.Tools.RedisCli, ["-h", "127.0.0.1", "-p", $"{_port}", .. words], cancel);
}
