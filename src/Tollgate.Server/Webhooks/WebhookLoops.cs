using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using Tollgate.Core.Webhooks;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Webhooks;

namespace Tollgate.Server.Webhooks;

/// <summary>Wakes the sending loop when there are new events.</summary>
internal sealed class SendSignal : Bell;

/// <summary>
/// Looks every second for unpublished facts, in all projects that have or had an endpoint: in a few projects in parallel, each
/// independently. A project with a locked endpoint or with many facts occupies its own place and delays no other project's events.
/// </summary>
internal sealed class PublishLoop(
    PublishEvents publish, WebhookPayloads payloads, ProjectDirectory directory, SendSignal signal, ParkedWork parked,
    ILogger<PublishLoop> log)
    : ProjectLoop(WorkNames.WebhookEvents, MostAtOnce, Interval, "Publishing webhook events failed", parked, log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Projects in parallel; each needs a connection.</summary>
    private const int MostAtOnce = 4;

    protected override async Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel)
    {
        var projects = directory.Current.ProjectsById;
        return [.. (await publish.ProjectsAsync(cancel)).Where(projects.ContainsKey).Select(id => projects[id])];
    }

    protected override async Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var published = await publish.RunAsync(project, payloads.BuildAsync, cancel);
        if (published > 0)
        {
            signal.Ring();
        }

        return published >= PublishEvents.MostAtOnce;
    }
}

/// <summary>Removes old events and deliveries every hour.</summary>
internal sealed class ForgetLoop(SendQueue queue, ILogger<ForgetLoop> log)
    : Loop(Interval, "Deleting old webhook events failed", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>The number of days for which Tollgate stores events and deliveries.</summary>
    public const int DaysKept = 90;

    private const int AtOnce = 5_000;

    protected override Task LookAsync(CancellationToken cancel) => queue.ForgetOldAsync(DaysKept, AtOnce, cancel);
}

/// <summary>
/// Claims due deliveries and sends each independently, so that one that hangs occupies only its own place. An endpoint has a few places,
/// and a failing one has one. A project has a share of all places, also if its targets hang for long or their endpoints have been deleted
/// since.
/// </summary>
internal sealed class SendLoop(
    SendQueue queue, WebhookSender sender, ProjectDirectory directory, SendSignal signal, ParkedWork parked, ILogger<SendLoop> log)
    : WokenLoop(signal, Interval, "Sending webhooks failed", log)
{
    /// <summary>The most requests in flight from this server: 60 endpoints that all begin to hang leave room for others.</summary>
    private const int MostAtOnce = 256;

    /// <summary>The most requests in flight of one project: 16 endpoints with all their places.</summary>
    private const int ShareOfProject = 64;

    /// <summary>The time between two searches for due deliveries. A publication wakes the loop earlier.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>The shortest pause between two searches, which protects the database while signals follow each other.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(20);

    /// <summary>The requests in flight, with their projects.</summary>
    private readonly ConcurrentDictionary<Task, int> _sending = new();

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);

        // Deliveries that the stop interrupts are sent again after their lease.
        await Task.WhenAll(_sending.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task<bool> LookAsync(CancellationToken cancel)
    {
        await Task.Delay(ShortestPause, cancel);
        if (MostAtOnce - _sending.Count is var free and > 0)
        {
            var going = _sending.Values.CountBy(static project => project).ToDictionary();
            var (deliveries, broken) = await queue.ClaimAsync(free, going, ShareOfProject, cancel);
            foreach (var (project, number, fault) in broken)
            {
                await parked.ParkAsync(
                    WorkNames.WebhookDeliveries, directory.Current.ProjectsById.GetValueOrDefault(project),
                    number.ToString(CultureInfo.InvariantCulture), fault);
            }

            foreach (var delivery in deliveries)
            {
                var sending = SendAsync(delivery, cancel);
                _sending[sending] = delivery.Project;
                _ = sending.ContinueWith(
                    done => _sending.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
            }
        }

        return false;
    }

    private async Task SendAsync(ClaimedDelivery delivery, CancellationToken cancel)
    {
        try
        {
            if (directory.Current.ProjectsById.TryGetValue(delivery.Project, out var project))
            {
                var number = delivery.Number.ToString(CultureInfo.InvariantCulture);
                if (!await parked.TryAsync(
                    WorkNames.WebhookDeliveries, project, number, () => AttemptAsync(project, delivery, cancel), cancel))
                {
                    await queue.ReturnAsync(delivery, cancel);
                }
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Tollgate sends the delivery again after its lease.
            Log.LogWarning(
                "The result of a webhook to {Endpoint} could not be stored, so Tollgate sends the webhook again: {Reason}",
                delivery.Endpoint, e.Message);
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private async Task AttemptAsync(ProjectSnapshot project, ClaimedDelivery delivery, CancellationToken cancel)
    {
        var (attempt, result) = await sender.AttemptAsync(project, delivery, cancel);
        if ((await FinishAsync(delivery, attempt, result))?.Disabled is { } why)
        {
            Log.LogWarning(
                "Tollgate disabled the webhook endpoint {Endpoint} of {Project} because {Why}. When the receiver works again, "
                    + "PATCH the endpoint with enabled: true.",
                delivery.Endpoint, project.Code,
                why == EndpointFault.Gone ? "it answered 410" : "every delivery failed for five days");
        }

        LookAgain();
    }

    /// <summary>
    /// Records an attempt. If PostgreSQL refuses the answer's text, it records the attempt without it; otherwise Tollgate would repeat the
    /// delivery forever.
    /// </summary>
    private async Task<FinishedAttempt?> FinishAsync(ClaimedDelivery delivery, DeliveryAttempt attempt, AttemptResult result)
    {
        var permille = Random.Shared.Next(-100, 101);
        try
        {
            return await queue.FinishAsync(delivery, attempt, result, permille, CancellationToken.None);
        }
        catch (Exception e) when (e is not NpgsqlException { IsTransient: true })
        {
            Log.LogWarning("The response of {Endpoint} could not be stored: {Reason}", delivery.Endpoint, e.Message);
            return await queue.FinishAsync(
                delivery, attempt with { Error = "The response could not be stored.", Response = null }, result, permille,
                CancellationToken.None);
        }
    }
}
