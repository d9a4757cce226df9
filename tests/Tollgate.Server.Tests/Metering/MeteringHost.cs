using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Gateway;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Metering;

/// <summary>A project of its own on a server, whose catalogue has a feature for each way of metering.</summary>
public abstract class MeteringProject : IAsyncLifetime
{
    private const string Catalogue =
        """
        code: meters
        name: Meters
        default_plan: free
        features:
          - {code: scan, name: Scans}
          - {code: call, name: Calls}
          - {code: credits, name: Credits}
          - {code: cv, name: CVs}
          - {code: chat, name: Chats}
          - {code: export, name: Export, kind: switch}
          - code: openai_calls
            name: OpenAI calls
            meters: [{event_type: llm_call, aggregate: count, filters: [{property: provider, any_of: [openai]}]}]
          - {code: tokens, name: Tokens, meters: [{event_type: llm_call, value_property: total_tokens}]}
          - {code: llm_cost, name: Model cost, unit: USD, money: true, meters: [{event_type: llm_call, value_property: cost_usd}]}
        plans:
          - code: free
            name: Free
            entitlements:
              - {feature: scan, quota: 2}
              - {feature: call, quota: null}
              - {feature: credits, quota: 10}
              - {feature: cv, quota: 1, pool: {feature: credits, rate: 5}}
              - {feature: chat, quota: 10}
              - {feature: openai_calls, quota: 100}
              - {feature: tokens, quota: 1000000}
              - {feature: llm_cost, quota: 1}
        """;

    private HttpClient? _http;

    /// <summary>A client with the project's secret key.</summary>
    public HttpClient Http => _http!;

    public abstract TestServer Server { get; }

    public abstract TestDatabase Database { get; }

    /// <summary>The project's code.</summary>
    public abstract string Code { get; }

    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        using var admin = Server.NewClient(Server.AdminKey);
        var project = new JsonObject
        {
            ["code"] = Code, ["name"] = "Meters", ["mode"] = "live", ["catalog"] = Catalogue,
        };
        using var created = await admin.PostAsync("/v1/projects", Text(project.ToJsonString()));
        created.EnsureSuccessStatusCode();
        _http = Server.NewClient(JsonElement.Parse(await created.Content.ReadAsStringAsync()).GetProperty("secret_key").GetString());
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract Task StartAsync();

    protected abstract Task StopAsync();

    public static StringContent Text(string body, string type = "application/json") =>
        new(body, Encoding.UTF8, new MediaTypeHeaderValue(type));

    public async Task<(int Status, JsonElement Body)> PostAsync(string path, string body, string type = "application/json")
    {
        using var answer = await Http.PostAsync(path, Text(body, type));
        return ((int)answer.StatusCode, JsonElement.Parse(await answer.Content.ReadAsStringAsync()));
    }

    public async Task<(int Status, JsonElement Body)> GetAsync(string path)
    {
        using var answer = await Http.GetAsync(path);
        return ((int)answer.StatusCode, JsonElement.Parse(await answer.Content.ReadAsStringAsync()));
    }

    /// <summary>Returns the customer's usage of the feature, according to a check.</summary>
    public async Task<decimal> UsedAsync(string customer, string feature) =>
        (await PostAsync("/v1/check", $$"""{"customer":"{{customer}}","feature":"{{feature}}","amount":0}""")).Body.GetProperty("used")
            .GetDecimal();
}

/// <summary>A class fixture: the project <c>meters</c> on a server of its own.</summary>
public sealed class MeteringHost(TestPostgres postgres) : MeteringProject
{
    private TestDatabase? _database;
    private TestServer? _server;

    public TestPostgres Postgres => postgres;

    /// <summary>The environment of the server.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    public override TestServer Server => _server!;

    public override TestDatabase Database => _database!;

    public override string Code => "meters";

    protected override async Task StartAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _server = await TestServer.StartAsync(_database.ConnectionString, environment: Environment);
    }

    protected override async Task StopAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }
}

/// <summary>
/// A class fixture: a project on one server of many classes that touch only their own project. To start a server costs as much as most of
/// their tests.
/// </summary>
public sealed class SharedMeteringHost(TestPostgres postgres) : MeteringProject
{
    private static int _projects;

    private MeteringHost? _host;

    public override TestServer Server => _host!.Server;

    public override TestDatabase Database => _host!.Database;

    public override string Code { get; } = string.Create(CultureInfo.InvariantCulture, $"meters-{Interlocked.Increment(ref _projects)}");

    /// <summary>Another project on the same server.</summary>
    public async Task<SharedMeteringHost> AnotherAsync()
    {
        var other = new SharedMeteringHost(postgres);
        await other.InitializeAsync();
        return other;
    }

    protected override async Task StartAsync() => _host = await postgres.SharedAsync(async () =>
    {
        var host = new MeteringHost(postgres)
        {
            Environment = new Dictionary<string, string> { ["TOLLGATE_UPSTREAM_NETWORKS"] = GatewayHost.ThisMachine },
        };
        await host.InitializeAsync();
        return host;
    });

    protected override Task StopAsync() => Task.CompletedTask;
}
