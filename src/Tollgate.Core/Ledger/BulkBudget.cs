namespace Tollgate.Core.Ledger;

/// <summary>
/// The amount of batches and streams in one transaction of a lane. A caller that sends a million events delays single operations by one of
/// its transactions, so such a transaction may take about three times as long as one without bulk work: 5 to 10 ms on an idle machine, 20
/// to 50 ms on a busy one. Not thread-safe: one lane uses it.
/// </summary>
public sealed class BulkBudget
{
    /// <summary>
    /// The weight of the parts into which the lanes cut bulk work. A small event weighs 1; an event that several meters read weighs as much
    /// as it has effects.
    /// </summary>
    public const int Part = 50;

    /// <summary>The largest weight while single operations arrive. More adds latency and hardly any throughput.</summary>
    public const int MostBesideOthers = 1_000;

    /// <summary>The largest weight without other work: 5 to 10 ms.</summary>
    public const int MostAlone = 2 * MostBesideOthers;

    /// <summary>The margin beyond which a bulk transaction reduces the weight: users do not notice less.</summary>
    private static readonly TimeSpan Unnoticed = TimeSpan.FromMilliseconds(10);

    private const int TimesLonger = 3;

    /// <summary>After so long without single operations, none needs protection. Measurements of this age are taken again.</summary>
    private static readonly TimeSpan Recently = TimeSpan.FromSeconds(1);

    private int _weight = MostBesideOthers;

    /// <summary>True if the last bulk transaction took too long.</summary>
    private bool _rests;

    private TimeSpan _plain;
    private TimeSpan? _plainAt;
    private TimeSpan? _othersAt;

    /// <summary>Returns the largest weight of the next transaction; 0: no bulk work, to measure the time without any.</summary>
    /// <param name="besideOthers">True if it contains single operations.</param>
    /// <param name="now">The time on a monotonic clock.</param>
    public int Next(bool besideOthers, TimeSpan now)
    {
        if (besideOthers)
        {
            _othersAt = now;
            if (_rests)
            {
                // The single operations that arrived meanwhile have waited for one long transaction; do not make them wait for another.
                _rests = false;
                return 0;
            }

            return now - _plainAt < Recently ? _weight : 0;
        }

        return now - _othersAt < Recently ? _weight : MostAlone;
    }

    /// <summary>Records the duration of a transaction with bulk work of a weight.</summary>
    /// <param name="weight">0: it contained none.</param>
    /// <param name="time">The time from its assembly to its commit.</param>
    /// <param name="now">The time on the clock of <see cref="Next"/>.</param>
    public void Took(int weight, TimeSpan time, TimeSpan now)
    {
        if (weight == 0)
        {
            _plain = _plainAt is null ? time : ((3 * _plain) + time) / 4;
            _plainAt = now;
            return;
        }

        var most = (TimesLonger * _plain) + Unnoticed;
        _rests = time > most;
        if (_rests)
        {
            // Reduce at once and increase in small steps: on a busy machine a fast transaction is mostly luck.
            _weight = Math.Max(Part, Math.Min(_weight, weight) / 4);
        }
        else if (time < most / 2 && weight >= _weight)
        {
            _weight = Math.Min(MostBesideOthers, _weight + Part);
        }
    }
}
