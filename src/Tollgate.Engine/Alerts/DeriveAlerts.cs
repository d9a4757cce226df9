using Npgsql;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Alerts;

/// <summary>
/// Derives alerts from the facts of all projects, by the rules of each. In one transaction it 1. reads the facts of a range; 2. reads the
/// rules of their projects; 3. adds recommendations; 4. lets the rules decide; 5. inserts the alerts, once for each rule, subject and
/// occasion.
/// </summary>
public sealed class DeriveAlerts(
    NpgsqlDataSource database, ParkedWork parked, FireAlerts fire, ProjectDirectory directory, Clock clock)
    : DeriveFacts(database, parked, WorkNames.AlertEvents)
{
    private readonly List<WrittenAlert> _written = [];

    private protected override PlaceSql Sql { get; } =
        new(AlertFactSql.TryLock, AlertFactSql.Span, AlertFactSql.MovePlace, AlertFactSql.MovePlaceFrom);

    private protected override async Task WriteAsync(NpgsqlConnection connection, ulong from, ulong to, CancellationToken cancel)
    {
        _written.Clear();
        var byProject = await FactsAsync(connection, from, to, cancel);
        if (byProject.Count == 0)
        {
            return;
        }

        var known = await ProjectAlertRules.EnabledAsync(connection, [.. byProject.Select(static one => one.Project.Id)], cancel);
        foreach (var (project, facts) in byProject)
        {
            var advised = await AdvisePlans.RunAsync(connection, project, facts, clock.Now(project), cancel);
            _written.AddRange(await fire.RunAsync(connection, project, advised, [.. known[project.Id]], cancel));
        }
    }

    private protected override Task CommittedAsync(CancellationToken cancel)
    {
        fire.Log(_written, directory);
        _written.Clear();
        return Task.CompletedTask;
    }

    private async Task<IReadOnlyList<(ProjectSnapshot Project, IReadOnlyList<Core.Alerts.AlertFact> Facts)>> FactsAsync(
        NpgsqlConnection connection, ulong from, ulong to, CancellationToken cancel)
    {
        await using var command = connection.Command(AlertFactSql.Facts, Place(from), Place(to));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (facts, row) = (new List<(ProjectSnapshot Project, Core.Alerts.AlertFact Fact)>(), new RowReader(reader));
        while (await reader.ReadAsync(cancel))
        {
            // A project that the directory cannot read fails, so that its facts are parked and derived later.
            var project = directory.Current.ProjectsById.GetValueOrDefault(row.Whole("project_id"))
                ?? throw new InvalidOperationException($"This server does not know the project {row.Whole("project_id")} yet.");
            facts.Add((project, AlertFactReader.Read(row, project)));
        }

        return [
            .. facts.GroupBy(static one => one.Project.Id)
                .Select(static group => (
                    group.First().Project, (IReadOnlyList<Core.Alerts.AlertFact>)[.. group.Select(static one => one.Fact)]))];
    }
}
