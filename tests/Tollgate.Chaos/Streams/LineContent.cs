using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Tollgate.Chaos.Streams;

/// <summary>An NDJSON body that is generated while it is sent: no length, no memory, and it may break off.</summary>
public sealed class LineContent : HttpContent
{
    private readonly IEnumerable<string> _lines;
    private readonly int _breakAfter;

    /// <param name="breakAfter">The number of lines after which the connection is dropped, without an end.</param>
    public LineContent(IEnumerable<string> lines, int breakAfter = int.MaxValue)
    {
        _lines = lines;
        _breakAfter = breakAfter;
        Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        var sent = 0;
        var chunk = new StringBuilder();
        foreach (var line in _lines)
        {
            if (sent++ == _breakAfter)
            {
                await FlushAsync(stream, chunk);
                await stream.FlushAsync();

                // The server reads first, so that the break hits the middle of its work.
                await Task.Delay(200);
                throw new IOException("The test breaks the stream here.");
            }

            chunk.Append(line).Append('\n');
            if (chunk.Length > 16_384)
            {
                await FlushAsync(stream, chunk);
            }
        }

        await FlushAsync(stream, chunk);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private static async Task FlushAsync(Stream stream, StringBuilder chunk)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(chunk.ToString()));
        chunk.Clear();
    }
}
