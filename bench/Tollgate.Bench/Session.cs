using Tollgate.Bench.Load;
using Tollgate.Bench.Hosting;
using Tollgate.Bench.Stats;

namespace Tollgate.Bench;

/// <summary>One run of the bench: the server under measurement, its peers (started when first needed) and what was measured.</summary>
internal sealed class Session : IAsyncDisposable
{
    private PeersDatabase? _peers;
    private Redis? _redis;
    private BareServer? _bare;

    private Session(Workbench bench, TollgateServer server, CancellationToken cancel)
    {
        (Bench, Server, Cancel) = (bench, server, cancel);
        Books = new Books(server);
        Wrk = new Wrk(bench, server, Books);
        Alternation = new Alternation(bench.Options.Rounds, cancel);
    }

    public Workbench Bench { get; }

    public TollgateServer Server { get; }

    public Books Books { get; }

    public Wrk Wrk { get; }

    public CancellationToken Cancel { get; }

    public Alternation Alternation { get; }

    public BenchOptions Options => Bench.Options;

    public static async Task<Session> StartAsync(Workbench bench, CancellationToken cancel)
    {
        Workbench.Tell("Starting the server …");
        return new Session(bench, await TollgateServer.StartAsync(bench, "server", cancel), cancel);
    }

    /// <summary>
    /// .NET compiles hot code a second time, with what it has learned, and until then every request costs up to twice as much. Both sides
    /// of the later comparisons run here until that is done.
    /// </summary>
    public async Task WarmServerAsync()
    {
        var rounds = Options.Quick ? 2 : 4;
        Workbench.Tell("Warming the server up …");
        for (var round = 0; round < rounds; round++)
        {
            await Wrk.Consume(256).RunAsync(Cancel);
            await Wrk.NoOp(256).RunAsync(Cancel);
        }
    }

    public async Task<PeersDatabase> PeersAsync()
    {
        if (_peers is null)
        {
            Workbench.Tell("  preparing the peers' database (1 M rows for the seeds' design) …");
            _peers = await PeersDatabase.CreateAsync(Bench, Server.Postgres, Cancel);
        }

        return _peers;
    }

    public async Task<Pgbench> PgbenchAsync() => new(Bench, await PeersAsync());

    public async Task<Redis> RedisAsync() => _redis ??= await Redis.StartAsync(Bench, Cancel);

    public async Task<BareServer> BareAsync() => _bare ??= await BareServer.StartAsync(Bench, await PeersAsync(), Cancel);

    /// <summary>Both sides warm (compiled code, caches, connections), then A B A B ….</summary>
    public async Task<Comparison> CompareAsync(Peer a, Peer b, Func<LoadResult, double>? figure = null)
    {
        Workbench.Tell($"  {a.Name} ÷ {b.Name}");
        await WarmAsync(a);
        await WarmAsync(b);
        return await Alternation.RunAsync(a, b, figure ?? (result => result.PerSecond), Workbench.Tell);
    }

    public async Task WarmAsync(Peer peer)
    {
        for (var seconds = 0; seconds < Options.WarmUpSeconds; seconds += Options.RoundSeconds)
        {
            await peer.RunAsync(Cancel);
        }
    }

    /// <summary>The end of every scenario.</summary>
    public async Task CheckAsync() => Workbench.Tell("  checked: " + await Books.CheckAsync(Cancel));

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }

        if (_bare is not null)
        {
            await _bare.DisposeAsync();
        }

        await Server.DisposeAsync();
    }
}
