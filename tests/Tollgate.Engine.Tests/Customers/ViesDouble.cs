using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Tollgate.Engine.Tests.Customers;

/// <summary>The behaviour of VIES: a complete HTTP answer, or one of the ways of not answering.</summary>
public enum ViesMood
{
    Answers,
    Fails,
    Drips,
    Babbles,
    MemberStateIsDown,
    RefusesSellers,
    CannotRead,
}

/// <summary>VIES on a port of this machine. Ids with 999 do not exist.</summary>
public sealed class ViesDouble : IAsyncDisposable
{
    private static readonly (string Status, string Body) DownAnswer =
        ("200 OK", """{"actionSucceed": false, "errorWrappers": [{"error": "MS_UNAVAILABLE"}]}""");

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;

    public ViesDouble()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public ViesMood Mood { get; set; }

    /// <summary>A text in questions to which it answers in any mood that the country's register is down. Null: none.</summary>
    public string? DownFor { get; set; }

    /// <summary>The time before each answer.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The bodies of the requests.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/rest-api/");

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task ServeAsync()
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
            try
            {
                await using var stream = client.GetStream();
                var question = await ReadAsync(stream);
                Asked.Enqueue(question);
                await Task.Delay(Delay, _end.Token);
                var (status, body) = AnswerTo(JsonNode.Parse(question)!);
                var head =
                    $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: "
                        + $"{Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n";
                await stream.WriteAsync(Encoding.UTF8.GetBytes(head), _end.Token);
                foreach (var part in Mood == ViesMood.Drips ? body.Select(static c => c.ToString()) : [body])
                {
                    await stream.WriteAsync(Encoding.UTF8.GetBytes(part), _end.Token);
                    await Task.Delay(Mood == ViesMood.Drips ? TimeSpan.FromSeconds(1) : TimeSpan.Zero, _end.Token);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
            {
                // The client hung up, or the test is over.
            }
        }
    }

    private (string Status, string Body) AnswerTo(JsonNode question) => Mood switch
    {
        _ when DownFor is { } text && question.ToJsonString().Contains(text, StringComparison.Ordinal) => DownAnswer,
        ViesMood.Fails => ("500 Internal Server Error", "<h1>sorry</h1>"),
        ViesMood.Babbles => ("200 OK", "{\"valid\": tr"),
        ViesMood.MemberStateIsDown => DownAnswer,
        ViesMood.RefusesSellers when question["requesterNumber"] is not null =>
            ("400 Bad Request", """{"actionSucceed": false, "errorWrappers": [{"error": "INVALID_REQUESTER_INFO"}]}"""),
        ViesMood.CannotRead => ("400 Bad Request", """{"actionSucceed": false, "errorWrappers": [{"error": "INVALID_INPUT"}]}"""),
        _ => ("200 OK", new JsonObject
        {
            ["countryCode"] = question["countryCode"]!.DeepClone(), ["vatNumber"] = question["vatNumber"]!.DeepClone(),
            ["requestDate"] = "2026-03-01T08:00:00.000Z",
            ["valid"] = !question["vatNumber"]!.GetValue<string>().Contains("999", StringComparison.Ordinal), ["name"] = "---",
            ["address"] = "---",
            ["requestIdentifier"] = question["requesterNumber"] is { } requester ? $"WAPI{requester}" : "",
        }.ToJsonString()),
    };

    private async Task<string> ReadAsync(NetworkStream stream)
    {
        var (text, buffer) = (new StringBuilder(), new byte[4096]);
        while (true)
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer, _end.Token)));
            var parts = text.ToString().Split("\r\n\r\n", 2);
            if (parts.Length == 2 && parts[1].Length >= LengthOf(parts[0]))
            {
                return parts[1];
            }
        }
    }

    private static int LengthOf(string head) => int.Parse(
        head.Split("\r\n").Single(static line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)).Split(':')[1],
        CultureInfo.InvariantCulture);
}
