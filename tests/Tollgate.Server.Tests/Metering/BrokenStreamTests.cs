using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Engine.Postgres;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Metering;

/// <summary>A stream of events that breaks off, because the disk or the sender is gone.</summary>
public sealed class BrokenStreamTests(MeteringHost host) : IClassFixture<MeteringHost>
{
    private const int Before = 3_000;
    private const int All = 8_000;
    private const long MemoryBound = 128L * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Storage_that_goes_away_in_mid_stream_is_a_503_that_says_how_far_it_came_and_all_can_be_sent_again()
    {
        using var folder = TestFolder.Create();
        using var data = DataFolder.Take(folder.Combine("data"));
        var postgres = await PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None);
        try
        {
            await using var server = await TestServer.StartAsync(postgres.ConnectionString);
            using var client = server.ClientFor("resume-ats");

            using var half = new HeldStream(Lines(0, Before), Lines(Before, All - Before));
            var answering = client.PostAsync("/v1/events", half);
            await half.Sent.WaitAsync(Patience);
            await UntilAsync(async () => await UsedAsync(client, "gone") >= 1_000);
            await postgres.DisposeAsync();
            half.GoOn();

            using var broken = await answering.WaitAsync(Patience);
            var problem = JsonElement.Parse(await broken.Content.ReadAsStringAsync());
            ((int)broken.StatusCode, problem.GetProperty("code").GetString()).ShouldBe((503, "storage_unavailable"), problem.ToString());
            broken.Headers.RetryAfter.ShouldNotBeNull();
            var acknowledged = problem.GetProperty("accepted").GetInt64();
            acknowledged.ShouldBeInRange(1_000, All - 1);

            postgres = await PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None);
            await server.WaitUntilReadyAsync();
            var again = await SendAsync(client, Lines(0, All));
            (again.Accepted + again.Replayed).ShouldBe(All);
            again.Replayed.ShouldBeGreaterThanOrEqualTo(acknowledged, "what was acknowledged is on disk");
            (await UsedAsync(client, "gone")).ShouldBe(All);
            (await client.PostAsync("/v1/verify", null)).IsSuccessStatusCode.ShouldBeTrue();
        }
        finally
        {
            await postgres.DisposeAsync();
        }
    }

    /// <summary>The last line is whole JSON, but the body never ended: the rest of that line is unknown.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sender_that_leaves_in_mid_stream_leaves_whole_lines_and_a_healthy_server(bool reset)
    {
        var customer = reset ? "reset" : "left";
        using (var socket = await BeginAsync())
        {
            await WriteAsync(socket, LinesOf(customer, 0, Before) + LineOf(customer, Before).TrimEnd());
            await UntilAsync(async () => await host.UsedAsync(customer, "call") >= 1_000);
            socket.LingerState = new(enable: reset, 0);
        }

        // The beginning of the lines is recorded, each line once: it replays, and the rest is new.
        var recorded = (int)await SettledAsync(customer);
        recorded.ShouldBeInRange(1_000, Before);
        (await SendAsync(host.Http, LinesOf(customer, 0, recorded))).Accepted.ShouldBe(0);
        var all = await SendAsync(host.Http, LinesOf(customer, 0, Before + 1));
        (all.Accepted + all.Replayed).ShouldBe(Before + 1);
        all.Replayed.ShouldBeInRange(recorded, Before, "the line that was cut is not there");
        (await host.UsedAsync(customer, "call")).ShouldBe(Before + 1);
    }

    [Fact]
    public async Task A_line_without_an_end_and_senders_who_leave_cost_no_memory()
    {
        const int piece = 1024 * 1024, pieces = 256, senders = 20;
        await SendAsync(host.Http, LinesOf("warm", 0, Before));
        var before = ResidentBytes();
        using (var socket = await BeginAsync())
        {
            await WriteAsync(socket, LinesOf("endless", 0, 10) + "{\"id\":\"");
            var text = new string('x', piece);
            for (var i = 0; i < pieces; i++)
            {
                await WriteAsync(socket, text);
            }
        }

        for (var i = 0; i < senders; i++)
        {
            using var socket = await BeginAsync();
            await WriteAsync(socket, LinesOf($"sender-{i}", 0, Before));
        }

        (await SendAsync(host.Http, LinesOf("stayed", 0, Before))).ShouldBe((Before, 0));
        (ResidentBytes() - before).ShouldBeLessThan(MemoryBound);
        await UntilAsync(async () => await host.UsedAsync("endless", "call") == 10);
    }

    // ---- sending -----------------------------------------------------------------------------------------------

    private static string Lines(int from, int count) =>
        Join(from, count, at => $$"""{"id":"g-{{at}}","customer":"gone","type":"ats_scan"}""");

    private static string LinesOf(string customer, int from, int count) => Join(from, count, at => LineOf(customer, at).TrimEnd());

    private static string LineOf(string customer, int at) =>
        $$"""{"id":"{{customer}}-{{at}}","customer":"{{customer}}","type":"call"}""" + "\n";

    private static string Join(int from, int count, Func<int, string> line) =>
        string.Concat(Enumerable.Range(from, count).Select(at => line(at) + "\n"));

    private static async Task<(long Accepted, long Replayed)> SendAsync(HttpClient client, string lines)
    {
        using var answer = await client.PostAsync("/v1/events", MeteringHost.Text(lines, "application/x-ndjson"));
        var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        ((int)answer.StatusCode).ShouldBe(200, body.ToString());
        return (body.GetProperty("accepted").GetInt64(), body.GetProperty("replayed").GetInt64());
    }

    private static async Task<decimal> UsedAsync(HttpClient client, string customer)
    {
        using var answer = await client.PostAsync("/v1/check", MeteringHost.Text($$"""{"customer":"{{customer}}","feature":"ats_scan"}"""));
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("used").GetDecimal();
    }

    /// <summary>Begins a request by hand, with a sent head and a body in chunks, so that it can break off at any point.</summary>
    private async Task<Socket> BeginAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", host.Server.Port);
        var head = "POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n"
            + $"Authorization: {host.Http.DefaultRequestHeaders.Authorization}\r\nTransfer-Encoding: chunked\r\n\r\n";
        await SendAllAsync(socket, Encoding.ASCII.GetBytes(head));
        return socket;
    }

    private static Task WriteAsync(Socket socket, string text) =>
        SendAllAsync(socket, Encoding.ASCII.GetBytes(text.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n" + text + "\r\n"));

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes)..];
        }
    }

    /// <summary>Returns the usage once it has not changed for a second and a half: the last chunks may still be in transit.</summary>
    private async Task<decimal> SettledAsync(string customer)
    {
        var (used, unchanged) = (0m, 0);
        await UntilAsync(async () =>
        {
            await Task.Delay(250);
            var now = await host.UsedAsync(customer, "call");
            (used, unchanged) = (now, now == used ? unchanged + 1 : 0);
            return unchanged == 6;
        });
        return used;
    }

    private long ResidentBytes()
    {
        var line = File.ReadLines($"/proc/{host.Server.ProcessId}/status")
            .First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>Sends its first part, and the second one when the test continues it.</summary>
    private sealed class HeldStream : HttpContent
    {
        private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly string _first;
        private readonly string _second;

        public HeldStream(string first, string second)
        {
            (_first, _second) = (first, second);
            Headers.ContentType = new("application/x-ndjson");
        }

        public Task Sent => _sent.Task;

        public void GoOn() => _goOn.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(_first));
            await stream.FlushAsync();
            _sent.SetResult();
            await _goOn.Task;
            await stream.WriteAsync(Encoding.UTF8.GetBytes(_second));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
