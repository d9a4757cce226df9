using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tollgate.Engine.Projects;

/// <summary>
/// What the room Projects does in the background: once a minute it writes when keys were last used, in one statement for
/// all of them; once an hour it removes idempotency keys and customer tokens that are past their time.
/// </summary>
public sealed class ProjectHousekeeping(
    NpgsqlDataSource database, ProjectDirectory directory, ILogger<ProjectHousekeeping> log) : BackgroundService
{
    private static readonly TimeSpan WriteUsesEvery = TimeSpan.FromMinutes(1);
    private const int MinutesBetweenCleanings = 60;

    public async Task WriteUsesAsync(CancellationToken cancel)
    {
        var uses = directory.TakeUses();
        if (uses.Count == 0)
        {
            return;
        }

        await using var command = database.CreateCommand(ProjectsSql.WriteLastUsed);
        command.Parameters.Add(new() { Value = uses.Select(use => use.Key).ToArray() });
        command.Parameters.Add(new() { Value = uses.Select(use => use.UsedAt.ToUtc()).ToArray() });
        await command.ExecuteNonQueryAsync(cancel);
    }

    public async Task CleanAsync(CancellationToken cancel)
    {
        foreach (var statement in (string[])[ProjectsSql.RemoveOldIdempotencyKeys, ProjectsSql.RemoveOldTokens])
        {
            await using var command = database.CreateCommand(statement);
            await command.ExecuteNonQueryAsync(cancel);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryAsync(WriteUsesAsync, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(WriteUsesEvery);
        for (var minute = 1; await NextAsync(timer, stoppingToken); minute++)
        {
            await TryAsync(WriteUsesAsync, stoppingToken);
            if (minute % MinutesBetweenCleanings == 0)
            {
                await TryAsync(CleanAsync, stoppingToken);
            }
        }
    }

    /// <summary>Nothing here is worth ending the server for: what failed is done the next time.</summary>
    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken cancel)
    {
        try
        {
            await work(cancel);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            log.LogWarning("Housekeeping of projects was put off: {Reason}", e.Message);
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken cancel)
    {
        try
        {
            return await timer.WaitForNextTickAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
