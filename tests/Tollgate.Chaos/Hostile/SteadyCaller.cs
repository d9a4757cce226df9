using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Tollgate.Chaos.Hostile;

/// <summary>
/// One connection with blocking reads: a caller on its own thread measures the server and not this process's thread pool, which hundreds of
/// attackers share.
/// </summary>
internal sealed class SteadyCaller(Uri server, string? key) : IDisposable
{
    private const int Patience = 30_000;

    private readonly byte[] _buffer = new byte[64 * 1024];
    private Socket? _socket;

    /// <returns>The status; 0 when no answer came.</returns>
    public int Send(string method, string path, string? body)
    {
        try
        {
            _socket ??= Connect();
            var content = body is null
                ? ""
                : "Content-Type: application/json\r\nContent-Length: "
                    + $"{Encoding.UTF8.GetByteCount(body).ToString(CultureInfo.InvariantCulture)}\r\n";
            var authorization = key is null ? "" : $"Authorization: Bearer {key}\r\n";
            var head = $"{method} {path} HTTP/1.1\r\nHost: {server.Authority}\r\n{authorization}{content}\r\n{body}";
            _socket.Send(Encoding.UTF8.GetBytes(head));
            return ReadAnswer(_socket);
        }
        catch (SocketException)
        {
            Dispose();
            return 0;
        }
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true, ReceiveTimeout = Patience, SendTimeout = Patience,
        };
        socket.Connect(server.Host, server.Port);
        return socket;
    }

    /// <summary>Reads the status line, headers, and a body of the length in Content-Length, or chunks up to the empty one.</summary>
    private int ReadAnswer(Socket socket)
    {
        var (length, headEnd) = (0, -1);
        while (headEnd < 0)
        {
            length += Receive(socket, length);
            headEnd = _buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
        }

        var head = Encoding.ASCII.GetString(_buffer, 0, headEnd);
        while (head.Contains("chunked", StringComparison.OrdinalIgnoreCase) && !_buffer.AsSpan(0, length).EndsWith("0\r\n\r\n"u8))
        {
            length += Receive(socket, length);
        }

        var rest = ContentLength(head) - (length - headEnd - 4);
        while (rest > 0)
        {
            rest -= Receive(socket, 0);
        }

        return int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture);
    }

    private int Receive(Socket socket, int at)
    {
        var count = socket.Receive(_buffer.AsSpan(at));
        return count > 0 ? count : throw new SocketException((int)SocketError.ConnectionReset);
    }

    private static int ContentLength(string head)
    {
        const string Name = "\r\nContent-Length: ";
        var at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return 0;
        }

        var text = head.AsSpan(at + Name.Length);
        var end = text.IndexOf('\r');
        return int.Parse(end < 0 ? text : text[..end], CultureInfo.InvariantCulture);
    }
}
