using Tollgate.Testing;

namespace Tollgate.Chaos.Servers;

/// <summary>
/// The servers that the tests share, started at the first use: each test has its own project, not its own servers. The checker therefore
/// sees the data of all earlier tests.
/// </summary>
public sealed class ChaosServers : IAsyncDisposable
{
    private readonly TestPostgres _postgres = new();
    private bool _hasPostgres;
    private ChaosServer? _twoServers;
    private ChaosServer? _privatePostgres;

    /// <summary>Two server processes on one database.</summary>
    public async Task<ChaosServer> TwoServersAsync()
    {
        await StartPostgresAsync();
        return _twoServers = await LiveAsync(_twoServers, () => ChaosServer.OnOneDatabaseAsync(_postgres, servers: 2));
    }

    /// <summary>One server with settings of the test's own, on a database of its own. The test disposes it.</summary>
    public async Task<ChaosServer> OneServerAsync(IReadOnlyDictionary<string, string> environment)
    {
        await StartPostgresAsync();
        return await ChaosServer.OnOneDatabaseAsync(_postgres, servers: 1, environment);
    }

    /// <summary>One server with its own PostgreSQL, which tests may kill.</summary>
    public async Task<ChaosServer> PrivatePostgresAsync() =>
        _privatePostgres = await LiveAsync(_privatePostgres, () => ChaosServer.WithPrivatePostgresAsync());

    public async ValueTask DisposeAsync()
    {
        foreach (var chaos in (ChaosServer?[])[_twoServers, _privatePostgres])
        {
            if (chaos is not null)
            {
                await chaos.DisposeAsync();
            }
        }

        if (_hasPostgres)
        {
            await _postgres.DisposeAsync();
        }
    }

    private async Task StartPostgresAsync()
    {
        if (!_hasPostgres)
        {
            await _postgres.InitializeAsync();
            _hasPostgres = true;
        }
    }

    // A failed test may have left dead servers behind, which must not fail the next one.
    private static async Task<ChaosServer> LiveAsync(ChaosServer? chaos, Func<Task<ChaosServer>> start)
    {
        if (chaos is not null && await chaos.IsReadyAsync())
        {
            return chaos;
        }

        if (chaos is not null)
        {
            await chaos.DisposeAsync();
        }

        return await start();
    }
}
