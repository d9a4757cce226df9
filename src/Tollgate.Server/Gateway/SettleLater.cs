using System.Threading.Channels;
using Tollgate.Contracts.Http;
using Tollgate.Core.Gateway;
using Tollgate.Core.Llm;
using Tollgate.Engine.Gateway;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;

namespace Tollgate.Server.Gateway;

/// <summary>
/// Settles calls. The provider has done its work and will charge for it, so a call that cannot be recorded because the database is
/// away is kept and tried again until it is, or until the server ends. Its id makes the attempts count once.
/// </summary>
internal sealed class SettleLater(GuardLlmCalls guard, QuotaGate gate, GatewayJobs jobs, ILogger<SettleLater> log) : BackgroundService
{
    /// <summary>Calls that wait in memory. Beyond it the newest are lost, and logged: the database is away for long.</summary>
    private const int MostWaiting = 100_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(MostWaiting);

    /// <param name="Call">Null: work was started, and is recorded when it is over.</param>
    /// <param name="Job">The work that was started or is over, or the answer that the provider keeps.</param>
    private sealed record Waiting(ProjectSnapshot Project, LlmCall? Call, IReadOnlyList<Guid> Holds, GatewayJob? Job)
    {
        public string Id => Call?.Id ?? Job!.CallId;

        public string Customer => Call?.Customer ?? Job!.Customer;
    }

    /// <param name="job">Settled: remembered with the call as its customer's. Not settled: the call is its end.</param>
    /// <returns>Null: it waits for the database.</returns>
    public ValueTask<RecordedCall?> SettleAsync(ProjectSnapshot project, LlmCall call, IReadOnlyList<Guid> holds, GatewayJob? job = null) =>
        RunAsync(new(project, call, holds, job));

    /// <summary>Remembers work and keeps what is held for it; nothing is recorded yet.</summary>
    public async ValueTask RememberAsync(ProjectSnapshot project, GatewayJob job) => await RunAsync(new(project, null, job.Holds, job));

    private async ValueTask<RecordedCall?> RunAsync(Waiting waiting)
    {
        var (isDone, recorded) = await TryAsync(waiting);
        if (isDone)
        {
            return recorded;
        }

        Keep(waiting);
        return null;
    }

    private void Keep(Waiting waiting)
    {
        if (!_waiting.Writer.TryWrite(waiting))
        {
            log.LogCritical(
                "A call of {Customer} in {Project} cannot be recorded and no more can be kept: it is lost.", waiting.Customer,
                waiting.Project.Code);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var waiting in _waiting.Reader.ReadAllAsync(stoppingToken))
            {
                if (!(await TryAsync(waiting)).IsDone)
                {
                    // To the back: one call that cannot be recorded keeps no other waiting.
                    Keep(waiting);
                    await Task.Delay(Pause, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            if (_waiting.Reader.Count > 0)
            {
                log.LogCritical("{Count} calls were not recorded: the database was away until the server stopped.", _waiting.Reader.Count);
            }
        }
    }

    /// <summary>
    /// Not given up when the caller leaves. Only what passes by itself is tried again: a call that can never be recorded must not
    /// keep all others waiting.
    /// </summary>
    private async Task<(bool IsDone, RecordedCall? Recorded)> TryAsync(Waiting waiting)
    {
        try
        {
            return waiting.Call is { } call
                ? await SettleAsync(waiting, call)
                : (await RememberOnceAsync(waiting.Project, waiting.Job!), null);
        }
        catch (Exception e) when (Problems.Of(e).Code.Status == StatusCodes.Status503ServiceUnavailable)
        {
            return (false, null);
        }
        catch (Exception e)
        {
            log.LogCritical(
                e, "The call {Id} of {Customer} in {Project} cannot be recorded: {Usage}.", waiting.Id, waiting.Customer,
                waiting.Project.Code, waiting.Call?.Usage);
            return (true, null);
        }
    }

    private async Task<(bool IsDone, RecordedCall? Recorded)> SettleAsync(Waiting waiting, LlmCall call)
    {
        // Together: one waits for the disk while the other does.
        var keeping = waiting.Job is { IsSettled: true } kept
            ? jobs.RememberAsync(waiting.Project.Id, kept, CancellationToken.None)
            : Task.CompletedTask;
        var recording = guard.SettleAsync(waiting.Project, call, waiting.Holds, CancellationToken.None).AsTask();
        await Task.WhenAll(keeping, recording).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var recorded = await recording;
        if (keeping.Exception?.InnerException is { } lost && Problems.Of(lost).Code.Status != StatusCodes.Status503ServiceUnavailable)
        {
            log.LogError(
                lost, "The answer {Id} in {Project} is recorded, but is not remembered as its customer's.", call.Id, waiting.Project.Code);
        }
        else
        {
            await keeping;
        }

        switch (recorded.Answer.Fault)
        {
            case GateFault.None:
                break;
            case GateFault.StorageUnavailable or GateFault.Overloaded:
                return (false, null);
            default:
                log.LogError("The call {Id} in {Project} was not recorded: {Fault}.", call.Id, waiting.Project.Code, recorded.Answer.Fault);
                break;
        }

        if (waiting.Job is { IsSettled: false } over)
        {
            await jobs.SettledAsync(waiting.Project.Id, over, CancellationToken.None);
        }

        return (true, recorded);
    }

    /// <summary>False: again, later.</summary>
    private async Task<bool> RememberOnceAsync(ProjectSnapshot project, GatewayJob job)
    {
        foreach (var hold in job.Holds)
        {
            var extended = await gate.ExtendAsync(
                project, hold.ToString("D"), job.Customer, GatewayRules.JobHoldTime, CancellationToken.None);
            if (extended.Fault is GateFault.StorageUnavailable or GateFault.Overloaded)
            {
                return false;
            }
        }

        if (!await jobs.RememberAsync(project.Id, job, CancellationToken.None)
            && (await jobs.FindAsync(project, job.Provider, [job.Id], CancellationToken.None)) is [var known]
            && !known.Holds.SequenceEqual(job.Holds))
        {
            // The provider answered with work that was started before: that has a hold of its own.
            foreach (var hold in job.Holds)
            {
                await gate.ReleaseAsync(project, hold.ToString("D"), job.Customer, CancellationToken.None);
            }
        }

        return true;
    }
}
