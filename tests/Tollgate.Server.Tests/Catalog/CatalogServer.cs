using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Catalog;

/// <summary>
/// The classes that share one <see cref="CatalogServer"/>, because starting a server for each would take most of their time.
/// </summary>
[CollectionDefinition(nameof(CatalogServer))]
public sealed class CatalogServerTests : ICollectionFixture<CatalogServer>;

/// <summary>A server with the five projects on a database of its own.</summary>
public sealed class CatalogServer(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;
    private TestServer? _server;

    public TestServer Server => _server ?? throw new InvalidOperationException("The fixture is not initialised.");

    public TestDatabase Database => _database ?? throw new InvalidOperationException("The fixture is not initialised.");

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _server = await TestServer.StartAsync(_database.ConnectionString, flags: ["--default-project", "career-coach"]);
    }

    public async ValueTask DisposeAsync()
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

    /// <summary>Creates a project for one test, so that the tests of a class do not affect each other.</summary>
    public async Task<HttpClient> CreateProjectAsync(string code, string catalog)
    {
        using var admin = Server.NewClient(Server.AdminKey);
        var body = new JsonObject { ["code"] = code, ["name"] = code, ["mode"] = "sandbox", ["catalog"] = catalog };
        using var answer = await admin.PostAsync(
            new Uri("/v1/projects", UriKind.Relative), new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));
        var created = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        answer.IsSuccessStatusCode.ShouldBeTrue(created.ToString());
        return Server.NewClient(created.GetProperty("secret_key").GetString());
    }
}

internal static class CatalogCalls
{
    public static async Task<JsonElement> JsonAsync(this HttpClient client, string path, int status = 200)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(status, text);
        return JsonElement.Parse(text);
    }

    public static async Task<HttpResponseMessage> PutCatalogAsync(
        this HttpClient client, string text, string type = "application/yaml", string query = "", string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v1/catalog" + query)
        {
            Content = new StringContent(text, Encoding.UTF8, type),
        };
        if (ifMatch is not null)
        {
            request.Headers.IfMatch.Add(EntityTagHeaderValue.Parse(ifMatch));
        }

        return await client.SendAsync(request);
    }

    public static async Task<JsonElement> BodyAsync(this HttpResponseMessage answer, int status = 200)
    {
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(status, text);
        return JsonElement.Parse(text);
    }
}
