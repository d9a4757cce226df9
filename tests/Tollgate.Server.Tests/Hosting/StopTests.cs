using System.Net.Sockets;
using System.Text;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Hosting;

/// <summary>The log of a stop while clients still send.</summary>
public sealed class StopTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_stop_that_cuts_an_open_stream_of_events_is_no_failure_of_the_server()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var server = await TestServer.StartAsync(
            database.ConnectionString, environment: new Dictionary<string, string> { ["TOLLGATE_DRAIN_SECONDS"] = "1" });
        var streams = new List<TcpClient>();
        for (var stream = 0; stream < 8; stream++)
        {
            streams.Add(await BeginAsync(server, stream));
        }

        (await server.StopAsync()).ShouldBe(0, server.Log);
        streams.ForEach(static stream => stream.Dispose());
        server.Log.ShouldNotContain("failed: internal");
        server.Log.ShouldNotContain("BackgroundService failed");
    }

    /// <summary>
    /// With its private PostgreSQL, whose stop takes long enough for whatever still runs to fail on a database that has ended.
    /// </summary>
    [Fact]
    public async Task A_stop_in_the_middle_of_long_streams_ends_them_and_logs_no_failure()
    {
        await using var server = await TestServer.StartAsync(
            environment: new Dictionary<string, string> { ["TOLLGATE_DRAIN_SECONDS"] = "1" });
        using var client = server.ClientFor("trendit");
        (await SendStreamAsync(client, "first", 10)).ShouldBe(200);

        using var stop = new CancellationTokenSource();
        var senders = Enumerable.Range(0, 6).Select(sender => Task.Run(async () =>
        {
            for (var stream = 0; !stop.IsCancellationRequested
                && await SendStreamAsync(client, $"{sender}-{stream}", 30_000) != 0; stream++)
            {
                // The next stream.
            }
        })).ToList();
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        (await server.StopAsync()).ShouldBe(0, server.Log);
        await stop.CancelAsync();
        await Task.WhenAll(senders);

        server.Log.Split('\n').Where(static line => line.Contains("\"level\":\"error\"", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    /// <returns>The status; 0: the server closed the connection.</returns>
    private static async Task<int> SendStreamAsync(HttpClient client, string name, int count)
    {
        var events = string.Join(
            '\n', Enumerable.Range(0, count).Select(n => $$"""{"id": "{{name}}-{{n}}", "customer": "c{{n % 50}}", "type": "api_call"}"""));
        try
        {
            using var body = new StringContent(events, Encoding.UTF8, "application/x-ndjson");
            using var answer = await client.PostAsync(new Uri("/v1/events", UriKind.Relative), body);
            return (int)answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    /// <summary>Sends one event of a stream whose end never comes, and waits until it is stored.</summary>
    private static async Task<TcpClient> BeginAsync(TestServer server, int number)
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync(server.Url.Host, server.Url.Port, TestContext.Current.CancellationToken);
        var line = $$"""{"id": "open-{{number}}", "customer": "c{{number}}", "type": "api_call"}""" + "\n";
        await tcp.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.Keys["TOLLGATE_KEY_TRENDIT"]}\r\n"
                    + $"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n{line.Length:x}\r\n{line}\r\n"),
            TestContext.Current.CancellationToken);
        using var client = server.ClientFor("trendit");
        await UntilAsync(async () =>
            (await client.GetStringAsync(new Uri($"/v1/events?customer=c{number}", UriKind.Relative))).Contains(
                $"open-{number}", StringComparison.Ordinal));
        return tcp;
    }
}
