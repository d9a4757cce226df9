using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Projects;

/// <summary>Two servers on one database, a sandbox project, and callers with addresses of their own (127.0.0.x).</summary>
public sealed class IssuingHost(TestPostgres postgres) : IAsyncLifetime
{
    public const string Project = "issuing";
    public const string Here = "127.0.0.1";
    public const string Inside = "127.0.0.2";

    /// <summary>The scopes that the issuing operations need, and no more.</summary>
    public const string Scopes = """["keys:write", "customers:write", "billing:write", "catalog:read"]""";

    private readonly Dictionary<string, HttpClient> _clients = [];
    private TestDatabase? _database;
    private int _customers;

    public TestDatabase Database => _database!;

    public TestServer First { get; private set; } = null!;

    public TestServer Second { get; private set; } = null!;

    public string Secret { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        First = await TestServer.StartAsync(_database.ConnectionString);
        Second = await TestServer.StartAsync(_database.ConnectionString);
        foreach (var (server, name) in ((TestServer, string)[])[(First, "first"), (Second, "second")])
        {
            foreach (var address in (string[])[Here, Inside])
            {
                _clients[name + address] = TestServer.ClientFrom(address, server.Url);
            }
        }

        Secret = Text(
            await SendAsync(
                "POST", "/v1/projects", First.AdminKey,
                $$"""{"code": "{{Project}}", "name": "Issuing", "mode": "sandbox", "catalog": "resume-ats"}""", 201), "secret_key");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }

        await First.DisposeAsync();
        await Second.DisposeAsync();
        await _database!.DisposeAsync();
    }

    /// <summary>Creates a new customer.</summary>
    public async Task<string> CustomerAsync()
    {
        var id = "c-" + Interlocked.Increment(ref _customers).ToString(CultureInfo.InvariantCulture);
        await SendAsync("POST", "/v1/customers", Secret, $$"""{"id": "{{id}}"}""", 201);
        return id;
    }

    public async Task<(int Status, JsonElement Json)> TryAsync(string method, string path, string? key, string? json = null,
        string from = Here, string server = "first", string? project = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.RelativeOrAbsolute));
        if (key is not null)
        {
            request.Headers.Add("X-Api-Key", key);
        }

        if (project is not null)
        {
            request.Headers.Add("X-Project", project);
        }

        request.Content = json is null ? null
            : new StringContent(json, Encoding.UTF8, json.StartsWith('{') ? "application/json" : "application/x-www-form-urlencoded");
        using var answer = await _clients[server + from].SendAsync(request);
        if (answer.Headers.Location is { } location)
        {
            return ((int)answer.StatusCode, JsonSerializer.SerializeToElement(new { url = location.ToString() }));
        }

        var body = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, body.StartsWith('{') ? JsonElement.Parse(body) : default);
    }

    public async Task<JsonElement> SendAsync(
        string method, string path, string? key, string? json, int expected, string from = Here, string server = "first",
        string? project = null)
    {
        var (status, answer) = await TryAsync(method, path, key, json, from, server, project);
        status.ShouldBe(expected, $"{method} {path} {answer}");
        return answer;
    }

    public static string Text(JsonElement json, string member) => json.GetProperty(member).GetString()!;
}
