using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Tollgate.Server.Http;

/// <summary>One instrument: its name and type as Prometheus writes them, and a series for each combination of labels.</summary>
internal sealed class MetricFamily
{
    /// <summary>
    /// The most series of an instrument, because a label with unbounded values would exhaust the memory. Further ones share one series.
    /// </summary>
    private const int MostSeries = 1000;

    private const string Overflow = "overflow=\"true\"";
    private const int LongestLabels = 512;

    private static readonly double[] Seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly double[] Counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

    private readonly ConcurrentDictionary<string, MetricSeries> _series = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, MetricSeries>.AlternateLookup<ReadOnlySpan<char>> _byLabels;
    private readonly Kind _kind;
    private readonly double[] _bounds;

    public MetricFamily(Instrument instrument)
    {
        _byLabels = _series.GetAlternateLookup<ReadOnlySpan<char>>();
        _kind = KindOf(instrument);
        _bounds = _kind == Kind.Histogram ? BoundsOf(instrument) : [];
        Type = _kind switch { Kind.Histogram => "histogram", Kind.Counter or Kind.ObservedCounter => "counter", _ => "gauge" };
        Name = NameOf(instrument, Type);
        Help = (instrument.Description ?? instrument.Name).ReplaceLineEndings(" ").Replace("\\", "\\\\", StringComparison.Ordinal);
    }

    /// <summary>Creates a histogram that receives values directly, without an instrument.</summary>
    public MetricFamily(string name, string help, double[] bounds)
    {
        _byLabels = _series.GetAlternateLookup<ReadOnlySpan<char>>();
        (_kind, _bounds) = (Kind.Histogram, bounds);
        (Name, Type, Help) = (name, "histogram", help);
    }

    private enum Kind
    {
        /// <summary>The family adds up measurements.</summary>
        Counter,

        /// <summary>A measurement is already the total.</summary>
        ObservedCounter,
        UpDown,
        Gauge,
        Histogram,
    }

    public string Name { get; }

    public string Type { get; }

    public string Help { get; }

    public void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Span<char> buffer = stackalloc char[LongestLabels];
        var labels = tags.IsEmpty ? [] : Labels(tags, buffer);
        if (!_byLabels.TryGetValue(labels, out var series))
        {
            series = _series.Count < MostSeries
                ? _series.GetOrAdd(labels.ToString(), _ => new MetricSeries(_bounds.Length))
                : _series.GetOrAdd(Overflow, _ => new MetricSeries(_bounds.Length));
        }

        switch (_kind)
        {
            case Kind.ObservedCounter or Kind.Gauge:
                series.Set(value);
                break;
            case Kind.Histogram:
                series.Observe(value, _bounds);
                break;
            default:
                series.Add(value);
                break;
        }
    }

    /// <param name="labels">The labels in Prometheus' notation, from a set that the caller limits.</param>
    public MetricSeries SeriesOf(string labels) => _series.GetOrAdd(labels, _ => new MetricSeries(_bounds.Length));

    public void Print(StringBuilder text)
    {
        foreach (var (labels, series) in _series.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (_kind != Kind.Histogram)
            {
                Line(text, Name, labels, null, series.Sum);
                continue;
            }

            long total = 0;
            for (var i = 0; i <= _bounds.Length; i++)
            {
                total += series.Bucket(i);
                Line(text, Name + "_bucket", labels, i < _bounds.Length ? _bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf",
                    total);
            }

            Line(text, Name + "_sum", labels, null, series.Sum);
            Line(text, Name + "_count", labels, null, total);
        }
    }

    private static void Line(StringBuilder text, string name, string labels, string? bound, double value)
    {
        text.Append(name);
        if (labels.Length > 0 || bound is not null)
        {
            var separator = labels.Length > 0 && bound is not null ? "," : "";
            text.Append('{').Append(labels).Append(separator);
            if (bound is not null)
            {
                text.Append("le=\"").Append(bound).Append('"');
            }

            text.Append('}');
        }

        text.Append(CultureInfo.InvariantCulture, $" {value:R}\n");
    }

    private static ReadOnlySpan<char> Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags, Span<char> buffer)
    {
        var length = 0;
        foreach (var (name, value) in tags)
        {
            var before = length;
            if (!(Put(buffer, ref length, before == 0 ? "" : ",", escape: false)
                && Put(buffer, ref length, name, escape: false, asName: true)
                && Put(buffer, ref length, "=\"", escape: false)
                && Put(buffer, ref length, value as string ?? Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", escape: true)
                && Put(buffer, ref length, "\"", escape: false)))
            {
                // Cuts labels that do not fit, so that their series merge.
                return buffer[..before];
            }
        }

        return buffer[..length];
    }

    private static bool Put(Span<char> buffer, ref int length, string text, bool escape, bool asName = false)
    {
        foreach (var letter in text)
        {
            if (length + 2 > buffer.Length)
            {
                return false;
            }

            if (escape && letter is '"' or '\\' or '\n')
            {
                buffer[length++] = '\\';
            }

            buffer[length++] = letter switch
            {
                '\n' when escape => 'n',
                _ when asName && !char.IsAsciiLetterOrDigit(letter) => '_',
                _ => letter,
            };
        }

        return true;
    }

    private static Kind KindOf(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        return type == typeof(Counter<>) ? Kind.Counter
            : type == typeof(UpDownCounter<>) ? Kind.UpDown
            : type == typeof(Histogram<>) ? Kind.Histogram
            : type == typeof(ObservableCounter<>) ? Kind.ObservedCounter
            : Kind.Gauge;
    }

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds } => [.. bounds],
        Histogram<long> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds } => [.. bounds.Select(bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds } => [.. bounds.Select(bound => (double)bound)],
        { Unit: "s" } => Seconds,
        _ => Counts,
    };

    /// <summary><c>tollgate.commit.duration</c> in <c>s</c> → <c>tollgate_commit_duration_seconds</c>.</summary>
    private static string NameOf(Instrument instrument, string type)
    {
        var name = new StringBuilder();
        foreach (var letter in instrument.Name)
        {
            name.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
        }

        var unit = instrument.Unit switch { "s" => "_seconds", "ms" => "_milliseconds", "By" => "_bytes", "%" => "_percent", _ => "" };
        if (unit.Length > 0 && !instrument.Name.EndsWith(unit[1..], StringComparison.Ordinal))
        {
            name.Append(unit);
        }

        return type == "counter" ? name.Append("_total").ToString() : name.ToString();
    }
}
