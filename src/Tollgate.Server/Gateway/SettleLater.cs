using System.Threading.Channels;
using Tollgate.Contracts.Http;
using Tollgate.Core.Llm;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;

namespace Tollgate.Server.Gateway;

/// <summary>
/// Settles calls. The provider has done its work and will charge for it, so a call that cannot be recorded because the database is
/// away is kept and tried again until it is, or until the server ends. Its id makes the attempts count once.
/// </summary>
internal sealed class SettleLater(GuardLlmCalls guard, ILogger<SettleLater> log) : BackgroundService
{
    /// <summary>Calls that wait in memory. Beyond it the newest are lost, and logged: the database is away for long.</summary>
    private const int MostWaiting = 100_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(MostWaiting);

    private sealed record Waiting(ProjectSnapshot Project, LlmCall Call, IReadOnlyList<Guid> Holds);

    /// <returns>Null: it waits for the database.</returns>
    public async ValueTask<RecordedCall?> SettleAsync(ProjectSnapshot project, LlmCall call, IReadOnlyList<Guid> holds)
    {
        var waiting = new Waiting(project, call, holds);
        var (isDone, recorded) = await TryAsync(waiting);
        if (isDone)
        {
            return recorded;
        }

        if (!_waiting.Writer.TryWrite(waiting))
        {
            log.LogCritical("A call of {Customer} in {Project} cannot be recorded and no more can be kept: it is lost.", call.Customer, project.Code);
        }

        return null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var waiting in _waiting.Reader.ReadAllAsync(stoppingToken))
            {
                while (!(await TryAsync(waiting)).IsDone)
                {
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
            var recorded = await guard.SettleAsync(waiting.Project, waiting.Call, waiting.Holds, CancellationToken.None);
            switch (recorded.Answer.Fault)
            {
                case GateFault.None:
                    return (true, recorded);
                case GateFault.StorageUnavailable or GateFault.Overloaded:
                    return (false, null);
                default:
                    log.LogError("The call {Id} in {Project} was not recorded: {Fault}.", waiting.Call.Id, waiting.Project.Code, recorded.Answer.Fault);
                    return (true, recorded);
            }
        }
        catch (Exception e) when (Problems.Of(e).Code == ErrorCode.StorageUnavailable)
        {
            return (false, null);
        }
        catch (Exception e)
        {
            log.LogCritical(e, "The call {Id} of {Customer} in {Project} cannot be recorded: {Usage}.", waiting.Call.Id, waiting.Call.Customer, waiting.Project.Code, waiting.Call.Usage);
            return (true, null);
        }
    }
}
