using System.IO.Pipelines;
using System.Text;
using Tollgate.Server.Metering;

namespace Tollgate.Server.Tests.Metering;

/// <summary>Lines that arrive in pieces.</summary>
public sealed class LineStreamTests
{
    private const int LineBytes = 20;

    private readonly List<string> _lines = [];
    private readonly BatchTally _tally = new("lines", 10);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private LineStream<string, string> Stream() =>
        new(LineBytes, Take, static _ => Task.FromResult<IReadOnlyList<string>>([]), static (_, _, _) => { }, _tally);

    /// <summary>Stores nothing, so that a chunk is never full.</summary>
    private string? Take(long index, ReadOnlySpan<byte> json)
    {
        _lines.Add(string.Create(null, $"{index} {Encoding.UTF8.GetString(json)}"));
        return null;
    }

    [Fact]
    public async Task The_size_of_packets_changes_nothing()
    {
        var text = Encoding.UTF8.GetBytes("[1]\n\n {}\r\n[\"a line that is far too long\", 2]\n[2]\n[3, 4, 5, 6, 7]\n[8]");
        for (var size = 1; size <= text.Length; size++)
        {
            _lines.Clear();
            var pipe = new Pipe(new(readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
            var reading = Stream().ReadLinesAsync(pipe.Reader, Cancel);
            foreach (var packet in text.Chunk(size))
            {
                await pipe.Writer.WriteAsync(packet, Cancel);
            }

            await pipe.Writer.CompleteAsync();
            await reading;
            _lines.ShouldBe(["0 [1]", "2 {}", "4 [2]", "5 [3, 4, 5, 6, 7]", "6 [8]"], $"packets of {size}");
            _tally.RejectedCount.ShouldBe(size, "one line is too long");
        }
    }

    /// <summary>A line of a megabyte in packets of a few bytes would cost gigabytes of searching.</summary>
    [Fact]
    public async Task Bytes_searched_for_the_end_of_a_line_are_not_searched_again()
    {
        var pipe = new Pipe();
        var begun = pipe.Writer.GetMemory(3);
        "[1,"u8.CopyTo(begun.Span);
        pipe.Writer.Advance(3);
        await pipe.Writer.FlushAsync(Cancel);
        var reading = Stream().ReadLinesAsync(pipe.Reader, Cancel);
        begun.Span[2] = (byte)'\n';
        await pipe.Writer.WriteAsync("2]\n[3]"u8.ToArray(), Cancel);
        await pipe.Writer.CompleteAsync();
        await reading;
        _lines.ShouldBe(["0 [1\n2]", "1 [3]"]);
    }

    /// <summary>
    /// The server reads the rest of the body after it has sent the answer. No earlier read is pending then, and all taken bytes were
    /// returned.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_chunk_that_fails_leaves_the_body_to_the_server(bool isFull)
    {
        var (pipe, failing) = (new Pipe(), new TaskCompletionSource<IReadOnlyList<string>>());
        var stream = new LineStream<string, string>(
            LineBytes, static (_, json) => Encoding.UTF8.GetString(json), _ => failing.Task, static (_, _, _) => { }, _tally);
        await pipe.Writer.WriteAsync(
            Encoding.UTF8.GetBytes(isFull
                ? string.Concat(Enumerable.Repeat("[1]\n", EventLimits.ChunkEvents * (EventLimits.ChunksInFlight + 1)))
                : "[1]\n"), Cancel);
        var reading = stream.ReadLinesAsync(pipe.Reader, Cancel);
        failing.SetException(new TimeoutException());
        await pipe.Writer.WriteAsync("[2]\n"u8.ToArray(), Cancel);
        await Should.ThrowAsync<TimeoutException>(reading);
        await pipe.Writer.WriteAsync("[3]\n"u8.ToArray(), Cancel);
        var rest = await pipe.Reader.ReadAsync(Cancel);
        Encoding.UTF8.GetString(rest.Buffer).ShouldEndWith("[3]\n");
    }
}
