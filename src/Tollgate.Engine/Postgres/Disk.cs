using System.Runtime.InteropServices;
using System.Text;

namespace Tollgate.Engine.Postgres;

/// <summary>System calls that .NET lacks: the mode of new files, and renames that survive a power cut.</summary>
public static class Disk
{
    private const int ReadOnly = 0;
    private const int OfOthers = 0b111_111;

    /// <summary>Makes all files that this process writes from now on accessible to its user only (umask 077).</summary>
    public static void CloseNewFiles() => _ = Umask(OfOthers);

    /// <summary>Makes a rename durable: it is on disk when its folder is.</summary>
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
