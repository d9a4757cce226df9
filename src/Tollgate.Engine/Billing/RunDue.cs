using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>What a run has done, or would do.</summary>
public sealed record DueReport
{
    public static readonly DueReport Nothing = new();

    public int Renewals { get; init; }

    public int TrialsConverted { get; init; }

    public int TrialsExpired { get; init; }

    public int Canceled { get; init; }

    public int Resumed { get; init; }

    /// <summary>Months of usage inside of longer periods.</summary>
    public int UsageBilled { get; init; }

    public int Invoices { get; init; }

    public int Parked { get; init; }

    /// <summary>Invoices that were paid by what their customers can be charged by.</summary>
    public int Collected { get; init; }

    /// <summary>Attempts at that which failed.</summary>
    public int CollectingFailed { get; init; }

    /// <summary>Grant schedules that could not give what is due, and are parked.</summary>
    public int SchedulesParked { get; init; }

    public int Steps => Renewals + TrialsConverted + TrialsExpired + Canceled + Resumed + UsageBilled;

    /// <summary>Subscriptions that were taken up, whether something came of it or they were parked.</summary>
    public int Handled => Steps + Parked;

    internal DueReport Plus(DueReport more) => new()
    {
        Renewals = Renewals + more.Renewals, TrialsConverted = TrialsConverted + more.TrialsConverted,
        TrialsExpired = TrialsExpired + more.TrialsExpired,
        Canceled = Canceled + more.Canceled, Resumed = Resumed + more.Resumed, UsageBilled = UsageBilled + more.UsageBilled,
        Invoices = Invoices + more.Invoices,
        Parked = Parked + more.Parked, Collected = Collected + more.Collected, CollectingFailed = CollectingFailed + more.CollectingFailed,
        SchedulesParked = SchedulesParked + more.SchedulesParked,
    };

    internal DueReport With(CollectReport collected) => this with
    {
        Collected = Collected + collected.Collected, CollectingFailed = CollectingFailed + collected.Failed,
        Canceled = Canceled + collected.Canceled,
        Invoices = Invoices + collected.Invoices,
    };

    internal DueReport With(SubscriptionVerb verb, bool isInvoiced) => (verb switch
    {
        SubscriptionVerb.Renew => this with { Renewals = Renewals + 1 },
        SubscriptionVerb.ConvertTrial => this with { TrialsConverted = TrialsConverted + 1 },
        SubscriptionVerb.ExpireTrial => this with { TrialsExpired = TrialsExpired + 1 },
        SubscriptionVerb.Cancel => this with { Canceled = Canceled + 1 },
        SubscriptionVerb.Resume => this with { Resumed = Resumed + 1 },
        _ => this with { UsageBilled = UsageBilled + 1 },
    }) with { Invoices = Invoices + (isInvoiced ? 1 : 0) };
}

/// <summary>One thing that is due, for a run that only looks.</summary>
/// <param name="ParkReason">Not null: it would be parked.</param>
public sealed record DueItem(string Customer, Guid Subscription, SubscriptionVerb Verb, Instant At, Invoice? Invoice, string? ParkReason);

/// <summary>
/// What happens to subscriptions by itself: trials end, periods renew, scheduled terms begin, pauses end, usage is billed. Any number
/// of servers may run it. Each batch is one transaction: due rows are claimed with their customers (what another server holds is
/// skipped), billed, written, and due later. Killed at any point, the next run goes on where the last commit was.
/// </summary>
public sealed class RunDue(NpgsqlDataSource database, CustomerChanges changes, Clock clock, ParkedWork parked, ILogger<RunDue> log)
{
    /// <summary>
    /// Subscriptions in one transaction: enough that round trips do not count, and so few that their customers' requests wait a quarter of
    /// a second for them. With 500 it was half a second and no faster.
    /// </summary>
    private const int MostAtOnce = 250;

    /// <summary>Batches that are open at the same time, each on a connection of its own.</summary>
    private const int AtOnce = 3;

    /// <summary>What a look lists at most.</summary>
    public const int MostShown = 1_000;

    /// <summary>In a sandbox, what lies within a day is done together; days come in their order.</summary>
    private static readonly TimeSpan Together = TimeSpan.FromDays(1);

