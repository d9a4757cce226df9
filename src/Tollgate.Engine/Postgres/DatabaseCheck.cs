using Npgsql;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// Checks once at the start that a PostgreSQL can keep Tollgate's promises, so that an unfit one causes a message and not lost data.
/// </summary>
public static class DatabaseCheck
{
    /// <summary>Set to 1 to start although the database may lose acknowledged facts; for disposable data only.</summary>
    public const string UnsafeVariable = "TOLLGATE_ALLOW_UNSAFE_DATABASE";

    private const string Facts = """
        SELECT current_setting('server_version_num')::int,
               current_setting('server_version'),
               current_setting('server_encoding'),
               pg_is_in_recovery(),
               current_setting('fsync'),
               current_setting('synchronous_commit'),
               current_setting('full_page_writes')
        """;

    /// <returns>Warnings that the operator should see; empty when all is well.</returns>
    /// <exception cref="StartRefusedException">The database cannot be reached or cannot be used.</exception>
    public static async Task<IReadOnlyList<string>> RunAsync(string connectionString, bool allowUnsafe, CancellationToken cancel)
    {
        var name = DatabaseUrl.WithoutSecrets(connectionString);
        try
        {
            await using var source = Database.ForStart(connectionString);
            await using var connection = await source.OpenConnectionAsync(cancel);
            await using var command = new NpgsqlCommand(Facts, connection);
            await using var row = await command.ExecuteReaderAsync(cancel);
            await row.ReadAsync(cancel);
            var faults = Faults(row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetBoolean(3));
            var risks = Risks(row.GetString(4), row.GetString(5), row.GetString(6));
            if (faults.Count > 0 || (risks.Count > 0 && !allowUnsafe))
            {
                var hint = faults.Count > 0 ? "" : $" Or set {UnsafeVariable}=1 for data that you can lose.";
                throw new StartRefusedException($"The database {name} cannot be used: {string.Join(" ", faults.Concat(risks))}{hint}");
            }

            return risks;
        }
        catch (PostgresException e)
        {
            throw new StartRefusedException($"The database {name} refuses the connection: {e.MessageText}. {HintFor(e.SqlState)}", e);
        }
        catch (NpgsqlException e)
        {
            throw new StartRefusedException(
                $"The database {name} cannot be reached: {(e.InnerException?.Message ?? e.Message).TrimEnd('.')}. "
                + "Check host, port and firewall in --database, and that the server runs.", e);
        }
    }

    private static List<string> Faults(int versionNumber, string version, string encoding, bool standby)
    {
        List<string> faults = [];
        if (versionNumber < PostgresBinaries.OldestMajor * 10_000)
        {
            faults.Add($"It is PostgreSQL {version}; {PostgresBinaries.OldestMajor} or later is needed.");
        }

        if (encoding != "UTF8")
        {
            faults.Add($"Its encoding is {encoding}; create the database with ENCODING 'UTF8'.");
        }

        if (standby)
        {
            faults.Add("It is a read-only standby; name the primary.");
        }

        return faults;
    }

    private static List<string> Risks(string fsync, string synchronousCommit, string fullPageWrites)
    {
        List<string> risks = [];
        if (fsync != "on")
        {
            risks.Add($"Its fsync is {fsync}: a power cut can destroy it. Set fsync = on.");
        }

        // local, remote_write, on and remote_apply all wait for the local disk.
        if (synchronousCommit == "off")
        {
            risks.Add("Its synchronous_commit is off: acknowledged facts can be lost. Set synchronous_commit = on.");
        }

        if (fullPageWrites != "on")
        {
            risks.Add($"Its full_page_writes is {fullPageWrites}: a power cut can tear pages. Set full_page_writes = on.");
        }

        return risks;
    }

    private static string HintFor(string sqlState) => sqlState switch
    {
        "28P01" or "28000" => "Check user and password in --database, and pg_hba.conf of the server.",
        "3D000" => "Create the database first (createdb), with encoding UTF8.",
        "53300" => "Raise max_connections of the server, or close other connections.",
        "57P03" => "The server is starting or stopping; try again in a moment.",
        _ => "Check --database.",
    };
}
