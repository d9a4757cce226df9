namespace Tollgate.Engine.Backup;

/// <summary>The statements of backups and restores.</summary>
internal static class BackupSql
{
    /// <summary>The snapshot must live until pg_dump imports it, and the count before that may take long.</summary>
    public const string Begin = "SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

    /// <summary>Rows: snapshot, time, major version, newest migration.</summary>
    public const string Snapshot =
        """
        SELECT pg_export_snapshot(), now(), current_setting('server_version_num')::int / 10000, (SELECT coalesce(max(version), 0)
               FROM schema_migrations)
        """;

    /// <summary>Tables with rows of their own; the count of a parent includes its partitions.</summary>
    public const string Tables =
        """
        SELECT c.relname
          FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
         ORDER BY c.relname
        """;

    public const string HasTables = "SELECT to_regclass('schema_migrations') IS NOT NULL";

    public const string HasMasterKeys = "SELECT to_regclass('master_keys') IS NOT NULL";

    /// <summary>The sizes that weight the progress: pg_dump names partitions. Rows: table, bytes.</summary>
    public const string Sizes =
        "SELECT relname, pg_table_size(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'";

    public static string Count(string table) => $"SELECT count(*) FROM {Quoted(table)}";

    // ---- restore -------------------------------------------------------------------------------------------------

    /// <summary>Returns 1 if the database exists. $1 database.</summary>
    public const string Exists = "SELECT 1 FROM pg_database WHERE datname = $1";

    /// <summary>The number of client sessions; an autovacuum worker gives way to the restore. $1 database.</summary>
    public const string Users =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() AND backend_type = 'client backend'";

    public const string HasProjects = "SELECT to_regclass('projects') IS NOT NULL";

    public const string CountProjects = "SELECT count(*) FROM projects";

    /// <summary>The servers of the backed-up database do not run here.</summary>
    public const string ForgetServers = "DELETE FROM servers";

    /// <summary>Columns that contain fact positions. Rows: table, column.</summary>
    public const string Places =
        """
        SELECT c.relname, a.attname
          FROM pg_attribute a
          JOIN pg_class c ON c.oid = a.attrelid
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
           AND a.atttypid = 'xid8'::regtype AND NOT a.attisdropped
        """;

    public const string NextPlace = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";

    public static string LastPlace(string table, string column) =>
        $"SELECT coalesce(max({Quoted(column)}::text::bigint), 0) FROM {Quoted(table)}";

    /// <summary>
    /// Sets the number that is added to positions of new facts. Positions of facts are transaction ids, which belong to one PostgreSQL. The
    /// shift puts new facts after all restored ones, and readers of facts continue where they stopped.
    /// </summary>
    public static string Shift(long places) =>
        System.FormattableString.Invariant(
            $"""
            CREATE OR REPLACE FUNCTION fact_place_shift() RETURNS bigint
              LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT {places}::bigint'
            """);

    public static string Drop(string database) => $"DROP DATABASE IF EXISTS {Quoted(database)} WITH (FORCE)";

    public static string Create(string database) => $"CREATE DATABASE {Quoted(database)} TEMPLATE template0 ENCODING 'UTF8'";

    public static string Rename(string database, string name) => $"ALTER DATABASE {Quoted(database)} RENAME TO {Quoted(name)}";

    private static string Quoted(string name) => "\"" + name.Replace("\"", "\"\"", System.StringComparison.Ordinal) + "\"";
}
