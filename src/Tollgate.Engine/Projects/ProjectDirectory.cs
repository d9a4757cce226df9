using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Data;
using System.Net;
using Npgsql;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;

namespace Tollgate.Engine.Projects;

/// <summary>
/// The server's memory of projects, catalogues and keys: one immutable snapshot that requests read without a lock.
/// </summary>
/// <remarks>
/// It is reloaded whole when <see cref="ServerPresence"/> receives a notice of a change, every few seconds in case a notice was lost, and
/// by code that changed something here (<see cref="RefreshAsync"/>), so that this server reads its own writes. Unchanged objects keep their
/// identity (the same <see cref="ProjectSnapshot"/>, the same catalogue), so that caches that hang on it stay warm. Loading costs two small
/// queries, those of the parts, and O(keys); catalogues only when changed.
/// </remarks>
public sealed class ProjectDirectory(NpgsqlDataSource database, IEnumerable<IProjectPart> parts) : IDisposable
{
    private readonly SemaphoreSlim _oneLoad = new(1, 1);
    private ServerSnapshot _current = ServerSnapshot.Empty;
    private readonly IProjectPart[] _parts = [.. parts];
    private readonly ConcurrentDictionary<string, Exception> _broken = new();
    private long _asked;
    private long _answered;

    public ServerSnapshot Current => Volatile.Read(ref _current);

    public ProjectSnapshot? Find(string code) => Current.ProjectsByCode.GetValueOrDefault(code);

    /// <summary>The project whose public reads are served under a host name, without port and in any case.</summary>
    public ProjectSnapshot? FindByHost(string host) =>
        Current.ProjectsByHost.GetValueOrDefault(host.EndsWith('.') ? host[..^1] : host);

    public ResolvedKey? Find(KeyHash hash) => Current.Keys.GetValueOrDefault(hash);

    /// <summary>
    /// Projects, by code, whose catalogue or prices cannot be read, with the error. They keep the values read before.
    /// </summary>
    public IReadOnlyDictionary<string, Exception> Broken => _broken;

    /// <summary>
    /// Returns once <see cref="Current"/> holds everything that was committed before the call. Calls during a load share the next one.
    /// </summary>
    public async Task RefreshAsync(CancellationToken cancel = default)
    {
        var mine = Interlocked.Increment(ref _asked);
        await _oneLoad.WaitAsync(cancel);
        try
        {
            if (_answered >= mine)
            {
                return;
            }

            var covers = Volatile.Read(ref _asked);
            Volatile.Write(ref _current, await LoadAsync(cancel));
            _answered = covers;
        }
        finally
        {
            _oneLoad.Release();
        }
    }

    /// <summary>
    /// Returns the keys used since the last call, with the time of their last use. For <see cref="ProjectHousekeeping"/>.
    /// </summary>
    internal IReadOnlyList<(Guid Key, Instant UsedAt)> TakeUses()
    {
        List<(Guid, Instant)> used = [];
        foreach (var key in Current.Keys.Values)
        {
            if (key.Use.TryTake(out var at))
            {
                used.Add((key.Id, at));
            }
        }

        return used;
    }

    public void Dispose() => _oneLoad.Dispose();