    /// <summary>How long to wait for customers that somebody else holds before looking again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private const string Actor = "system";

    /// <summary>Everything that is due until then, in the order of time.</summary>
    /// <param name="until">In the project's time.</param>
    public Task<DueReport> RunAsync(
        ProjectSnapshot project, Instant until, Func<DueReport, Instant, Task>? progress, CancellationToken cancel) =>
        RunAsync(project, until, int.MaxValue, progress, cancel);

    /// <inheritdoc cref="RunAsync(ProjectSnapshot, Instant, Func{DueReport, Instant, Task}, CancellationToken)"/>
    /// <param name="most">
    /// So many subscriptions are taken up at most, the earliest first; the rest stays due, and so do those whose customers somebody else
    /// holds. Without a bound (<see cref="int.MaxValue"/>) it waits for these.
    /// </param>
    public async Task<DueReport> RunAsync(
        ProjectSnapshot project, Instant until, int most, Func<DueReport, Instant, Task>? progress, CancellationToken cancel)
    {
        var report = DueReport.Nothing;
        while (report.Handled < most && await FirstDueAsync(project, cancel) is { } first && first <= until)
        {
            var horizon = project.TestClock is null || first.Plus(Together) > until ? until : first.Plus(Together);
            var before = report;
            try
            {
                report = await RunBatchesAsync(
                    project, horizon, most, report, progress is null ? null : done => progress(done, first), cancel);
            }
            catch (Exception broken) when (!cancel.IsCancellationRequested && ParkedWork.IsItsOwn(broken)
                && broken is not PostgresException { IsTransient: true })
            {
                log.LogWarning(
                    "A batch of subscriptions of {Project} failed and is done one by one: {Reason}", project.Code, broken.Message);
                report = await RunOneByOneAsync(project, horizon, most, report, cancel);
            }

            if (report == before)
            {
                if (most < int.MaxValue)
                {
                    return report;
                }

                await Task.Delay(Pause, cancel);
            }
        }

        return report;
    }

