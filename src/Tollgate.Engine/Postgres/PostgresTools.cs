using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Tollgate.Engine.Postgres;

/// <summary>PostgreSQL's own programs for dumps. Programs of an older version cannot dump a newer server.</summary>
public sealed partial record PostgresTools(string Folder, int Major)
{
    private const string Hint = "Debian, Ubuntu: apt-get install postgresql-client; macOS: brew install postgresql";

    /// <summary>Finds the oldest installed version that fits the server.</summary>
    /// <exception cref="StartRefusedException">None is installed, or only older ones.</exception>
    public static async Task<PostgresTools> FindAsync(int server, CancellationToken cancel)
    {
        var found = new List<PostgresTools>();
        foreach (var folder in PostgresBinaries.Candidates()
            .Where(static folder => File.Exists(Path.Combine(folder, "pg_dump")) && File.Exists(Path.Combine(folder, "pg_restore"))))
        {
            var run = await PostgresOwner.RunAsync(new ProcessStartInfo(Path.Combine(folder, "pg_dump"), ["--version"]), cancel);
            if (run.ExitCode == 0 && Number().Match(run.Output) is { Success: true } match)
            {
                found.Add(new(folder, int.Parse(match.Value, CultureInfo.InvariantCulture)));
            }
        }

        return found.Where(one => one.Major >= server).MinBy(static one => one.Major)
            ?? throw new StartRefusedException(
                found.Count == 0
                    ? $"PostgreSQL's programs pg_dump and pg_restore are not installed ({Hint})."
                    : $"The database is PostgreSQL {server}, and pg_dump here is of version "
                        + $"{string.Join(", ", found.Select(static one => one.Major).Distinct())}. Install version {server} ({Hint}).");
    }

    /// <summary>Passes the connection in the environment, which other users of the machine cannot read.</summary>
    public ProcessStartInfo Start(string program, string connectionString, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Folder, program), arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(static key => key.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        Set("PGHOST", settings.Host);
        Set("PGPORT", settings.Port.ToString(CultureInfo.InvariantCulture));
        Set("PGUSER", settings.Username);
        Set("PGPASSWORD", settings.Password);
        Set("PGPASSFILE", settings.Passfile);
        Set("PGDATABASE", settings.Database);
        Set("PGSSLROOTCERT", settings.RootCertificate);
        Set("PGSSLCERT", settings.SslCertificate);
        Set("PGSSLKEY", settings.SslKey);
        if (settings.SslMode != SslMode.Prefer)
        {
            Set("PGSSLMODE",
                settings.SslMode switch { SslMode.VerifyCA => "verify-ca", SslMode.VerifyFull => "verify-full",
                    var mode => mode.ToString().ToLowerInvariant() });
        }

        start.Environment["LC_ALL"] = "C";
        return start;

        void Set(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                start.Environment[name] = value;
            }
        }
    }

    [GeneratedRegex(@"\d+", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
