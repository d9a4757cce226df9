namespace Tollgate.Core.Ledger;

/// <summary>
/// How much of batches and streams goes into one transaction of a lane. Somebody who sends a million events keeps single operations waiting
/// for one transaction of theirs, so that one may take about three times as long as one without any: 5 to 10 ms on an idle machine, and 20
/// to 50 on a busy one. One lane uses it, and nobody else.
/// </summary>
public sealed class BulkBudget
{
    /// <summary>
    /// By weight: the parts into which the lanes cut what came in bulk. A small event weighs 1, one that several meters read as much as it
    /// has effects.
    /// </summary>
    public const int Part = 50;

    /// <summary>By weight, while single operations come. More adds latency and hardly any throughput.</summary>
    public const int MostBesideOthers = 1_000;

    /// <summary>By weight, while nobody else works: 5 to 10 ms.</summary>
    public const int MostAlone = 2 * MostBesideOthers;

    /// <summary>Longer than a transaction without bulk has to take before its weight shrinks: shorter ones nobody notices.</summary>
    private static readonly TimeSpan Unnoticed = TimeSpan.FromMilliseconds(10);

    private const int TimesLonger = 3;

    /// <summary>
    /// Nobody else has come for so long: there is nobody to protect. And what was measured so long ago is measured again.
    /// </summary>
    private static readonly TimeSpan Recently = TimeSpan.FromSeconds(1);

    private int _weight = MostBesideOthers;

    /// <summary>The last transaction with bulk took too long.</summary>
    private bool _rests;

    private TimeSpan _plain;
    private TimeSpan? _plainAt;
    private TimeSpan? _othersAt;

    /// <summary>The weight that the next transaction takes at most; 0: none, so that its time without any is known.</summary>
    /// <param name="besideOthers">Single operations are in it.</param>
    /// <param name="now">On a clock that only goes forward.</param>
    public int Next(bool besideOthers, TimeSpan now)
    {
        if (besideOthers)
        {
            _othersAt = now;
            if (_rests)
            {
                // Single operations that came meanwhile have waited for one long transaction, and do not wait for another one.
                _rests = false;
                return 0;
            }

            return now - _plainAt < Recently ? _weight : 0;
        }

        return now - _othersAt < Recently ? _weight : MostAlone;
    }

    /// <summary>A transaction with so much of bulk has taken so long.</summary>
    /// <param name="weight">0: it had none.</param>
    /// <param name="time">From when it was put together until it was committed.</param>
    /// <param name="now">On the clock of <see cref="Next"/>.</param>
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
            // Down at once and up in small steps: on a busy machine most of what is gained by a fast transaction is luck.
            _weight = Math.Max(Part, Math.Min(_weight, weight) / 4);
        }
        else if (time < most / 2 && weight >= _weight)
        {
            _weight = Math.Min(MostBesideOthers, _weight + Part);
        }
    }
}
