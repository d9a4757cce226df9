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

    /// <summary>Seconds until a statement is given up.</summary>
    public int CommandSeconds { get; init; } = 30;

    /// <summary>
    /// After so long PostgreSQL ends a transaction in which nothing happens, and with it its locks. None of Tollgate's waits inside of one
    /// for anything but PostgreSQL; it is for a server that stands still.
    /// </summary>
    public static readonly TimeSpan IdleTransaction = TimeSpan.FromSeconds(60);

    /// <summary>
    /// After so long a statement of the control plane that waits for a lock is given up, sooner than <see cref="CommandSeconds"/>: the
    /// caller hears what it waited for.
    /// </summary>
    public static readonly TimeSpan LockWait = TimeSpan.FromSeconds(15);
}

/// <summary>The connections to the one PostgreSQL that this server works on.</summary>
/// <remarks>
/// While PostgreSQL is away, every use throws <see cref="NpgsqlException"/>; the endpoints answer 503 <c>storage_unavailable</c>.
/// </remarks>
public sealed class Database : IAsyncDisposable
{
    private readonly NpgsqlDataSource _dedicated;
    private int _era;

    /// <param name="niceness">Of the pool's backends, for a PostgreSQL on this machine.</param>
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

    /// <summary>The pool of everything that is not a lane.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>
    /// Grows when PostgreSQL may have been restarted. Who keeps a connection of an earlier era opens another one before the next use.
    /// </summary>
    public int Era => Volatile.Read(ref _era);

    /// <summary>
    /// Connections that were opened before are used no more: a restart closes them, and each would fail its next user. Called when the
    /// server's standing connection was lost and is back; those in use end when they are given back.
    /// </summary>
    public void BeginEra()
    {
        Interlocked.Increment(ref _era);
        Source.Clear();
    }

    /// <summary>
    /// An open connection outside the pool, for a lane or a listener that keeps it. Statements prepare themselves at the second use.
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
    /// In the startup packet: a reset of the session, as when a connection returns to the pool, brings them back. What the operator gave
    /// wins.
    /// </summary>
    private static string Nets(string? given, bool withLocks) => string.Create(
        CultureInfo.InvariantCulture,
        $"-c idle_in_transaction_session_timeout={DatabaseOptions.IdleTransaction.TotalMilliseconds}{(withLocks ? $" -c lock_timeout={DatabaseOptions.LockWait.TotalMilliseconds}" : "")} {given}")
        .TrimEnd();

    /// <summary>The name stands in metrics, where the connection string itself would be otherwise.</summary>
    private static NpgsqlDataSource Named(string name, NpgsqlConnectionStringBuilder settings, Action<NpgsqlDataSourceBuilder>? more = null)
    {
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = name };
        more?.Invoke(builder);
        return builder.Build();
    }
}
