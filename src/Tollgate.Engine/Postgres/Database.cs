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
}

/// <summary>The connections to the one PostgreSQL that this server works on.</summary>
/// <remarks>While PostgreSQL is away, every use throws <see cref="NpgsqlException"/>; the endpoints answer 503 <c>storage_unavailable</c>.</remarks>
public sealed class Database : IAsyncDisposable
{
    private readonly string _dedicated;

    public Database(string connectionString, DatabaseOptions options)
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
        Source = new NpgsqlDataSourceBuilder(pooled.ConnectionString).Build();
        pooled.Pooling = false;
        pooled.AutoPrepareMinUsages = 2;
        _dedicated = pooled.ConnectionString;
    }

    /// <summary>The pool of everything that is not a lane.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>An open connection outside the pool, for a lane or a listener that keeps it. Statements prepare themselves at the second use.</summary>
    public async Task<NpgsqlConnection> OpenDedicatedAsync(CancellationToken cancel)
    {
        var connection = new NpgsqlConnection(_dedicated);
        try
        {
            await connection.OpenAsync(cancel);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
