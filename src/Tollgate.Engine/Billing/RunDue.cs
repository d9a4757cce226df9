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

/// <summary>The work of a run, done or previewed.</summary>
public sealed record DueReport
{
    public static readonly DueReport Nothing = new();

    public int Renewals { get; init; }

    public int TrialsConverted { get; init; }

    public int TrialsExpired { get; init; }

    public int Canceled { get; init; }

    public int Resumed { get; init; }

    /// <summary>Months of usage within longer periods.</summary>
    public int UsageBilled { get; init; }

    public int Invoices { get; init; }

    public int Parked { get; init; }

    /// <summary>Invoices that were paid by the customers' saved methods.</summary>
    public int Collected { get; init; }

    /// <summary>Attempts to collect that failed.</summary>
    public int CollectingFailed { get; init; }

    /// <summary>Grant schedules that could not make their due grants, and are parked.</summary>
    public int SchedulesParked { get; init; }

    public int Steps => Renewals + TrialsConverted + TrialsExpired + Canceled + Resumed + UsageBilled;

    /// <summary>Subscriptions that were handled, whether they took a step or were parked.</summary>
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

/// <summary>One due step, in a preview.</summary>
/// <param name="ParkReason">The reason for which it would be parked; null: it would not.</param>
public sealed record DueItem(string Customer, Guid Subscription, SubscriptionVerb Verb, Instant At, Invoice? Invoice, string? ParkReason);

/// <summary>
/// Takes the automatic steps of subscriptions: trials end, periods renew, scheduled terms begin, pauses end, usage is billed. Any number of
/// servers may run it. Each batch is one transaction: it claims due rows with their customers (it skips those that another server has
/// locked), bills them, writes the steps, and sets the next due times. If a run is killed, the next one continues after the last commit.
/// </summary>
public sealed class RunDue(NpgsqlDataSource database, CustomerChanges changes, Clock clock, ParkedWork parked, ILogger<RunDue> log)
{
    /// <summary>
    /// The number of subscriptions in one transaction: enough that round trips do not matter, and so few that their customers' requests
    /// wait a quarter of a second for them. With 500 it was half a second and no faster.
    /// </summary>
    private const int MostAtOnce = 250;

    /// <summary>The number of batches that are open at the same time, each on its own connection.</summary>
    private const int AtOnce = 3;

    /// <summary>The most steps of a preview.</summary>
    public const int MostShown = 1_000;

    /// <summary>In a sandbox, a run handles up to a day together; days come in their order.</summary>
    private static readonly TimeSpan Together = TimeSpan.FromDays(1);

    /// <summary>The wait for customers that another transaction locks, before another look.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private const string Actor = "system";

    /// <summary>Takes every step that is due until an instant, in the order of time.</summary>
    /// <param name="until">The instant, in the project's time.</param>
    public Task<DueReport> RunAsync(
        ProjectSnapshot project, Instant until, Func<DueReport, Instant, Task>? progress, CancellationToken cancel) =>
        RunAsync(project, until, int.MaxValue, progress, cancel);

    /// <inheritdoc cref="RunAsync(ProjectSnapshot, Instant, Func{DueReport, Instant, Task}, CancellationToken)"/>
    /// <param name="most">
    /// The most subscriptions to handle, the earliest first; the rest stays due, and so do those whose customers another transaction locks.
    /// Without a limit (<see cref="int.MaxValue"/>) it waits for these.
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
                    "A batch of subscriptions of {Project} failed, so Tollgate bills them one by one: {Reason}", project.Code,
                    broken.Message);
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
    /// Runs batches. It claims them one after the other, computes and writes them side by side, so that neither the database nor this
    /// process waits for the other, and numbers and commits them in the order of their claims. While a batch waits for the previous one, it
    /// locks its customers but nothing that a lane may lock. Lanes drop cached customers, and may be waiting for customers of the next
    /// batches, so no open batch waits for that.
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
            // Even if one failed: batches in progress commit or roll back before the next look.
            await ((Task)Task.WhenAll(open)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Runs subscriptions one by one after a failed batch: the one that causes the failure is parked, and the others get their invoices.
    /// </summary>
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

    /// <summary>Previews the steps that are due now and their results. It rolls everything back.</summary>
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

    /// <summary>Counts the subscriptions with a step due until an instant.</summary>
    public async Task<long> CountAsync(ProjectSnapshot project, Instant until, CancellationToken cancel)
    {
        await using var command = database.Command(SubscriptionSql.CountDue, project.Id, until.ToUtc());
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>1. Claims a batch. Null: nothing is due.</summary>
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
    /// 2. compute the steps; 3. bill them; 4. park implausible ones; 5. write the others; 6. after the previous batch has committed:
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
    /// Returns the due step of each subscription, and those whose step cannot be computed, so that they do not keep the others of a batch
    /// from their invoices.
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
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            claimed.Add((SubscriptionRow.Read(row, project), CustomerRow.Read(row, project)));
        }

        // The join does not preserve the order.
        return [.. claimed.OrderBy(static one => one.Item1.Subscription.DueAt).ThenBy(static one => one.Item1.Account)];
    }

    /// <summary>Returns the time of the first due step; null: none.</summary>
    public async Task<Instant?> FirstDueAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(SubscriptionSql.FirstDue, project.Id);
        return await command.ExecuteScalarAsync(cancel) is DateTime at ? Instant.FromUtc(at) : null;
    }

    /// <summary>A committed batch.</summary>
    /// <param name="Report">The report up to and including it.</param>
    /// <param name="Forgetting">Ends when no lane of this server has the old state of its customers in its cache.</param>
    /// <param name="Claimed">The subscriptions of the batch: none of them fails any more.</param>
    private sealed record DoneBatch(DueReport Report, Forgetting Forgetting, IReadOnlyList<Guid> Claimed)
    {
        public static DoneBatch Nothing(DueReport report) => new(report, new(Task.CompletedTask), []);
    }

    /// <summary>Claimed subscriptions with their customers, in the transaction that will write their steps.</summary>
    private sealed record DueBatch(CustomerTransaction Work, IReadOnlyList<(SubscriptionRow Row, CustomerRow Customer)> Claimed)
        : IAsyncDisposable
    {
        public NpgsqlConnection Connection => Work.Connection;

        public ValueTask DisposeAsync() => Work.DisposeAsync();
    }
}
