using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Hosting.Demo;

/// <summary>
/// One server with demo data, for all tests of it. It is killed while it fills the projects, and the second start completes them.
/// </summary>
public sealed class DemoServer(TestPostgres postgres) : IAsyncLifetime
{
    public static readonly string[] Projects = ["alwrity", "career-coach", "email-assistant", "resume-ats", "trendit"];

    private TestDatabase? _database;
    private TestServer? _server;

    public TestServer Server => _server!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _server = await TestServer.StartAsync(_database.ConnectionString, flags: ["--demo", "--seed", "7"]);
        await PrintedAsync("imported");
        await _server.Kill9Async();
        await _server.StartAgainAsync();
        await PrintedAsync("Tollgate is ready");
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    /// <summary>The server answers before its demo data is complete: it prints that after it listens.</summary>
    public async Task PrintedAsync(string text)
    {
        for (var tries = 0; !Server.Log.Contains(text, StringComparison.Ordinal); tries++)
        {
            tries.ShouldBeLessThan(2400, Server.Log);
            await Task.Delay(50);
        }
    }

    public async Task<JsonNode> GetAsync(string project, string path) => await SendAsync(project, HttpMethod.Get, path);

    public async Task<JsonNode> SendAsync(string project, HttpMethod method, string path)
    {
        using var client = Server.ClientFor(project);
        using var request = new HttpRequestMessage(method, path);
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"{project} {path}: {text}");
        return JsonNode.Parse(text)!;
    }

    public async Task<IReadOnlyList<T>> RowsAsync<T>(string project, string sql, Func<NpgsqlDataReader, T> read, params object[] more)
    {
        await using var connection = new NpgsqlConnection(_database!.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = project } } };
        foreach (var value in more)
        {
            command.Parameters.Add(new() { Value = value });
        }

        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>The sums of a statement by name. $1 is the project's code.</summary>
    public async Task<Dictionary<string, decimal>> SumsAsync(string project, string sql, params object[] more) =>
        (await RowsAsync(project, sql, static row => (Name: row.GetString(0), Sum: row.GetDecimal(1)), more))
        .ToDictionary(static one => one.Name, static one => one.Sum, StringComparer.Ordinal);

    public static decimal Number(JsonNode? text) =>
        text!.GetValueKind() == System.Text.Json.JsonValueKind.String
            ? decimal.Parse(text.GetValue<string>(), CultureInfo.InvariantCulture)
            : text.GetValue<decimal>();
}
