using System.Net;
using System.Net.Sockets;
using Tollgate.Engine.Postgres;

namespace Tollgate.Server.Hosting;

/// <summary>Checks before the start of PostgreSQL that the port is free, so that the most frequent fault appears first.</summary>
internal static class PortCheck
{
    public static void RefuseBusyPort(ServerOptions options)
    {
        try
        {
            using var socket = new Socket(options.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(options.Listen, options.Port));
            socket.Listen(1);
        }
        catch (SocketException e)
        {
            throw e.SocketErrorCode == SocketError.AddressAlreadyInUse ? Busy(options, e) : Refused(options, e);
        }
    }

    public static StartRefusedException Busy(ServerOptions options, Exception cause) => new(
        $"Port {options.Port} on {options.Listen} is in use by another program. Stop it (ss -ltnp shows it), "
            + "or choose another port with --port.",
        cause);

    private static StartRefusedException Refused(ServerOptions options, SocketException cause) => new(
        cause.SocketErrorCode switch
        {
            SocketError.AccessDenied => $"Port {options.Port} needs privileges. Choose one above 1023 with --port.",
            SocketError.AddressNotAvailable =>
                $"{options.Listen} is not an address of this machine. Choose another with --listen, such as 127.0.0.1 or 0.0.0.0.",
            _ => $"Cannot listen on {options.Listen} port {options.Port}: {cause.Message}. Choose others with --listen and --port.",
        },
        cause);
}
