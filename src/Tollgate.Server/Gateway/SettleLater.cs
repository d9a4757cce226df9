using System.Threading.Channels;
using Npgsql;
using Tollgate.Core.Llm;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Server.Gateway;

/// <summary>
/// Settles calls. The provider has done its work and will charge for it, so a call that cannot be recorded because the database is
/// away is kept and tried again until it is, or until the server ends. Its id makes the attempts count once.
/// </summary>
internal sealed class SettleLater(GuardLlmCalls guard, ILogger<SettleLater> log) : BackgroundService
{
    /// <summary>Calls that wait in memory. Beyond it the oldest are lost, and logged: the database is away for long.</summary>
    private const int MostWaiting = 100_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(MostWaiting);

    private sealed record Waiting(ProjectSnapshot Project, LlmCall Call, IReadOnlyList<Guid> Holds);

    /// <returns>Null: it waits for the database.</returns>
    public async ValueTask<RecordedCall?> SettleAsync(ProjectSnapshot project, LlmCall call, IReadOnlyList<Guid> holds)
    {
        var waiting = new Waiting(project, call, holds);
        if (await TryAsync(waiting) is { } recorded)
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
                while (await TryAsync(waiting) is null)
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

    /// <summary>Not given up when the caller leaves.</summary>
    private async Task<RecordedCall?> TryAsync(Waiting waiting)
    {
        try
        {
            var recorded = await guard.SettleAsync(waiting.Project, waiting.Call, waiting.Holds, CancellationToken.None);
            switch (recorded.Answer.Fault)
            {
                case GateFault.None:
                    return recorded;
                case GateFault.StorageUnavailable or GateFault.Overloaded:
                    return null;
                default:
                    log.LogError("The call {Id} in {Project} was not recorded: {Fault}.", waiting.Call.Id, waiting.Project.Code, recorded.Answer.Fault);
                    return recorded;
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return null;
        }
    }
}
