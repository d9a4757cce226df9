using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Http;

/// <summary>One server for the tests of the front door, on a database of its own.</summary>
public sealed class RunningServer(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;
    private TestServer? _server;

    public TestDatabase Database => _database!;

    public TestServer Server => _server!;

    public string Admin => Server.AdminKey;

    public string Secret(string project) => Server.Keys["TOLLGATE_KEY_" + Upper(project)];

    public string Public(string project) => Server.Keys["TOLLGATE_PUBLIC_KEY_" + Upper(project)];

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _server = await TestServer.StartAsync(_database.ConnectionString);
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

    /// <summary>Sends a request and reads the whole answer.</summary>
    public async Task<Reply> SendAsync(
        string method, string path, string? key, string? json = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        foreach (var (name, value) in headers.Where(header => header.Name != "Content-Type"))
        {
            request.Headers.Add(name, value);
        }

        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(
                headers.FirstOrDefault(header => header.Name == "Content-Type").Value ?? "application/json");
        }

        using var answer = await Server.Http.SendAsync(request);
        return new(
            answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(), answer.Headers, answer.Content.Headers.ContentType?.MediaType);
    }

    private static string Upper(string project) => project.Replace('-', '_').ToUpperInvariant();
}

public sealed record Reply(HttpStatusCode Status, byte[] Body, HttpResponseHeaders Headers, string? ContentType)
{
    public JsonElement Json => JsonElement.Parse(Body);

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;

    /// <summary>Checks status and code, and that the problem has everything that every problem has.</summary>
    public Reply ShouldBeProblem(int status, string code)
    {
        ((int)Status).ShouldBe(status, Encoding.UTF8.GetString(Body));
        ContentType.ShouldBe("application/problem+json");
        Json.GetProperty("code").GetString().ShouldBe(code);
        Json.GetProperty("status").GetInt32().ShouldBe(status);
        Json.GetProperty("type").GetString().ShouldBe("/docs/errors/" + code);
        Json.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        Json.GetProperty("instance").GetString().ShouldStartWith("/");
        Json.GetProperty("request_id").GetString().ShouldBe(Header("X-Request-Id"));
        return this;
    }

    public Reply ShouldBe(int status)
    {
        ((int)Status).ShouldBe(status, Encoding.UTF8.GetString(Body));
        return this;
    }

    /// <summary>param → code of the listed faults.</summary>
    public IReadOnlyDictionary<string, string> Faults => Json.GetProperty("errors").EnumerateArray()
        .ToDictionary(fault => fault.GetProperty("param").GetString()!, fault => fault.GetProperty("code").GetString()!);
}

[CollectionDefinition(Name)]
public sealed class FrontDoorTests : ICollectionFixture<RunningServer>
{
    public const string Name = "One server for the front door";
}
