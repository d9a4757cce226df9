using System.Diagnostics;

namespace Tollgate.Server.Gateway;

/// <summary>Watches that an upstream goes on sending.</summary>
internal sealed class IdleTimeout : IDisposable
{
    /// <summary>A stream comes in hundreds of pieces a second; a timer need not be set for each.</summary>
    private static readonly TimeSpan Precision = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _longest;
    private readonly CancellationToken _gone;
    private readonly CancellationTokenSource _over;
    private readonly CancellationTokenSource? _unread;
    private readonly CancellationTokenRegistration _leaving;
    private long _setAt = Stopwatch.GetTimestamp();

    /// <param name="longest">So long it may send nothing.</param>
    /// <param name="gone">Ends the waiting as well: nobody reads the answer any more.</param>
    /// <param name="unread">Where the answer is read on for its usage when nobody reads it any more: for so long. Null: it is not.</param>
    public IdleTimeout(TimeSpan longest, CancellationToken gone, TimeSpan? unread = null)
    {
        _longest = longest;
        if (unread is { } time)
        {
            _unread = new();
            _over = CancellationTokenSource.CreateLinkedTokenSource(_unread.Token);
            _leaving = gone.Register(() => EndWithin(time));
        }
        else
        {
            _gone = gone;
            _over = CancellationTokenSource.CreateLinkedTokenSource(gone);
        }

        _over.CancelAfter(longest);
    }

    /// <summary>It was silent for too long.</summary>
    public bool IsOver => _over.IsCancellationRequested && !_gone.IsCancellationRequested;

    /// <summary>Nobody reads the answer any more: it is read on for so long at most. For calls that are seen through.</summary>
    public void EndWithin(TimeSpan time) => _unread?.CancelAfter(time);

    /// <summary>Something came, and something more is waited for.</summary>
    public CancellationToken Next()
    {
        if (Stopwatch.GetElapsedTime(_setAt) > Precision)
        {
            _over.CancelAfter(_longest);
            _setAt = Stopwatch.GetTimestamp();
        }

        return _over.Token;
    }

    public void Dispose()
    {
        _leaving.Dispose();
        _over.Dispose();
        _unread?.Dispose();
    }
}
