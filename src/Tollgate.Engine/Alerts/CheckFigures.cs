using System.Diagnostics;
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

/// <summary>
/// Fires alerts about figures that cost more to read than the states of <see cref="CheckAlerts"/>, for projects with a rule on them:
/// margins, churn, usage at its pace, refused decisions. Each is read as often as its cost allows: see <see cref="FigurePace"/>. A server
/// 1. claims a look, so that no other one does it, 2. reads, and 3. fires in one transaction. It holds no connection while it reads.
/// </summary>
public sealed class CheckFigures(
    NpgsqlDataSource database, ParkedWork parked, FireAlerts fire, ProjectDirectory directory, AlertLooks looks, RevenueQueries revenue,
    MarginQueries margins, KpiQueries figures, Clock clock)
{
    /// <summary>The most facts of a kind in one look at a project, the worst first.</summary>
    private const int MostFacts = 10_000;

    /// <summary>If a server is killed during a look, another one does it after this time.</summary>
    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(2);

    /// <summary>Cheap ones first.</summary>
    private static readonly AlertKind[] Kinds =
    [
        AlertKind.DecisionsRefused, AlertKind.ProjectedOverrun, AlertKind.MarginBelow, AlertKind.CustomerMarginBelow, AlertKind.ChurnAbove,
    ];

    /// <summary>
    /// The most time of a look: less than <see cref="Claim"/>, so that no other server starts it too. A longer one fails, and Tollgate
    /// tries again after a growing pause.
    /// </summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>Looks once at what is due, at cheap figures of all projects first.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var watched = await looks.WatchedAsync(Kinds, clock.Now(), cancel);
        foreach (var figure in watched.Where(static one => one.IsDue).OrderBy(static one => Array.IndexOf(Kinds, one.Kind)))
        {
            if (directory.Current.ProjectsById.TryGetValue(figure.Project, out var project)
                && !parked.Waits(WorkNames.AlertChecks, project, CatalogWords.Of(figure.Kind)))
            {
                await LookAsync(figure, project, watched.Count, cancel);
            }
        }
    }

    private async Task LookAsync(WatchedFigure figure, ProjectSnapshot project, int watched, CancellationToken cancel)
    {
        var now = clock.Now();
        var until = now.Plus(Claim);
        if (!await looks.ClaimAsync(figure, now, until, cancel))
        {
            return;
        }

        var began = Stopwatch.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Longest);
        await parked.TryAsync(
            WorkNames.AlertChecks, project, CatalogWords.Of(figure.Kind), () => FireAsync(project, figure.Kind, limit.Token), cancel);
        await looks.FinishAsync(figure, until, now.Plus(FigurePace.After(Stopwatch.GetElapsedTime(began), watched)), cancel);
    }

    private async Task FireAsync(ProjectSnapshot project, AlertKind kind, CancellationToken cancel)
    {
        var rules = await RulesAsync(project, kind, cancel);
        if (rules.Count == 0)
        {
            return;
        }

        var facts = kind switch
        {
            AlertKind.DecisionsRefused => await RefusalsAsync(project, rules, cancel),
            AlertKind.ProjectedOverrun => await OverrunsAsync(project, rules, cancel),
            AlertKind.MarginBelow => await MarginAsync(project, cancel),
            AlertKind.CustomerMarginBelow => await MarginsAsync(project, cancel),
            _ => await ChurnAsync(project, cancel),
        };
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var written = await fire.RunAsync(connection, project, facts, rules, cancel);
        await transaction.CommitAsync(cancel);
        fire.Log(written, directory);
    }

    private async Task<IReadOnlyList<AlertRule>> RulesAsync(ProjectSnapshot project, AlertKind kind, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var rules = await ProjectAlertRules.EnabledAsync(connection, [project.Id], cancel);
        return [.. rules[project.Id].Where(rule => rule.Kind == kind)];
    }

    private async Task<IReadOnlyList<AlertFact>> RefusalsAsync(
        ProjectSnapshot project, IReadOnlyList<AlertRule> rules, CancellationToken cancel)
    {
        var now = clock.Now(project);
        await using var command = database.Command(AlertFactSql.Refusals, project.Id, now.ToUtc(), Least(rules), (long)MostFacts);
        return await ReadAsync(command, row => new RefusedFact(
            CustomerOf(row), project.Catalog.FeatureOf(row.Whole("feature")).Feature, Quantity.Of(row.Long("denied")),
            row.Time("period_start"), now), cancel);
    }

    private async Task<IReadOnlyList<AlertFact>> OverrunsAsync(
        ProjectSnapshot project, IReadOnlyList<AlertRule> rules, CancellationToken cancel)
    {
        var now = clock.Now(project);
        await using var command = database.Command(AlertFactSql.Overruns, project.Id, now.ToUtc(), Least(rules), (long)MostFacts);
        var facts = await ReadAsync(command, row => OverrunFact.Of(
            CustomerOf(row), project.Catalog.FeatureOf(row.Whole("feature")).Feature, Quantity.Of(row.Number("used")),
            Quantity.Of(row.Number("quota")), new(row.Time("period_start"), row.Time("period_end")), now, project.Zone), cancel);
        return [.. facts.OfType<AlertFact>()];
    }

    /// <summary>The project's own margin, in dollars: that of its calls to models.</summary>
    private async Task<IReadOnlyList<AlertFact>> MarginAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var now = clock.Now(project);
        await using var command = database.Command(AlertFactSql.Costs, CatalogWords.Of(AlertKind.MarginBelow), project.Id);
        var costs = await ReadAsync(command, static row => (Month: row.Text("month"), Cost: Quantity.Of(row.Number("cost"))), cancel);
        var today = DateOnly.FromDateTime(now.ToUtc());
        var days = await revenue.ByDayAsync(project, new(new(today.Year, today.Month, 1), today), Currency.Usd, cancel);
        var earned = Quantity.Of(days.Sum(static day => day.Major));
        return [
            .. costs.Select(one => MarginFact.Of(earned, one.Cost) is { } margin
                ? new MarginFact(one.Month, margin, earned, one.Cost, now)
                : null).OfType<AlertFact>(),
        ];
    }

    private async Task<IReadOnlyList<AlertFact>> MarginsAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var now = clock.Now(project);
        var today = DateOnly.FromDateTime(now.ToUtc());
        var report = await margins.ReadAsync(project, new(new(today.Year, today.Month, 1), today), MarginBy.Customer, cancel);
        var paying = report.Lines.Where(static line => line is { Name: not null, Share: not null }).Take(MostFacts).ToArray();
        var names = await NamesAsync(project, [.. paying.Select(static line => line.Name!)], cancel);
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
            project, ReportSpan.Of(new(today.Year, today.Month, 1), today, project.Zone), now, cancel);
        var lost = month.Current.Lost.Sum(static reason => reason.Customers);
        return month.Current is { LogoChurn: { } churn, OpeningCustomers: var opening } && lost > 0
            ? [new ChurnFact($"{today:yyyy-MM}", lost, opening, Quantity.Of(decimal.Round(churn.Exact * 100m, 1)), now)]
            : [];
    }

    /// <summary>The lowest threshold of the rules: below it no fact makes an alert.</summary>
    private static decimal Least(IReadOnlyList<AlertRule> rules) => rules.Min(static rule => rule.Threshold!.Value.Value);

    private static AlertCustomer CustomerOf(RowReader row) => new(row.Text("customer"), row.TextOrNull("name"));

    private async Task<IReadOnlyDictionary<string, string?>> NamesAsync(
        ProjectSnapshot project, string[] customers, CancellationToken cancel)
    {
        await using var command = database.Command(AlertFactSql.Names, project.Id, customers);
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
