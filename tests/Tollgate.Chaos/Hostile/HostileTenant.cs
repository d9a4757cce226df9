using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;
using Tollgate.Chaos.Fuzzing;

namespace Tollgate.Chaos.Hostile;

/// <summary>A tenant with a sandbox project, a secret key, a customer token, and the objects that it made before the attack.</summary>
internal sealed class HostileTenant : IDisposable
{
    public const int Payers = 40;
    private const string First = "payer-0";
    private static readonly string Filler = new('x', 500);

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<int, int>> _answers = new();
    private readonly ConcurrentDictionary<string, string> _broken = new();
    private int _made;

    private HostileTenant(Project project, GateClient token, IReadOnlyList<Operation> operations) =>
        (Project, Token, Operations) = (project, token, operations);

    public Project Project { get; }

    public GateClient Gate => Project.Gate;

    /// <summary>A caller with the token of one of its customers.</summary>
    public GateClient Token { get; }

    public IReadOnlyList<Operation> Operations { get; }

    public string Invoice { get; private set; } = "none";

    public string Subscription { get; private set; } = "none";

    /// <summary>The path of its customer's portal page.</summary>
    public string Portal { get; private set; } = "/";

    /// <summary>The server's answers to each attack, by status.</summary>
    public IEnumerable<string> Answers => _answers.OrderBy(static pair => pair.Key, StringComparer.Ordinal)
        .Select(static pair =>
            $"{pair.Key}: {string.Join(", ", pair.Value.OrderBy(static status => status.Key).Select(static status => $"{status.Key} × {status.Value}"))}");

    /// <summary>Answers with status 500: faults of the server, whatever the request.</summary>
    public IReadOnlyCollection<string> Broken => [.. _broken.Values];

    public static async Task<HostileTenant> SettleInAsync(ChaosServer chaos)
    {
        var project = await chaos.ProjectAsync("hostile", HostileCatalogue.Own(), "sandbox");
        var gate = project.Gate;
        for (var at = 0; at < Payers; at++)
        {
            (await gate.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = $"payer-{at}", ["plan"] = "pro" })).Status.ShouldBe(
                201);
        }

        var token = await gate.PostAsync($"/v1/customers/{First}/tokens", new JsonObject { ["ttl_seconds"] = 86_400 });
        token.Status.ShouldBeInRange(200, 201, token.ToString());
        var tenant = new HostileTenant(project, new(gate.Server, token.Member("token").GetString()), await Operation.AllAsync(gate));
        (await gate.RecordAsync(EventsOf(First, HostileCatalogue.Metered))).Status.ShouldBe(200);
        var invoices = await gate.SendAsync(HttpMethod.Get, "/v1/invoices", null);
        tenant.Invoice = invoices.Member("data")[0].GetProperty("id").GetString()!;
        var subscriptions = await gate.SendAsync(HttpMethod.Get, "/v1/subscriptions", null);
        tenant.Subscription = subscriptions.Member("data")[0].GetProperty("id").GetString()!;
        var portal = await gate.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = First });
        (await gate.SendAsync(HttpMethod.Put, "/v1/upstreams/mistral",
            GateClient.Json(
                new JsonObject { ["base_url"] = "https://example.invalid", ["api_key"] = "sk-nobody" }))).Status.ShouldBeInRange(200, 204);
        tenant.Portal = new Uri(portal.Member("url").GetString()!).AbsolutePath;
        return tenant;
    }

    public int Next() => Interlocked.Increment(ref _made);

    /// <summary>Sends, and counts the answer under the attack's name.</summary>
    public async Task<Answer> SendAsync(
        string attack, GateClient gate, HttpMethod method, string path, HttpContent? content, CancellationToken cancel,
        TimeSpan? patience = null)
    {
        using var body = content;
        var answer = await gate.SendAsync(method, path, body, patience: patience ?? TimeSpan.FromSeconds(30), cancel: cancel);
        if (!cancel.IsCancellationRequested || answer.Status != 0)
        {
            _answers.GetOrAdd(attack, static _ => new()).AddOrUpdate(answer.Status, 1, static (_, count) => count + 1);
        }

        if (answer.Fate == Fate.Broken && answer.Status == 500)
        {
            _broken.TryAdd($"{method} {path.Split('?')[0]}", $"{attack}: {method} {(path.Length > 200 ? path[..200] : path)}: {answer}");
        }

        return answer;
    }

    public Task<Answer> PostAsync(string attack, string path, JsonNode body, CancellationToken cancel) =>
        SendAsync(attack, Gate, HttpMethod.Post, path, GateClient.Json(body), cancel);

    public Task<Answer> GetAsync(string attack, string path, CancellationToken cancel, GateClient? gate = null) =>
        SendAsync(attack, gate ?? Gate, HttpMethod.Get, path, null, cancel);

    /// <summary>A batch of events with properties of half a kilobyte.</summary>
    /// <param name="types">The number of counted features.</param>
    public Task<Answer> SendEventsAsync(string attack, string customer, int count, int types, bool manyCustomers, CancellationToken cancel)
    {
        var (batch, text) = (Next(), new StringBuilder("["));
        for (var at = 0; at < count; at++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $$$"""{"id":"{{{customer}}}-{{{batch}}}-{{{at}}}","customer":"{{{customer}}}{{{(manyCustomers ? $"-{At(batch)}-{At(at)}" : "")}}}","type":"f{{{at % types}}}","properties":{"filler":"{{{Filler}}}"}},""");
        }

        text[^1] = ']';
        return SendAsync(attack, Gate, HttpMethod.Post, "/v1/events", GateClient.Raw(text.ToString(), "application/json"), cancel);
    }

    private static JsonArray EventsOf(string customer, int count)
    {
        var events = new JsonArray();
        for (var at = 0; at < count; at++)
        {
            events.Add(
                new JsonObject { ["id"] = $"first-{At(at)}", ["customer"] = customer, ["type"] = $"f{At(at)}", ["quantity"] = 1_000 });
        }

        return events;
    }

    /// <summary>Returns a value for a placeholder in a path: the id of an existing object if there is one.</summary>
    public string ValueOf(string name, string path) => (name, path) switch
    {
        ("provider", _) => "openai",
        ("grant" or "member" or "method" or "note", _) => First,
        (_, var at) when at.StartsWith("/v1/invoices", StringComparison.Ordinal) => Invoice,
        (_, var at) when at.StartsWith("/v1/subscriptions", StringComparison.Ordinal) => Subscription,
        (_, var at) when at.StartsWith("/v1/plans", StringComparison.Ordinal)
            || at.StartsWith("/pricing/plans", StringComparison.Ordinal) => "pro",
        _ => First,
    };

    /// <summary>Opens a connection that the attack controls.</summary>
    public async Task<Socket> ConnectAsync(string head, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true, ReceiveBufferSize = 4_096,
        };
        await socket.ConnectAsync(Gate.Server.Host, Gate.Server.Port, cancel);
        var text = $"{head} HTTP/1.1\r\nHost: {Gate.Server.Authority}\r\nAuthorization: Bearer {Project.SecretKey}\r\n";
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), cancel);
        return socket;
    }

    public static string At(int number) => number.ToString(CultureInfo.InvariantCulture);

    public void Dispose()
    {
        Token.Dispose();
        Project.Dispose();
    }

    public static JsonNode? ExampleOf(Operation operation) =>
        operation.BodyExample is { ValueKind: JsonValueKind.Object or JsonValueKind.Array } example
            ? JsonNode.Parse(example.GetRawText())
            : null;
}
