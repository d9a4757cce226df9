using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using Tollgate.Core.Webhooks;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Webhooks;

namespace Tollgate.Server.Webhooks;

/// <summary>Wakes the loop that sends, when there is something new.</summary>
internal sealed class SendSignal : Bell;

/// <summary>
/// Looks every second for facts that are not told yet, in all projects that have or had an endpoint: in a few at one time, each by itself.
/// One in which somebody holds an endpoint, or in which there is much to tell, keeps its own place and no other project's events.
/// </summary>
internal sealed class PublishLoop(
    PublishEvents publish, WebhookPayloads payloads, ProjectDirectory directory, SendSignal signal, ParkedWork parked,
    ILogger<PublishLoop> log)
    : ProjectLoop(WorkNames.WebhookEvents, MostAtOnce, Interval, "Webhook events were put off", parked, log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Each takes a connection.</summary>
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

/// <summary>Removes what is older than events are kept, every hour, beside everything else.</summary>
internal sealed class ForgetLoop(SendQueue queue, ILogger<ForgetLoop> log)
    : Loop(Interval, "Old webhook events were left for later", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>How long events and deliveries are kept.</summary>
    public const int DaysKept = 90;

    private const int AtOnce = 5_000;

    protected override Task LookAsync(CancellationToken cancel) => queue.ForgetOldAsync(DaysKept, AtOnce, cancel);
}

/// <summary>
/// Takes what is due and sends it, each delivery by itself: one that hangs holds its own place and nobody else's. An endpoint has a few
/// places, and one that fails has one. A project has a share of all places, whose targets hang for however long, and whether it has deleted
/// them since.
/// </summary>
internal sealed class SendLoop(
    SendQueue queue, WebhookSender sender, ProjectDirectory directory, SendSignal signal, ParkedWork parked, ILogger<SendLoop> log)
    : WokenLoop(signal, Interval, "Webhooks were put off", log)
{
    /// <summary>Requests on their way at one time, from this server: 60 endpoints that all begin to hang leave room for others.</summary>
    private const int MostAtOnce = 256;

    /// <summary>Of one project: 16 endpoints with all their places.</summary>
    private const int ShareOfProject = 64;

    /// <summary>What is published wakes the loop; this is for what becomes due by itself.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>While the loop is woken again and again it still leaves the database some air.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(20);

    /// <summary>What is on its way, and of which project.</summary>
    private readonly ConcurrentDictionary<Task, int> _sending = new();

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);

        // What is cut off here is sent again when its lease has ended.
        await Task.WhenAll(_sending.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task<bool> LookAsync(CancellationToken cancel)
    {
        await Task.Delay(ShortestPause, cancel);
        if (MostAtOnce - _sending.Count is var free and > 0)
        {
            var going = _sending.Values.CountBy(static project => project).ToDictionary();
            foreach (var delivery in await queue.ClaimAsync(free, going, ShareOfProject, cancel))
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
            // The lease ends, and it is sent again.
            Log.LogWarning("A webhook to {Endpoint} could not be written down and is sent again: {Reason}", delivery.Endpoint, e.Message);
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

    /// <summary>An attempt that cannot be written down as it was counts all the same: it would be made for ever otherwise.</summary>
    private async Task<FinishedAttempt?> FinishAsync(ClaimedDelivery delivery, DeliveryAttempt attempt, AttemptResult result)
    {
        var permille = Random.Shared.Next(-100, 101);
        try
        {
            return await queue.FinishAsync(delivery, attempt, result, permille, CancellationToken.None);
        }
        catch (Exception e) when (e is not NpgsqlException { IsTransient: true })
        {
            Log.LogWarning("What {Endpoint} answered could not be written down: {Reason}", delivery.Endpoint, e.Message);
            return await queue.FinishAsync(
                delivery, attempt with { Error = "What came back could not be kept.", Response = null }, result, permille,
                CancellationToken.None);
        }
    }
}
