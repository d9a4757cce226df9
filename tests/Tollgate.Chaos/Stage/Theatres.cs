using Tollgate.Testing;

namespace Tollgate.Chaos.Stage;

/// <summary>
/// The theatres that the tests share, started when the first one asks: a test takes a project of its own, not servers of
/// its own. The checker therefore sees what all tests before left behind.
/// </summary>
public sealed class Theatres : IAsyncDisposable
{
    private readonly TestPostgres _postgres = new();
    private bool _hasPostgres;
    private Theatre? _twoServers;
    private Theatre? _privatePostgres;

    /// <summary>Two server processes on one database.</summary>
    public async Task<Theatre> TwoServersAsync()
    {
        await StartPostgresAsync();
        return _twoServers = await LiveAsync(_twoServers, () => Theatre.OnOneDatabaseAsync(_postgres, servers: 2));
    }

    /// <summary>One server with settings of the test's own, on a database of its own. The test disposes it.</summary>
    public async Task<Theatre> OneServerAsync(IReadOnlyDictionary<string, string> environment)
    {
        await StartPostgresAsync();
        return await Theatre.OnOneDatabaseAsync(_postgres, servers: 1, environment);
    }

    /// <summary>One server with a PostgreSQL of its own, which may be killed.</summary>
    public async Task<Theatre> PrivatePostgresAsync() =>
        _privatePostgres = await LiveAsync(_privatePostgres, () => Theatre.WithPrivatePostgresAsync());

    public async ValueTask DisposeAsync()
    {
        foreach (var theatre in (Theatre?[])[_twoServers, _privatePostgres])
        {
            if (theatre is not null)
            {
                await theatre.DisposeAsync();
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

    // A test that failed may have left dead servers behind; the next one must not fail for that.
    private static async Task<Theatre> LiveAsync(Theatre? theatre, Func<Task<Theatre>> start)
    {
        if (theatre is not null && await theatre.IsReadyAsync())
        {
            return theatre;
        }

        if (theatre is not null)
        {
            await theatre.DisposeAsync();
        }

        return await start();
    }
}