    private async Task<ServerSnapshot> LoadAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel);

        var rows = await ProjectQueries.ReadAsync(connection, cancel, (code, broken) => _broken[code] = broken);
        var projects = await LoadProjectsAsync(connection, rows, cancel);
        var keys = await LoadKeysAsync(connection, projects, cancel);
        await transaction.CommitAsync(cancel);

        return new()
        {
            ProjectsById = projects,
            ProjectsByCode = projects.Values.ToFrozenDictionary(project => project.Code),
            ProjectsByHost = rows.Where(row => projects.ContainsKey(row.Id))
                .SelectMany(row => row.Hosts.Select(host => (Host: host, Project: projects[row.Id])))
                .ToFrozenDictionary(pair => pair.Host, pair => pair.Project, StringComparer.OrdinalIgnoreCase),
            Keys = keys,
            Check = TokenCheck.Of(keys),
        };
    }

    private async Task<FrozenDictionary<int, ProjectSnapshot>> LoadProjectsAsync(
        NpgsqlConnection connection, IReadOnlyList<ProjectRow> rows, CancellationToken cancel)
    {
        var before = Current.ProjectsById;
        Dictionary<int, ProjectSnapshot> projects = [];
        List<PartOfProject> parts = [];
        foreach (var part in _parts)
        {
            parts.Add(await part.LoadAsync(connection, rows, cancel));
        }

        foreach (var row in rows)
        {
            var old = before.GetValueOrDefault(row.Id);
            try
            {
                var fresh = await LoadProjectAsync(connection, row, old, parts, cancel);
                projects.Add(row.Id, fresh == old ? old : fresh);
                _broken.TryRemove(row.Code, out _);
            }
            catch (Exception broken) when (broken is not (NpgsqlException or OperationCanceledException))
            {
                // For example a catalogue that cannot be read: the project keeps the last readable one, and all others are served.
                _broken[row.Code] = broken;
                if (old is not null)
                {
                    projects.Add(row.Id, old);
                }
            }
        }

        // The projects whose rows could not be read at all.
        foreach (var old in before.Values.Where(old => _broken.ContainsKey(old.Code)))
        {
            projects.TryAdd(old.Id, old);
        }

        return projects.ToFrozenDictionary();
    }

    private static async Task<ProjectSnapshot> LoadProjectAsync(
        NpgsqlConnection connection, ProjectRow row, ProjectSnapshot? old, IReadOnlyList<PartOfProject> parts, CancellationToken cancel)
    {
        List<object> own = [];
        foreach (var part in parts)
        {
            own.Add(await part(row, old, cancel));
        }

        return new()
        {
            Id = row.Id,
            Code = row.Code,
            Name = row.Name,
            Mode = row.Mode,
            Zone = row.Zone,
            Currency = row.Currency,
            TestClock = row.TestClock,
            Catalog = old is not null && old.Catalog.Revision == row.CatalogRevision
                ? old.Catalog
                : await CatalogQueries.LoadAsync(connection, row.Id, old?.Catalog, cancel),
            MarkupBasisPoints = row.MarkupBasisPoints,
            EncryptsUsage = row.EncryptsUsage,
            Parts = new(own),
        };
    }

    private async Task<FrozenDictionary<KeyHash, ResolvedKey>> LoadKeysAsync(
        NpgsqlConnection connection, FrozenDictionary<int, ProjectSnapshot> projects, CancellationToken cancel)
    {
        var before = Current.Keys;
        Dictionary<KeyHash, ResolvedKey> keys = [];
        await using var command = new NpgsqlCommand(ProjectsSql.ReadKeys, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var hash = new KeyHash(reader.GetFieldValue<byte[]>(3));
            var old = before.GetValueOrDefault(hash);
            if (reader.IsDBNull(1) || projects.ContainsKey(reader.GetInt32(1)))
            {
                keys.Add(hash, ReadKey(reader, projects, old));
            }
        }

        return keys.ToFrozenDictionary();
    }

    private static ResolvedKey ReadKey(NpgsqlDataReader reader, FrozenDictionary<int, ProjectSnapshot> projects, ResolvedKey? old)
    {
        var id = reader.GetGuid(0);
        var kind = ProjectQueries.KindOf(reader.GetString(2));
        var scopes = kind == KeyKind.Restricted ? Scopes.Parse(reader.GetFieldValue<string[]>(4)) : Scope.All;
        var expiresAt = reader.IsDBNull(6) ? Instant.FarFuture : Instant.FromUtc(reader.GetDateTime(6));
        var project = reader.IsDBNull(1) ? null : projects[reader.GetInt32(1)];
        var caller = new Caller(kind, project, scopes, Customer: null, id) { ExpiresAt = expiresAt };
        return new(
            id,
            caller == old?.Caller ? old.Caller : caller,
            expiresAt,
            reader.IsDBNull(7) ? null : Instant.FromUtc(reader.GetDateTime(7)),
            [.. reader.GetFieldValue<string[]>(5).Select(network => IPNetwork.Parse(network))],
            old?.Use ?? new KeyUse());
    }
}
