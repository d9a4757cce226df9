using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Chaos.Client;
using Tollgate.Testing;

namespace Tollgate.Chaos.Servers;

/// <summary>Real servers on a real PostgreSQL, a project on them, and the checker at the end.</summary>
public sealed class ChaosServer : IAsyncDisposable
{
    private static int _projects;

    /// <summary>A test may set up a provider by accident; nothing listens at these addresses.</summary>
    private static readonly Dictionary<string, string> NobodyThere = new()
    {
        ["TOLLGATE_STRIPE_URL"] = "http://127.0.0.1:9", ["TOLLGATE_PAYMOB_URL"] = "http://127.0.0.1:9",
        ["TOLLGATE_UPSTREAM_NETWORKS"] = "127.0.0.0/8",
    };

    private static Dictionary<string, string> WithNobodyThere(IReadOnlyDictionary<string, string>? environment)
    {
        var all = new Dictionary<string, string>(NobodyThere);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            all[name] = value;
        }

        return all;
    }

    private readonly TestDatabase? _database;
    private readonly string _connection;

    private ChaosServer(TestDatabase? database, string connection, IReadOnlyList<TestServer> servers) =>
        (_database, _connection, Servers) = (database, connection, servers);

    public IReadOnlyList<TestServer> Servers { get; }

    public TestServer Server => Servers[0];

    /// <summary>Several server processes on one database.</summary>
    public static async Task<ChaosServer> OnOneDatabaseAsync(
        TestPostgres postgres, int servers, IReadOnlyDictionary<string, string>? environment = null)
    {
        var database = await postgres.CreateDatabaseAsync();
        var started = new List<TestServer>();
        try
        {
            // One after the other: the first one creates the projects and the admin key.
            for (var at = 0; at < servers; at++)
            {
                started.Add(await TestServer.StartAsync(database.ConnectionString, environment: WithNobodyThere(environment)));
            }

            return new(database, database.ConnectionString, started);
        }
        catch
        {
            foreach (var server in started)
            {
                await server.DisposeAsync();
            }

            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>One server with the private PostgreSQL that it supervises, as <c>tollgate up</c> starts it.</summary>
    public static async Task<ChaosServer> WithPrivatePostgresAsync(IReadOnlyDictionary<string, string>? environment = null)
    {
        var server = await TestServer.StartAsync(environment: environment);
        return new(null, "", [server]);
    }

    /// <summary>A new project with the tests' catalogue; its code gets a number, because tests share a chaos.</summary>
    public async Task<Project> ProjectAsync(string name, string? catalogue = null, string mode = "live")
    {
        var code = string.Create(CultureInfo.InvariantCulture, $"{name}-{Interlocked.Increment(ref _projects)}");
        using var admin = new GateClient(Server.Url, Server.AdminKey);
        var created = await admin.PostAsync("/v1/projects", new JsonObject
        {
            ["code"] = code,
            ["name"] = code,
            ["mode"] = mode,
            ["catalog"] = catalogue ?? Catalogue.Text,
        });
        created.Status.ShouldBe(201, $"The project was not created: {created}");
        var project = new Project(code, created.Member("secret_key").GetString()!, created.Member("public_key").GetString()!, Servers);
        foreach (var gate in project.Gates)
        {
            await UntilKnownAsync(gate);
        }

        return project;
    }

    // The other servers learn of a new project a moment later.
    private static async Task UntilKnownAsync(GateClient gate)
    {
        var answer = await gate.UsageAsync("nobody");
        for (var waited = 0; answer.Fate != Fate.Granted && waited < 50; waited++)
        {
            await Task.Delay(100);
            answer = await gate.UsageAsync("nobody");
        }

        answer.Fate.ShouldBe(Fate.Granted, $"{gate.Server} does not know the new project after 5 s: {answer}");
    }

    /// <summary>True if every server answers that it is ready.</summary>
    public async Task<bool> IsReadyAsync()
    {
        foreach (var server in Servers)
        {
            using var gate = new GateClient(server.Url, null);
            if ((await gate.SendAsync(HttpMethod.Get, "/health/ready", null)).Status != 200)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Runs <c>tollgate verify</c> as an operator would.</summary>
    public async Task<(int ExitCode, string Output)> VerifyAsync() =>
        _database is null
            ? await ServerProcess.RunAsync("verify", "--data", Server.Data)
            : await ServerProcess.RunAsync("verify", "--data", Server.Data, "--database", _connection);

    public async Task ShouldVerifyAsync()
    {
        var (code, output) = await VerifyAsync();
        code.ShouldBe(0, $"tollgate verify found:\n{output}");
    }

    /// <summary>Changes the database directly, past every rule: for tampering only.</summary>
    public async Task<int> TamperAsync(string sql)
    {
        var database = _database ?? throw new InvalidOperationException("Tampering needs a database of one's own.");
        await using var command = database.Source.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>Queries PostgreSQL directly.</summary>
    public async Task<long> CountAsync(string sql)
    {
        var database = _database ?? throw new InvalidOperationException("Asking needs a database of one's own.");
        await using var command = database.Source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Repeats a consume until one is granted again.</summary>
    /// <returns>The time until then.</returns>
    public static Task<TimeSpan> UntilServingAsync(GateClient gate, TimeSpan limit) =>
        UntilServingAsync(gate, "probe", Catalogue.Unlimited, limit);

    /// <inheritdoc cref="UntilServingAsync(GateClient, TimeSpan)"/>
    public static async Task<TimeSpan> UntilServingAsync(GateClient gate, string customer, string feature, TimeSpan limit)
    {
        var waiting = Stopwatch.StartNew();
        while (true)
        {
            var answer = await gate.ConsumeAsync(customer, feature, 1);
            if (answer.Fate == Fate.Granted)
            {
                return waiting.Elapsed;
            }

            waiting.Elapsed.ShouldBeLessThan(limit, $"The server does not serve again: {answer}");
            await Task.Delay(50);
        }
    }

    /// <summary>Prints the servers' last logged errors. A failing test shows them; nobody reads a passing test's output.</summary>
    public void SayErrors()
    {
        foreach (var server in Servers)
        {
            SayErrors(server);
        }
    }

    private static void SayErrors(TestServer server)
    {
        foreach (var line in server.Log.Split('\n').Where(line => line.Contains("\"error\"", StringComparison.Ordinal)).TakeLast(5))
        {
            Form.Say($"{server.Url} logged: {(line.Length > 3_000 ? line[..3_000] : line)}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Servers)
        {
            await server.DisposeAsync();
            SayErrors(server);
        }

        if (_database is not null)
        {
            NpgsqlConnection.ClearAllPools();
            await _database.DisposeAsync();
        }
    }
}

/// <summary>A project and a caller with its secret key at each server.</summary>
public sealed class Project(string code, string secretKey, string publicKey, IReadOnlyList<TestServer> servers) : IDisposable
{
    public string Code { get; } = code;

    public string SecretKey { get; } = secretKey;

    public string PublicKey { get; } = publicKey;

    public IReadOnlyList<GateClient> Gates { get; } = [.. servers.Select(server => new GateClient(server.Url, secretKey))];

    public GateClient Gate => Gates[0];

    public void Dispose()
    {
        foreach (var gate in Gates)
        {
            gate.Dispose();
        }
    }
}
