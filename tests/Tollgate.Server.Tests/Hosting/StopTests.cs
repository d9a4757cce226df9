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
