using System.Globalization;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// The server's data folder: PostgreSQL's files, its log, the keys file and the lock that keeps a second server out.
/// The lock is the kernel's (flock): it ends when the process ends for any reason, and is never stale.
/// </summary>
public sealed class DataFolder : IDisposable
{
    private const UnixFileMode OfOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly FileStream _lock;

    private DataFolder(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    /// <summary>The absolute path.</summary>
    public string Path { get; }

    public string Postgres => System.IO.Path.Combine(Path, "postgres");

    /// <summary>
    /// The folder in which initdb works until it is done, so that an interrupted run leaves nothing incomplete under the real name.
    /// </summary>
    public string PostgresInMaking => System.IO.Path.Combine(Path, "postgres.initializing");

    public string PostgresLog => System.IO.Path.Combine(Path, "postgres.log");

    public string Sockets => System.IO.Path.Combine(Path, "run");

    /// <summary>The keys file of a data folder that another process may hold, for the CLI.</summary>
    public static string KeysFileOf(string path) => System.IO.Path.Combine(System.IO.Path.GetFullPath(path), "keys.env");

    /// <summary>Creates the folder if it is missing and takes its lock.</summary>
    /// <exception cref="StartRefusedException">Another server holds the folder, or it cannot be written.</exception>
    public static DataFolder Take(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        try
        {
            Disk.CloseNewFiles();
            if (!Directory.Exists(full))
            {
                Directory.CreateDirectory(full, OwnerOnly(directory: true));
            }

            var folder = new DataFolder(full, TakeLock(System.IO.Path.Combine(full, "lock"), full));
            folder.CloseToOthers();
            return folder;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartRefusedException(
                $"The data folder {full} cannot be written by {Environment.UserName}: {e.Message} "
                + "Start as the user that owns it, or choose another folder with --data.", e);
        }
        catch (IOException e) when (!Directory.Exists(full))
        {
            throw new StartRefusedException(
                $"The data folder {full} cannot be created: {e.Message} Choose another folder with --data.", e);
        }
    }

    /// <summary>
    /// Closes the folder and its mails, which earlier versions left readable by other users. PostgreSQL sets the modes of its own folders.
    /// If root starts PostgreSQL as another user, <see cref="PostgresOwner"/> lets that user's group pass through again.
    /// </summary>
    private void CloseToOthers()
    {
        File.SetUnixFileMode(Path, OwnerOnly(directory: true));
        foreach (var entry in Directory.EnumerateFileSystemEntries(Path)
            .Where(entry => entry != Postgres && entry != PostgresInMaking && entry != Sockets))
        {
            Close(entry);
        }
    }

    private static void Close(string entry)
    {
        var isFolder = Directory.Exists(entry);
        if (new FileInfo(entry).LinkTarget is not null || (File.GetUnixFileMode(entry) & OfOthers) == 0)
        {
            return;
        }

        File.SetUnixFileMode(entry, OwnerOnly(isFolder));
        foreach (var inner in isFolder ? Directory.EnumerateFileSystemEntries(entry) : [])
        {
            Close(inner);
        }
    }

    internal static UnixFileMode OwnerOnly(bool directory) =>
        UnixFileMode.UserRead | UnixFileMode.UserWrite | (directory ? UnixFileMode.UserExecute : UnixFileMode.None);

    private static FileStream TakeLock(string file, string folder)
    {
        try
        {
            var stream = new FileStream(file, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = OwnerOnly(directory: false),
            });
            File.WriteAllText(ProcessFile(folder), Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
            return stream;
        }
        catch (IOException e)
        {
            throw new StartRefusedException(
                $"The data folder {folder} is in use by another Tollgate server{HolderOf(folder)}. "
                + "Stop that one, or choose another folder with --data.", e);
        }
    }

    /// <summary>For messages only; separate from the lock, because a locked file cannot be read.</summary>
    private static string ProcessFile(string folder) => System.IO.Path.Combine(folder, "server.pid");

    private static string HolderOf(string folder)
    {
        try
        {
            return $" (process {File.ReadAllText(ProcessFile(folder)).Trim()})";
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>Lets the next server in. The lock's file stays: removing it would let two servers lock two different files.</summary>
    public void Dispose()
    {
        File.Delete(ProcessFile(Path));
        _lock.Dispose();
    }
}
