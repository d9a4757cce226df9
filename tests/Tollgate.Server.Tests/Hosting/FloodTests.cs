using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Hosting;

/// <summary>
/// Clients that hold connections without requests, against a server that may open 1,024 files, 92 of them for clients. Addresses of
/// 127.0.0.0/8 stand for clients of the network.
/// </summary>
public sealed class FloodTests(TestPostgres postgres) : IAsyncLifetime
{
    private const int Files = 1_024;
    private const int Room = 92;
    private const int Share = 64;

    private static readonly Dictionary<string, string> Impatient = new()
    {
        ["TOLLGATE_HEADER_SECONDS"] = "4", ["TOLLGATE_IDLE_SECONDS"] = "4", ["TOLLGATE_STALL_SECONDS"] = "2",
        ["TOLLGATE_LOG_LEVEL"] = "info",
    };

    private TestDatabase? _database;
    private TestServer? _server;

    private TestServer Server => _server!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _server = await TestServer.StartAsync(_database.ConnectionString, environment: Impatient, fileLimit: Files);
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task One_address_cannot_take_the_room_of_others_whatever_it_does_with_its_connections()
    {
        await using var flood = await Flood.OpenAsync(Server, ["127.0.0.2"], Share * 2);
        flood.Sockets.ShouldNotBeEmpty();
        for (var i = 3; i < 13; i++)
        {
            (await AskAsync($"127.0.0.{i}")).ShouldBe(HttpStatusCode.OK);
        }

        var (open, refused, _) = await MetricsAsync();
        open.ShouldBeLessThanOrEqualTo(Share + 12, "The flood's share, and the ten that asked.");
        refused.Keys.ShouldContain("address");
        refused.Keys.ShouldNotContain("full");
        await AllAreClosedAsync();
        (await AskAsync("127.0.0.2")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_server_that_is_full_answers_its_operator_keeps_its_database_and_recovers_without_a_restart()
    {
        string[] addresses = [.. Enumerable.Range(2, 10).Select(static i => $"127.0.0.{i}")];

        // Counted before the flood: on a busy machine the first silent ones are closed while it opens.
        var silent = (await MetricsAsync()).Silent;
        await using var flood = await Flood.OpenAsync(Server, addresses, Room * 3);

        // The reserve of 127.0.0.1: health and work, each over a connection of its own.
        for (var i = 0; i < 5; i++)
        {
            (await AskAsync("127.0.0.1")).ShouldBe(HttpStatusCode.OK);
            (await ConsumeAsync()).ShouldBe(HttpStatusCode.OK);
        }

        var (open, refused, _) = await MetricsAsync();
        (open, refused.ContainsKey("full")).ShouldSatisfyAllConditions(
            seen => seen.open.ShouldBeLessThanOrEqualTo(Room + 8), seen => seen.Item2.ShouldBeTrue());
        Directory.GetFiles($"/proc/{Server.ProcessId}/fd").Length.ShouldBeLessThan(Files - 400);
        await AllAreClosedAsync();
        (await MetricsAsync()).Silent.ShouldBeGreaterThan(silent);

        foreach (var address in addresses)
        {
            (await AskAsync(address)).ShouldBe(HttpStatusCode.OK);
        }

        Server.Log.Split('\n').Count(static line => line.Contains("Refused", StringComparison.Ordinal)).ShouldBeInRange(1, 5);
        Server.Log.ShouldNotContain("Too many open files");
    }

    /// <summary>An answer of a megabyte, of which the reader takes no byte.</summary>
    [Fact]
    public async Task A_reader_that_takes_nothing_is_cut()
    {
        await using var flood = await Flood.OpenAsync(Server, ["127.0.0.2"], 8, Kind.SlowReader);
        await Eventually.UntilAsync(async () => (await MetricsAsync()).Open >= 8);
        await AllAreClosedAsync();
    }

    private Task AllAreClosedAsync() => Eventually.UntilAsync(async () => (await MetricsAsync()).Open <= 2);

    private async Task<HttpStatusCode> AskAsync(string from)
    {
        using var client = ClientFrom(from);
        using var answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return answer.StatusCode;
    }

    private async Task<HttpStatusCode> ConsumeAsync()
    {
        using var client = ClientFrom("127.0.0.1");
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Server.Keys["TOLLGATE_KEY_RESUME_ATS"]);
        using var body = new StringContent(
            $$"""{"customer": "flood", "feature": "ats_scan", "amount": 0.001, "id": "{{Guid.NewGuid()}}"}""", Encoding.UTF8,
            "application/json");
        using var answer = await client.PostAsync(new Uri("/v1/consume", UriKind.Relative), body);
        return answer.StatusCode;
    }

    private async Task<(int Open, IReadOnlyDictionary<string, int> Refused, int Silent)> MetricsAsync()
    {
        using var client = ClientFrom("127.0.0.1");
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Server.AdminKey);
        var text = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        return (
            Number("tollgate_connections"),
            Regex.Matches(text, """(?m)^tollgate_connections_refused_total\{reason="(\w+)"\} (\d+)$""")
                .ToDictionary(static m => m.Groups[1].Value, static m => int.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture)),
            Number("tollgate_connections_silent_total"));

        int Number(string name) =>
            Regex.Match(text, $"(?m)^{name} (\\d+)$") is { Success: true } match
                ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
                : 0;
    }

    private HttpClient ClientFrom(string address) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancel) =>
            new NetworkStream(await Flood.ConnectAsync(address, Server.Port, cancel), ownsSocket: true),
    })
    {
        BaseAddress = Server.Url, Timeout = TimeSpan.FromSeconds(60),
    };

    private enum Kind
    {
        Silent,
        HalfHead,
        SlowBody,
        SlowReader,
        IdleAfterAnswer,
    }

    private sealed class Flood : IAsyncDisposable
    {
        private static readonly Kind[] Kinds = Enum.GetValues<Kind>();

        public List<Socket> Sockets { get; } = [];

        public static async Task<Flood> OpenAsync(TestServer server, string[] addresses, int count, Kind? only = null)
        {
            var flood = new Flood();
            for (var i = 0; i < count; i++)
            {
                try
                {
                    var socket = await ConnectAsync(addresses[i % addresses.Length], server.Port, CancellationToken.None);
                    flood.Sockets.Add(socket);
                    await socket.SendAsync(Encoding.ASCII.GetBytes(TextOf(only ?? Kinds[i / addresses.Length % Kinds.Length], server)));
                }
                catch (SocketException)
                {
                    // A refusal, which many of them must get.
                }
            }

            return flood;
        }

        public static async Task<Socket> ConnectAsync(string from, int port, CancellationToken cancel)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancel);
                return socket;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        public ValueTask DisposeAsync()
        {
            Sockets.ForEach(static socket => socket.Dispose());
            return ValueTask.CompletedTask;
        }

        private static string TextOf(Kind kind, TestServer server) => kind switch
        {
            Kind.HalfHead => "GET /health/live HTTP/1.1\r\nHost: here\r\nX-Slow: ",
            Kind.SlowBody =>
                "POST /v1/consume HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer "
                    + $"{server.Keys["TOLLGATE_KEY_RESUME_ATS"]}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{\"cus",
            Kind.SlowReader => "GET /openapi/v1.json HTTP/1.1\r\nHost: here\r\n\r\n",
            Kind.IdleAfterAnswer => "GET /health/live HTTP/1.1\r\nHost: here\r\n\r\n",
            _ => "",
        };
    }
}
