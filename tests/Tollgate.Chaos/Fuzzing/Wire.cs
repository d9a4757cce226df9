using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Tollgate.Chaos.Client;

namespace Tollgate.Chaos.Fuzzing;

/// <summary>A request as raw bytes: nothing is normalised, escaped or refused on the way.</summary>
public sealed record WireRequest(string Method, string Target, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    public byte[] Bytes()
    {
        var head = new StringBuilder($"{Method} {Target} HTTP/1.1\r\n");
        foreach (var (name, value) in Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        head.Append(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n\r\n");
        return [.. Encoding.UTF8.GetBytes(head.ToString()), .. Body];
    }

    public override string ToString()
    {
        var body = Encoding.UTF8.GetString(Body);
        return $"{Method} {Target}\n    {string.Join("\n    ", Headers.Where(static header => header.Name != "Authorization").Select(static header => $"{header.Name}: {header.Value}"))}"
            + $"\n    {(body.Length > 500 ? $"{body[..500]}… ({body.Length} characters)" : body)}";
    }
}

/// <summary>
/// A connection that speaks HTTP/1.1 and no more, since clients refuse to send what no client should send. It opens again when the server
/// closes.
/// </summary>
public sealed class Wire(Uri server) : IDisposable
{
    private TcpClient? _tcp;
    private BufferedStream? _stream;

    public async Task<Answer> SendAsync(WireRequest request, TimeSpan patience)
    {
        var invoked = Stopwatch.GetTimestamp();
        using var limit = new CancellationTokenSource(patience);
        var bytes = request.Bytes();
        for (var attempt = 0; ; attempt++)
        {
            var isFresh = _stream is null;
            try
            {
                await OpenAsync(limit.Token);
                var socket = _tcp!.GetStream();
                var answer = ReadAsync(invoked, request.Method == "HEAD", limit.Token);
                var isSent = await IsSentAsync(socket, bytes, limit.Token);
                var read = await answer;
                if (!isSent)
                {
                    Close();
                }

                return read;
            }
            catch (Exception lost) when (lost is IOException or SocketException or OperationCanceledException or FormatException)
            {
                Close();

                // The server may have closed a kept connection after the previous answer. If it closes a fresh one without an answer, that
                // is a finding.
                if (isFresh || attempt > 0 || limit.IsCancellationRequested)
                {
                    return new(0, default, invoked, Stopwatch.GetTimestamp()) { Text = $"{lost.GetType().Name}: {lost.Message}" };
                }
            }
        }
    }

    /// <summary>
    /// The server may answer a body that is too large before it has all of it, and close: then the answer, which is read meanwhile, counts.
    /// </summary>
    private static async Task<bool> IsSentAsync(NetworkStream socket, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        try
        {
            await socket.WriteAsync(bytes, cancel);
            return true;
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            // The answer, or its absence, says why.
            return false;
        }
    }

    public void Dispose() => Close();

    private void Close()
    {
        _stream?.Dispose();
        _tcp?.Dispose();
        (_stream, _tcp) = (null, null);
    }

    private async Task OpenAsync(CancellationToken cancel)
    {
        if (_stream is null)
        {
            _tcp = new TcpClient { NoDelay = true };
            await _tcp.ConnectAsync(server.Host, server.Port, cancel);
            _stream = new BufferedStream(_tcp.GetStream(), 16 * 1024);
        }
    }

    private async Task<Answer> ReadAsync(long invoked, bool isHead, CancellationToken cancel)
    {
        while (true)
        {
            var status = int.Parse((await LineAsync(cancel)).Split(' ')[1], CultureInfo.InvariantCulture);
            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            for (var line = await LineAsync(cancel); line.Length > 0; line = await LineAsync(cancel))
            {
                headers[line[..line.IndexOf(':', StringComparison.Ordinal)]] =
                    line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            }

            if (status is 100)
            {
                continue;
            }

            var body = isHead || status is 204 or 304 ? [] : await BodyAsync(headers, cancel);
            if (headers.GetValueOrDefault("Connection") == "close")
            {
                Close();
            }

            var text = Encoding.UTF8.GetString(body);
            return new(status, IsJson(headers) ? Parse(text) : default, invoked, Stopwatch.GetTimestamp())
            {
                Text = text, RetryAfter = headers.GetValueOrDefault("Retry-After"),
            };
        }
    }

    private static bool IsJson(Dictionary<string, string> headers) =>
        headers.GetValueOrDefault("Content-Type")?.Contains("json", StringComparison.Ordinal) == true;

    private async Task<byte[]> BodyAsync(Dictionary<string, string> headers, CancellationToken cancel)
    {
        using var body = new MemoryStream();
        if (headers.TryGetValue("Content-Length", out var length))
        {
            await CopyAsync(body, int.Parse(length, CultureInfo.InvariantCulture), cancel);
        }
        else if (headers.GetValueOrDefault("Transfer-Encoding") == "chunked")
        {
            for (var size = await ChunkAsync(cancel); size > 0; size = await ChunkAsync(cancel))
            {
                await CopyAsync(body, size, cancel);
                await LineAsync(cancel);
            }

            while ((await LineAsync(cancel)).Length > 0)
            {
            }
        }
        else
        {
            await _stream!.CopyToAsync(body, cancel);
            Close();
        }

        return body.ToArray();
    }

    private async Task<int> ChunkAsync(CancellationToken cancel) =>
        int.Parse((await LineAsync(cancel)).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private async Task CopyAsync(MemoryStream body, int length, CancellationToken cancel)
    {
        var buffer = new byte[length];
        await _stream!.ReadExactlyAsync(buffer, cancel);
        body.Write(buffer);
    }

    private async Task<string> LineAsync(CancellationToken cancel)
    {
        var line = new List<byte>(64);
        var one = new byte[1];
        while (true)
        {
            await _stream!.ReadExactlyAsync(one, cancel);
            if (one[0] == '\n')
            {
                return Encoding.Latin1.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(one[0]);
        }
    }

    private static JsonElement Parse(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
