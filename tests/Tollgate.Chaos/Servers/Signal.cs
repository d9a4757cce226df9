using System.Globalization;
using System.Runtime.InteropServices;

namespace Tollgate.Chaos.Servers;

/// <summary>Signals to processes that the tests started. Linux only, like the server's own PostgreSQL.</summary>
public static partial class Signal
{
    private const int Kill = 9;
    private const int Stop = 19;
    private const int Continue = 18;

    /// <summary>kill -9: no handler runs, nothing is flushed, connections break.</summary>
    public static void KillHard(int process) => Send(process, Kill);

    public static void Freeze(int process) => Send(process, Stop);

    public static void Thaw(int process) => Send(process, Continue);

    /// <summary>The processes whose parent is <paramref name="parent"/>: for the postmaster, its backends and workers.</summary>
    public static IReadOnlyList<(int Process, string Title)> ChildrenOf(int parent)
    {
        var children = new List<(int, string)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
                && ParentOf(process) == parent)
            {
                children.Add((process, Read($"{folder}/cmdline").Replace('\0', ' ').Trim()));
            }
        }

        return children;
    }

    /// <summary>Resident memory now, in bytes.</summary>
    public static long ResidentBytes(int process)
    {
        var line = Read($"/proc/{process}/status").Split('\n').FirstOrDefault(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>
    /// Sets the niceness of the threads on which this process's clients run: 19 gives way to all others. Dedicated threads keep theirs.
    /// </summary>
    /// <returns>True if the kernel allowed it for all of them: a return to 0 needs a privilege.</returns>
    public static bool NicePool(int niceness)
    {
        var isDone = true;
        foreach (var folder in Directory.EnumerateDirectories("/proc/self/task"))
        {
            if (Read($"{folder}/comm").StartsWith(".NET TP", StringComparison.Ordinal)
                || Read($"{folder}/comm").StartsWith(".NET Sockets", StringComparison.Ordinal))
            {
                isDone &= SetPriority(0, int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture), niceness) == 0;
            }
        }

        return isDone;
    }

    private static void Send(int process, int signal)
    {
        if (process > 1 && SendSignal(process, signal) != 0 && Marshal.GetLastPInvokeError() is var error and not 3)
        {
            throw new InvalidOperationException($"Signal {signal} to process {process} failed with errno {error}.");
        }
    }

    // "pid (name with spaces) S ppid …": the fields after the last parenthesis.
    private static string[] StatOf(int process)
    {
        var stat = Read($"/proc/{process}/stat");
        return stat.Length == 0 ? [] : stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static int ParentOf(int process) =>
        StatOf(process) is [_, var parent, ..] ? int.Parse(parent, CultureInfo.InvariantCulture) : 0;

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // The process ended between the listing and the look.
            return "";
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetPriority(int which, int thread, int niceness);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
