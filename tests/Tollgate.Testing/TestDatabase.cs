using Npgsql;
using Tollgate.Engine.Postgres;

namespace Tollgate.Testing;

/// <summary>A database of its own, dropped at the end.</summary>
public sealed class TestDatabase(string connectionString, Func<Task> drop) : IAsyncDisposable
{
    public string ConnectionString { get; } = connectionString;

    /// <summary>The server's kinds of connections: a pool, and dedicated connections for lanes.</summary>
    public Database Connections { get; } = new(connectionString, new DatabaseOptions());

    public NpgsqlDataSource Source => Connections.Source;

    public async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of the first row; the default of <typeparamref name="T"/> for a null or no row.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    /// <summary>Ends all connections and refuses new ones, as if PostgreSQL were away for this database.</summary>
    public Task ShutAsync() => OutsideAsync($"""
        ALTER DATABASE {Name} ALLOW_CONNECTIONS false;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{Name}'
        """);

    public Task ReopenAsync() => OutsideAsync($"ALTER DATABASE {Name} ALLOW_CONNECTIONS true");

    public async ValueTask DisposeAsync()
    {
        await Connections.DisposeAsync();
        await drop();
    }

    private string Name => new NpgsqlConnectionStringBuilder(ConnectionString).Database!;

    private async Task OutsideAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(ConnectionString) { Database = "postgres", Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private NpgsqlCommand Command(string sql, object[] values)
    {
        var command = Source.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }
}

/// <summary>A class fixture: one fresh, migrated database for the tests of a class.</summary>
public sealed class FreshDatabase(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;

    public TestDatabase Database => _database ?? throw new InvalidOperationException("The fixture is not initialised.");

    public string ConnectionString => Database.ConnectionString;

    public NpgsqlDataSource Source => Database.Source;

    public async ValueTask InitializeAsync() => _database = await postgres.CreateDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }
}
