using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Lifetimes.Stories;
using Tollgate.Testing;

namespace Tollgate.Lifetimes.TestHost;

/// <summary>The real server with its private PostgreSQL, as <c>tollgate up</c> starts it; every life gets a sandbox project.</summary>
public sealed class LivesHost : IAsyncLifetime
{
    private static int _projects;

    private readonly SemaphoreSlim _starting = new(1, 1);
    private TestServer? _server;
    private HttpClient? _admin;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A new sandbox project with the shop's catalogue.</summary>
    public async Task<Player> OpenAsync(Shop shop, bool previews = true)
    {
        var (server, admin) = await StartedAsync();
        var wire = new Wire(admin);
        var created = await wire.PostAsync("/v1/projects", new JsonObject
        {
            ["code"] = string.Create(CultureInfo.InvariantCulture, $"life-{Interlocked.Increment(ref _projects)}"),
            ["name"] = "A life",
            ["mode"] = "sandbox",
            ["catalog"] = ShopText.Yaml(shop),
            ["time_zone"] = shop.Zone,
            ["currency"] = shop.Currency,
        });
        var player = new Player(server.NewClient((string)created["secret_key"]!), shop) { Previews = previews };
        await player.PrepareAsync();
        return player;
    }

    public async ValueTask DisposeAsync()
    {
        _admin?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _starting.Dispose();
    }

    /// <summary>The server, started at the first use: the naive biller's own tests do not need it.</summary>
    private async Task<(TestServer Server, HttpClient Admin)> StartedAsync()
    {
        await _starting.WaitAsync();
        try
        {
            _server ??= await TestServer.StartAsync();
            _admin ??= _server.NewClient(_server.AdminKey);
            return (_server, _admin);
        }
        finally
        {
            _starting.Release();
        }
    }
}
