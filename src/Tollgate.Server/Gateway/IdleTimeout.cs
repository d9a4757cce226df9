using System.Diagnostics;

namespace Tollgate.Server.Gateway;

/// <summary>Cancels the reading of an upstream that stops sending.</summary>
internal sealed class IdleTimeout : IDisposable
{
    /// <summary>The shortest time between two settings of the timer, since a stream has hundreds of pieces per second.</summary>
    private static readonly TimeSpan Precision = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _longest;
    private readonly CancellationToken _gone;
    private readonly CancellationTokenSource _over;
    private readonly CancellationTokenSource? _unread;
    private readonly CancellationTokenRegistration _leaving;
    private long _setAt = Stopwatch.GetTimestamp();

    /// <param name="longest">The longest silence.</param>
    /// <param name="gone">Signals that the caller has disconnected, which also ends the waiting.</param>
    /// <param name="unread">The time for which the gateway reads the usage after the caller has disconnected. Null: it stops
    /// reading.</param>
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

    /// <summary>True if the upstream was silent for too long.</summary>
    public bool IsOver => _over.IsCancellationRequested && !_gone.IsCancellationRequested;

    /// <summary>
    /// Limits the remaining reading to this time, after the caller or its budget has gone. For calls that the gateway reads to the end.
    /// </summary>
    public void EndWithin(TimeSpan time) => _unread?.CancelAfter(time);

    /// <summary>Restarts the wait after a piece has arrived, and returns the token of the next read.</summary>
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
