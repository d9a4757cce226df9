using System.Collections.Concurrent;
using System.Diagnostics;

namespace Tollgate.Engine.Customers;

/// <summary>
/// Limits the customers that a project may create in a minute; it may create a minute's worth at once. Each costs a row, 1 kB of memory and
/// 20 µs of a lane that all projects share. Each server counts separately: several servers allow a multiple.
/// </summary>
/// <remarks>
/// For each project it stores the instant at which the customers created so far are paid off at that pace. A project whose instant is a
/// minute ahead of now may create no more.
/// </remarks>
public sealed class NewCustomers(int perMinute)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);
    private static readonly long Minute = 60 * Stopwatch.Frequency;

    private readonly ConcurrentDictionary<int, long> _paidOffAt = new();
    /// <summary>Erased customers, which no use creates again. Null: none is known.</summary>
    public ErasedIds? Erased { get; init; }

    private readonly long _each = Math.Max(1, Minute / perMinute);

    /// <summary>Returns false if the project has used up its minute.</summary>
    public bool MayCreate(int project) => !_paidOffAt.TryGetValue(project, out var at) || at - Stopwatch.GetTimestamp() < Minute;

    /// <summary>Counts created customers, even beyond the limit: later ones wait longer.</summary>
    public void Created(int project, int count)
    {
        var now = Stopwatch.GetTimestamp();
        _paidOffAt.AddOrUpdate(project, _ => now + (count * _each), (_, at) => Math.Max(at, now) + (count * _each));
    }

    /// <summary>Delays facts, which Tollgate never refuses: their sender slows down.</summary>
    public async ValueTask WaitAsync(int project, CancellationToken cancel)
    {
        while (!MayCreate(project))
        {
            await Task.Delay(LookAgain, cancel);
        }
    }
}
