using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Metering;

/// <summary>A type of events that no meter reads.</summary>
/// <param name="Count">The number of events of this type that were recorded, or refused because of it.</param>
public sealed record UnmatchedType(string Type, long Count, Instant FirstSeenAt, Instant LastSeenAt);

/// <summary>
/// Counts events that no meter reads, by type. Counts are kept in memory and written within a second, so that no event waits for them. A
/// killed server loses its last counts, but no events.
/// </summary>
public sealed class UnmatchedTypes : IDisposable
{
    /// <summary>
    /// The maximum number of types counted separately in one project. Callers invent types; only the metric counts further ones.
    /// </summary>
    public const int MostTypes = 1_000;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _oneWriter = new(1, 1);
    private readonly Meter _meter = new("Tollgate");
    private readonly NpgsqlDataSource _database;
    private readonly Counter<long> _events;
    private Dictionary<int, Dictionary<string, UnmatchedType>> _noted = [];

    public UnmatchedTypes(NpgsqlDataSource database)
    {
        _database = database;
        _events = _meter.CreateCounter<long>(
            "tollgate.events.unmatched", "{event}", "Events of types that no meter reads, recorded or refused.");
    }

    public void Note(ProjectSnapshot project, string type, Instant now)
    {
        _events.Add(1);
        lock (_lock)
        {
            Add(_noted, project.Id, new(type, 1, now, now));
        }
    }

    /// <summary>Returns when everything that this server counted before the call is on disk.</summary>
    public async Task WriteAsync(CancellationToken cancel)
    {
        await _oneWriter.WaitAsync(cancel);
        var taken = Take();
        try
        {
            var rows = taken.OrderBy(static one => one.Key)
                .SelectMany(static one => one.Value.Values.OrderBy(static type => type.Type, StringComparer.Ordinal)
                    .Select(type => (Project: one.Key, Type: type))).ToArray();
            if (rows.Length > 0)
            {
                await using var command = _database.CreateCommand(MeteringSql.NoteUnmatched);
                command.Parameters.Add(new() { Value = Array.ConvertAll(rows, static row => row.Project) });
                command.Parameters.Add(new() { Value = Array.ConvertAll(rows, static row => row.Type.Type) });
                command.Parameters.Add(new() { Value = Array.ConvertAll(rows, static row => row.Type.Count) });
                command.Parameters.Add(new() { Value = Array.ConvertAll(rows, static row => row.Type.FirstSeenAt.ToUtc()) });
                command.Parameters.Add(new() { Value = Array.ConvertAll(rows, static row => row.Type.LastSeenAt.ToUtc()) });
                command.Parameters.Add(new() { Value = MostTypes });
                await command.ExecuteNonQueryAsync(cancel);
            }

            taken = [];
        }
        finally
        {
            PutBack(taken);
            _oneWriter.Release();
        }
    }

    /// <summary>Lists by type, without the types that a meter reads by now.</summary>
    /// <param name="after">The last type of the page before, or null.</param>
    public async Task<IReadOnlyList<UnmatchedType>> ListAsync(ProjectSnapshot project, int most, string? after, CancellationToken cancel)
    {
        await using var command = _database.CreateCommand(MeteringSql.ListUnmatched);
        command.Parameters.Add(new() { Value = project.Id });
        command.Parameters.Add(new() { Value = most });
        command.Parameters.Add(new() { Value = (object?)after ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(
            new() { Value = project.Catalog.MetersByEventType.Keys.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<UnmatchedType> types = [];
        while (await reader.ReadAsync(cancel))
        {
            types.Add(
                new(reader.GetString(0), reader.GetInt64(1), Instant.FromUtc(reader.GetDateTime(2)),
                    Instant.FromUtc(reader.GetDateTime(3))));
        }

        return types;
    }

    public void Dispose()
    {
        _oneWriter.Dispose();
        _meter.Dispose();
    }

    private Dictionary<int, Dictionary<string, UnmatchedType>> Take()
    {
        lock (_lock)
        {
            var taken = _noted;
            _noted = [];
            return taken;
        }
    }

    private void PutBack(Dictionary<int, Dictionary<string, UnmatchedType>> taken)
    {
        lock (_lock)
        {
            foreach (var (project, type) in taken.SelectMany(static one => one.Value.Values.Select(type => (one.Key, type))))
            {
                Add(_noted, project, type);
            }
        }
    }

    private static void Add(Dictionary<int, Dictionary<string, UnmatchedType>> noted, int project, UnmatchedType seen)
    {
        if (!noted.TryGetValue(project, out var types))
        {
            noted[project] = types = new(StringComparer.Ordinal);
        }

        if (types.TryGetValue(seen.Type, out var known))
        {
            types[seen.Type] = new(
                seen.Type, known.Count + seen.Count, known.FirstSeenAt < seen.FirstSeenAt ? known.FirstSeenAt : seen.FirstSeenAt,
                known.LastSeenAt > seen.LastSeenAt ? known.LastSeenAt : seen.LastSeenAt);
        }
        else if (types.Count < MostTypes)
        {
            types[seen.Type] = seen;
        }
    }
}

/// <summary>Writes the counts of <see cref="UnmatchedTypes"/>, once a second and when the server stops.</summary>
public sealed class UnmatchedTypesWriter(UnmatchedTypes types, ILogger<UnmatchedTypesWriter> log)
    : Loop(TimeSpan.FromSeconds(1), PutOff, log)
{
    private const string PutOff = "Writing the counts of events that no meter reads failed, and Tollgate tries again";

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await types.WriteAsync(cancellationToken);
        }
        catch (Exception e)
        {
            Log.LogWarning(PutOff + ": {Reason}", e.Message);
        }
    }

    protected override Task LookAsync(CancellationToken cancel) => types.WriteAsync(cancel);
}
