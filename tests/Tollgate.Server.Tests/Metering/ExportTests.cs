using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Metering;

/// <summary>A server with few connections.</summary>
public sealed class ExportHost(TestPostgres postgres) : IAsyncLifetime
{
    public MeteringHost TestHost { get; } = new(postgres)
    {
        Environment =
            new Dictionary<string, string>
            {
                ["TOLLGATE_POOL_SIZE"] = "4", ["TOLLGATE_EXPORTS_PER_PROJECT"] = "20", ["TOLLGATE_MIN_ANSWER_BYTES_PER_SECOND"] = "0",
            },
    };

    public ValueTask InitializeAsync() => TestHost.InitializeAsync();

    public ValueTask DisposeAsync() => TestHost.DisposeAsync();
}

/// <summary>Exports hold no database resources while their reader takes its time.</summary>
public sealed class ExportTests(ExportHost export) : IClassFixture<ExportHost>
{
    private const int Readers = 20;

    /// <summary>The rows of a customer's file: 24 MB, more than the sockets on both sides buffer.</summary>
    private const int Rows = 12_000;

    private static readonly DateTimeOffset First = DateTimeOffset.UtcNow.AddDays(-20);

    private readonly MeteringHost _host = export.TestHost;

    [Fact]
    public async Task Readers_who_take_their_time_keep_nobody_waiting_and_have_a_budget()
    {
        await RecordAsync(_host, "slow", Rows, 2_000);
        using var readers = new SlowReaders(_host, "/v1/events.csv?customer=slow");
        await readers.BeginAsync(Readers);

        using var other = _host.Server.ClientFor("alwrity");
        for (var n = 0; n < 10; n++)
        {
            await readers.SipAsync();
            foreach (var path in (string[])["/v1/customers", "/health/ready"])
            {
                using var answer = await other.GetAsync(new Uri(path, UriKind.Relative));
                answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            }
        }

        using var beyond = await _host.Http.GetAsync(new Uri("/v1/events.csv?customer=slow", UriKind.Relative));
        (beyond.StatusCode, beyond.Headers.RetryAfter is not null).ShouldBe((HttpStatusCode.TooManyRequests, true));
        (await beyond.Content.ReadAsStringAsync()).ShouldContain("\"rate_limited\"");
    }

    [Fact]
    public async Task A_reader_who_stands_still_is_cut()
    {
        var strict = new MeteringHost(_host.Postgres)
        {
            Environment =
                new Dictionary<string, string>
                {
                    ["TOLLGATE_EXPORTS_PER_PROJECT"] = "1", ["TOLLGATE_MIN_ANSWER_BYTES_PER_SECOND"] = "1000000",
                },
        };
        await using (strict)
        {
            await strict.InitializeAsync();
            await RecordAsync(strict, "still", Rows, 2_000);
            using var reader = new SlowReaders(strict, "/v1/events.csv?customer=still");
            await reader.BeginAsync(1);

            // Its place is free again, although it has not hung up.
            await Eventually.UntilAsync(async () =>
            {
                using var answer = await strict.Http.GetAsync(new Uri("/v1/events.csv?customer=nobody", UriKind.Relative));
                return answer.StatusCode == HttpStatusCode.OK;
            });
        }
    }

    [Fact]
    public async Task Every_event_comes_once_while_others_are_recorded()
    {
        await RecordAsync(_host, "quick", 3_500, 300);
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var n = 0; !stop.IsCancellationRequested; n++)
            {
                await _host.PostAsync("/v1/events", $$"""[{"id":"late-{{n}}","customer":"quick","type":"call"}]""");
            }
        });
        var ids = await IdsAsync("/v1/events.csv?customer=quick");
        await stop.CancelAsync();
        await writing;

        ids.Count.ShouldBe(ids.Distinct().Count());
        ids.Where(static id => id.StartsWith("quick-", StringComparison.Ordinal))
            .Select(static id => int.Parse(id[6..], CultureInfo.InvariantCulture))
            .ShouldBe(Enumerable.Range(0, 3_500).Reverse(), "newest first, without a gap");
    }

    [Fact]
    public async Task Events_of_many_customers_with_one_id_and_time_come_once_each()
    {
        const int Customers = 2_100;
        await SendAsync(
            _host, Enumerable.Range(0, Customers)
                .Select(n => $$"""{"id":"same","customer":"twin-{{n}}","type":"twin","occurred_at":"{{Text(First)}}"}"""), Customers);

        var found = await LinesAsync($"/v1/events.csv?type=twin&from={Text(First.AddDays(-1))}&to={Text(First.AddDays(1))}");

        found.Select(static line => line.Split(',')[1]).Order()
            .ShouldBe(Enumerable.Range(0, Customers).Select(static n => $"twin-{n}").Order());
    }

    private static string Text(DateTimeOffset at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A second apart, from the oldest on.</summary>
    private static Task RecordAsync(MeteringHost host, string customer, int count, int characters)
    {
        var text = new string('x', characters);
        return SendAsync(
            host,
            Enumerable.Range(0, count).Select(n =>
                $$"""{"id":"{{customer}}-{{n}}","customer":"{{customer}}","type":"call","occurred_at":"{{Text(First.AddSeconds(n))}}","properties":{"text":"{{text}}"} }"""),
            count);
    }

    private static async Task SendAsync(MeteringHost host, IEnumerable<string> lines, int count)
    {
        using var content = new StringContent(string.Join('\n', lines), Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using var answer = await host.Http.PostAsync(new Uri("/v1/events", UriKind.Relative), content);
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        JsonElement.Parse(text).GetProperty("accepted").GetInt64().ShouldBe(count, text);
    }

    private async Task<IReadOnlyList<string>> LinesAsync(string path) =>
        [.. (await _host.Http.GetStringAsync(new Uri(path, UriKind.Relative))).Split("\r\n", StringSplitOptions.RemoveEmptyEntries)
            .Skip(1)];

    private async Task<IReadOnlyList<string>> IdsAsync(string path) =>
        [.. (await LinesAsync(path)).Select(static line => line[..line.IndexOf(',', StringComparison.Ordinal)])];

    /// <summary>Clients with small windows, which read the first bytes of an answer and then a few from time to time, or none.</summary>
    private sealed class SlowReaders(MeteringHost host, string path) : IDisposable
    {
        private const int Sip = 100;

        private readonly List<Socket> _sockets = [];

        public async Task BeginAsync(int readers)
        {
            var key = host.Http.DefaultRequestHeaders.Authorization!.Parameter;
            for (var n = 0; n < readers; n++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
                _sockets.Add(socket);
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, host.Server.Port));
                await socket.SendAsync(
                    Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n"));

                // One after the other: twenty simultaneous first pages would wait for each other on a busy machine.
                var first = new byte["HTTP/1.1 200".Length];
                await socket.ReceiveAsync(first);
                Encoding.ASCII.GetString(first).ShouldBe("HTTP/1.1 200");
            }
        }

        public async Task SipAsync()
        {
            foreach (var socket in _sockets)
            {
                (await socket.ReceiveAsync(new byte[Sip])).ShouldBeGreaterThan(0, "They read more quickly than they have to.");
            }
        }

        public void Dispose() => _sockets.ForEach(static socket => socket.Dispose());
    }
}
