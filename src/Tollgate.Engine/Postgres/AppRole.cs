using Npgsql;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// The role with which the application uses the private PostgreSQL: it reads and writes rows and creates nothing. Injected SQL could read
/// no file, run no program, change no setting of the server and drop no table. <c>ensure_events_month</c>, which runs as its owner, makes
/// the partitions of events.
/// </summary>
public static class AppRole
{
    public const string Name = "tollgate_app";

    /// <summary>
    /// Runs after the migrations at every start: it grants rights on new tables, and adds the role to an older data folder.
    /// </summary>
    public static async Task EnsureAsync(string ownerConnection, CancellationToken cancel)
    {
        await using var source = Database.ForStart(ownerConnection);
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        foreach (var statement in AppRoleSql.Ensure)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(cancel);
        }

        await transaction.CommitAsync(cancel);
    }
}

/// <summary>The statements that set the role's rights.</summary>
internal static class AppRoleSql
{
    public static readonly IReadOnlyList<string> Ensure =
    [
        $"""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{AppRole.Name}') THEN
                CREATE ROLE {AppRole.Name} LOGIN;
            END IF;
        END $$
        """,
        $"ALTER ROLE {AppRole.Name} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",

        // Databases from before PostgreSQL 15 let every user create in public.
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        $"GRANT USAGE ON SCHEMA public TO {AppRole.Name}",
        $"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {AppRole.Name}",
        $"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {AppRole.Name}",
        $"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {AppRole.Name}",

        // The partitions of future months.
        $"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {AppRole.Name}",

        // Only the operator changes the list of applied migrations and the current master key.
        $"REVOKE INSERT, UPDATE, DELETE ON schema_migrations, master_keys FROM {AppRole.Name}",
    ];
}
