using System.Diagnostics.Metrics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Webhooks;

namespace Tollgate.Server.Webhooks;

/// <summary>
/// The metrics of webhooks: the lag of publishing, waiting deliveries, and failing endpoints. A metric has no value before its first
/// measurement.
/// </summary>
internal sealed class WebhookMetrics : IDisposable
{
    private readonly Meter _meter = new("Tollgate");
    private Measured? _last;

    public WebhookMetrics()
    {
        _meter.CreateObservableGauge(
            "tollgate.webhooks.lag", () => Show<double>(static last => [new(last.Lag.TotalSeconds)]), "s",
            "Age of the oldest fact without a webhook event yet; 0 if there is none.");
        _meter.CreateObservableGauge(
            "tollgate.webhooks.waiting", () => Show<long>(static last => [new(last.Backlog.Waiting)]), "{delivery}",
            "Deliveries that wait for enabled endpoints.");
        _meter.CreateObservableGauge(
            "tollgate.webhooks.disabled", () => Show<long>(static last => Disabled(last.Backlog)), "{endpoint}",
            "Endpoints to which Tollgate sends nothing, by reason.");
    }

    public void Observe(TimeSpan lag, WebhookBacklog backlog) => Volatile.Write(ref _last, new(lag, backlog));

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<T>> Show<T>(Func<Measured, IEnumerable<Measurement<T>>> of)
        where T : struct => Volatile.Read(ref _last) is { } last ? of(last) : [];

    private static Measurement<long>[] Disabled(WebhookBacklog backlog) =>
        [Of(WebhookEndpoint.Manual, backlog.Manual), Of("gone", backlog.Gone), Of("failing", backlog.Failing)];

    private static Measurement<long> Of(string reason, long count) => new(count, new KeyValuePair<string, object?>("reason", reason));

    private sealed record Measured(TimeSpan Lag, WebhookBacklog Backlog);
}

/// <summary>Measures the values of <see cref="WebhookMetrics"/>, which are the same on each of several servers.</summary>
internal sealed class MeasureLoop(
    PublishEvents publish, WebhookQueries queries, WebhookMetrics metrics, ProjectDirectory directory, Clock clock, ParkedWork parked,
    ILogger<MeasureLoop> log)
    : Loop(Interval, "Measuring webhooks failed", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>The most deliveries that the loop counts; a larger number needs no precision.</summary>
    private const long MostCounted = 100_000;

    protected override async Task LookAsync(CancellationToken cancel) =>
        metrics.Observe(await LagAsync(cancel), await queries.BacklogAsync(MostCounted, cancel));

    /// <summary>The lag of the project with the largest one.</summary>
    private async Task<TimeSpan> LagAsync(CancellationToken cancel)
    {
        var lag = TimeSpan.Zero;
        foreach (var id in await publish.ProjectsAsync(cancel))
        {
            // A project with unreadable facts is on the list of parked work, and must not hide the lag of others.
            if (directory.Current.ProjectsById.TryGetValue(id, out var project) && !parked.Waits(WorkNames.WebhookEvents, project)
                && await publish.OldestUnpublishedAsync(project, cancel) is { } oldest
                && clock.Now().ToOffset() - oldest.ToOffset() is var age && age > lag)
            {
                lag = age;
            }
        }

        return lag;
    }
}
