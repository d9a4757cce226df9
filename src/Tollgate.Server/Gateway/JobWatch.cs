using Npgsql;
using Tollgate.Contracts.Http;
using Tollgate.Core.Gateway;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Gateway;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Gateway;

/// <summary>
/// Polls work that callers no longer poll: a caller that has read all pages of a crawl but its last state, or the stream of a response but
/// its end, has no reason to ask again. Removes old jobs.
/// </summary>
internal sealed class JobWatch(
    GatewayJobs jobs, ProviderJobs deps, Forwarder forwarder, UpstreamSecrets secrets, ByteBudget memory, ProjectDirectory directory,
    Clock clock, ParkedWork parked,
    ILogger<JobWatch> log)
    : ProjectLoop(WorkNames.GatewayJobs, MostAtOnce, Interval, "Polling of provider jobs failed", parked, log)
{
    /// <summary>The time between two searches for due jobs, which cost almost nothing with an index on open jobs.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>An hour. Old jobs only take space.</summary>
    private const int LooksBetweenCleanings = 360;

    /// <summary>The number of projects at one time. A provider that hangs delays its own project's jobs and no call.</summary>
    private const int MostAtOnce = 16;

    /// <summary>The jobs of one project per turn, polled in parallel: at most a minute if none of them answers.</summary>
    private const int Page = 4;

    /// <summary>Providers answer a poll at once or not at all.</summary>
    private static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(30);

    /// <summary>An upstream that sends a byte now and then keeps one of the few places for no longer.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromMinutes(2);

    private int _looks;

    protected override async Task LookAsync(CancellationToken cancel)
    {
        _looks++;
        await base.LookAsync(cancel);
        await (_looks % LooksBetweenCleanings == 0 ? jobs.ForgetOldAsync(cancel) : Task.CompletedTask);
    }

    protected override async Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel)
    {
        var projects = directory.Current.ProjectsById;
        return [.. (await jobs.ProjectsAsync(cancel)).Where(projects.ContainsKey).Select(id => projects[id])];
    }

    protected override async Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var due = await jobs.TakeDueAsync(project, Page, cancel);
        await Parallel.ForEachAsync(
            due, new ParallelOptions { MaxDegreeOfParallelism = Page, CancellationToken = cancel }, async (job, stop) =>
        {
            if (!await Parked.TryAsync(
                WorkNames.GatewayJobs, project, $"{job.Provider}/{job.Id}", () => AskAsync(project, job, stop), stop))
            {
                await jobs.ReturnAsync(project.Id, job, stop);
            }
        });
        return due.Count == Page;
    }

    private async Task AskAsync(ProjectSnapshot project, GatewayJob job, CancellationToken stop)
    {
        using var held = memory.Open(project.Id);
        if (CallOf(project, job, held) is not { } call)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(LongestAnswer);
        using var idle = new IdleTimeout(LongestIdle, limit.Token);
        var sent = await forwarder.SendAsync(call, new DefaultHttpContext { Request = { Method = HttpMethods.Get } }.Request, idle);
        using var answer = sent.Answer;
        if (answer is not { IsSuccessStatusCode: true })
        {
            Log.LogWarning(
                "Tollgate could not query job {Job} in {Project}: {Reason}.", job.CallId, project.Code,
                sent.Failure?.Code ?? answer?.StatusCode.ToString());
            return;
        }

        try
        {
            if (await ProviderJobs.ReadWholeAsync(call, answer, idle) is { } whole)
            {
                var (report, delivered) = await ProviderJobs.ReportOfAsync(call, whole);
                await deps.SettleAsync(project, call.Route, job, report, delivered);
            }
            else
            {
                Log.LogWarning(
                    "The gateway has no memory left for the result of job {Job} in {Project}. Raise TOLLGATE_GATEWAY_MEMORY if this "
                        + "repeats.",
                    job.CallId, project.Code);
            }
        }
        catch (Exception e) when (AnswerRelay.IsOfTransport(e))
        {
            Log.LogWarning("The provider's answer about job {Job} in {Project} ended early: {Reason}", job.CallId, project.Code, e.Message);
        }
    }

    /// <summary>Null: the upstream is gone, or its credentials cannot be read.</summary>
    private GatewayCall? CallOf(ProjectSnapshot project, GatewayJob job, HeldBytes held)
    {
        if (job is not { Upstream: { } name, AskAt: { } at } || !project.Upstreams.TryGetValue(name, out var upstream)
            || secrets.Open(project, upstream) is not { } credentials)
        {
            return null;
        }

        var home = ProviderHome.Of(name);
        var path = at.Split('?')[0];
        return GatewayTarget.Of(name, upstream.BaseUrl ?? home.BaseUrl!, path, at[path.Length..]) is not { } target ? null : new()
        {
            Project = project, Customer = job.Customer, Feature = job.Feature, AttributeTo = job.AttributeTo, Route = target.Route,
            Home = home, Credentials = credentials,
            Target = target.Url, Path = target.Path, Job = job, Body = default, Memory = held, Ask = null, HidesUsage = false,
            StartedAt = clock.Now(project),
        };
    }
}
