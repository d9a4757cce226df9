using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Tollgate.Engine.Postgres;

/// <summary>A PostgreSQL installation of this machine: the folder with <c>postgres</c> and <c>initdb</c>, and its version.</summary>
public sealed partial record PostgresBinaries(string Folder, int Major, string Version)
{
    /// <summary>Older majors lack features that the schema and the settings use, and get no security fixes.</summary>
    public const int OldestMajor = 15;

    /// <summary>Names the folder of the binaries; if set, no other folder is searched.</summary>
    public const string FolderVariable = "TOLLGATE_POSTGRES_BIN";

    private const string InstallHint =
        "Install it (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql@15), "
        + "or use a server of your own with --database.";

    public string Postgres => Path.Combine(Folder, "postgres");

    public string Initdb => Path.Combine(Folder, "initdb");

    /// <summary>Finds the newest installation, or the one whose major version made the data.</summary>
    /// <param name="majorOfData">The content of PG_VERSION of an existing data folder; null if there is none yet.</param>
    /// <exception cref="StartRefusedException">None is installed, or none can read the data.</exception>
    public static async Task<PostgresBinaries> FindAsync(string? majorOfData, string dataFolder, CancellationToken cancel)
    {
        var found = new List<PostgresBinaries>();
        foreach (var folder in Candidates())
        {
            if (await ReadVersionAsync(folder, cancel) is { } binaries)
            {
                found.Add(binaries);
            }
        }

        if (found.Count == 0)
        {
            throw new StartRefusedException(
                $"PostgreSQL is not installed: no folder on PATH or under /usr/lib/postgresql has initdb and postgres. {InstallHint}");
        }

        var installed = string.Join(", ", found.Select(b => b.Version).Distinct());
        if (majorOfData is not null)
        {
            return found.Find(b => b.Major.ToString(CultureInfo.InvariantCulture) == majorOfData)
                ?? throw new StartRefusedException(
                    $"{dataFolder} was made by PostgreSQL {majorOfData}, but installed is {installed}. "
                    + $"Install PostgreSQL {majorOfData}, or move the data to the new version with pg_upgrade, "
                    + "or choose another folder with --data.");
        }

        var newest = found.MaxBy(b => b.Major)!;
        return newest.Major >= OldestMajor
            ? newest
            : throw new StartRefusedException($"PostgreSQL {OldestMajor} or later is needed, but installed is {installed}. {InstallHint}");
    }

    internal static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } chosen)
        {
            return [chosen];
        }

        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(Versioned("/usr/lib/postgresql", "*"))
            .Concat(Versioned("/usr", "pgsql-*"))
            .Concat(Versioned("/opt/homebrew/opt", "postgresql@*"))
            .Concat(Versioned("/usr/local/opt", "postgresql@*"))
            .Append("/usr/local/pgsql/bin")
            .Distinct();
    }

    private static IEnumerable<string> Versioned(string parent, string pattern) =>
        Directory.Exists(parent)
            ? Directory.EnumerateDirectories(parent, pattern).Select(d => Path.Combine(d, "bin"))
            : [];

    private static async Task<PostgresBinaries?> ReadVersionAsync(string folder, CancellationToken cancel)
    {
        var binary = Path.Combine(folder, "postgres");
        if (!File.Exists(binary) || !File.Exists(Path.Combine(folder, "initdb")))
        {
            return null;
        }

        var run = await PostgresOwner.RunAsync(new ProcessStartInfo(binary, ["--version"]), cancel);
        var match = VersionPattern().Match(run.Output);
        return run.ExitCode == 0 && match.Success
            ? new PostgresBinaries(folder, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match.Value)
            : null;
    }

    [GeneratedRegex(@"(\d+)(?:[.\w]+)?", RegexOptions.CultureInvariant)]
    private static partial Regex VersionPattern();
}
