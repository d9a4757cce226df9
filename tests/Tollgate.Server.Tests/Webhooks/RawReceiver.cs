using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tollgate.Server.Tests.Webhooks;

/// <summary>A receiver that answers with bytes of the test's choice, which no HTTP server would send.</summary>
public sealed class RawReceiver : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _end = new();
    private readonly string _answer;
    private readonly bool _hangs;
    private int _calls;

    /// <param name="hangs">True if the connection stays open after the answer, and nothing more follows.</param>
    /// <param name="address">An address of this machine; null: 127.0.0.1.</param>
    public RawReceiver(string answer, bool hangs = false, IPAddress? address = null)
    {
        (_answer, _hangs, _listener) = (answer, hangs, new(address ?? IPAddress.Loopback, 0));
        _listener.Start();
        _ = RunAsync();
    }

    public string Url => $"http://{_listener.LocalEndpoint}/raw";

    public int Calls => _calls;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_end.Token);
            _ = AnswerAsync(client);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            var stream = client.GetStream();
            var (text, buffer) = (new StringBuilder(), new byte[64 * 1024]);
            while (!IsWhole(text.ToString()) && await stream.ReadAsync(buffer, _end.Token) is var read and > 0)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }

            Interlocked.Increment(ref _calls);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(_answer), _end.Token);
            await (_hangs ? Task.Delay(Timeout.Infinite, _end.Token) : Task.CompletedTask);
        }
    }

    private static bool IsWhole(string request)
    {
        const string Length = "content-length: ";
        var (head, length) =
            (request.IndexOf("\r\n\r\n", StringComparison.Ordinal), request.IndexOf(Length, StringComparison.OrdinalIgnoreCase));
        return head > 0 && length > 0
            && request.Length >= head + 4
            + int.Parse(
                request.AsSpan(length + Length.Length).Trim().ToString().Split('\r')[0], System.Globalization.CultureInfo.InvariantCulture);
    }
}
