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
/// Settles calls. The provider has done its work and will charge for it, so if the database is unavailable, the call stays in memory and is
/// retried until it is recorded or the server stops. Its id makes the attempts count once.
/// </summary>
internal sealed class SettleLater(GuardLlmCalls guard, QuotaGate gate, GatewayJobs jobs, ILogger<SettleLater> log) : BackgroundService
{
    /// <summary>
    /// The most calls that wait in memory. Beyond that, during a long outage of the database, new ones are lost and logged.
    /// </summary>
    private const int MostWaiting = 100_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(MostWaiting);

    /// <param name="Call">Null: the call started work, which is recorded at its end.</param>
    /// <param name="Job">The work that started or ended, or the answer that the provider stores.</param>
    private sealed record Waiting(ProjectSnapshot Project, LlmCall? Call, IReadOnlyList<Guid> Holds, GatewayJob? Job)
    {
        public string Id => Call?.Id ?? Job!.CallId;

        public string Customer => Call?.Customer ?? Job!.Customer;
    }

    /// <param name="job">Settled: stored with the call as its customer's. Not settled: the call is the job's end.</param>
    /// <returns>Null: the record waits for the database.</returns>
    public ValueTask<RecordedCall?> SettleAsync(ProjectSnapshot project, LlmCall call, IReadOnlyList<Guid> holds, GatewayJob? job = null) =>
        RunAsync(new(project, call, holds, job));

    /// <summary>Stores started work and extends its holds; it records no usage yet.</summary>
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
                "Tollgate lost a call of {Customer} in {Project}: it cannot record the call now, and its queue is full.", waiting.Customer,
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
                    // To the end of the queue, so that a call that cannot be recorded delays no other.
                    Keep(waiting);
                    await Task.Delay(Pause, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            if (_waiting.Reader.Count > 0)
            {
                log.LogCritical(
                    "{Count} calls were not recorded: the database was unavailable until the server stopped.", _waiting.Reader.Count);
            }
        }
    }

    /// <summary>
    /// Continues if the caller disconnects. It retries only temporary failures: a call that can never be recorded must not delay all
    /// others.
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
        // In parallel, so that both wait for the disk at the same time.
        var keeping = waiting.Job is { IsSettled: true } kept
            ? jobs.RememberAsync(waiting.Project.Id, kept, CancellationToken.None)
            : Task.CompletedTask;
        var recording = guard.SettleAsync(waiting.Project, call, waiting.Holds, CancellationToken.None).AsTask();
        await Task.WhenAll(keeping, recording).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var recorded = await recording;
        if (keeping.Exception?.InnerException is { } lost && Problems.Of(lost).Code.Status != StatusCodes.Status503ServiceUnavailable)
        {
            log.LogError(
                lost, "Recorded the answer {Id} in {Project}, but could not store which customer it belongs to.", call.Id,
                waiting.Project.Code);
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

    /// <summary>False: retry later.</summary>
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
            // The provider answered with earlier work, which has its own hold.
            foreach (var hold in job.Holds)
            {
                await gate.ReleaseAsync(project, hold.ToString("D"), job.Customer, CancellationToken.None);
            }
        }

        return true;
    }
}
