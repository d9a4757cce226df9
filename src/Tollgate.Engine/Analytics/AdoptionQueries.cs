using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Analytics;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>The adoption of features by month, which Tollgate computes from balances and terms and stores.</summary>
public sealed class AdoptionQueries(NpgsqlDataSource database, Clock clock)
{
    /// <summary>A read computes the last months first if this took no longer the last time.</summary>
    private const long MostMillisecondsOfRead = 100;

    /// <summary>A first computation of all months takes a second for as many customers.</summary>
    private const long MostCustomersOfRead = 1_000;

    private sealed record Run(DateOnly Month, Instant At, bool IsOld, long Milliseconds, bool IsWholeDue);

    /// <summary>Returns at most <paramref name="most"/> months of features, by month and code, and the time of their computation.</summary>
    /// <param name="first">The first day of a month, as <paramref name="last"/>.</param>
    /// <param name="feature">Null: all features.</param>
    public async Task<(IReadOnlyList<Adoption> Rows, Instant? AsOf)> ReadAsync(
        ProjectSnapshot project, DateOnly first, DateOnly last, string? feature, int most, CancellationToken cancel)
    {
        var run = await LastRunAsync(project, cancel);
        if (run is { IsOld: true, Milliseconds: <= MostMillisecondsOfRead } || (run is null && await IsSmallAsync(project, cancel)))
        {
            await ComputeAsync(project, cancel);
            run = await LastRunAsync(project, cancel);
        }

        await using var command = database.Command(
            AdoptionSql.List, project.Id, first, last, SqlCommands.OrNull(feature, NpgsqlDbType.Text), (long)most);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<Adoption>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new(
                row.Value<DateOnly>("month"), row.Text("code"), row.Long("entitled"), row.Long("used"), Quantity.Of(row.Number("units")),
                Quantity.Of(row.Number("imported"))));
        }

        return (rows, run?.At);
    }

    /// <summary>Returns the projects whose months are due, the longest waiting first.</summary>
    public async Task<IReadOnlyList<int>> DueAsync(IEnumerable<int> projects, CancellationToken cancel)
    {
        await using var command = database.Command(AdoptionSql.Due, projects.ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var due = new List<int>();
        while (await reader.ReadAsync(cancel))
        {
            due.Add(reader.GetInt32(0));
        }

        return due;
    }

    /// <summary>
    /// Computes the months that usage can still change, or all if the last time is a day ago. It does nothing while another server computes
    /// them.
    /// </summary>
    public async Task ComputeAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var locking = connection.Command(AdoptionSql.Lock, project.Id))
        {
            if (await locking.ExecuteScalarAsync(cancel) is false)
            {
                return;
            }
        }

        // A second connection could wait for ever for this one.
        var run = await LastRunAsync(connection.Command(AdoptionSql.LastRun, project.Id), cancel);
        var isWhole = run is not { IsWholeDue: false };
        var now = clock.Now(project);
        var months = AdoptionRules.MonthsOf(now, project.Zone, isWhole ? null : run!.Month);
        var catalog = project.Catalog;
        var offered = catalog.PlanVersions.Values
            .SelectMany(version =>
                version.Entitlements.Where(one => AdoptionRules.Offers(catalog.FeaturesByKey[one.Key].Feature, one.Value)),
                static (version, one) => (Version: version.Id, Feature: one.Key)).ToArray();
        await connection.ExecuteAsync(AdoptionSql.Prepare, cancel);
        await connection.ExecuteAsync(
            AdoptionSql.Compute, cancel, project.Id, months.Select(static one => one.Month).ToArray(),
            months.Select(static one => one.Until.ToUtc()).ToArray(), months.Select(DefaultAt).ToArray(),
            ReportSpan.Of(months[0].Month, months[0].Month, project.Zone).Time.Start.ToUtc(), project.Zone.Id, now.ToUtc(),
            offered.Select(static one => one.Version).ToArray(), offered.Select(static one => one.Feature).ToArray(),
            project.TestClock is not null);
        var today = ReportSpan.DayOf(now, project.Zone);
        await connection.ExecuteAsync(AdoptionSql.MarkDay, cancel, project.Id, today, today.AddDays(-WeekdayPace.Days - 1));
        await connection.ExecuteAsync(AdoptionSql.Ran, cancel, project.Id, months[^1].Month, isWhole);
        await transaction.CommitAsync(cancel);

        int DefaultAt(AdoptionMonth month) =>
            (catalog.DefaultPlans.LastOrDefault(one => one.From < month.Until) ?? catalog.DefaultPlans[0]).Version.Id;
    }

    /// <summary>Returns the pace of each feature by weekday; features with too few known days are left out.</summary>
    public async Task<IReadOnlyDictionary<int, WeekdayPace>> PacesAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var today = ReportSpan.DayOf(clock.Now(project), project.Zone);
        await using var command = database.Command(AdoptionSql.Days, project.Id, today.AddDays(-WeekdayPace.Days - 1));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var totals = new Dictionary<int, Dictionary<DateOnly, Quantity>>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            if (!totals.TryGetValue(row.Whole("feature"), out var days))
            {
                totals[row.Whole("feature")] = days = [];
            }

            days[row.Value<DateOnly>("day")] = Quantity.Of(Math.Min(row.Number("total"), Quantity.Largest));
        }

        return totals.ToDictionary(static one => one.Key, one => WeekdayPace.Of(one.Value, today));
    }

    private async Task<bool> IsSmallAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(AdoptionSql.IsSmall, project.Id, MostCustomersOfRead);
        return await command.ExecuteScalarAsync(cancel) is true;
    }

    private Task<Run?> LastRunAsync(ProjectSnapshot project, CancellationToken cancel) =>
        LastRunAsync(database.Command(AdoptionSql.LastRun, project.Id), cancel);

    private static async Task<Run?> LastRunAsync(NpgsqlCommand lastRun, CancellationToken cancel)
    {
        await using var command = lastRun;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var row = new RowReader(reader);
        return await reader.ReadAsync(cancel)
            ? new(row.Value<DateOnly>("month"), row.Time("ran_at"), row.Flag("is_old"), row.Long("took"), row.Flag("is_whole_due"))
            : null;
    }
}
