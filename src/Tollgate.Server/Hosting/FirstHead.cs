using System.Buffers;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Connections;

namespace Tollgate.Server.Hosting;

/// <summary>
/// Waits for the head of a connection's first request, and passes the connection on with all received bytes. Kestrel starts its timer with
/// the first byte, and gives a connection that never sends one the time of an idle one.
/// </summary>
internal sealed class FirstHead : IDisposable
{
    /// <summary>Kestrel refuses smaller heads already: 16 KiB of request line and 32 KiB of headers.</summary>
    private const int LargestHead = 64 * 1024;

    private readonly Meter _meter = new("Tollgate");
    private readonly ServerOptions _options;
    private readonly Counter<long> _silent;

    public FirstHead(ServerOptions options)
    {
        _options = options;
        _silent = _meter.CreateCounter<long>(
            "tollgate.connections.silent", "{connection}",
            "Connections that were closed because the head of their first request did not arrive in time.");
    }

    public void Dispose() => _meter.Dispose();

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (await ArrivesAsync(connection))
        {
            await next(connection);
        }
    }

    /// <summary>The time counts from the start of the connection, however many bytes arrive.</summary>
    private async Task<bool> ArrivesAsync(ConnectionContext connection)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        limit.CancelAfter(_options.HeaderTime);
        var (input, searched) = (connection.Transport.Input, 0L);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(limit.Token);
                var goesOn = read.IsCompleted || read.Buffer.Length > LargestHead || HasHead(read.Buffer, searched);
                searched = read.Buffer.Length;
                input.AdvanceTo(read.Buffer.Start, goesOn ? read.Buffer.Start : read.Buffer.End);
                if (goesOn)
                {
                    return true;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            if (!connection.ConnectionClosed.IsCancellationRequested)
            {
                _silent.Add(1);
                connection.Abort(new ConnectionAbortedException("The head of the first request did not arrive in time."));
            }

            return false;
        }
    }

    /// <summary>
    /// An empty line ends a head. A bare newline counts as a line's end too: Kestrel refuses such a head at once. Bytes that do not begin
    /// with a letter are not a request, such as TLS on a plain port; Kestrel refuses them at once.
    /// </summary>
    /// <param name="searched"> The bytes in which an earlier call found no end. Only the last two of them can begin one, so that a head in
    /// single bytes costs no more than another.
    /// </param>
    internal static bool HasHead(ReadOnlySequence<byte> seen, long searched)
    {
        var reader = new SequenceReader<byte>(seen);
        if (reader.TryPeek(out var first) && !char.IsAsciiLetter((char)first) && first is not ((byte)'\r' or (byte)'\n'))
        {
            return true;
        }

        reader.Advance(Math.Max(0, searched - 2));
        while (reader.TryAdvanceTo((byte)'\n'))
        {
            if (reader.IsNext((byte)'\n') || reader.IsNext("\r\n"u8))
            {
                return true;
            }
        }

        return false;
    }
}
