using System.Collections.Concurrent;
using System.Diagnostics;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// How many customers a project may bring into being: so many a minute, a minute's worth at once. Each costs a row, 1 kB of memory and 20 µs of a lane that
/// all projects share. Servers count for themselves: several of them let through as many times more.
/// </summary>
public sealed class NewCustomers(int perMinute)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<int, Bucket> _projects = new();

    /// <summary>False: the project has used up its minute.</summary>
    public bool MayCreate(int project) => !_projects.TryGetValue(project, out var bucket) || bucket.Left(perMinute) > 0;

    /// <summary>Counts what was created, also beyond the limit: the next ones wait for it.</summary>
    public void Created(int project, int count) => _projects.GetOrAdd(project, _ => new(perMinute)).Take(count, perMinute);

    /// <summary>For facts, which nothing refuses: their sender slows down instead.</summary>
    public async ValueTask WaitAsync(int project, CancellationToken cancel)
    {
        while (!MayCreate(project))
        {
            await Task.Delay(LookAgain, cancel);
        }
    }

    /// <summary>Fills up with time, to a minute's worth at most.</summary>
    private sealed class Bucket(int full)
    {
        private readonly Lock _lock = new();
        private double _left = full;
        private long _at = Stopwatch.GetTimestamp();

        public double Left(int perMinute)
        {
            lock (_lock)
            {
                var now = Stopwatch.GetTimestamp();
                _left = Math.Min(perMinute, _left + (Stopwatch.GetElapsedTime(_at, now).TotalMinutes * perMinute));
                _at = now;
                return _left;
            }
        }

        public void Take(int count, int perMinute)
        {
            lock (_lock)
            {
                _left = Left(perMinute) - count;
            }
        }
    }
}
