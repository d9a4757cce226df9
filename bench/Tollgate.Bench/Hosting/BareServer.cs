namespace Tollgate.Bench.Hosting;

/// <summary>Runs <see cref="BareProgram"/> as a separate process, on the peers' tables.</summary>
internal sealed class BareServer : IAsyncDisposable
{
    private readonly Child _process;

    private BareServer(Child process, string url) => (_process, Url) = (process, url);

    public string Url { get; }

    public static async Task<BareServer> StartAsync(Workbench bench, PeersDatabase peers, CancellationToken cancel)
    {
        var port = Workbench.FreePort();
        var process = Child.Start("dotnet",
            [typeof(BareProgram).Assembly.Location, BareProgram.Word, peers.Place.Connection(PeersDatabase.Name), $"{port}"],
            new Dictionary<string, string> { ["DOTNET_gcConcurrent"] = "0" }, Path.Combine(bench.Folder, "bare-program.log"));
        bench.Cpu.Name(process.Id, "server");
        var server = new BareServer(process, $"http://127.0.0.1:{port}");
        using var http = new HttpClient();
        for (var tries = 0; tries < 200 && !process.HasExited; tries++)
        {
            try
            {
                await http.GetStringAsync(new Uri(server.Url), cancel);
                return server;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(50, cancel);
            }
        }

        await server.DisposeAsync();
        throw new BenchFault("The bare program does not answer: "
            + await File.ReadAllTextAsync(Path.Combine(bench.Folder, "bare-program.log"), cancel));
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
