using System.Globalization;
using Tollgate.Bench.Hosting;

namespace Tollgate.Bench.Load;

/// <summary>PostgreSQL alone: a script, a number of clients on the unix socket, prepared statements, no HTTP.</summary>
internal sealed class Pgbench(Workbench bench, PeersDatabase database)
{
    public Peer Script(string name, string script, int clients) => new(name, cancel => RunAsync(script, clients, cancel));

    private async Task<LoadResult> RunAsync(string script, int clients, CancellationToken cancel)
    {
        var seconds = bench.Options.RoundSeconds;
        var logs = bench.NewFolder("pgbench");
        var watch = bench.Cpu.MeasureAsync(TimeSpan.FromSeconds(seconds), cancel);

        // Each transaction's time is logged for a single client only, where the median is needed and the writing costs nothing.
        string[] log = clients == 1 ? ["--log", "--log-prefix", Path.Combine(logs, "times")] : [];
        var said = await Child.RunAsync(bench.Tools.Pgbench,
            ["-n", "-M", "prepared", "-c", $"{clients}", "-j", clients == 1 ? "1" : "2", "-T", $"{seconds}", .. log,
             "-f", Path.Combine(bench.Scripts, script), "-h", database.Place.Host, "-p", $"{database.Place.Port}", "-U",
             database.Place.User, PeersDatabase.Name],
            cancel);
        var output = said.OutOrThrow("pgbench");
        var rate = Number(output, "tps = ");
        var average = Number(output, "latency average = ");
        var times = Directory.GetFiles(logs).SelectMany(File.ReadLines)
            .Select(line => double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture) / 1e3).Order().ToArray();
        Directory.Delete(logs, recursive: true);
        return times.Length == 0
            ? new LoadResult(rate, average, average, average, average) { Cpu = await watch }
            : new LoadResult(
                rate, times[times.Length / 2], times[(int)(times.Length * 0.99)], times[(int)(times.Length * 0.999)], times[^1])
                {
                    Cpu = await watch,
                };
    }

    private static double Number(string output, string after)
    {
        var start = output.IndexOf(after, StringComparison.Ordinal);
        if (start < 0)
        {
            throw new BenchFault("pgbench did not say \"" + after + "\": " + output.Trim());
        }

        var text = output[(start + after.Length)..].Split(' ', '\n')[0];
        return double.Parse(text, CultureInfo.InvariantCulture);
    }
}
