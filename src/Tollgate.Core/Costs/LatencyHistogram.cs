using Tollgate.Core.Money;

namespace Tollgate.Core.Costs;

/// <summary>
/// The number of calls by duration, in buckets that grow by a tenth: bucket b has the calls of more than 1.1^(b-1) and up to 1.1^b
/// milliseconds, and <see cref="Instant"/> those of less than one. Histograms of several days, or of several models, add up.
/// </summary>
/// <remarks>
/// A percentile is the nearest rank, read as its bucket's value 2 × 1.1^b ÷ 2.1 with one decimal: at most 4.8 % from the true one (the
/// sketch with relative error of Masson, Rim and Lee, "DDSketch", 2019, with γ = 1.1). The function <c>latency_bucket</c> of the schema
/// fills the buckets.
/// </remarks>
public sealed class LatencyHistogram
{
    /// <summary>The bucket of calls of less than a millisecond.</summary>
    public const int Instant = -1;

    /// <summary>The last bucket, beyond a day, which is the longest latency of a call.</summary>
    private const int LastBucket = 200;

    private static readonly Quantity[] Values = [.. AllValues()];

    private readonly SortedDictionary<int, long> _calls = [];

    /// <summary>The number of calls with a known duration.</summary>
    public long Calls { get; private set; }

    /// <summary>Adds calls to a bucket; negative numbers remove them.</summary>
    public void Add(int bucket, long calls)
    {
        Invariant.That(bucket is >= Instant and <= LastBucket, $"There is no bucket {bucket}.");
        _calls[bucket] = _calls.GetValueOrDefault(bucket) + calls;
        Calls += calls;
    }

    /// <summary>Returns the milliseconds that this percentage of the calls did not exceed; null without calls.</summary>
    public Quantity? Percentile(int percent)
    {
        var rank = ((Calls * percent) + 99) / 100;
        foreach (var (bucket, calls) in _calls)
        {
            rank -= calls;
            if (rank <= 0 && Calls > 0)
            {
                return ValueOf(bucket);
            }
        }

        return null;
    }

    /// <summary>Returns the value of a bucket in milliseconds.</summary>
    public static Quantity ValueOf(int bucket) => bucket == Instant ? Quantity.Zero : Values[bucket];

    private static IEnumerable<Quantity> AllValues()
    {
        var power = 1m;
        for (var bucket = 0; bucket <= LastBucket; bucket++)
        {
            yield return Quantity.Of(decimal.Round(2m * power / 2.1m, 1));
            power = decimal.Round(power * 1.1m, 15);
        }
    }
}
