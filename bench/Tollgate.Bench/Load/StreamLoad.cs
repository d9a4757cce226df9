using System.Diagnostics;
using System.Globalization;
using System.Text;
using Tollgate.Bench.Hosting;

namespace Tollgate.Bench.Load;

/// <summary>
/// The latencies of streams, in microseconds: from the request to the first chunk, and the transfer time of each chunk.
/// </summary>
internal sealed record StreamTimes(IReadOnlyList<double> First, IReadOnlyList<double> Chunks)
{
    public static double At(IReadOnlyList<double> times, double share)
    {
        var sorted = times.Order().ToArray();
        return sorted[(int)Math.Min(sorted.Length - 1, share * sorted.Length)];
    }
}

/// <summary>Streams over one connection each, one after the other or several at a time, read as they arrive.</summary>
internal static class StreamLoad
{
    private const string Body =
        """{"model":"gpt-4o-mini","max_tokens":200,"stream":true,"messages":[{"role":"user","content":"Write one sentence about a bridge."}]}""";

    public static async Task<StreamTimes> RunAsync(Gate gate, int streams, int atOnce, CancellationToken cancel)
    {
        using var client = new HttpClient();
        var left = streams;
        var runs = await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            var (first, chunks) = (new List<double>(), new List<double>());
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await OneAsync(client, gate, first, chunks, cancel);
            }

            return (first, chunks);
        }));
        return new([.. runs.SelectMany(run => run.first)], [.. runs.SelectMany(run => run.chunks)]);
    }

    private static async Task OneAsync(HttpClient client, Gate gate, List<double> first, List<double> chunks, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, gate.Url + gate.Path)
        {
            Content = new StringContent(Body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", gate.Key);
        foreach (var (name, value) in gate.Headers)
        {
            request.Headers.Add(name, value);
        }

        var started = Stopwatch.GetTimestamp();
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (!answer.IsSuccessStatusCode)
        {
            throw new BenchFault($"{gate.Name} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancel)}");
        }

        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[16 * 1024];
        var seen = 0;
        while (await body.ReadAsync(buffer, cancel) is > 0 and var read)
        {
            var now = Stopwatch.GetTimestamp();
            for (var rest = buffer.AsSpan(0, read); rest.IndexOf("\"@"u8) is >= 0 and var at; rest = rest[(at + 22)..])
            {
                var sent = long.Parse(Encoding.ASCII.GetString(rest.Slice(at + 2, 20)), CultureInfo.InvariantCulture);
                if (seen++ == 0)
                {
                    first.Add(Stopwatch.GetElapsedTime(started, now).TotalMicroseconds);
                }

                chunks.Add(Stopwatch.GetElapsedTime(sent, now).TotalMicroseconds);
            }
        }

        if (seen != FakeProvider.Chunks)
        {
            throw new BenchFault($"{gate.Name} delivered {seen} chunks of {FakeProvider.Chunks}.");
        }
    }
}
