using System.Net.Sockets;
using System.Text;
using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Smuggling;

/// <summary>
/// Requests whose end two readers can see at different places. Behind a proxy that reads one as a single request, a second one inside of it
/// would be read with the connection of another client. The server refuses each, and reads nothing that follows on the connection.
/// </summary>
public sealed class SmugglingTests(ChaosServers servers)
{
    private const string Inner = "GET /health/live?smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

    /// <summary>A body that the operation would accept, in chunks.</summary>
    private const string Chunks = "b\r\n{\"id\":\"in\"}\r\n0\r\n\r\n";

    /// <summary>The preface of HTTP/2 and an empty frame of settings.</summary>
    private static readonly byte[] Http2 = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];

    /// <summary>A frame GOAWAY with the error HTTP_1_1_REQUIRED (RFC 9113, 7).</summary>
    private static readonly byte[] UseHttp11 = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 13];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static TheoryData<string, string> Doubtful => new()
    {
        { "a length and chunks", $"Content-Length: {Chunks.Length + Inner.Length}\r\nTransfer-Encoding: chunked\r\n\r\n{Chunks}{Inner}" },
        { "chunks and a length", $"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n{Chunks}{Inner}" },
        { "two lengths", $"Content-Length: 0\r\nContent-Length: {Inner.Length}\r\n\r\n{Inner}" },
        { "two lengths in one line", $"Content-Length: 0, {Inner.Length}\r\n\r\n{Inner}" },
        { "a negative length", $"Content-Length: -1\r\n\r\n{Inner}" },
        { "a length in hexadecimal", $"Content-Length: 0x0\r\n\r\n{Inner}" },
        { "a folded line", $"X-Note: a\r\n Content-Length: {Inner.Length}\r\n\r\n{Inner}" },
        { "a folded coding", $"Transfer-Encoding:\r\n chunked\r\n\r\n{Chunks}{Inner}" },
        { "a space before the colon", $"Content-Length : {Inner.Length}\r\n\r\n{Inner}" },
        { "a space before the colon of the coding", $"Transfer-Encoding : chunked\r\n\r\n{Chunks}{Inner}" },
        { "an unknown coding", $"Transfer-Encoding: xchunked\r\n\r\n{Chunks}{Inner}" },
        { "chunks that are not the last coding", $"Transfer-Encoding: chunked, identity\r\n\r\n{Chunks}{Inner}" },
        { "chunks twice", $"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n{Chunks}{Inner}" },
        { "a bare newline in the head", $"X-Note: a\nContent-Length: 0\r\n\r\n{Inner}" },
        { "a bare newline at the end of the head", $"Content-Length: 0\r\n\n{Inner}" },
        { "a bare return in the head", $"X-Note: a\rContent-Length: {Inner.Length}\r\n\r\n{Inner}" },
        { "a NUL in the head", $"X-Note: a\0b\r\nContent-Length: 0\r\n\r\n{Inner}" },
        { "a bare newline in a chunk's extension", $"Transfer-Encoding: chunked\r\n\r\n2;\nxx\r\n{Inner.Length:x}\r\n0\r\n\r\n{Inner}" },
        { "a chunk's size with a sign", $"Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n{Inner}" },
        { "a chunk's size in another notation", $"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n{Inner}" },
        { "a chunk's size that is too large", $"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n{Inner}" },
        { "a chunk that is longer than its size", $"Transfer-Encoding: chunked\r\n\r\n1\r\n{{}}\r\n0\r\n\r\n{Inner}" },
        { "two hosts", $"Host: y\r\nContent-Length: 0\r\n\r\n{Inner}" },
    };

    [Theory]
    [MemberData(nameof(Doubtful))]
    public async Task A_request_whose_end_is_doubtful_is_refused_and_nothing_after_it_is_read(string what, string rest)
    {
        var chaos = await servers.TwoServersAsync();
        using var project = await chaos.ProjectAsync("smuggling");
        var head =
            $"POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {project.SecretKey}\r\nContent-Type: application/json\r\n";
        var (answers, isClosed) = await ExchangeAsync(chaos.Server.Url, Encoding.Latin1.GetBytes(head + rest));
        Answers(answers).ShouldBe(["400"], $"{what}:\n{answers}");
        isClosed.ShouldBeTrue($"{what}: the connection stays open:\n{answers}");
    }

    [Fact]
    public async Task A_clean_request_is_followed_by_the_next_one()
    {
        var chaos = await servers.TwoServersAsync();
        var (answers, isClosed) = await ExchangeAsync(
            chaos.Server.Url,
            Encoding.ASCII.GetBytes(
                $"POST /v1/customers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\n{{}}\r\n0\r\n\r\n{Inner}"));
        Answers(answers).ShouldBe(["401", "200"], $"Otherwise the refusals above would prove nothing:\n{answers}");
        isClosed.ShouldBeFalse();
    }

    /// <summary>
    /// Without HTTP/2 there are no streams that a client could open and reset by the thousand at the price of a frame each
    /// (CVE-2023-44487).
    /// </summary>
    [Fact]
    public async Task The_server_does_not_speak_http_2()
    {
        var chaos = await servers.TwoServersAsync();
        var (answers, isClosed) = await ExchangeAsync(chaos.Server.Url, Http2);
        Encoding.Latin1.GetBytes(answers).ShouldBe(UseHttp11, "Its only frame says HTTP_1_1_REQUIRED.");
        isClosed.ShouldBeTrue();

        var (upgraded, _) = await ExchangeAsync(
            chaos.Server.Url,
            [.. Encoding.ASCII.GetBytes(
                "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                    + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")]);
        Answers(upgraded).ShouldBe(["200"], upgraded);
    }

    /// <summary>Thousands of connections that each send a request and reset at once: as near to a rapid reset as HTTP/1.1 gets.</summary>
    [Fact]
    public async Task Connections_that_are_reset_after_their_request_cost_the_others_nothing()
    {
        var chaos = await servers.TwoServersAsync();
        using var project = await chaos.ProjectAsync("resets");
        var request = Encoding.ASCII.GetBytes(
            $"GET /v1/customers?limit=100 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {project.SecretKey}\r\n\r\n");
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 4_000), new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (_, cancel) =>
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(chaos.Server.Url.Host, chaos.Server.Url.Port, cancel);
                await socket.SendAsync(request, cancel);
                socket.Close(timeout: 0);
            });
        (await ChaosServer.UntilServingAsync(project.Gate, TimeSpan.FromSeconds(10))).ShouldBeLessThan(TimeSpan.FromSeconds(10));
        chaos.Server.Log.ShouldNotContain("failed: internal");
    }

    /// <summary>The status of each answer on a connection.</summary>
    private static string[] Answers(string text) =>
        [.. text.Split("HTTP/1.1 ").Skip(1).Select(static answer => answer[..3])];

    /// <summary>Sends bytes as they are, and reads until the server closes or sends nothing more.</summary>
    private static async Task<(string Answers, bool IsClosed)> ExchangeAsync(Uri server, byte[] bytes)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        var stream = tcp.GetStream();
        await stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
        var (read, buffer) = (new StringBuilder(), new byte[16 * 1024]);
        while (true)
        {
            using var limit = new CancellationTokenSource(read.Length == 0 ? Patience : TimeSpan.FromMilliseconds(700));
            try
            {
                if (await stream.ReadAsync(buffer, limit.Token) is not (> 0 and var count))
                {
                    return (read.ToString(), true);
                }

                read.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
            catch (OperationCanceledException)
            {
                return (read.ToString(), false);
            }
            catch (IOException)
            {
                return (read.ToString(), true);
            }
        }
    }
}
