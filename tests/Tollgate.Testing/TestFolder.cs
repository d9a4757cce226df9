namespace Tollgate.Testing;

/// <summary>
/// A temporary folder that the user of PostgreSQL can enter, removed at the end. The next run removes folders of killed runs whose lock is
/// free.
/// </summary>
/// <remarks>
/// It is in memory if there is enough: each database is a thousand files, and a disk takes longer to make and remove those than a test
/// takes for its work. PostgreSQL keeps its durable settings, and memory outlives the processes that tests kill. TMPDIR names another
/// place.
/// </remarks>
public sealed class TestFolder : IDisposable
{
    private const string Prefix = "tollgate-test-";

    /// <summary>Room for two databases of two test runs at their largest, write-ahead logs included, and for everything else.</summary>
    private const long EnoughMemory = 8L * 1024 * 1024 * 1024;

    private static readonly string Parent = MemoryOr(System.IO.Path.GetTempPath());

    private static readonly TimeSpan SafelyOld = TimeSpan.FromHours(1);

    private TestFolder(string path) => Path = path;

    public string Path { get; }

    public static TestFolder Create()
    {
        RemoveLeftovers();
        var folder = System.IO.Path.Combine(Parent, Prefix + Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return new TestFolder(folder);
    }

    public string Combine(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A process that is still ending may write into it; the next run removes it.
        }
    }

    private static string MemoryOr(string disk)
    {
        const string Memory = "/dev/shm";
        return Environment.GetEnvironmentVariable("TMPDIR") is null && Directory.Exists(Memory)
            && new DriveInfo(Memory) is { DriveFormat: "tmpfs", AvailableFreeSpace: > EnoughMemory }
            ? Memory
            : disk;
    }

    private static void RemoveLeftovers()
    {
        foreach (var folder in Directory.EnumerateDirectories(Parent, Prefix + "*"))
        {
            try
            {
                if (DateTime.UtcNow - Directory.GetLastWriteTimeUtc(folder) > SafelyOld && !IsLocked(folder))
                {
                    Directory.Delete(folder, recursive: true);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The folder belongs to another user, or is gone already.
            }
        }
    }

    private static bool IsLocked(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "lock", SearchOption.AllDirectories))
        {
            try
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                return true;
            }
        }

        return false;
    }
}
