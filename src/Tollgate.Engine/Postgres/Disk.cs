using System.Runtime.InteropServices;
using System.Text;

namespace Tollgate.Engine.Postgres;

/// <summary>What .NET has no call for: the mode that new files get, and renames that survive a power cut.</summary>
public static class Disk
{
    private const int ReadOnly = 0;
    private const int OfOthers = 0b111_111;

    /// <summary>Whatever this process writes from now on is its user's alone (umask 077).</summary>
    public static void CloseNewFiles() => _ = Umask(OfOthers);

    /// <summary>A rename is on disk when its folder is.</summary>
    public static void FlushFolder(string folder)
    {
        var handle = Open(Encoding.UTF8.GetBytes(folder + "\0"), ReadOnly);
        if (handle >= 0)
        {
            _ = Sync(handle);
            _ = Close(handle);
        }
    }

    [DllImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Umask(int mask);

    [DllImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int handle);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int handle);
}
