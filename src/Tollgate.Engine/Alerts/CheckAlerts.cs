using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Alerts;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Alerts;

/// <summary>
/// Fires alerts about present states, which have no place among the facts: models without a price, new prices, work that waits for a retry,
/// the cost of a month, failed calls to providers.
/// It also gives the channels the alerts whose quiet hours have ended. The unique key of alerts makes each once, however often a state is
/// seen.
/// </summary>
public sealed class CheckAlerts(
    NpgsqlDataSource database, ParkedWork parked, FireAlerts fire, ProjectDirectory directory, Clock clock)
{

    /// <summary>The number of models in one look.</summary>
    private const int MostModels = 500;

    /// <summary>The number of alerts whose quiet hours end in one look.</summary>
    private const int MostReleased = 5_000;

    /// <summary>The number of days for which Tollgate stores alerts.</summary>
    public const int DaysKept = 400;

    private const int ForgottenAtOnce = 5_000;

    /// <summary>A place of the outbox that facts have not reached yet, and the time at which it was the newest.</summary>
    private (ulong Place, long At) _mark;

    /// <summary>Looks once. Another server that looks at the same time is enough.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            await using var @lock = connection.Command(AlertSql.TryLockChecks);
            if (!(bool)(await @lock.ExecuteScalarAsync(cancel))!)
            {
                return;
            }

            var released = await ReleaseAsync(connection, cancel);
            await transaction.CommitAsync(cancel);
            fire.Log(released, directory);
        }

        var states = (await StatesAsync(connection, cancel)).ToLookup(static one => one.Project, static one => one.Fact);
        var known = await ProjectAlertRules.EnabledAsync(connection, [.. states.Select(static one => one.Key)], cancel);
        foreach (var facts in states)
        {
            if (directory.Current.ProjectsById.TryGetValue(facts.Key, out var project) && known.Contains(project.Id))
            {
                await parked.TryAsync(
                    WorkNames.AlertChecks, project, "", () => FireAsync(connection, project, [.. facts], [.. known[project.Id]], cancel),
                    cancel);
            }
        }
    }

    public async Task ForgetOldAsync(CancellationToken cancel)
    {
        await using var command = database.Command(AlertSql.ForgetOld, DaysKept, ForgottenAtOnce);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task FireAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<AlertFact> facts, IReadOnlyList<AlertRule> known,
        CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var written = await fire.RunAsync(connection, project, facts, known, cancel);
        await transaction.CommitAsync(cancel);
        fire.Log(written, directory);
    }

    private async Task<IReadOnlyList<WrittenAlert>> ReleaseAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = connection.Command(AlertSql.Release, (long)FireAlerts.MostPushedInAnHour, (long)MostReleased);
        var released = await FireAlerts.ReadAsync(command, cancel);
        foreach (var more in released.Where(static one => one is { IsPushed: false, IsMuted: false }).GroupBy(static one => one.Project))
        {
            if (directory.Current.ProjectsById.TryGetValue(more.Key, out var project))
            {
                await FireAlerts.TellOfMoreAsync(
                    connection, [.. more.Select(static one => one.Rule).Distinct()], clock.Now(project), cancel);
            }
        }

        return released;
    }

    private async Task<IReadOnlyList<(int Project, AlertFact Fact)>> StatesAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var states = new List<(int, AlertFact)>();
        await ReadAsync(AlertFactSql.UnknownModels, row => new UnknownModelFact(row.Text("provider"), row.Text("model"),
            row.Time("first_seen_at")), MostModels);
        await ReadAsync(AlertFactSql.PriceChanges, row => new PriceChangedFact(
            (int)row.Long("models"), row.Text("first"), row.Time("created_at").ToString(), row.Time("created_at")));
        await ReadAsync(AlertFactSql.FailedWork, row => new FailedWorkFact(
            row.Text("work"), row.Long("items"), row.Text("error"), row.Time("since"), Now(row.Whole("project_id"))));
        await ReadAsync(AlertFactSql.ProviderErrors, row => new ProviderErrorsFact(
            row.Text("provider"), row.Text("day"), row.Long("calls"), row.Long("errors"),
            Quantity.Of(decimal.Round(row.Long("errors") * 100m / row.Long("calls"), 1)), Now(row.Whole("project_id"))),
            (long)ProviderErrorsFact.FewestCalls);
        await ReadAsync(
            AlertFactSql.Costs,
            row => new BudgetFact(row.Text("month"), Quantity.Of(row.Number("cost")), Now(row.Whole("project_id"))),
            CatalogWords.Of(AlertKind.Budget), SqlCommands.OrNull(null, NpgsqlDbType.Integer));
        await AddLagAsync(connection, states, cancel);
        return states;

        async Task ReadAsync(string sql, Func<RowReader, AlertFact> read, params object?[] parameters)
        {
            await using var command = connection.Command(sql, parameters);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            var row = new RowReader(reader);
            while (await reader.ReadAsync(cancel))
            {
                try
                {
                    states.Add((row.Whole("project_id"), read(row)));
                }
                catch (Exception broken) when (broken is not NpgsqlException)
                {
                    await ParkAsync(row.Whole("project_id"), broken);
                }
            }
        }
    }

    /// <summary>
    /// Adds, for each project, the time for which facts have waited for an open transaction: the age of the newest place of the past that
    /// is still above one.
    /// </summary>
    private async Task AddLagAsync(
        NpgsqlConnection connection, List<(int Project, AlertFact Fact)> states, CancellationToken cancel)
    {
        await using var command = connection.Command(AlertFactSql.Places);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var (newest, reached) = (reader.GetFieldValue<ulong>(0), reader.GetFieldValue<ulong>(1));
        if (_mark.At == 0 || reached >= _mark.Place)
        {
            _mark = (newest, Stopwatch.GetTimestamp());
            return;
        }

        var seconds = Quantity.Of(decimal.Floor((decimal)Stopwatch.GetElapsedTime(_mark.At).TotalSeconds));
        states.AddRange(directory.Current.ProjectsById.Keys.Select(
            id => (id, (AlertFact)new LagFact($"{clock.Now().ToUtc():yyyy-MM-ddTHH}", seconds, Now(id)))));
    }

    /// <summary>Lists an unreadable state of a project. The states of others go on.</summary>
    private async Task ParkAsync(int id, Exception broken)
    {
        var project = directory.Current.ProjectsById.GetValueOrDefault(id);
        if (!parked.Waits(WorkNames.AlertChecks, project, "states"))
        {
            await parked.ParkAsync(WorkNames.AlertChecks, project, "states", broken);
        }
    }

    private Instant Now(int project) =>
        directory.Current.ProjectsById.TryGetValue(project, out var known) ? clock.Now(known) : clock.Now();
}
