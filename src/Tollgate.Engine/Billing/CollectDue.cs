using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Dunning;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

/// <summary>The result of a collection run.</summary>
/// <param name="Canceled">
/// The number of subscriptions that ended because the last attempt failed. Counted only while a test clock advances.
/// </param>
/// <param name="Invoices">The number of their final invoices.</param>
public readonly record struct CollectReport(int Collected, int Failed, int Canceled, int Invoices)
{
    public static CollectReport operator +(CollectReport a, CollectReport b) => Add(a, b);

    public static CollectReport Add(CollectReport left, CollectReport right) =>
        new(left.Collected + right.Collected, left.Failed + right.Failed, left.Canceled + right.Canceled, left.Invoices + right.Invoices);
}

/// <summary>
/// Makes attempts that are due. Any number of servers may run it: each takes other rows for a while, and checks under the customer's lock
/// that one is still due. If a server is killed, its rows are free again after a minute, and Tollgate asks the provider about attempts in
/// progress.
/// </summary>
public sealed class CollectDue(
    NpgsqlDataSource database, ChargeInvoice charge, SettlePayment settle, ClosePages pages, Clock clock, ParkedWork parked)
{
    private const int MostAtOnce = 100;

    /// <summary>
    /// The most attempts that a live project makes in one turn: two rounds, so that a slow provider delays others little.
    /// </summary>
    private const int Page = 2 * AtOnce;

    /// <summary>The most concurrent attempts of one project. Providers take their time; an attempt uses no connection meanwhile.</summary>
    public const int AtOnce = 8;

    /// <summary>The time after which a taken row is free again, longer than an attempt takes.</summary>
    private static readonly TimeSpan Taken = TimeSpan.FromMinutes(1);

    /// <summary>The wait for rows that another server has taken, before another look.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Makes the first attempts that are due now.</summary>
    public async Task<(CollectReport Report, bool HasMore)> RunPageAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var due = await TakeAsync(project, clock.Now(project), Page, cancel);
        return (await RunAsync(project, due, cancel), due.Count == Page);
    }

    /// <summary>
    /// Makes all attempts that are due until an instant, while a test clock advances: when it returns, attempts that others had taken are
    /// over too.
    /// </summary>
    public async Task<CollectReport> RunAsync(ProjectSnapshot project, Instant until, CancellationToken cancel)
    {
        var report = default(CollectReport);
        while (await FirstDueAsync(project, cancel) is { } first && first <= until)
        {
            var due = await TakeAsync(project, until, MostAtOnce, cancel);
            report += await RunAsync(project, due, cancel);
            report += await EndedAsync(project, [.. due.Select(static one => one.Invoice)], cancel);
            if (due.Count == 0)
            {
                await Task.Delay(Pause, cancel);
            }
        }

        return report;
    }

    /// <summary>Returns the time of the first due attempt; null: none.</summary>
    public async Task<Instant?> FirstDueAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(CollectionSql.FirstDue, project.Id);
        return await command.ExecuteScalarAsync(cancel) is DateTime at ? Instant.FromUtc(at) : null;
    }

    private async Task<CollectReport> RunAsync(
        ProjectSnapshot project, IReadOnlyList<(Guid Invoice, Instant At)> due, CancellationToken cancel)
    {
        var (collected, failed) = (0, 0);
        await Parallel.ForEachAsync(
            due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (one, _) =>
        {
            switch (await TryAsync(project, one.Invoice, one.At, cancel))
            {
                case PaymentStatus.Succeeded:
                    Interlocked.Increment(ref collected);
                    break;
                case PaymentStatus.Failed:
                    Interlocked.Increment(ref failed);
                    break;
            }
        });
        return new(collected, failed, 0, 0);
    }

    /// <summary>Counts the subscriptions that these attempts have ended.</summary>
    private async Task<CollectReport> EndedAsync(ProjectSnapshot project, Guid[] invoices, CancellationToken cancel)
    {
        await using var command = database.Command(CollectionSql.Ended, project.Id, invoices, MoveCollection.Reason);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new(0, 0, reader.GetInt32(0), reader.GetInt32(1));
    }

    /// <summary>Tries one invoice. Its failure does not keep others from being tried, even while a clock advances.</summary>
    private async Task<PaymentStatus?> TryAsync(ProjectSnapshot project, Guid invoice, Instant at, CancellationToken cancel)
    {
        PaymentStatus? status = PaymentStatus.Failed;
        if (!await parked.TryAsync(
            WorkNames.Collections, project, invoice.ToString("D"), async () => status = await AttemptAsync(project, invoice, at, cancel),
            cancel))
        {
            // Make it due again as soon as it is no longer parked.
            await using var giveBack = database.Command(CollectionSql.Release, project.Id, invoice);
            await giveBack.ExecuteNonQueryAsync(cancel);
        }

        return status;
    }

    private async Task<PaymentStatus?> AttemptAsync(ProjectSnapshot project, Guid invoice, Instant at, CancellationToken cancel)
    {
        // A sandbox's clock jumps, but each attempt happens at the time when it was due.
        var then = project.TestClock is null ? project : project with { TestClock = at };
        // First close a payment page that has been open for long: its customer has left, and the saved method can be charged.
        await pages.RunAsync(then, invoice, clock.Now(then).Plus(-ClosePages.Patience), PaymentActors.System, cancel);
        var answer = await charge.CollectAsync(then, invoice, at, cancel);
        if (answer is { Outcome: ChargeOutcome.Attempted, Row.Payment: { Status: PaymentStatus.Pending } payment }
            && project.TestClock is not null)
        {
            // Ask at once about a lost answer, since the simulated day does not wait.
            await settle.AskAsync(then, payment.Id, resends: true, cancel);
        }

        return answer.Outcome == ChargeOutcome.NoMethod ? PaymentStatus.Failed : answer.Row?.Payment.Status;
    }

    private async Task<IReadOnlyList<(Guid Invoice, Instant At)>> TakeAsync(ProjectSnapshot project, Instant until, int most,
        CancellationToken cancel)
    {
        await using var command = database.Command(CollectionSql.Take, project.Id, until.ToUtc(), most, Taken.TotalSeconds);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var taken = new List<(Guid, Instant At)>();
        while (await reader.ReadAsync(cancel))
        {
            taken.Add((reader.GetGuid(0), Instant.FromUtc(reader.GetDateTime(1))));
        }

        return [.. taken.OrderBy(static one => one.At)];
    }
}

/// <summary>
/// Looks every second for due attempts in all projects with one statement, and makes them project by project, side by side, a page at a
/// time.
/// </summary>
public sealed class CollectLoop(
    NpgsqlDataSource database, ProjectDirectory directory, CollectDue collect, Clock clock, ParkedWork parked, ILogger<CollectLoop> log)
    : ProjectLoop(WorkNames.Collections, MostAtOnce, Interval, "Collecting invoices failed", parked, log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The number of concurrent projects. Together they have as many concurrent attempts as there are sockets to one provider.
    /// </summary>
    private const int MostAtOnce = PaymentOptions.MostConnections / CollectDue.AtOnce;

    protected override Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel) =>
        DueProjects.FindAsync(database, CollectionSql.NextDue, directory, clock, cancel);

    protected override async Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var (report, hasMore) = await collect.RunPageAsync(project, cancel);
        Log.LogInformation(
            "Collected invoices of {Project}: {Collected} paid, {Failed} failed", project.Code, report.Collected, report.Failed);
        return hasMore;
    }
}
