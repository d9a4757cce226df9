using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Tollgate.Engine.Postgres;

/// <summary>Makes and configures the files of the private PostgreSQL ("cluster" is PostgreSQL's word for them).</summary>
internal static class PostgresCluster
{
    public const string Superuser = "tollgate";

    private const string AccessFile = "pg_hba.conf";

    /// <summary>sockaddr_un has 108 bytes with its final zero, on macOS 104.</summary>
    private const int LongestSocketPathBytes = 100;

    /// <summary>
    /// The folder is closed to others. If the server runs as root, root owns the file, and PostgreSQL must be able to read it under any
    /// umask.
    /// </summary>
    private const UnixFileMode ReadableByAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Runs initdb in a temporary folder and renames it at the end: after an interruption the next start runs it again.</summary>
    public static async Task MakeAsync(
        DataFolder folder, PostgresBinaries binaries, PostgresOwner owner, ILogger logger, CancellationToken cancel)
    {
        if (File.Exists(Path.Combine(folder.Postgres, "PG_VERSION")))
        {
            return;
        }

        if (Directory.Exists(folder.Postgres) && Directory.EnumerateFileSystemEntries(folder.Postgres).Any())
        {
            throw new StartRefusedException(
                $"{folder.Postgres} holds files but no PostgreSQL data (PG_VERSION is missing). "
                + "Move them away, or choose another folder with --data.");
        }

        logger.LogInformation("Making a new PostgreSQL {Version} data folder in {Folder}.", binaries.Version, folder.Postgres);
        if (Directory.Exists(folder.PostgresInMaking))
        {
            Directory.Delete(folder.PostgresInMaking, recursive: true);
        }

        await owner.CreateFolderAsync(folder.PostgresInMaking, cancel);
        var made = await InitdbAsync("C.UTF-8", folder, binaries, owner, cancel);
        if (made.ExitCode != 0 && made.Error.Contains("locale", StringComparison.Ordinal))
        {
            // macOS and some minimal systems have no C.UTF-8. Plain C sorts the same, and changes case only in ASCII.
            made = await InitdbAsync("C", folder, binaries, owner, cancel);
        }

        if (made.ExitCode != 0)
        {
            throw new StartRefusedException($"initdb could not make {folder.Postgres}: {made.Error.Trim()}");
        }

        await AppendAsync(Path.Combine(folder.PostgresInMaking, "postgresql.conf"), PostgresSettings.Includes, cancel);
        await File.WriteAllTextAsync(Path.Combine(folder.PostgresInMaking, PostgresSettings.LocalFile), PostgresSettings.Local, cancel);
        File.SetUnixFileMode(Path.Combine(folder.PostgresInMaking, PostgresSettings.LocalFile), ReadableByAll);
        await File.WriteAllTextAsync(Path.Combine(folder.PostgresInMaking, AccessFile), PostgresSettings.Access(hasNames: true), cancel);
        if (Directory.Exists(folder.Postgres))
        {
            Directory.Delete(folder.Postgres);
        }

        Directory.Move(folder.PostgresInMaking, folder.Postgres);
    }

    /// <summary>
    /// Returns the folder for sockets: in the data folder, or under /tmp if that path is longer than a socket's may be, or if Npgsql would
    /// parse it as a list. PostgreSQL must not be running on the data.
    /// </summary>
    public static async Task<string> PrepareSocketsAsync(DataFolder folder, PostgresOwner owner, CancellationToken cancel)
    {
        var longest = Encoding.UTF8.GetByteCount(folder.Sockets)
            + string.Create(CultureInfo.InvariantCulture, $"/.s.PGSQL.{PostgresSettings.Port}.lock").Length;
        var sockets = longest <= LongestSocketPathBytes && !folder.Sockets.Contains(',', StringComparison.Ordinal)
            ? folder.Sockets
            : Directory.CreateTempSubdirectory("tollgate-").FullName;
        await owner.CreateFolderAsync(sockets, cancel);

        // A killed PostgreSQL leaves this lock file. A new PostgreSQL takes the old one for alive if another process has its number by now,
        // or if its parent has not reaped it yet.
        File.Delete(Path.Combine(sockets, PostgresSettings.SocketLock));
        return sockets;
    }

    public static void RemoveTemporarySockets(DataFolder folder, string sockets)
    {
        if (sockets != folder.Sockets && Directory.Exists(sockets))
        {
            Directory.Delete(sockets, recursive: true);
        }
    }

    public static async Task WriteSettingsAsync(
        DataFolder folder, PostgresBinaries binaries, PostgresOwner owner, string sockets, CancellationToken cancel)
    {
        await WriteAccessAsync(folder, owner, cancel);
        var file = Path.Combine(folder.Postgres, PostgresSettings.File);
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        await WriteAsync("pglz");
        var lz4 = await PostgresOwner.RunAsync(
            owner.Program(binaries.Postgres, "-D", folder.Postgres, "-C", "wal_compression", "-c", "wal_compression=lz4"), cancel);
        if (lz4.ExitCode == 0)
        {
            await WriteAsync("lz4");
        }

        async Task WriteAsync(string walCompression)
        {
            await File.WriteAllTextAsync(file, PostgresSettings.Text(sockets, memory, walCompression), cancel);

            File.SetUnixFileMode(file, ReadableByAll);
        }
    }

    private static async Task WriteAccessAsync(DataFolder folder, PostgresOwner owner, CancellationToken cancel)
    {
        var access = Path.Combine(folder.Postgres, AccessFile);
        if (!PostgresSettings.IsOurs(await File.ReadAllTextAsync(access, cancel)))
        {
            return;
        }

        var users = new[] { Environment.UserName, owner.User }.Where(static user => !string.IsNullOrEmpty(user)).Distinct().ToList();
        await File.WriteAllTextAsync(Path.Combine(folder.Postgres, "pg_ident.conf"), PostgresSettings.Map(users!), cancel);
        await File.WriteAllTextAsync(access, PostgresSettings.Access(hasNames: !string.IsNullOrEmpty(Environment.UserName)), cancel);
    }

    private static Task<(int ExitCode, string Output, string Error)> InitdbAsync(
        string locale, DataFolder folder, PostgresBinaries binaries, PostgresOwner owner, CancellationToken cancel) =>
        PostgresOwner.RunAsync(
            owner.Program(
                binaries.Initdb, "-D", folder.PostgresInMaking, "--encoding=UTF8", $"--locale={locale}", "--data-checksums",
                $"--username={Superuser}", "--auth=trust", "--no-instructions"),
            cancel);

    private static async Task AppendAsync(string file, string text, CancellationToken cancel)
    {
        await using var writer = new StreamWriter(file, append: true);
        await writer.WriteAsync(text.AsMemory(), cancel);
    }
}
