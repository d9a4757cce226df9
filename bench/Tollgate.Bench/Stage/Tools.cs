using System.Runtime.InteropServices;

namespace Tollgate.Bench.Stage;

/// <summary>The programs that the bench calls. What is missing is installed with apt where that is allowed.</summary>
internal sealed partial record Tools(string Wrk, string RedisServer, string RedisBenchmark, string RedisCli, string Pgbench)
{
    private static readonly (string Program, string Package)[] Needed =
    [
        ("wrk", "wrk"), ("redis-server", "redis-server"), ("redis-benchmark", "redis-tools"), ("redis-cli", "redis-tools"),
        ("pgbench", "postgresql-contrib"),
    ];

    public static async Task<Tools> PrepareAsync(Action<string> tell, CancellationToken cancel)
    {
        var missing = Needed.Where(tool => Find(tool.Program) is null).ToList();
        if (missing.Count > 0)
        {
            await InstallAsync([.. missing.Select(tool => tool.Package).Distinct()], tell, cancel);
        }

        var still = Needed.Where(tool => Find(tool.Program) is null).ToList();
        return still.Count == 0
            ? new Tools(Find("wrk")!, Find("redis-server")!, Find("redis-benchmark")!, Find("redis-cli")!, Find("pgbench")!)
            : throw new BenchFault($"Missing: {string.Join(", ", still.Select(tool => tool.Program))}. "
                + $"Install with: sudo apt-get install -y {string.Join(' ', still.Select(tool => tool.Package).Distinct())}");
    }

    /// <summary>On the PATH, or among PostgreSQL's own programs (the newest version first).</summary>
    public static string? Find(string program)
    {
        var own = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(path => int.TryParse(Path.GetFileName(path), out var version) ? version : 0)
                .Select(path => Path.Combine(path, "bin"))
            : [];
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(own).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
    }

    private static async Task InstallAsync(string[] packages, Action<string> tell, CancellationToken cancel)
    {
        if (Find("apt-get") is not { } apt)
        {
            return;
        }

        string[] before = UserId() == 0 ? [] : Find("sudo") is { } sudo ? [sudo, "-n"] : [""];
        if (before is [""])
        {
            return;
        }

        tell($"Installing {string.Join(", ", packages)} …");
        string[][] steps = [[apt, "update", "-q"], [apt, "install", "-y", "-q", "--no-install-recommends", .. packages]];
        foreach (var step in steps)
        {
            string[] command = [.. before, .. step];
            var said = await Child.RunAsync(command[0], command[1..], cancel,
                new Dictionary<string, string> { ["DEBIAN_FRONTEND"] = "noninteractive", ["RUNLEVEL"] = "1" });
            if (said.ExitCode != 0)
            {
                tell($"  {string.Join(' ', command)} ended with {said.ExitCode}: {said.Error.Trim().Split('\n')[^1]}");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint UserId();
}
