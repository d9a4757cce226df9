using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Llm;

/// <summary>A model whose calls have no price, or not for all of their usage.</summary>
/// <param name="Provider">Empty: the callers named none.</param>
public sealed record UnpricedModel(string Provider, string Model, Instant FirstSeenAt, Instant LastSeenAt);

/// <summary>
/// Stores models without a price and raises the alarm: a log warning for each, at most once a minute, and for a few models of a project.
/// </summary>
public sealed class UnpricedModels(NpgsqlDataSource database, ILogger<UnpricedModels> log)
{
    /// <summary>A stored model is not stored again for this time: otherwise every call of a busy one would write it.</summary>
    private static readonly TimeSpan NotedFor = TimeSpan.FromMinutes(1);

    /// <summary>The most cached names. Names come from callers; beyond this number the cache is cleared.</summary>
    private const int MostRemembered = 10_000;

    /// <summary>
    /// The most warnings of a project in a minute. Callers invent names: a batch can have 10,000, which would fill the log.
    /// </summary>
    private const int MostWarnings = 20;

    private readonly ConcurrentDictionary<(int Project, string Provider, string Model), Instant> _noted = new();

    /// <summary>By project: the start of the minute, and the warnings since then.</summary>
    private readonly ConcurrentDictionary<int, (long Since, int Count)> _warned = new();

    /// <summary>Returns when the models are stored.</summary>
    public async ValueTask NoteAsync(
        ProjectSnapshot project, IReadOnlyList<(string? Provider, string Model)> seen, Instant now, CancellationToken cancel)
    {
        var unseen = seen.Select(one => (Provider: one.Provider ?? "", one.Model)).Distinct()
            .Where(one => !_noted.TryGetValue((project.Id, one.Provider, one.Model), out var at) || now - at >= NotedFor || now < at)
            .ToList();
        if (unseen.Count == 0)
        {
            return;
        }

        await using var command = database.CreateCommand(LlmSql.NoteUnpriced);
        command.Parameters.Add(new() { Value = project.Id });
        command.Parameters.Add(new() { Value = now.ToUtc() });
        command.Parameters.Add(
            new() { Value = unseen.Select(one => one.Provider).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(
            new() { Value = unseen.Select(one => one.Model).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(cancel);
        if (_noted.Count > MostRemembered)
        {
            _noted.Clear();
        }

        foreach (var (provider, model) in unseen)
        {
            _noted[(project.Id, provider, model)] = now;
        }

        Warn(project, unseen);
    }

    private void Warn(ProjectSnapshot project, List<(string Provider, string Model)> unseen)
    {
        var (before, after) = (0, 0);
        _warned.AddOrUpdate(
            project.Id, _ => Counted((Stopwatch.GetTimestamp(), 0)),
            (_, warned) => Counted(Stopwatch.GetElapsedTime(warned.Since) < NotedFor ? warned : (Stopwatch.GetTimestamp(), 0)));
        foreach (var (provider, model) in unseen.Take(Math.Min(after, MostWarnings) - before))
        {
            log.LogWarning(
                "The price book has no complete price for {Model} of {Provider} in {Project}: "
                    + "Tollgate records its calls with an unknown cost.",
                model, provider, project.Code);
        }

        if (before <= MostWarnings && after > MostWarnings)
        {
            log.LogWarning("{Project} calls more models without a price; GET /v1/unpriced-models lists all.", project.Code);
        }

        (long Since, int Count) Counted((long Since, int Count) warned)
        {
            (before, after) = (warned.Count, Math.Min(warned.Count + unseen.Count, MostWarnings + 1));
            return warned with { Count = after };
        }
    }

    /// <summary>Lists by provider and model.</summary>
    public async Task<IReadOnlyList<UnpricedModel>> ListAsync(
        ProjectSnapshot project, int most, (string Provider, string Model)? after, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(LlmSql.ListUnpriced);
        command.Parameters.Add(new() { Value = project.Id });
        command.Parameters.Add(new() { Value = most });
        command.Parameters.Add(new() { Value = (object?)after?.Provider ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)after?.Model ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<UnpricedModel> models = [];
        while (await reader.ReadAsync(cancel))
        {
            models.Add(
                new(reader.GetString(0), reader.GetString(1), Instant.FromUtc(reader.GetDateTime(2)),
                    Instant.FromUtc(reader.GetDateTime(3))));
        }

        return models;
    }
}
