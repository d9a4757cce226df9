using System.Globalization;

namespace Tollgate.Engine.Postgres;

/// <summary>The settings of the private PostgreSQL: durable first, sized to the machine second.</summary>
public static class PostgresSettings
{
    /// <summary>Tollgate rewrites this file at every start.</summary>
    public const string File = "tollgate.conf";

    /// <summary>The operator's own settings, which PostgreSQL reads after Tollgate's.</summary>
    public const string LocalFile = "local.conf";

    /// <summary>The port is only part of the socket's name; nothing listens on TCP.</summary>
    public const int Port = 5432;

    /// <summary>The file next to the socket that names the listening process.</summary>
    public static readonly string SocketLock = string.Create(CultureInfo.InvariantCulture, $".s.PGSQL.{Port}.lock");

    /// <summary>The text that Tollgate appends once to <c>postgresql.conf</c>.</summary>
    public const string Includes = $"""

        # Tollgate rewrites {File} at every start. Put settings of your own into {LocalFile}; they win.
        include '{File}'
        include_if_exists '{LocalFile}'

        """;

    /// <summary>The initial content of the operator's file.</summary>
    public const string Local = "# Settings of your own: they win over tollgate.conf. A start checks that the durable ones stay durable.\n";

    /// <summary>
    /// The rules of <c>pg_hba.conf</c>: the operating system identifies the connecting user (peer), and the map lists the roles that this
    /// user may have. In addition, the socket's folder has mode 700. In some containers the user has no name and peer authentication cannot
    /// work; then only the folder protects.
    /// </summary>
    public static string Access(bool hasNames) => $"""
        {Marker}
        # TYPE  DATABASE     USER  METHOD
        local   all          all   {(hasNames ? "peer map=tollgate" : "trust")}
        local   replication  all   {(hasNames ? "peer map=tollgate" : "trust")}

        """;

    /// <param name="users">Users of the operating system: the server's, and PostgreSQL's if it is another.</param>
    public static string Map(IEnumerable<string> users) => $"""
        {Marker}
        # MAP  USER OF THE SYSTEM  ROLE
        {string.Join('\n', users.SelectMany(static user => new[] { PostgresCluster.Superuser, AppRole.Name }.Select(role => $"tollgate  \"{user}\"  {role}")))}

        """;

    /// <summary>True if Tollgate wrote the file, now or before it had this line. A file that an operator changed stays.</summary>
    public static bool IsOurs(string text) => text.StartsWith(Marker, StringComparison.Ordinal) || text == OldAccess;

    private const string Marker = "# Written by Tollgate at every start. Remove this line to keep changes of your own.";

    private const string OldAccess = """
        # TYPE  DATABASE     USER  METHOD
        local   all          all   trust
        local   replication  all   trust

        """;

    /// <param name="memoryBytes">The memory of the machine or the container.</param>
    /// <param name="walCompression">lz4 if PostgreSQL was built with it.</param>
    public static string Text(string socketFolder, long memoryBytes, string walCompression)
    {
        const long Mega = 1024 * 1024;

        // An eighth, because the server and the page cache need the rest; 128 MB is PostgreSQL's own default.
        var shared = Math.Clamp(memoryBytes / 8 / Mega, 128, 4096);
        var cache = Math.Max(memoryBytes / 2 / Mega, 256);
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Written by Tollgate at every start; see {LocalFile} in postgresql.conf.
            listen_addresses = ''
            port = {Port}
            unix_socket_directories = '{socketFolder.Replace("'", "''", StringComparison.Ordinal)}'
            unix_socket_permissions = 0700
            max_connections = 200

            # An acknowledged fact survives kill -9 and power loss.
            fsync = on
            synchronous_commit = on
            full_page_writes = on
            wal_compression = {walCompression}

            # Checkpoints far apart: each one makes the next write of every page log the whole page.
            max_wal_size = 4GB
            min_wal_size = 128MB
            checkpoint_timeout = 15min
            checkpoint_completion_target = 0.9

            shared_buffers = {shared}MB
            effective_cache_size = {cache}MB
            jit = off

            autovacuum = on
            autovacuum_naptime = 15s
            autovacuum_vacuum_cost_limit = 2000

            # A client that hangs inside a transaction would hold its locks for ever.
            idle_in_transaction_session_timeout = 60s

            timezone = 'UTC'
            log_timezone = 'UTC'
            lc_messages = 'C'
            logging_collector = off
            log_destination = 'stderr'
            log_line_prefix = '%m [%p] '
            log_statement = 'none'
            log_parameter_max_length_on_error = 0
            cluster_name = 'tollgate'

            """);
    }
}
