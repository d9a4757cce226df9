using System.Diagnostics;

namespace Tollgate.Engine.Backup;

/// <summary>A program of PostgreSQL whose output or input Tollgate streams. Disposing this object kills it.</summary>
internal sealed class ChildProgram : IAsyncDisposable
{
    private const int LinesKept = 5;

    private readonly Process _process;
    private readonly Task _listening;
    private readonly Queue<string> _last = new();

    /// <param name="said">Receives each line of its error output.</param>
    public ChildProgram(ProcessStartInfo start, Action<string> said)
    {
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        _listening = ListenAsync(said);
    }

    public Stream Output => _process.StandardOutput.BaseStream;

    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>The last lines of its error output that report errors. Read it after the program has ended.</summary>
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
