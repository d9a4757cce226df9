using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// Lets PostgreSQL's processes that serve the pool step back behind the server and the lanes' own backends when cores are short: an
/// analysis of one project, or an export, would take turns with the decisions of all others. For a PostgreSQL on this machine only. On an
/// idle machine it changes nothing.
/// </summary>
/// <remarks>
/// The kernel weighs processes of one scheduling group by their niceness, and groups by a niceness of their own. Where it makes a group for
/// each session (<c>sched_autogroup_enabled</c>), each backend is one, since PostgreSQL begins a session for each, and one backend would
/// get as much as the whole server. Both are set.
/// </remarks>
public sealed class BackendNiceness(ILogger log)
{
    /// <summary>About a fifth of what a process of the server gets where both want the same core.</summary>
    private const int Steps = 7;

    private const int Most = 19;
    private const int OfOneProcess = 0;
    private const int Itself = 0;

    /// <summary>From the server's own on: one that an operator started with a niceness has it for both.</summary>
    private readonly int _ofBackends = Math.Min(Most, GetPriority(OfOneProcess, Itself) + Steps);

    /// <summary>1: the log says that it is not permitted.</summary>
    private int _told;

    /// <summary>Also where it is not permitted, the connection works: its backend gets the share of a core that all get.</summary>
    public void Raise(NpgsqlConnection opened)
    {
        var process = opened.ProcessID;
        if (SetPriority(OfOneProcess, process, _ofBackends) != 0 && Interlocked.Exchange(ref _told, 1) == 0)
        {
            log.LogInformation(
                "The system does not let Tollgate lower the priority of PostgreSQL's processes. Heavy queries get the same share of the "
                    + "cores as decisions.");
        }

        RaiseGroup(process);
    }

    /// <summary>
    /// The kernel takes one such change in 100 ms from a process without privileges, and refuses the others; what is refused stays as it
    /// is.
    /// </summary>
    private static void RaiseGroup(int process)
    {
        var file = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/autogroup");
        try
        {
            if (File.Exists(file))
            {
                File.WriteAllText(file, Steps.ToString(CultureInfo.InvariantCulture));
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // A kernel without groups, a backend of another user, or a change too soon after the last one.
        }
    }

    [DllImport("libc", EntryPoint = "getpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetPriority(int which, int process);

    [DllImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetPriority(int which, int process, int niceness);
}
