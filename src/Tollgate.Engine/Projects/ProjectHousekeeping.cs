using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Engine.Clocks;

namespace Tollgate.Engine.Projects;

/// <summary>
/// The background work of the room Projects: once a minute it writes the times at which keys were last used, in one statement for all of
/// them; once an hour it removes old idempotency keys and customer tokens.
/// </summary>
public sealed class ProjectHousekeeping(
    NpgsqlDataSource database, ProjectDirectory directory, ILogger<ProjectHousekeeping> log)
    : Loop(WriteUsesEvery, PutOff, log)
{
    private static readonly TimeSpan WriteUsesEvery = TimeSpan.FromMinutes(1);
    private const string PutOff = "Housekeeping of projects failed";
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
        try
        {
            await WriteUsesAsync(cancellationToken);
        }
        catch (Exception e)
        {
            Log.LogWarning(PutOff + ": {Reason}", e.Message);
        }
    }

    private int _minutes;

    protected override async Task LookAsync(CancellationToken cancel)
    {
        if (++_minutes % MinutesBetweenCleanings == 0)
        {
            await CleanAsync(cancel);
        }

        await WriteUsesAsync(cancel);
    }
}
