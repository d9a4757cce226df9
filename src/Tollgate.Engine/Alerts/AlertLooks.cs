using Npgsql;
using Tollgate.Core.Alerts;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Alerts;

/// <summary>A figure of a project that an enabled rule watches.</summary>
public sealed record WatchedFigure(int Project, AlertKind Kind, bool IsDue);

/// <summary>
/// Distributes looks at figures among the servers. One server claims a look, and finishes it with the time of the next one. If it is killed
/// meanwhile, another server takes over after the end of the claim.
/// </summary>
public sealed class AlertLooks(NpgsqlDataSource database)
{
    /// <param name="kinds">Only rules of these kinds.</param>
    public async Task<IReadOnlyList<WatchedFigure>> WatchedAsync(IEnumerable<AlertKind> kinds, Instant now, CancellationToken cancel)
    {
        await using var command = database.Command(
            AlertSql.Watched, kinds.Select(static kind => CatalogWords.Of(kind)).ToArray(), now.ToUtc());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (watched, row) = (new List<WatchedFigure>(), new RowReader(reader));
        while (await reader.ReadAsync(cancel))
        {
            watched.Add(new(row.Whole("project_id"), CatalogWords.Read<AlertKind>(row.Text("kind")), row.Flag("is_due")));
        }

        return watched;
    }

    /// <param name="until">When another server may take over.</param>
    /// <returns>False: another server has claimed it.</returns>
    public async Task<bool> ClaimAsync(WatchedFigure figure, Instant now, Instant until, CancellationToken cancel)
    {
        await using var command = database.Command(
            AlertSql.ClaimLook, figure.Project, CatalogWords.Of(figure.Kind), now.ToUtc(), until.ToUtc());
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    /// <summary>Ends a claim.</summary>
    /// <param name="until">The end of the claim. After it, the look belongs to the server that took over.</param>
    /// <param name="next">The time of the next look.</param>
    public async Task FinishAsync(WatchedFigure figure, Instant until, Instant next, CancellationToken cancel)
    {
        await using var command = database.Command(
            AlertSql.FinishLook, figure.Project, CatalogWords.Of(figure.Kind), until.ToUtc(), next.ToUtc());
        await command.ExecuteNonQueryAsync(cancel);
    }
}
