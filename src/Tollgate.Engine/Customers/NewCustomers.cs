using System.Collections.Concurrent;
using System.Diagnostics;

namespace Tollgate.Engine.Customers;

/// <summary>
/// How many customers a project may bring into being: so many a minute, a minute's worth at once. Each costs a row, 1 kB of memory and 20
/// µs of a lane that all projects share. Servers count for themselves: several of them let through as many times more.
/// </summary>
/// <remarks>
/// For each project the instant at which all that it created would be paid off at that pace; a minute ahead of now it may create no more.
/// </remarks>
public sealed class NewCustomers(int perMinute)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);
    private static readonly long Minute = 60 * Stopwatch.Frequency;

    private readonly ConcurrentDictionary<int, long> _paidOffAt = new();
    private readonly long _each = Math.Max(1, Minute / perMinute);

    /// <summary>False: the project has used up its minute.</summary>
    public bool MayCreate(int project) => !_paidOffAt.TryGetValue(project, out var at) || at - Stopwatch.GetTimestamp() < Minute;

    /// <summary>Counts what was created, also beyond the limit: the next ones wait for it.</summary>
    public void Created(int project, int count)
    {
        var now = Stopwatch.GetTimestamp();
        _paidOffAt.AddOrUpdate(project, _ => now + (count * _each), (_, at) => Math.Max(at, now) + (count * _each));
    }

    /// <summary>For facts, which nothing refuses: their sender slows down instead.</summary>
    public async ValueTask WaitAsync(int project, CancellationToken cancel)
    {
        while (!MayCreate(project))
        {
            await Task.Delay(LookAgain, cancel);
        }
    }
}
