namespace Tollgate.Server.Http;

/// <summary>One line (or one set of buckets). It stores doubles as bits, for interlocked exchange.</summary>
internal sealed class MetricSeries(int bounds)
{
    private readonly long[] _buckets = new long[bounds + 1];
    private long _sum;

    public double Sum => BitConverter.Int64BitsToDouble(Volatile.Read(ref _sum));

    public long Bucket(int index) => Volatile.Read(ref _buckets[index]);

    public void Set(double value) => Volatile.Write(ref _sum, BitConverter.DoubleToInt64Bits(value));

    public void Add(double value)
    {
        long seen;
        do
        {
            seen = Volatile.Read(ref _sum);
        }
        while (Interlocked.CompareExchange(
            ref _sum, BitConverter.DoubleToInt64Bits(BitConverter.Int64BitsToDouble(seen) + value), seen) != seen);
    }

    public void Observe(double value, double[] bounds)
    {
        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _buckets[bucket]);
        Add(value);
    }
}
