using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Tollgate.Bench.Hosting;

namespace Tollgate.Bench.Load;

/// <summary>
/// The open-loop generator: requests are due at a fixed rate independent of the server, and the latency of each counts from its due time,
/// not from the moment at which a connection was free for it. A closed loop would wait with the server and never see its pauses
/// ("coordinated omission"). One thread, non-blocking sockets and ppoll, since a timer of .NET rounds to 1 ms.
/// </summary>
internal sealed partial class OpenLoop(TollgateServer server, Books books)
{
    private const int Connections = 64;
    private const int LongestAnswer = 16 * 1024;

    public async Task<LoadResult> RunAsync(double perSecond, TimeSpan length, CancellationToken cancel)
    {
        var done = new TaskCompletionSource<LoadResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                done.SetResult(Drive(perSecond, length, cancel));
            }
            catch (Exception fault)
            {
                done.SetException(fault);
            }
        }) { IsBackground = true, Name = "open loop" };
        thread.Start();
        var result = await done.Task;
        books.Acknowledge(result.Done - result.Refused, 0);
        return result.Refused == 0 ? result : throw new BenchFault($"open loop: {result.Refused} of {result.Done} answers were not 200.");
    }

    private LoadResult Drive(double perSecond, TimeSpan length, CancellationToken cancel)
    {
        var lines = new Line[Connections];
        var polls = new Poll[Connections];
        try
        {
            for (var at = 0; at < Connections; at++)
            {
                lines[at] = new Line(server.Port);
                polls[at] = new Poll { Handle = lines[at].Handle, Wanted = PollIn };
            }

            return Drive(lines, polls, perSecond, length, cancel);
        }
        finally
        {
            foreach (var line in lines)
            {
                line?.Dispose();
            }
        }
    }

    private LoadResult Drive(Line[] lines, Poll[] polls, double perSecond, TimeSpan length, CancellationToken cancel)
    {
        var total = (int)(perSecond * length.TotalSeconds);
        var (times, free, backlog) = (new List<double>(total), new Queue<Line>(lines), new Queue<long>());
        var (sent, refused, start) = (0, 0L, Stopwatch.GetTimestamp());
        var ticksBetween = Stopwatch.Frequency / perSecond;
        var limit = start + (long)((length.TotalSeconds + 30) * Stopwatch.Frequency);
        while (times.Count < total)
        {
            cancel.ThrowIfCancellationRequested();
            var now = Stopwatch.GetTimestamp();
            if (now > limit)
            {
                throw new BenchFault($"open loop: {total - times.Count} of {total} requests were not answered 30 s after the end.");
            }

            while (sent < total && start + (long)(sent * ticksBetween) <= now)
            {
                backlog.Enqueue(start + (long)(sent++ * ticksBetween));
            }

            while (backlog.Count > 0 && free.Count > 0)
            {
                free.Dequeue().Send(backlog.Dequeue(), Request());
            }

            Wait(polls, sent < total ? start + (long)(sent * ticksBetween) : now + Stopwatch.Frequency / 100);
            for (var at = 0; at < polls.Length; at++)
            {
                if (polls[at].Got != 0 && lines[at].Receive(out var ok))
                {
                    times.Add(Stopwatch.GetElapsedTime(lines[at].Due).TotalMilliseconds);
                    refused += ok ? 0 : 1;
                    free.Enqueue(lines[at]);
                }
            }
        }

        times.Sort();
        double At(double share) => times[Math.Min(times.Count - 1, (int)(times.Count * share))];
        return new LoadResult(total / Stopwatch.GetElapsedTime(start).TotalSeconds, At(0.5), At(0.99), At(0.999), times[^1])
        {
            Done = total, Refused = refused,
        };
    }

    private byte[] Request()
    {
        var body =
            $$"""{"customer":"c{{Random.Shared.Next(BenchProject.Customers):0000}}","feature":"{{BenchProject.Feature}}","id":"{{Guid.CreateVersion7()}}"}""";
        return Encoding.ASCII.GetBytes(
            $"POST /v1/consume HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.Project.Key}\r\nContent-Type: "
                + "application/json\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}");
    }

    private static unsafe void Wait(Poll[] polls, long until)
    {
        var nanoseconds = Math.Max(0, (until - Stopwatch.GetTimestamp()) * (1_000_000_000 / Stopwatch.Frequency));
        var time = new TimeSpec { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        fixed (Poll* first = polls)
        {
            _ = WaitFor(first, (nuint)polls.Length, &time, null);
        }
    }

    private const short PollIn = 1;

    [StructLayout(LayoutKind.Sequential)]
    private struct Poll
    {
        public int Handle;
        public short Wanted;
        public short Got;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "ppoll")]
    private static unsafe partial int WaitFor(Poll* polls, nuint count, TimeSpec* time, void* signals);

    /// <summary>One keep-alive connection with at most one request in progress.</summary>
    private sealed class Line : IDisposable
    {
        private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly byte[] _answer = new byte[LongestAnswer];
        private int _length;

        public Line(int port) => _socket.Connect(IPAddress.Loopback, port);

        public int Handle => (int)_socket.Handle;

        /// <summary>The due time of the request in progress (Stopwatch's ticks).</summary>
        public long Due { get; private set; }

        public void Send(long due, byte[] request)
        {
            (Due, _length) = (due, 0);
            _socket.Send(request);
        }

        /// <summary>Reads the available bytes. True: the answer is complete.</summary>
        public bool Receive(out bool ok)
        {
            var count = _socket.Receive(_answer.AsSpan(_length));
            _length += count > 0 ? count : throw new BenchFault("open loop: the server closed a connection.");
            var text = _answer.AsSpan(0, _length);
            ok = text.StartsWith("HTTP/1.1 200"u8);
            var head = text.IndexOf("\r\n\r\n"u8);
            if (head < 0)
            {
                return false;
            }

            var mark = text[..head].IndexOf("Content-Length: "u8);
            return mark < 0
                ? text.EndsWith("\r\n0\r\n\r\n"u8)
                : Utf8Parser.TryParse(text[(mark + 16)..], out int length, out _) && _length >= head + 4 + length;
        }

        public void Dispose() => _socket.Dispose();
    }
}
