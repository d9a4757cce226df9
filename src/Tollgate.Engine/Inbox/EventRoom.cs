using System.Collections.Concurrent;
using System.Diagnostics;

namespace Tollgate.Engine.Inbox;

/// <summary>
/// Limits the bytes of provider events that Tollgate stores for a project in a day; a day's worth may arrive at once. Tollgate keeps an
/// event for ever, to recognize its repeats, and a tenant that knows its signing secret can sign any number of them. Each server counts
/// separately: several servers store a multiple.
/// </summary>
/// <remarks>As <see cref="Customers.NewCustomers"/>, it stores the instant at which the bytes so far are paid off at that pace.</remarks>
/// <param name="bytesADay">At least 1.</param>
public sealed class EventRoom(long bytesADay)
{
    /// <summary>Bytes that a row and its index entries take in addition to the body.</summary>
    private const int BytesOfRow = 1_024;

    private static readonly long Day = 86_400 * Stopwatch.Frequency;

    private readonly ConcurrentDictionary<int, long> _paidOffAt = new();

    /// <summary>Returns false if the project has used up its day.</summary>
    /// <param name="now">A timestamp of <see cref="Stopwatch"/>.</param>
    public bool HasRoom(int project, long now) => !_paidOffAt.TryGetValue(project, out var at) || at - now < Day;

    /// <summary>Counts a stored event, even beyond the limit: later ones wait longer.</summary>
    public void Stored(int project, int bodyBytes, long now)
    {
        var cost = (long)((Int128)(bodyBytes + BytesOfRow) * Day / bytesADay);
        _paidOffAt.AddOrUpdate(project, _ => now + cost, (_, at) => Math.Max(at, now) + cost);
    }
}
