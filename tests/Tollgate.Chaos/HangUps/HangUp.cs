using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tollgate.Chaos.HangUps;

/// <summary>A request as bytes.</summary>
/// <param name="Key">Null: none.</param>
public sealed record RawRequest(string Method, string Path, string? Key, string? Body, string MediaType, string? IdempotencyKey)
{
    public byte[] ToBytes()
    {
        var body = Encoding.UTF8.GetBytes(Body ?? "");
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Method} {Path} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        _ = Key is null ? head : head.Append(CultureInfo.InvariantCulture, $"Authorization: Bearer {Key}\r\n");
        _ = IdempotencyKey is null ? head : head.Append(CultureInfo.InvariantCulture, $"Idempotency-Key: {IdempotencyKey}\r\n");
        _ = Body is null ? head : head.Append(CultureInfo.InvariantCulture, $"Content-Type: {MediaType}\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n\r\n");
        return [.. Encoding.UTF8.GetBytes(head.ToString()), .. body];
    }
}

/// <summary>A client that sends a request on a connection of its own, and hangs up without reading an answer.</summary>
public static class HangUp
{
    /// <param name="after">The time since the last byte was sent.</param>
    /// <param name="isReset">The connection is reset (RST), as when a process is killed; otherwise closed (FIN), as by a client that gives
    /// up.</param>
    /// <param name="isWhole">False: the request itself breaks off.</param>
    public static async Task LeaveAsync(Uri server, RawRequest request, TimeSpan after, bool isReset, bool isWhole)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port));
            var bytes = request.ToBytes();
            await socket.SendAsync(isWhole ? bytes : bytes.AsMemory(0, bytes.Length - 1));
        }
        catch (SocketException)
        {
            // The server limits the connections of an address: it refused this one, which is no hang-up.
            return;
        }

        await Task.Delay(after);
        if (isReset)
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        else
        {
            socket.Shutdown(SocketShutdown.Both);
        }
    }
}
