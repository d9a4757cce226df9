using System.Globalization;
using Tollgate.Bench.Hosting;

namespace Tollgate.Bench.Load;

/// <summary>The result of one run of a load. Latencies in milliseconds; <see cref="Refused"/> counts answers other than 2xx.</summary>
internal sealed record LoadResult(double PerSecond, double P50, double P99, double P999, double Most)
{
    public long Done { get; init; }

    public long Refused { get; init; }

    /// <summary>Broken connections and missing answers.</summary>
    public long Broken { get; init; }

    public CpuShare Cpu { get; init; } = CpuShare.None;

    /// <summary>
    /// Processors used, each with the processor time of one decision in microseconds, which hardly depends on other work of the machine.
    /// </summary>
    public string CpuText =>
        string.Join(", ", new[] { ("server", Cpu.Server), ("postgres", Cpu.Postgres), ("redis", Cpu.Redis), ("load", Cpu.Load) }
        .Where(group => group.Item2 >= 0.005)
        .Select(group =>
            string.Create(CultureInfo.InvariantCulture, $"{group.Item1} {group.Item2:0.00} ({group.Item2 / PerSecond * 1e6:0.0} µs)")));
}

/// <summary>One side of a comparison, which runs for the length of a round.</summary>
internal sealed record Peer(string Name, Func<CancellationToken, Task<LoadResult>> RunAsync);
