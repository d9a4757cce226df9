using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tollgate.Engine.Postgres;

namespace Tollgate.Testing;

/// <summary>
/// One private PostgreSQL per test assembly, the same as the server starts (durable settings included), and migrated
/// databases copied from a template in a fraction of a second. An assembly fixture: see AssemblyFixtures.cs of each project.
/// </summary>
public sealed class TestPostgres : IAsyncLifetime
{
    private const string Template = "tollgate_template";

    private readonly SemaphoreSlim _oneCopy = new(1, 1);
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly Dictionary<Type, IAsyncDisposable> _shared = [];
    private TestFolder? _folder;
    private DataFolder? _data;
    private PrivatePostgres? _postgres;
    private int _databases;

    public PrivatePostgres Server => _postgres ?? throw new InvalidOperationException("The fixture is not initialised.");

    public async ValueTask InitializeAsync()
    {
        _folder = TestFolder.Create();
        _data = DataFolder.Take(_folder.Path);
        _postgres = await PrivatePostgres.StartAsync(_data, NullLogger.Instance, CancellationToken.None);
        await ExecuteAsync($"CREATE DATABASE {Template}");
        await Migrator.RunAsync(_postgres.Connection(Template), MigrationFile.BuiltIn, NullLogger.Instance, CancellationToken.None);
        await using var source = NpgsqlDataSource.Create(_postgres.Connection(Template) + ";Pooling=false");
        await EventMonths.EnsureAsync(source, CancellationToken.None);
    }

    /// <summary>A fresh database with the newest schema and the partitions of this time.</summary>
    public Task<TestDatabase> CreateDatabaseAsync() => CreateAsync($"TEMPLATE {Template}");

    /// <summary>A database without any table.</summary>
    public Task<TestDatabase> CreateEmptyDatabaseAsync() => CreateAsync("");

    /// <summary>
    /// Returns the one instance of this run, such as a server that many classes use. It ends before PostgreSQL.
    /// </summary>
    public async Task<T> SharedAsync<T>(Func<Task<T>> start)
        where T : IAsyncDisposable
    {
        await _starting.WaitAsync();
        try
        {
            if (!_shared.TryGetValue(typeof(T), out var shared))
            {
                _shared[typeof(T)] = shared = await start();
            }

            return (T)shared;
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var shared in _shared.Values)
        {
            await shared.DisposeAsync();
        }

        NpgsqlConnection.ClearAllPools();
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }

        _data?.Dispose();
        _folder?.Dispose();
        _oneCopy.Dispose();
        _starting.Dispose();
    }

    private async Task<TestDatabase> CreateAsync(string template)
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await _oneCopy.WaitAsync();
        try
        {
            await ExecuteAsync($"CREATE DATABASE {name} {template}");
        }
        finally
        {
            _oneCopy.Release();
        }

        return new TestDatabase(Server.Connection(name), () => ExecuteAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Server.Connection("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
