using System.Net;
using System.Net.Sockets;

namespace Tollgate.Server.Http;

/// <summary>
/// Limits the open sockets to other servers: a further connection waits until one is closed, so that neither calls nor webhooks use the
/// files that PostgreSQL's connections need.
/// </summary>
internal sealed class OutgoingSockets(int most) : IDisposable
{
    private readonly SemaphoreSlim _free = new(most, most);

    /// <summary>Tries the addresses in their order.</summary>
    /// <param name="cancel">Also ends the wait.</param>
    public async ValueTask<Stream> ConnectAsync(IPAddress[] addresses, int port, CancellationToken cancel)
    {
        await _free.WaitAsync(cancel);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancel);
            return new CountedStream(socket, _free);
        }
        catch
        {
            socket.Dispose();
            _free.Release();
            throw;
        }
    }

    public void Dispose() => _free.Dispose();

    private sealed class CountedStream(Socket socket, SemaphoreSlim free) : NetworkStream(socket, ownsSocket: true)
    {
        private int _isReturned;

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (Interlocked.Exchange(ref _isReturned, 1) == 0)
            {
                free.Release();
            }
        }
    }
}