    /// <summary>
    /// Batches are claimed one after the other, computed and written side by side, so that neither the database nor this process waits for
    /// the other, and numbered and committed in the order in which they were claimed. While a batch waits for the one before it holds its
    /// customers and nothing that a lane could hold too. Books in memory are forgotten by lanes, which may be waiting for customers of the
    /// next batches: nothing that is open waits for that.
    /// </summary>
    private async Task<DueReport> RunBatchesAsync(
        ProjectSnapshot project, Instant until, int most, DueReport report, Func<DueReport, Task>? progress, CancellationToken cancel)
    {
        var open = new Queue<Task<DoneBatch>>();
        var (last, left) = (Task.FromResult(DoneBatch.Nothing(report)), most - report.Handled);
        try
        {
            while (left > 0 && await ClaimAsync(project, until, Math.Min(left, MostAtOnce), cancel) is { } batch)
            {
                left -= batch.Claimed.Count;
                open.Enqueue(last = RunAsync(project, batch, until, last, cancel));
                if (open.Count == AtOnce)
                {
                    report = await EndAsync(project, open.Dequeue(), cancel);
                    if (progress is not null)
                    {
                        await progress(report);
                    }
                }
            }

            while (open.TryDequeue(out var done))
            {
                report = await EndAsync(project, done, cancel);
            }

            return report;
        }
        finally
        {
            // Also when one failed: what is under way is committed or taken back before anybody looks again.
            await ((Task)Task.WhenAll(open)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>After a batch failed: the one that is to blame fails alone and is parked, the others get their invoices.</summary>
    private async Task<DueReport> RunOneByOneAsync(
        ProjectSnapshot project, Instant until, int most, DueReport report, CancellationToken cancel)
    {
        foreach (var subscription in await DueAsync(project, until, cancel))
        {
            if (report.Handled >= most)
            {
                break;
            }

            var isDone = await parked.TryAsync(WorkNames.Subscriptions, project, subscription.ToString("D"), async () =>
            {
                if (await ClaimAsync(project, until, 1, cancel, subscription) is { } batch)
                {
                    report = await EndAsync(
                        project, RunAsync(project, batch, until, Task.FromResult(DoneBatch.Nothing(report)), cancel), cancel);
                }
            }, cancel);
            report = isDone ? report : report with { Parked = report.Parked + 1 };
        }

        return report;
    }

    private async Task<IReadOnlyList<Guid>> DueAsync(ProjectSnapshot project, Instant until, CancellationToken cancel)
    {
        await using var command = database.Command(SubscriptionSql.Due, project.Id, until.ToUtc(), MostAtOnce);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var due = new List<Guid>();
        while (await reader.ReadAsync(cancel))
        {
            due.Add(reader.GetGuid(0));
        }

        return due;
    }

    private async Task<DueReport> EndAsync(ProjectSnapshot project, Task<DoneBatch> batch, CancellationToken cancel)
    {
        var done = await batch;
        await done.Forgetting.Done;

        foreach (var subscription in done.Claimed)
        {
            await parked.DoneAsync(WorkNames.Subscriptions, project, subscription.ToString("D"));
        }

        return done.Report;
    }

    /// <summary>What is due now, and what it would come to. Takes everything back.</summary>
    /// <param name="most">1 to <see cref="MostShown"/>.</param>
    public async Task<IReadOnlyList<DueItem>> LookAsync(ProjectSnapshot project, int most, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var settings = await SettingsText.LoadAsync(connection, project, cancel);
        var claimed = await ClaimAsync(connection, project, clock.Now(project), most, cancel);
        var (orders, _) = OrdersOf(claimed, project);
        var billed = await new BillSteps(connection, project, settings).RunAsync(orders, cancel);
        return
        [
            .. billed.Select(one => new DueItem(
                one.Order.Customer.Customer.Id, one.Billed.After.Id, one.Order.Step.Verb, one.Order.Step.At,
                one.Billed.Bill is null ? null : InvoiceWriter.Draft(one, settings, project.Zone, one.Order.Step.At), one.ParkReason)),
        ];
    }

    /// <summary>Subscriptions for which something is due until then.</summary>
    public async Task<long> CountAsync(ProjectSnapshot project, Instant until, CancellationToken cancel)
    {
        await using var command = database.Command(SubscriptionSql.CountDue, project.Id, until.ToUtc());
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>1. claim. Null: there is nothing to claim.</summary>
    private async Task<DueBatch?> ClaimAsync(ProjectSnapshot project, Instant until, int most, CancellationToken cancel, Guid? only = null)
    {
        var begun = await changes.BeginOnManyAsync(project, cancel);
        return await begun.IntoAsync<CustomerTransaction, DueBatch>(async work =>
        {
            var claimed = await ClaimAsync(work.Connection, project, until, most, cancel, only);
            return claimed.Count == 0 ? null : new(work, claimed);
        });
    }

    /// <summary>
    /// 2. the steps; 3. what they come to; 4. park what looks impossible; 5. write the others; 6. after the batch before has committed:
    /// quotas, numbers, commit.
    /// </summary>
    private async Task<DoneBatch> RunAsync(
        ProjectSnapshot project, DueBatch batch, Instant until, Task<DoneBatch> before, CancellationToken cancel)
    {
        await using (batch)
        {
            var settings = await SettingsText.LoadAsync(batch.Connection, project, cancel);
            var (orders, broken) = OrdersOf(batch.Claimed, project);
            var billed = await new BillSteps(batch.Connection, project, settings).RunAsync(orders, cancel);
            var rows = batch.Claimed.ToDictionary(static one => one.Row.Subscription.Id, static one => one.Row);
            var doubtful = billed.Where(static one => one.ParkReason is not null)
                .Select(one => (rows[one.Billed.After.Id], one.ParkReason!)).Concat(broken).ToArray();
            foreach (var (row, reason) in doubtful)
            {
                await ParkAsync(batch.Connection, project, row, reason, until, cancel);
            }

            var steps = billed.Where(static one => one.ParkReason is null).ToArray();
            var writer = new StepWriter(batch.Work, project, settings, Actor);
            var now = project.TestClock is null ? clock.Now(project) : until;
            var drafts = steps.Length == 0 ? [] : await writer.WriteAsync(steps, now, cancel);

            var report = (await before).Report;
            await writer.FinishAsync(steps, drafts, now, cancel);
            var forgetting = await batch.Work.CommitFirstAsync();
            report = report with { Parked = report.Parked + doubtful.Length };
            return new(
                steps.Aggregate(report, static (sum, step) => sum.With(step.Step.Verb, step.Billed.Bill is not null)), forgetting,
                [.. rows.Keys]);
        }
    }

    /// <summary>
    /// What is due for each, and those for which that cannot be computed: they must not keep the others of a batch from their invoices.
    /// </summary>
    private static (IReadOnlyList<StepOrder> Orders, IReadOnlyList<(SubscriptionRow Row, string Reason)> Broken) OrdersOf(
        IReadOnlyList<(SubscriptionRow Row, CustomerRow Customer)> claimed, ProjectSnapshot project)
    {
        var (orders, broken) = (new List<StepOrder>(claimed.Count), new List<(SubscriptionRow, string)>());
        foreach (var (row, customer) in claimed)
        {
            try
            {
                orders.Add(new(customer, row, SubscriptionLife.Due(row.Subscription, new(project.Zone, null))));
            }
            catch (Exception fault) when (fault is InvariantBrokenException or ArithmeticException or ArgumentOutOfRangeException)
            {
                broken.Add((row, $"Tollgate cannot compute the due invoice: {fault.Message}"));
            }
        }

        return (orders, broken);
    }

    private async Task ParkAsync(
        NpgsqlConnection connection, ProjectSnapshot project, SubscriptionRow row, string reason, Instant at, CancellationToken cancel)
    {
        log.LogWarning("Subscription {Subscription} of project {Project} was parked: {Reason}", row.Subscription.Id, project.Code, reason);
        await using var park = connection.Command(
            SubscriptionSql.Park, row.Partition, row.Account, row.Subscription.Id, at.ToUtc(), reason);
        await park.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<IReadOnlyList<(SubscriptionRow Row, CustomerRow Customer)>> ClaimAsync(
        NpgsqlConnection connection, ProjectSnapshot project, Instant until, int most, CancellationToken cancel, Guid? only = null)
    {
        await using var claim = connection.Command(
            SubscriptionSql.ClaimDue, project.Id, until.ToUtc(), most, SqlCommands.OrNull(only, NpgsqlDbType.Uuid));
        await using var reader = await claim.ExecuteReaderAsync(cancel);
        var claimed = new List<(SubscriptionRow, CustomerRow)>();
        while (await reader.ReadAsync(cancel))
        {
            claimed.Add((SubscriptionRow.Read(reader, project), CustomerRow.Read(reader, project, SubscriptionRow.Columns)));
        }

        // The join keeps no order.
        return [.. claimed.OrderBy(static one => one.Item1.Subscription.DueAt).ThenBy(static one => one.Item1.Account)];
    }

    /// <summary>The first moment at which something is due; null: nothing ever.</summary>
    public async Task<Instant?> FirstDueAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(SubscriptionSql.FirstDue, project.Id);
        return await command.ExecuteScalarAsync(cancel) is DateTime at ? Instant.FromUtc(at) : null;
    }

    /// <summary>A batch that is committed.</summary>
    /// <param name="Report">Up to and with it.</param>
    /// <param name="Forgetting">Ends when no lane of this server remembers its customers as they were.</param>
    /// <param name="Claimed">Subscriptions of it: none of them fails any more.</param>
    private sealed record DoneBatch(DueReport Report, Forgetting Forgetting, IReadOnlyList<Guid> Claimed)
    {
        public static DoneBatch Nothing(DueReport report) => new(report, new(Task.CompletedTask), []);
    }

    /// <summary>Subscriptions that are claimed, with their customers, in the transaction that will write what they come to.</summary>
    private sealed record DueBatch(CustomerTransaction Work, IReadOnlyList<(SubscriptionRow Row, CustomerRow Customer)> Claimed)
        : IAsyncDisposable
    {
        public NpgsqlConnection Connection => Work.Connection;

        public ValueTask DisposeAsync() => Work.DisposeAsync();
    }
}
