using System.Text.Json.Nodes;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;
using Tollgate.Testing;

namespace Tollgate.Chaos.Fuzzing;

/// <summary>A project that only one fuzzer uses, with the keys for its calls.</summary>
/// <param name="Token">A token of the customer <c>user_42</c>, whom the documented examples name.</param>
public sealed record FuzzProject(string Code, string SecretKey, string Token);

/// <summary>The server to fuzz: one of the suite's, or the one that <c>TOLLGATE_FUZZ_URL</c> names.</summary>
public sealed class FuzzHost : IDisposable
{
    /// <summary>Part of the names in a project of which no fuzzer has a key; it must never appear in an answer to a fuzzer.</summary>
    public const string Mark = "zebra-7f3a-of-another-project";

    private readonly ChaosServer? _theatre;
    private readonly GateClient _admin;

    private FuzzHost(ChaosServer? chaos, Uri server, string adminKey)
    {
        (_theatre, Server, AdminKey) = (chaos, server, adminKey);
        _admin = new(server, adminKey);
    }

    public Uri Server { get; }

    public string AdminKey { get; }

    public static async Task<FuzzHost> StartAsync(ChaosServers servers)
    {
        if (Environment.GetEnvironmentVariable("TOLLGATE_FUZZ_URL") is { Length: > 0 } url)
        {
            return new(
                null, new(url),
                Environment.GetEnvironmentVariable("TOLLGATE_KEY")
                    ?? throw new InvalidOperationException("TOLLGATE_FUZZ_URL needs the server's admin key in TOLLGATE_KEY."));
        }

        var chaos = await servers.TwoServersAsync();
        return new(chaos, chaos.Server.Url, chaos.Server.AdminKey);
    }

    public Task<IReadOnlyList<Operation>> OperationsAsync() => Operation.AllAsync(_admin);

    public async Task<FuzzProject> ProjectAsync(string code, string mode)
    {
        var catalogue = await File.ReadAllTextAsync(Path.Combine(ServerProcess.Root, "catalogs", "resume-ats.yaml"));
        var created = await _admin.PostAsync(
            "/v1/projects", new JsonObject { ["code"] = code, ["name"] = code, ["mode"] = mode, ["catalog"] = catalogue });
        created.Status.ShouldBe(201, created.ToString());
        using var gate = new GateClient(Server, created.Member("secret_key").GetString());
        (await gate.PostAsync("/v1/customers", new JsonObject { ["id"] = "user_42", ["name"] = "Ada" })).Fate.ShouldBe(Fate.Granted);
        var token = await gate.PostAsync("/v1/customers/user_42/tokens", new JsonObject());
        token.Fate.ShouldBe(Fate.Granted, token.ToString());
        return new(code, created.Member("secret_key").GetString()!, token.Member("token").GetString()!);
    }

    /// <summary>Creates a project with objects of every kind, whose names contain the mark.</summary>
    /// <returns>Their ids.</returns>
    public async Task<Shelf> VictimAsync(string code, IReadOnlyList<Operation> operations, Random random)
    {
        var victim = await ProjectAsync(code, "sandbox");
        using var wire = new Wire(Server);
        var shelf = new Shelf(random);
        foreach (var operation in operations.Where(static one => one.Path.StartsWith("/v1/", StringComparison.Ordinal)
            && one.Method is "post" or "get").OrderBy(static one => one.Path.Length))
        {
            var fuzzer = new Fuzzer(operation, random, shelf);
            var body = fuzzer.ValidBody() is { } valid && JsonNode.Parse(valid) is JsonObject json ? Marked(json).ToJsonString() : "";
            var target = operation.TargetWith((before, name) => Uri.EscapeDataString(shelf.Id(before, name) ?? "x"));
            var answer = await wire.SendAsync(
                new(operation.Method.ToUpperInvariant(), target, HeadersOf(victim.SecretKey, "application/json"),
                    System.Text.Encoding.UTF8.GetBytes(body)), GateClient.Patience);
            if (answer.Fate == Fate.Granted)
            {
                shelf.Note(operation, answer.Body);
            }
        }

        return shelf;
    }

    /// <summary>A project may have lost its key: a chain that lists keys may revoke one.</summary>
    public async Task<string> NewKeyAsync(string code)
    {
        using var admin = new GateClient(Server, AdminKey, code);
        var made = await admin.PostAsync("/v1/api-keys", new JsonObject { ["kind"] = "secret", ["name"] = "fuzz" });
        made.Fate.ShouldBe(Fate.Granted, made.ToString());
        return made.Member("key").GetString()!;
    }

    public List<(string Name, string Value)> HeadersOf(string key, string? mediaType)
    {
        var headers = new List<(string, string)> { ("Host", $"{Server.Host}:{Server.Port}"), ("Authorization", $"Bearer {key}") };
        if (mediaType is not null)
        {
            headers.Add(("Content-Type", mediaType));
        }

        return headers;
    }

    public Task ShouldVerifyAsync() => _theatre?.ShouldVerifyAsync() ?? Task.CompletedTask;

    public void Dispose() => _admin.Dispose();

    private static JsonObject Marked(JsonObject body)
    {
        foreach (var name in (string[])["name", "description", "note", "reason", "comment"])
        {
            if (body.ContainsKey(name))
            {
                body[name] = Mark;
            }
        }

        return body;
    }
}
