using Npgsql;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

public enum AdvanceOutcome
{
    Done,

    /// <summary>A live project follows the database's clock.</summary>
    NotASandbox,

    /// <summary>The time is not later than the clock's.</summary>
    NotLater,

    /// <summary>Another call is advancing this project's clock, or this server advances the most clocks that it may.</summary>
    Busy,
}

/// <summary>
/// Moves a sandbox's clock forward over any distance. It does everything that is due in between, in the order of time, before it returns;
/// then the clock stays at the new instant. If it is killed on the way, a repeat of the call does the rest.
/// </summary>
public sealed class AdvanceClock(
    Database database, ProjectDirectory directory, RunDue run, CollectDue collect, GiveScheduled give, HoldSweeper holds, Clock clock)
    : IDisposable
{
    /// <summary>
    /// The most clocks that one server advances at once: each has a connection outside the pool, and causes work for all of PostgreSQL.
    /// </summary>
    public const int MostAtOnce = 8;

    private static readonly TimeSpan Together = TimeSpan.FromDays(1);

    private readonly SemaphoreSlim _places = new(MostAtOnce);

    public void Dispose() => _places.Dispose();

    /// <param name="progress">Called after each batch with the work so far and the day that was reached.</param>
    public async Task<(AdvanceOutcome Outcome, DueReport Report)> RunAsync(
        ProjectSnapshot project, Instant to, Func<DueReport, Instant, Task>? progress, CancellationToken cancel)
    {
        if (project.Mode != ProjectMode.Sandbox)
        {
            return (AdvanceOutcome.NotASandbox, DueReport.Nothing);
        }

        if (!await _places.WaitAsync(TimeSpan.Zero, cancel))
        {
            return (AdvanceOutcome.Busy, DueReport.Nothing);
        }

        try
        {
            return await LockedAsync(project, to, progress, cancel);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>
    /// Takes the session's lock while the advance lasts, on a connection outside the pool, whose connections the work needs. The end of the
    /// session releases the lock in any case, but PostgreSQL ends a session a moment after the server has closed it: a successful advance
    /// releases it explicitly, so that the caller's next one does not find the clock busy.
    /// </summary>
    private async Task<(AdvanceOutcome Outcome, DueReport Report)> LockedAsync(
        ProjectSnapshot project, Instant to, Func<DueReport, Instant, Task>? progress, CancellationToken cancel)
    {
        await using var connection = await database.OpenDedicatedAsync(cancel);
        if (!await AskAsync(connection, ProjectsSql.TryLockTestClock, cancel, project.Id))
        {
            return (AdvanceOutcome.Busy, DueReport.Nothing);
        }

        var advanced = await AloneAsync(connection, project, to, progress, cancel);
        await AskAsync(connection, ProjectsSql.LetGoOfTestClock, CancellationToken.None, project.Id);
        return advanced;
    }

    private async Task<(AdvanceOutcome Outcome, DueReport Report)> AloneAsync(
        NpgsqlConnection connection, ProjectSnapshot project, Instant to, Func<DueReport, Instant, Task>? progress,
        CancellationToken cancel)
    {
        // The row decides, since another call may have advanced the clock after this request began.
        await using var command = connection.Command(ProjectsSql.TestClock, project.Id);
        var now = await command.ExecuteScalarAsync(cancel) is DateTime at ? Instant.FromUtc(at) : clock.Now(project);
        if (to < now)
        {
            return (AdvanceOutcome.NotLater, DueReport.Nothing);
        }

        // First make the grants of the days in between and the next ones, before any other work needs them.
        var parked = await give.RunAsync(project with { TestClock = to }, cancel);
        var report = await RunDaysAsync(project with { TestClock = to }, to, progress, cancel) with { SchedulesParked = parked };

        // All due work is done, so a client's disconnection must not stop the rest.
        await AskAsync(connection, ProjectsSql.SetTestClock, CancellationToken.None, project.Id, to.ToUtc());
        await ChangeNotice.SendAsync(connection, ChangeNotice.Project(project.Id), CancellationToken.None);
        await directory.RefreshAsync(CancellationToken.None);
        await holds.SweepAsync(project with { TestClock = to }, CancellationToken.None);
        return (AdvanceOutcome.Done, report);
    }

    /// <summary>
    /// Renews periods and collects invoices in the order of days. It handles up to a day together, but no renewal before an earlier attempt
    /// to collect, which may end the subscription.
    /// </summary>
    private async Task<DueReport> RunDaysAsync(
        ProjectSnapshot project, Instant to, Func<DueReport, Instant, Task>? progress, CancellationToken cancel)
    {
        var report = DueReport.Nothing;
        while (true)
        {
            var (step, attempt) = (await run.FirstDueAsync(project, cancel), await collect.FirstDueAsync(project, cancel));
            var next = Instant.Earlier(step, attempt);
            if (next is not { } first || first > to)
            {
                return report;
            }

            var before = report;
            var until = Instant.Earlier(Instant.Earlier(first.Plus(Together), attempt), to)!.Value;
            report = report.Plus(
                await run.RunAsync(project, until, progress is null ? null : (done, at) => progress(before.Plus(done), at), cancel));
            var collected = await collect.RunAsync(project, until, cancel);
            report = report.With(collected);
        }
    }

    private static async Task<bool> AskAsync(NpgsqlConnection connection, string sql, CancellationToken cancel, params object[] parameters)
    {
        await using var command = connection.Command(sql, parameters);
        return await command.ExecuteScalarAsync(cancel) is true;
    }
}
