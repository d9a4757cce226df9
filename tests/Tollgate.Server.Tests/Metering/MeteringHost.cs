using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Metering;

/// <summary>A class fixture: one server and its own project, whose catalogue has a feature for each way of metering.</summary>
public sealed class MeteringHost(TestPostgres postgres) : IAsyncLifetime
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

    private TestDatabase? _database;
    private TestServer? _server;
    private HttpClient? _http;

    public TestPostgres Postgres => postgres;

    /// <summary>The environment of the server.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    public HttpClient Http => _http!;

    public TestServer Server => _server!;

    public TestDatabase Database => _database!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _server = await TestServer.StartAsync(_database.ConnectionString, environment: Environment);
        using var admin = _server.NewClient(_server.AdminKey);
        var project = new JsonObject { ["code"] = "meters", ["name"] = "Meters", ["mode"] = "live", ["catalog"] = Catalogue };
        using var created = await admin.PostAsync("/v1/projects", Text(project.ToJsonString()));
        created.EnsureSuccessStatusCode();
        _http = _server.NewClient(JsonElement.Parse(await created.Content.ReadAsStringAsync()).GetProperty("secret_key").GetString());
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

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
