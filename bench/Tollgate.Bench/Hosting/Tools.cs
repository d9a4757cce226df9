using System.Runtime.InteropServices;

namespace Tollgate.Bench.Hosting;

/// <summary>The programs that the bench calls. Missing ones are installed with apt if that is allowed.</summary>
internal sealed partial record Tools(string Wrk, string RedisServer, string RedisBenchmark, string RedisCli, string Pgbench)
{
    private static readonly (string Program, string Package)[] Needed =
    [
        ("wrk", "wrk"), ("redis-server", "redis-server"), ("redis-benchmark", "redis-tools"), ("redis-cli", "redis-tools"),
        ("pgbench", "postgresql-contrib"),
    ];

    /// <summary>The programs of the gateways that S9 compares with ours.</summary>
    private static readonly (string Program, string Package)[] NeededByGateways = [("nginx", "nginx-light"), ("node", "nodejs"),
        ("npm", "npm")];

    public static async Task<Tools> PrepareAsync(Action<string> tell, CancellationToken cancel)
    {
        await InstallMissingAsync(Needed, tell, cancel);
        return new Tools(Find("wrk")!, Find("redis-server")!, Find("redis-benchmark")!, Find("redis-cli")!, Find("pgbench")!);
    }

    /// <exception cref="BenchFault">Something is missing, and it cannot be installed here.</exception>
    public static async Task<(string Nginx, string Node, string Npm)> PrepareGatewaysAsync(Action<string> tell, CancellationToken cancel)
    {
        await InstallMissingAsync(NeededByGateways, tell, cancel);
        return (Find("nginx")!, Find("node")!, Find("npm")!);
    }

    private static async Task InstallMissingAsync((string Program, string Package)[] needed, Action<string> tell, CancellationToken cancel)
    {
        var missing = needed.Where(tool => Find(tool.Program) is null).ToList();
        if (missing.Count > 0)
        {
            await InstallAsync([.. missing.Select(tool => tool.Package).Distinct()], tell, cancel);
        }

        var still = missing.Where(tool => Find(tool.Program) is null).ToList();
        if (still.Count > 0)
        {
            throw new BenchFault($"Missing: {string.Join(", ", still.Select(tool => tool.Program))}. "
                + $"Install with: sudo apt-get install -y {string.Join(' ', still.Select(tool => tool.Package).Distinct())}");
        }
    }

    /// <summary>On the PATH, among the system's programs, or among PostgreSQL's own (the newest version first).</summary>
    public static string? Find(string program)
    {
        var own = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql")
                .OrderByDescending(path => int.TryParse(Path.GetFileName(path), out var version) ? version : 0)
                .Select(path => Path.Combine(path, "bin"))
            : [];
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Append("/usr/sbin").Concat(own).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
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
