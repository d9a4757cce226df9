using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// Stops a PostgreSQL that a killed server left running on the data, or removes its stale <c>postmaster.pid</c>. The caller holds the data
/// folder's lock, so no other Tollgate owns that PostgreSQL.
/// </summary>
public static class PostgresOrphan
{
    public static async Task StopAsync(string data, ILogger logger, CancellationToken cancel)
    {
        var file = Path.Combine(data, "postmaster.pid");
        if (!File.Exists(file))
        {
            return;
        }

        var content = await File.ReadAllTextAsync(file, cancel);
        if (!int.TryParse(content.Split('\n')[0].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
            || !IsPostmasterOf(process, content))
        {
            // Another process may have the number by now, and PostgreSQL would then refuse to start.
            logger.LogInformation("Removing a stale {File}: its process is gone.", file);
            File.Delete(file);
            return;
        }

        logger.LogWarning("A PostgreSQL (process {Process}) of an earlier server still runs on {Data}; stopping it.", process, data);
        Signals.Send(process, Signals.Interrupt);
        var waiting = Stopwatch.StartNew();
        while (IsPostmasterOf(process, content))
        {
            if (waiting.Elapsed > PrivatePostgres.FastShutdownLimit)
            {
                throw new StartRefusedException(
                    $"A PostgreSQL of an earlier server (process {process}) runs on {data} and does not stop. "
                    + $"Stop it (kill -QUIT {process}), then start again.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancel);
        }
    }

    /// <summary>
    /// True if the process is the postmaster of this data. A postmaster works in its data folder, so the file in the process's working
    /// directory is the same file. Without /proc, any living process with that number counts. Only process, folder and start time are
    /// compared, because a postmaster that stops, or has just started, rewrites the line with its state.
    /// </summary>
    public static bool IsPostmasterOf(int process, string pidFile)
    {
        if (!Directory.Exists("/proc/self"))
        {
            return Signals.IsAlive(process);
        }

        try
        {
            return File.ReadAllText($"/proc/{process}/comm").StartsWith("postgres", StringComparison.Ordinal)
                && Identity(File.ReadAllText($"/proc/{process}/cwd/postmaster.pid")) == Identity(pidFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The first three lines of a <c>postmaster.pid</c>: the process, its data folder, when it started.</summary>
    private static string Identity(string pidFile) => string.Join('\n', pidFile.Split('\n').Take(3));
}
