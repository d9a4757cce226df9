using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// Lowers the priority of the PostgreSQL backends that serve the pool below that of the server and the lanes' backends: when cores are
/// short, an analysis or an export of one project would otherwise compete with the decisions of all others. For a PostgreSQL on this
/// machine only. On an idle machine it changes nothing.
/// </summary>
/// <remarks>
/// The kernel weighs processes of one scheduling group by their niceness, and groups by a niceness of their own. With a group for each
/// session (<c>sched_autogroup_enabled</c>), each backend has its own group, because PostgreSQL begins a session for each, and one backend
/// would get as much as the whole server. This class sets both.
/// </remarks>
public sealed class BackendNiceness(ILogger log)
{
    /// <summary>A backend then gets about a fifth of a server process's share of a contended core.</summary>
    private const int Steps = 7;

    private const int Most = 19;
    private const int OfOneProcess = 0;
    private const int Itself = 0;

    /// <summary>Relative to the server's own niceness, so that a niceness set by an operator counts for both.</summary>
    private readonly int _ofBackends = Math.Min(Most, GetPriority(OfOneProcess, Itself) + Steps);

    /// <summary>1 after the log has reported that the change is not permitted.</summary>
    private int _logged;

    /// <summary>The connection works even if this is not permitted: its backend then gets an ordinary share of a core.</summary>
    public void Raise(NpgsqlConnection opened)
    {
        var process = opened.ProcessID;
        if (SetPriority(OfOneProcess, process, _ofBackends) != 0 && Interlocked.Exchange(ref _logged, 1) == 0)
        {
            log.LogInformation(
                "The system does not allow Tollgate to lower the priority of PostgreSQL's processes. Heavy queries get the same share of "
                    + "the cores as decisions.");
        }

        RaiseGroup(process);
    }

    /// <summary>
    /// The kernel accepts one such change per 100 ms from a process without privileges and refuses the others, which then have no effect.
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
