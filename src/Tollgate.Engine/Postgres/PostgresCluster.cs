using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Tollgate.Engine.Postgres;

/// <summary>Makes and configures the files that the private PostgreSQL runs on ("cluster" is PostgreSQL's word for them).</summary>
internal static class PostgresCluster
{
    public const string Superuser = "tollgate";

    private const string AccessFile = "pg_hba.conf";

    /// <summary>sockaddr_un has 108 bytes with its final zero, on macOS 104.</summary>
    private const int LongestSocketPathBytes = 100;

    /// <summary>
    /// The folder is closed to others; the file is root's when we are, and PostgreSQL must read it whatever the umask is.
    /// </summary>
    private const UnixFileMode ReadableByAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Runs initdb beside the real name and renames at the end: an interrupted one is simply made again.</summary>
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
            // macOS and some minimal systems have no C.UTF-8. Plain C sorts the same and knows upper and lower case of ASCII only.
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
    /// In the data folder; under /tmp when the path is longer than a socket's may be, or Npgsql would take it for a list. No PostgreSQL
    /// runs on the data.
    /// </summary>
    public static async Task<string> PrepareSocketsAsync(DataFolder folder, PostgresOwner owner, CancellationToken cancel)
    {
        var longest = Encoding.UTF8.GetByteCount(folder.Sockets)
            + string.Create(CultureInfo.InvariantCulture, $"/.s.PGSQL.{PostgresSettings.Port}.lock").Length;
        var sockets = longest <= LongestSocketPathBytes && !folder.Sockets.Contains(',', StringComparison.Ordinal)
            ? folder.Sockets
            : Directory.CreateTempSubdirectory("tollgate-").FullName;
        await owner.CreateFolderAsync(sockets, cancel);

        // Left by a PostgreSQL that was killed. Where its number is another process by now, or its parent has not asked for its end yet, a
        // new one takes it for alive.
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
