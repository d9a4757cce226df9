using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Subscriptions;

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

    public int Steps => Renewals + TrialsConverted + TrialsExpired + Canceled + Resumed + UsageBilled;

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
/// <param name="Doubt">Not null: it would be parked.</param>
public sealed record DueItem(string Customer, Guid Subscription, SubscriptionVerb Verb, Instant At, Invoice? Invoice, string? Doubt);

/// <summary>
/// What happens to subscriptions by itself: trials end, periods renew, scheduled terms begin, pauses end, usage is billed. Any number
/// of servers may run it. Each batch is one transaction: due rows are claimed with their customers (what another server holds is
/// skipped), billed, written, and due later. Killed at any point, the next run goes on where the last commit was.
/// </summary>
public sealed class RunDue(NpgsqlDataSource database, QuotaGate gate, Clock clock, ILogger<RunDue> log)
{
    /// <summary>Subscriptions in one transaction: enough that round trips do not count, few enough that nobody waits long for a customer.</summary>
    private const int MostAtOnce = 500;

    /// <summary>What a look lists at most.</summary>
    public const int MostShown = 1_000;

    /// <summary>In a sandbox, what lies within a day is done together; days come in their order.</summary>
    private static readonly TimeSpan Together = TimeSpan.FromDays(1);

    /// <summary>How long to wait for customers that somebody else holds before looking again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private const string Actor = "system";

    /// <summary>Everything that is due until then, in the order of time.</summary>
    /// <param name="until">In the project's time.</param>
    public async Task<DueReport> RunAsync(ProjectSnapshot project, Instant until, Func<DueReport, Instant, Task>? progress, CancellationToken cancel)
    {
        var report = DueReport.Nothing;
        while (await FirstDueAsync(project, cancel) is { } first && first <= until)
        {
            var horizon = project.TestClock is null || first.Plus(Together) > until ? until : first.Plus(Together);
            var (after, claimed) = await BatchAsync(project, horizon, report, cancel);
            report = after;
            if (claimed == 0)
            {
                await Task.Delay(Pause, cancel);
            }
            else if (progress is not null)
            {
                await progress(report, first);
            }
        }

        return report;
    }

    /// <summary>What is due now, and what it would come to. Takes everything back.</summary>
    public async Task<IReadOnlyList<DueItem>> LookAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var settings = await SettingsText.LoadAsync(connection, project, cancel);
        var claimed = await ClaimAsync(connection, project, clock.Now(project), MostShown, cancel);
        var billed = await new BillSteps(connection, project, settings).RunAsync([.. claimed.Select(one => OrderOf(one, project))], cancel);
        return
        [
            .. billed.Select(one => new DueItem(
                one.Order.Customer.Customer.Id, one.Billed.After.Id, one.Order.Step.Verb, one.Order.Step.At,
                one.Billed.Bill is null ? null : InvoiceWriter.Draft(one, settings, project.Zone, one.Order.Step.At), one.Doubt)),
        ];
    }

    /// <summary>1. claim; 2. the steps; 3. what they come to; 4. park what looks impossible; 5. write the others; 6. commit.</summary>
    private async Task<(DueReport Report, int Claimed)> BatchAsync(ProjectSnapshot project, Instant until, DueReport report, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var claimed = await ClaimAsync(connection, project, until, MostAtOnce, cancel);
        if (claimed.Count == 0)
        {
            return (report, 0);
        }

        var settings = await SettingsText.LoadAsync(connection, project, cancel);
        var rows = claimed.ToDictionary(static one => one.Row.Subscription.Id, static one => one.Row);
        var billed = await new BillSteps(connection, project, settings).RunAsync([.. claimed.Select(one => OrderOf(one, project))], cancel);
        foreach (var doubtful in billed.Where(static one => one.Doubt is not null))
        {
            report = report with { Parked = report.Parked + 1 };
            await ParkAsync(connection, project, rows[doubtful.Billed.After.Id], doubtful.Doubt!, until, cancel);
        }

        var steps = billed.Where(static one => one.Doubt is null)
            .Select(one => new StepToWrite(one, rows[one.Billed.After.Id].Version + 1, rows[one.Billed.After.Id].Reference, rows[one.Billed.After.Id].CancelComment, null))
            .ToArray();
        var writer = new StepWriter(connection, project, settings, Actor);
        if (steps.Length > 0)
        {
            await writer.RunAsync(steps, project.TestClock is null ? clock.Now(project) : until, cancel);
        }

        await transaction.CommitAsync(cancel);
        foreach (var customer in writer.Changed)
        {
            await gate.ForgetAsync(project, customer, cancel);
        }

        return (steps.Aggregate(report, static (sum, step) => sum.With(step.Step.Verb, step.Billed.Billed.Bill is not null)), claimed.Count);
    }

    private static StepOrder OrderOf((SubscriptionRow Row, CustomerRow Customer) one, ProjectSnapshot project) =>
        new(one.Customer, one.Row.Subscription, SubscriptionLife.Due(one.Row.Subscription, new(project.Zone, null)));

    private async Task ParkAsync(NpgsqlConnection connection, ProjectSnapshot project, SubscriptionRow row, string reason, Instant at, CancellationToken cancel)
    {
        log.LogWarning("Subscription {Subscription} of project {Project} was parked: {Reason}", row.Subscription.Id, project.Code, reason);
        await using var park = connection.Command(SubscriptionSql.Park, row.Partition, row.Account, row.Subscription.Id, at.ToUtc(), reason);
        await park.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<IReadOnlyList<(SubscriptionRow Row, CustomerRow Customer)>> ClaimAsync(
        NpgsqlConnection connection, ProjectSnapshot project, Instant until, int most, CancellationToken cancel)
    {
        await using var claim = connection.Command(SubscriptionSql.ClaimDue, project.Id, until.ToUtc(), most);
        await using var reader = await claim.ExecuteReaderAsync(cancel);
        var claimed = new List<(SubscriptionRow, CustomerRow)>();
        while (await reader.ReadAsync(cancel))
        {
            claimed.Add((SubscriptionRow.Read(reader, project), CustomerRow.Read(reader, project, SubscriptionRow.Columns)));
        }

        return claimed;
    }

    private async Task<Instant?> FirstDueAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(SubscriptionSql.FirstDue, project.Id);
        return await command.ExecuteScalarAsync(cancel) is DateTime at ? Instant.FromUtc(at) : null;
    }
}
