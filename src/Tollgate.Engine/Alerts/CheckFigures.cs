using Npgsql;
using Tollgate.Core.Alerts;
using Tollgate.Core.Analytics;
using Tollgate.Core.Catalog;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Alerts;

/// <summary>A check of a project that found differences.</summary>
public sealed record BrokenCheck(string Name, string Meaning, long Places);

/// <summary>Verifies a project. The room Verification follows this one and supplies it.</summary>
public delegate Task<IReadOnlyList<BrokenCheck>> VerifyProject(ProjectSnapshot project, CancellationToken cancel);

/// <summary>
/// Fires alerts about figures that cost more to read than the states of <see cref="CheckAlerts"/>, for projects with a rule on them:
/// margins of customers, churn, usage at its pace, refused decisions, and the daily verification.
/// </summary>
public sealed class CheckFigures(
    NpgsqlDataSource database, ParkedWork parked, FireAlerts fire, ProjectDirectory directory, MarginQueries margins, KpiQueries figures,
    VerifyProject verify, Clock clock)
{
    /// <summary>The most facts of a kind in one look at a project, the worst first.</summary>
    private const int MostFacts = 10_000;

    private static readonly TimeSpan Often = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Seldom = TimeSpan.FromMinutes(10);

    private readonly Dictionary<(int Project, AlertKind Kind), Instant> _looked = [];

    private static readonly (AlertKind Kind, TimeSpan Interval)[] Kinds =
    [
        (AlertKind.DecisionsRefused, Often), (AlertKind.ProjectedOverrun, Seldom), (AlertKind.CustomerMarginBelow, Seldom),
        (AlertKind.ChurnAbove, Seldom), (AlertKind.InvariantBroken, Often),
    ];

    /// <summary>Looks once at what is due. Another server that looks at the same time is enough.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using (var @lock = connection.Command(AlertSql.TryLockFigures))
        {
            if (!(bool)(await @lock.ExecuteScalarAsync(cancel))!)
            {
                foreach (var key in _looked.Keys.ToArray())
                {
                    _looked[key] = clock.Now();
                }

                return;
            }
        }

        try
        {
            await LookAsync(connection, cancel);
        }
        finally
        {
            await using var unlock = connection.Command(AlertSql.UnlockFigures);
            await unlock.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    private async Task LookAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        foreach (var rules in await ProjectAlertRules.EnabledAsync(connection, [.. directory.Current.ProjectsById.Keys], cancel))
        {
            if (!directory.Current.ProjectsById.TryGetValue(rules.Key, out var project))
            {
                continue;
            }

            foreach (var (kind, interval) in Kinds)
            {
                var ofKind = rules.Where(rule => rule.Kind == kind).ToArray();
                if (ofKind.Length > 0 && IsDue(project, kind, interval))
                {
                    await parked.TryAsync(
                        WorkNames.AlertChecks, project, CatalogWords.Of(kind), () => FireAsync(connection, project, kind, ofKind, cancel),
                        cancel);
                }
            }
        }
    }

    private bool IsDue(ProjectSnapshot project, AlertKind kind, TimeSpan interval)
    {
        var (key, now) = ((project.Id, kind), clock.Now());
        if (_looked.TryGetValue(key, out var before))
        {
            if (now.ToOffset() - before.ToOffset() < interval)
            {
                return false;
            }

            _looked[key] = now;
            return kind != AlertKind.InvariantBroken || DailyVerification.IsDue(project.Id, before, now);
        }

        // Without an earlier look the verification waits for its minute of the day, so that a restart verifies nothing.
        _looked[key] = now;
        return kind != AlertKind.InvariantBroken;
    }

    private async Task FireAsync(
        NpgsqlConnection connection, ProjectSnapshot project, AlertKind kind, IReadOnlyList<AlertRule> rules, CancellationToken cancel)
    {
        var facts = kind switch
        {
            AlertKind.DecisionsRefused => await RefusalsAsync(connection, project, rules, cancel),
            AlertKind.ProjectedOverrun => await OverrunsAsync(connection, project, rules, cancel),
            AlertKind.CustomerMarginBelow => await MarginsAsync(connection, project, cancel),
            AlertKind.ChurnAbove => await ChurnAsync(project, cancel),
            _ => await BreaksAsync(project, cancel),
        };
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var written = await fire.RunAsync(connection, project, facts, rules, cancel);
        await transaction.CommitAsync(cancel);
        fire.Log(written, directory);
    }

    private async Task<IReadOnlyList<AlertFact>> RefusalsAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<AlertRule> rules, CancellationToken cancel)
    {
        var now = clock.Now(project);
        await using var command = connection.Command(AlertFactSql.Refusals, project.Id, now.ToUtc(), Least(rules), (long)MostFacts);
        return await ReadAsync(command, row => new RefusedFact(
            CustomerOf(row), project.Catalog.FeatureOf(row.Whole("feature")).Feature, Quantity.Of(row.Long("denied")),
            row.Time("period_start"), now), cancel);
    }

    private async Task<IReadOnlyList<AlertFact>> OverrunsAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<AlertRule> rules, CancellationToken cancel)
    {
        var now = clock.Now(project);
        await using var command = connection.Command(AlertFactSql.Overruns, project.Id, now.ToUtc(), Least(rules), (long)MostFacts);
        var facts = await ReadAsync(command, row => OverrunFact.Of(
            CustomerOf(row), project.Catalog.FeatureOf(row.Whole("feature")).Feature, Quantity.Of(row.Number("used")),
            Quantity.Of(row.Number("quota")), new(row.Time("period_start"), row.Time("period_end")), now, project.Zone), cancel);
        return [.. facts.OfType<AlertFact>()];
    }

    private async Task<IReadOnlyList<AlertFact>> MarginsAsync(
        NpgsqlConnection connection, ProjectSnapshot project, CancellationToken cancel)
    {
        var now = clock.Now(project);
        var today = DateOnly.FromDateTime(now.ToUtc());
        var report = await margins.ReadAsync(project, new(new(today.Year, today.Month, 1), today), MarginBy.Customer, cancel);
        var paying = report.Lines.Where(static line => line is { Name: not null, Share: not null }).Take(MostFacts).ToArray();
        var names = await NamesAsync(connection, project, [.. paying.Select(static line => line.Name!)], cancel);
        return
        [
            .. paying.Select(line => new CustomerMarginFact(
                new(line.Name!, names.GetValueOrDefault(line.Name!)), $"{today:yyyy-MM}",
                Quantity.Of(decimal.Round(line.Share!.Value.Exact * 100m, 1, MidpointRounding.AwayFromZero)),
                line.Revenue!.Value.Rounded(), line.Cost.Rounded(), now)),
        ];
    }

    private async Task<IReadOnlyList<AlertFact>> ChurnAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var now = clock.Now(project);
        var today = ReportSpan.DayOf(now, project.Zone);
        var month = await figures.ReadAsync(
            project, ReportSpan.Of(new(today.Year, today.Month, 1), today, project.Zone), cancel);
        var lost = month.Current.Lost.Sum(static reason => reason.Customers);
        return month.Current is { LogoChurn: { } churn, OpeningCustomers: var opening } && lost > 0
            ? [new ChurnFact($"{today:yyyy-MM}", lost, opening, Quantity.Of(decimal.Round(churn.Exact * 100m, 1)), now)]
            : [];
    }

    private async Task<IReadOnlyList<AlertFact>> BreaksAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var broken = await verify(project, cancel);
        var now = clock.Now(project);
        return
        [
            .. broken.Select(check => new BrokenInvariantFact(
                check.Name, check.Meaning, check.Places, $"{clock.Now().ToUtc():yyyy-MM-dd}", now)),
        ];
    }

    /// <summary>The lowest threshold of the rules: below it no fact makes an alert.</summary>
    private static decimal Least(IReadOnlyList<AlertRule> rules) => rules.Min(static rule => rule.Threshold!.Value.Value);

    private static AlertCustomer CustomerOf(RowReader row) => new(row.Text("customer"), row.TextOrNull("name"));

    private static async Task<IReadOnlyDictionary<string, string?>> NamesAsync(
        NpgsqlConnection connection, ProjectSnapshot project, string[] customers, CancellationToken cancel)
    {
        await using var command = connection.Command(AlertFactSql.Names, project.Id, customers);
        return (await ReadAsync(command, static row => CustomerOf(row), cancel)).ToDictionary(static one => one.Id, static one => one.Name);
    }

    private static async Task<IReadOnlyList<T>> ReadAsync<T>(NpgsqlCommand command, Func<RowReader, T> read, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (rows, row) = (new List<T>(), new RowReader(reader));
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(read(row));
        }

        return rows;
    }
}
