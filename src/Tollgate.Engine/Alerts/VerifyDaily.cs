using Npgsql;
using Tollgate.Core.Alerts;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Alerts;

/// <summary>A check of a project that found differences.</summary>
public sealed record BrokenCheck(string Name, string Meaning, long Places);

/// <summary>Verifies a project. The room Verification follows this one and supplies it.</summary>
public delegate Task<IReadOnlyList<BrokenCheck>> VerifyProject(ProjectSnapshot project, CancellationToken cancel);

/// <summary>
/// Verifies each project that has a rule about it once a day, on one of the servers, and fires an alert for each check that found
/// differences. A new rule starts a verification at once. After days without a server, the next start verifies once.
/// </summary>
public sealed class VerifyDaily(
    NpgsqlDataSource database, ParkedWork parked, FireAlerts fire, ProjectDirectory directory, AlertLooks looks, VerifyProject verify,
    Clock clock)
{
    /// <summary>
    /// A server that is killed during a verification leaves it to another one after this time. A verification ends within five minutes.
    /// </summary>
    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(10);

    public async Task RunAsync(CancellationToken cancel)
    {
        foreach (var figure in await looks.WatchedAsync([AlertKind.InvariantBroken], clock.Now(), cancel))
        {
            if (figure.IsDue && directory.Current.ProjectsById.TryGetValue(figure.Project, out var project)
                && !parked.Waits(WorkNames.AlertChecks, project, CatalogWords.Of(figure.Kind)))
            {
                await LookAsync(figure, project, cancel);
            }
        }
    }

    private async Task LookAsync(WatchedFigure figure, ProjectSnapshot project, CancellationToken cancel)
    {
        var now = clock.Now();
        var until = now.Plus(Claim);
        if (!await looks.ClaimAsync(figure, now, until, cancel))
        {
            return;
        }

        // A verification that fails, for example at its time limit, is parked and repeated after the pause.
        var isDone = await parked.TryAsync(
            WorkNames.AlertChecks, project, CatalogWords.Of(figure.Kind), () => FireAsync(project, cancel), cancel);
        await looks.FinishAsync(figure, until, isDone ? DailyVerification.NextAfter(project.Id, now) : now, cancel);
    }

    private async Task FireAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var broken = await verify(project, cancel);
        var (day, now) = ($"{clock.Now().ToUtc():yyyy-MM-dd}", clock.Now(project));
        await using var connection = await database.OpenConnectionAsync(cancel);
        var rules = await ProjectAlertRules.EnabledAsync(connection, [project.Id], cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var written = await fire.RunAsync(
            connection, project, [.. broken.Select(check => new BrokenInvariantFact(check.Name, check.Meaning, check.Places, day, now))],
            [.. rules[project.Id]], cancel);
        await transaction.CommitAsync(cancel);
        fire.Log(written, directory);
    }
}
