using System.Diagnostics;

namespace Tollgate.Engine.Backup;

/// <summary>A program of PostgreSQL's whose output or input is streamed. It ends with this object, whatever happens.</summary>
internal sealed class ChildProgram : IAsyncDisposable
{
    private const int LinesKept = 5;

    private readonly Process _process;
    private readonly Task _listening;
    private readonly Queue<string> _last = new();

    /// <param name="said">Gets each line of its error output.</param>
    public ChildProgram(ProcessStartInfo start, Action<string> said)
    {
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        _listening = ListenAsync(said);
    }

    public Stream Output => _process.StandardOutput.BaseStream;

    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>Without what only tells of progress. To be asked for after its end.</summary>
    public string LastWords => string.Join(' ', _last);

    public async Task<int> EndAsync(CancellationToken cancel)
    {
        await _process.WaitForExitAsync(cancel);
        await _listening;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task ListenAsync(Action<string> said)
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            said(line);
            if (line.Contains("error:", StringComparison.Ordinal) || line.Contains("ERROR", StringComparison.Ordinal)
                || line.Contains("detail:", StringComparison.OrdinalIgnoreCase))
            {
                _last.Enqueue(line);
                if (_last.Count > LinesKept)
                {
                    _last.Dequeue();
                }
            }
        }
    }
}
