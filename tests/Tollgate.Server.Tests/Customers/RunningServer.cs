using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Customers;

/// <summary>One server with the five built-in projects, for all tests that only call it. Each test uses customers of its own.</summary>
public sealed class RunningServer(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;
    private TestServer? _server;

    public TestServer Server => _server!;

    public string ConnectionString => _database!.ConnectionString;

    /// <summary>The server's environment, in addition to its database.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } =
        new Dictionary<string, string> { ["TOLLGATE_UPSTREAM_NETWORKS"] = "127.0.0.1/32" };

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _server = await TestServer.StartAsync(_database.ConnectionString, environment: Environment);
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    /// <summary>A caller with a project's secret key, for one customer if the call needs one.</summary>
    public Door DoorOf(string project, string? customer = null) => new(Server.ClientFor(project), customer);

    public Door DoorWith(string? key, string? customer = null) => new(Server.NewClient(key), customer);
}

/// <summary>
/// The groups of classes that share one server. Four groups run at the same time, so that none is left at the end for one core.
/// </summary>
public static class RunningServerTests
{
    public const string Webhooks = "one running server: webhooks";
    public const string Invoicing = "one running server: invoicing";
    public const string Commands = "one running server: commands and seed doors";
    public const string Others = "one running server: customers and subscriptions";

    [CollectionDefinition(Webhooks)]
    public sealed class ForWebhooks : ICollectionFixture<RunningServer>;

    [CollectionDefinition(Invoicing)]
    public sealed class ForInvoicing : ICollectionFixture<RunningServer>;

    [CollectionDefinition(Commands)]
    public sealed class ForCommands : ICollectionFixture<RunningServer>;

    [CollectionDefinition(Others)]
    public sealed class ForOthers : ICollectionFixture<RunningServer>;
}

/// <summary>An answer.</summary>
public sealed record Came(HttpStatusCode Status, JsonNode? Json, HttpResponseMessage Message)
{
    public JsonNode this[string member] => Json![member]!;

    /// <summary>Compares as JSON: the order of members and white space do not matter.</summary>
    public void ShouldBe(HttpStatusCode status, string json)
    {
        Status.ShouldBe(status, Json?.ToJsonString());
        JsonNode.DeepEquals(Json, JsonNode.Parse(json)).ShouldBeTrue($"{Json?.ToJsonString()}\nis not\n{json}");
    }
}

/// <summary>Sends as an app would.</summary>
public sealed class Door(HttpClient client, string? customer)
{
    public Task<Came> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<Came> PostAsync(string path, string? json = null) => SendAsync(HttpMethod.Post, path, json);

    public Task<Came> PutAsync(string path, string json) => SendAsync(HttpMethod.Put, path, json);

    public Task<Came> PatchAsync(string path, string json) => SendAsync(HttpMethod.Patch, path, json);

    public Task<Came> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null);

    public async Task<Came> SendAsync(HttpMethod method, string path, string? json, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        if (customer is not null)
        {
            request.Headers.Add("X-Tollgate-Customer", customer);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return new(answer.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text), answer);
    }
}
