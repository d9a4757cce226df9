using System.Collections.Frozen;
using Npgsql;
using Tollgate.Core.Llm;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Llm;

/// <summary>The upstreams of one project in memory, by provider.</summary>
public sealed record ProjectUpstreams(FrozenDictionary<string, Upstream> ByProvider)
{
    public static readonly ProjectUpstreams None = new(FrozenDictionary<string, Upstream>.Empty);
}

/// <summary>Upstreams as a part of each project in memory.</summary>
public sealed class UpstreamPart : IProjectPart
{
    public async Task<PartOfProject> LoadAsync(NpgsqlConnection connection, IReadOnlyList<ProjectRow> rows, CancellationToken cancel)
    {
        var all = await Upstreams.LoadAsync(connection, cancel);
        return (row, before, _) => new(Of(before?.Parts.Find<ProjectUpstreams>(), all.GetValueOrDefault(row.Id)));
    }

    private static ProjectUpstreams Of(ProjectUpstreams? old, FrozenDictionary<string, Upstream>? fresh) => fresh switch
    {
        _ when old is not null && AreTheSame(old.ByProvider, fresh ?? ProjectUpstreams.None.ByProvider) => old,
        null => ProjectUpstreams.None,
        _ => new(fresh),
    };

    private static bool AreTheSame(FrozenDictionary<string, Upstream> a, FrozenDictionary<string, Upstream> b) =>
        a.Count == b.Count && a.Values.All(one => b.TryGetValue(one.Provider, out var other) && other.Version == one.Version);
}
