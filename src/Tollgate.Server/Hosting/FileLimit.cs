using System.Runtime.InteropServices;

namespace Tollgate.Server.Hosting;

/// <summary>The most files, and so sockets, that this process may have open: <c>RLIMIT_NOFILE</c>.</summary>
internal static class FileLimit
{
    /// <summary>Linux. macOS and the BSDs number it 8.</summary>
    private const int LinuxResource = 7;

    private const int OtherResource = 8;

    /// <summary>
    /// The soft limit, which .NET raises to the hard one when a process starts. Null: there is none, or it cannot be read.
    /// </summary>
    public static long? Read() =>
        !OperatingSystem.IsWindows() && GetLimit(OperatingSystem.IsLinux() ? LinuxResource : OtherResource, out var limit) == 0
            && limit.Soft <= int.MaxValue
            ? (long)limit.Soft
            : null;

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [DllImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetLimit(int resource, out Limit limit);
}
