using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Tollgate.Server.Http;

namespace Tollgate.Server.Hosting;

/// <summary>
/// The process's metrics in Prometheus' text format: it listens to the meters of <see cref="Meters"/> and adds up their measurements. It
/// stands in for OpenTelemetry.Exporter.Prometheus.AspNetCore, and supports counters, up-down counters, gauges and histograms with fixed
/// bounds, but no exemplars or native histograms.
/// </summary>
/// <remarks>A measurement costs one dictionary look-up and an interlocked addition; no allocation once a series exists.</remarks>
public sealed class PrometheusText : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>
    /// Without request durations (Microsoft.AspNetCore.Hosting): <see cref="RequestTimes"/> measures them at a lower cost.
    /// </summary>
    public static readonly IReadOnlyList<string> Meters =
        ["Tollgate", "Npgsql", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly MetricFamily _requests;

    public PrometheusText(RequestTimes requests)
    {
        _requests = requests.Family;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Only observable instruments of Npgsql: its measurements of each command cost every batch of decisions 5 µs, and
            // tollgate.batch.commit has the same information.
            if (Meters.Contains(instrument.Meter.Name) && (instrument.IsObservable || instrument.Meter.Name != "Npgsql"))
            {
                var family = new MetricFamily(instrument);
                _families[instrument] = family;
                listener.EnableMeasurementEvents(instrument, family);
            }
        };
        _listener.SetMeasurementEventCallback<byte>((_, value, tags, state) => Add(state, value, tags));
        _listener.SetMeasurementEventCallback<short>((_, value, tags, state) => Add(state, value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Add(state, value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Add(state, value, tags));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, state) => Add(state, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Add(state, value, tags));
        _listener.SetMeasurementEventCallback<decimal>((_, value, tags, state) => Add(state, (double)value, tags));
        _listener.Start();
    }

    /// <summary>Writes all series, sorted by the families' names.</summary>
    public string Scrape()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var name in _families.Values.Append(_requests).GroupBy(family => family.Name)
            .OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var first = name.First();
            text.Append(CultureInfo.InvariantCulture, $"# HELP {first.Name} {first.Help}\n# TYPE {first.Name} {first.Type}\n");
            foreach (var family in name)
            {
                family.Print(text);
            }
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private static void Add(object? family, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((MetricFamily)family!).Add(value, tags);
}
