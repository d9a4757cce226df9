using System.Globalization;
using Npgsql;

namespace Tollgate.Engine.Postgres;

/// <summary>Sizes and time limits of the connections. Each is an option of the server.</summary>
public sealed record DatabaseOptions
{
    /// <summary>Connections of the control plane; lanes have their own. More would only queue inside PostgreSQL.</summary>
    public int PoolSize { get; init; } = 20;

    /// <summary>Seconds until a connection attempt fails: a caller gets its 503 soon instead of waiting on a dead host.</summary>
    public int ConnectSeconds { get; init; } = 3;

    /// <summary>Seconds until a statement times out.</summary>
    public int CommandSeconds { get; init; } = 30;

    /// <summary>
    /// The idle time after which PostgreSQL ends a transaction and releases its locks. Tollgate's transactions wait only for PostgreSQL, so
    /// this affects only a server that hangs.
    /// </summary>
    public static readonly TimeSpan IdleTransaction = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The time for which a statement of the control plane waits for a lock. It is shorter than <see cref="CommandSeconds"/>, so that the
    /// caller learns the reason.
    /// </summary>
    public static readonly TimeSpan LockWait = TimeSpan.FromSeconds(15);
}

/// <summary>The connections to the one PostgreSQL that this server uses.</summary>
/// <remarks>
/// While PostgreSQL is away, every use throws <see cref="NpgsqlException"/>; the endpoints answer 503 <c>storage_unavailable</c>.
/// </remarks>
public sealed class Database : IAsyncDisposable
{
    private readonly NpgsqlDataSource _dedicated;
    private int _era;

    /// <param name="niceness">Lowers the priority of the pool's backends; only for a PostgreSQL on this machine.</param>
    public Database(string connectionString, DatabaseOptions options, BackendNiceness? niceness = null)
    {
        var pooled = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "tollgate",
            MaxPoolSize = options.PoolSize,
            Timeout = options.ConnectSeconds,
            CommandTimeout = options.CommandSeconds,
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 3,
            IncludeErrorDetail = false,
        };
        var given = pooled.Options;
        pooled.Options = Nets(given, withLocks: true);
        Source = Named("control", pooled, builder =>
        {
            if (niceness is not null)
            {
                builder.UsePhysicalConnectionInitializer(niceness.Raise, opened =>
                {
                    niceness.Raise(opened);
                    return Task.CompletedTask;
                });
            }
        });
        pooled.Options = Nets(given, withLocks: false);
        pooled.Pooling = false;
        pooled.AutoPrepareMinUsages = 2;
        _dedicated = Named("dedicated", pooled, RowArray.TeachTo);
    }

    /// <summary>The pool for everything except the lanes.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>
    /// Increases when PostgreSQL may have restarted. The owner of a connection from an earlier era opens another one before the next use.
    /// </summary>
    public int Era => Volatile.Read(ref _era);

    /// <summary>
    /// Retires all open connections: a restart closes them, and each would fail its next user. Called when the server's standing connection
    /// was lost and is back; connections in use end when they return to the pool.
    /// </summary>
    public void BeginEra()
    {
        Interlocked.Increment(ref _era);
        Source.Clear();
    }

    /// <summary>
    /// Opens a connection outside the pool, for a lane or a listener that keeps it. It prepares statements automatically at the second use.
    /// </summary>
    public async Task<NpgsqlConnection> OpenDedicatedAsync(CancellationToken cancel) => await _dedicated.OpenConnectionAsync(cancel);

    /// <summary>For the few statements of a start: nothing is pooled, and no time limit cuts a long migration.</summary>
    public static NpgsqlDataSource ForStart(string connectionString) =>
        Named("start", new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 5, CommandTimeout = 0 });

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await _dedicated.DisposeAsync();
    }

    /// <summary>
    /// The settings are part of the startup packet: a reset of the session, as when a connection returns to the pool, restores them. The
    /// operator's options win.
    /// </summary>
    private static string Nets(string? given, bool withLocks) => string.Create(
        CultureInfo.InvariantCulture,
        $"-c idle_in_transaction_session_timeout={DatabaseOptions.IdleTransaction.TotalMilliseconds}{(withLocks ? $" -c lock_timeout={DatabaseOptions.LockWait.TotalMilliseconds}" : "")} {given}")
        .TrimEnd();

    /// <summary>Metrics show the name; without it they would show the connection string.</summary>
    private static NpgsqlDataSource Named(string name, NpgsqlConnectionStringBuilder settings, Action<NpgsqlDataSourceBuilder>? more = null)
    {
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = name };
        more?.Invoke(builder);
        return builder.Build();
    }
}
