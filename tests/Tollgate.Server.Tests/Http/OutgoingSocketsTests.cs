using System.Net;
using System.Net.Sockets;
using Tollgate.Server.Http;

namespace Tollgate.Server.Tests.Http;

public sealed class OutgoingSocketsTests
{
    [Fact]
    public async Task A_caller_beyond_the_limit_waits_until_a_socket_is_closed()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var sockets = new OutgoingSockets(2);
        var first = await sockets.ConnectAsync([IPAddress.Loopback], port, cancel);
        await using var second = await sockets.ConnectAsync([IPAddress.Loopback], port, cancel);

        var third = sockets.ConnectAsync([IPAddress.Loopback], port, cancel).AsTask();
        (await Task.WhenAny(third, Task.Delay(100, cancel))).ShouldNotBe(third);
        await first.DisposeAsync();
        await first.DisposeAsync();
        await using var waited = await third;

        using var limit = new CancellationTokenSource(100);
        await Should.ThrowAsync<OperationCanceledException>(async () =>
            await sockets.ConnectAsync([IPAddress.Loopback], port, limit.Token));
    }

    [Fact]
    public async Task An_attempt_that_failed_takes_none()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var sockets = new OutgoingSockets(1);
        for (var i = 0; i < 3; i++)
        {
            await Should.ThrowAsync<SocketException>(async () => await sockets.ConnectAsync([IPAddress.Loopback], port, cancel));
        }
    }
}
