using System.Diagnostics;

namespace Tollgate.Server.Gateway;

/// <summary>Watches that an upstream goes on sending.</summary>
/// <param name="longest">So long it may send nothing.</param>
/// <param name="gone">Ends the waiting as well: nobody reads the answer any more.</param>
internal sealed class Silence(TimeSpan longest, CancellationToken gone) : IDisposable
{
    /// <summary>A stream comes in hundreds of pieces a second; a timer need not be set for each.</summary>
    private static readonly TimeSpan Precision = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _over = Started(longest, gone);
    private long _setAt = Stopwatch.GetTimestamp();

    /// <summary>It was silent for too long.</summary>
    public bool IsOver => _over.IsCancellationRequested && !gone.IsCancellationRequested;

    /// <summary>Something came, and something more is waited for.</summary>
    public CancellationToken Next()
    {
        if (Stopwatch.GetElapsedTime(_setAt) > Precision)
        {
            _over.CancelAfter(longest);
            _setAt = Stopwatch.GetTimestamp();
        }

        return _over.Token;
    }

    public void Dispose() => _over.Dispose();

    private static CancellationTokenSource Started(TimeSpan longest, CancellationToken gone)
    {
        var over = CancellationTokenSource.CreateLinkedTokenSource(gone);
        over.CancelAfter(longest);
        return over;
    }
}
