using System.Globalization;
using System.Runtime.InteropServices;

namespace Tollgate.Bench.Hosting;

/// <summary>The machine on which the figures were measured. No host name, because results are published.</summary>
internal sealed record Machine(
    string Processor, int Processors, double MemoryGib, string System, string Runtime, string Postgres, string Redis, string Wrk,
    double? FsyncsPerSecond)
{
    public static async Task<Machine> DescribeAsync(Tools tools, string postgresVersion, string folder, CancellationToken cancel) => new(
        Line("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        Math.Round(double.Parse((Line("/proc/meminfo", "MemTotal") ?? "0 kB").Split(' ')[0], CultureInfo.InvariantCulture) / 1048576, 1),
        (Line("/etc/os-release", "PRETTY_NAME", '=') ?? "Linux").Trim('"') + ", kernel " + Environment.OSVersion.Version,
        RuntimeInformation.FrameworkDescription,
        postgresVersion,
        (await Child.RunAsync(tools.RedisServer, ["--version"], cancel)).Out.Split("v=")[^1].Split(' ')[0],
        (await Child.RunAsync(tools.Wrk, ["-v"], cancel)).Out.Split(' ', '\n').FirstOrDefault(word => word.Any(char.IsDigit)) ?? "",
        await FsyncRateAsync(folder, cancel));

    /// <summary>The averages of 1, 5 and 15 minutes.</summary>
    public static string Load() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]);

    /// <summary>Synced 8 kB writes per second with PostgreSQL's own tester, in the folder of the database; null without it.</summary>
    private static async Task<double?> FsyncRateAsync(string folder, CancellationToken cancel)
    {
        if (Tools.Find("pg_test_fsync") is not { } tester)
        {
            return null;
        }

        var file = Path.Combine(folder, "fsync-test");
        var said = await Child.RunAsync(tester, ["-s", "1", "-f", file], cancel);
        File.Delete(file);
        var line = said.Out.Split('\n').FirstOrDefault(text => text.TrimStart().StartsWith("fdatasync", StringComparison.Ordinal));
        return line is not null && double.TryParse(
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var rate)
            ? Math.Round(rate)
            : null;
    }

    private static string? Line(string file, string name, char mark = ':') =>
        File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(mark, 2)[1].Trim()
            : null;
}
