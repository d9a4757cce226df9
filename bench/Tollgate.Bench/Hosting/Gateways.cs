using System.Net.Http.Json;
using System.Text.Json;

namespace Tollgate.Bench.Hosting;

/// <summary>The destination of a call, with its key and headers.</summary>
internal sealed record Gate(string Name, string Url, string Path, string Key, IReadOnlyList<(string Name, string Value)> Headers);

/// <summary>
/// The same provider behind five gates: directly, nginx, our gateway for a customer without limits and for one with limits on calls, tokens
/// and dollars, and Portkey's gateway.
/// </summary>
internal sealed class Gateways : IAsyncDisposable
{
    private const string ChatPath = "/v1/chat/completions";

    private readonly List<Child> _children = [];

    private Gateways(TollgateServer server) => Server = server;

    public TollgateServer Server { get; }

    public Gate Direct { get; private set; } = null!;

    public Gate Nginx { get; private set; } = null!;

    /// <summary>Nothing can be refused, so nothing is held.</summary>
    public Gate Unlimited { get; private set; } = null!;

    public Gate Limited { get; private set; } = null!;

    public Gate Portkey { get; private set; } = null!;

    public static async Task<Gateways> StartAsync(Workbench bench, CancellationToken cancel)
    {
        var (nginx, node, npm) = await Tools.PrepareGatewaysAsync(Workbench.Tell, cancel);
        var gateways = new Gateways(await TollgateServer.StartBareAsync(bench, "gateway", cancel));
        try
        {
            var upstream = await gateways.ProviderAsync(bench, cancel);
            gateways.Direct = new("direct", upstream, ChatPath, "sk-upstream", []);
            gateways.Nginx = await gateways.NginxAsync(bench, nginx, new Uri(upstream).Port, cancel);
            await gateways.OursAsync(upstream, cancel);
            gateways.Portkey = await gateways.PortkeyAsync(bench, node, npm, upstream, cancel);
            return gateways;
        }
        catch
        {
            await gateways.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var child in _children)
        {
            await child.DisposeAsync();
        }

        await Server.DisposeAsync();
    }

    private async Task<string> ProviderAsync(Workbench bench, CancellationToken cancel)
    {
        var port = Workbench.FreePort();
        await StartAsync(
            bench, "fake provider", "load", port, "dotnet", [typeof(FakeProvider).Assembly.Location, FakeProvider.Word, $"{port}"], cancel);
        return $"http://127.0.0.1:{port}";
    }

    private async Task<Gate> NginxAsync(Workbench bench, string nginx, int upstream, CancellationToken cancel)
    {
        var port = Workbench.FreePort();
        var text = await File.ReadAllTextAsync(Path.Combine(bench.Scripts, "nginx.conf"), cancel);
        var file = Path.Combine(bench.Folder, "nginx.conf");
        await File.WriteAllTextAsync(file, text.Replace("{folder}", bench.Folder, StringComparison.Ordinal)
            .Replace("{upstream}", $"{upstream}", StringComparison.Ordinal).Replace("{port}", $"{port}", StringComparison.Ordinal), cancel);
        await StartAsync(bench, "nginx", "server", port, nginx, ["-p", bench.Folder, "-c", file], cancel);
        return new("nginx", $"http://127.0.0.1:{port}", ChatPath, "sk-upstream", []);
    }

    private async Task OursAsync(string upstream, CancellationToken cancel)
    {
        var project = await BenchProject.CreateAsync(Server, "gateway", cancel);
        Server.Http.DefaultRequestHeaders.Authorization = new("Bearer", project.Key);
        await PutAsync("/v1/upstreams/openai", new { api_key = "sk-upstream", base_url = upstream }, cancel);
        Unlimited = await CustomerAsync("ours, unlimited", "free", cancel);
        Limited = await CustomerAsync("ours, limited", "limited", cancel);
    }

    private async Task<Gate> CustomerAsync(string name, string plan, CancellationToken cancel)
    {
        await PutAsync($"/v1/customers/{plan}/plan", new { plan }, cancel);
        using var answer = await Server.Http.PostAsJsonAsync($"/v1/customers/{plan}/tokens", new { }, cancel);
        answer.EnsureSuccessStatusCode();
        return new(
            name, Server.Url, "/gateway/openai" + ChatPath, Server.Http.DefaultRequestHeaders.Authorization!.Parameter!,
            [("X-Tollgate-Customer", plan)]);
    }

    private async Task PutAsync(string path, object body, CancellationToken cancel)
    {
        using var answer = await Server.Http.PutAsJsonAsync(path, body, cancel);
        if (!answer.IsSuccessStatusCode)
        {
            throw new BenchFault($"PUT {path} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancel)}");
        }
    }

    private async Task<Gate> PortkeyAsync(Workbench bench, string node, string npm, string upstream, CancellationToken cancel)
    {
        var source = Path.Combine(Workbench.Repository, "bench", "gateways");
        var folder = bench.NewFolder("portkey");
        foreach (var file in (string[])["package.json", "package-lock.json"])
        {
            File.Copy(Path.Combine(source, file), Path.Combine(folder, file));
        }

        (await Child.RunAsync(npm, ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], cancel, folder: folder)).OutOrThrow("npm ci");
        var port = Workbench.FreePort();
        await StartAsync(bench, "portkey", "server", port, node,
            [Path.Combine(folder, "node_modules/@portkey-ai/gateway/build/start-server.js"), $"--port={port}", "--headless"], cancel);
        return new("portkey", $"http://127.0.0.1:{port}", ChatPath, "sk-upstream",
            [("x-portkey-provider", "openai"), ("x-portkey-custom-host", upstream + "/v1")]);
    }

    private async Task StartAsync(
        Workbench bench, string name, string group, int port, string file, string[] arguments, CancellationToken cancel)
    {
        var log = Path.Combine(bench.Folder, name.Replace(' ', '-') + ".log");
        var child = Child.Start(file, arguments, new Dictionary<string, string> { ["NODE_ENV"] = "production" }, log);
        _children.Add(child);
        bench.Cpu.Name(child.Id, group);
        for (var tries = 0; tries < 400 && !child.HasExited; tries++)
        {
            using var probe = new System.Net.Sockets.TcpClient();
            try
            {
                await probe.ConnectAsync("127.0.0.1", port, cancel);
                return;
            }
            catch (System.Net.Sockets.SocketException)
            {
                await Task.Delay(50, cancel);
            }
        }

        throw new BenchFault($"{name} does not answer: {await File.ReadAllTextAsync(log, cancel)}");
    }
}
