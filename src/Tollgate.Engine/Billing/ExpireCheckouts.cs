using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Core.Checkouts;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Ends checkouts that nobody finished: when they expire, when the credential that issued them is revoked, or on request. A checkout with a
/// pending payment waits for its end.
/// </summary>
public sealed class ExpireCheckouts(
    NpgsqlDataSource database, CustomerChanges changes, ProjectDirectory directory, CheckoutQueries queries, PayCheckout pay,
    OpenProviderManagedPage managed, Clock clock, ParkedWork parked,
    ILogger<ExpireCheckouts> log)
    : Loop(Interval, "Expiring checkouts failed", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private const int MostAtOnce = 100;

    /// <summary>Each may wait for its provider, which closes the page.</summary>
    private const int AtOnce = 8;

    public async Task<CheckoutAnswer> RunAsync(ProjectSnapshot project, Guid id, string actor, CancellationToken cancel)
    {
        if (await queries.FindAsync(project, id, cancel) is not { } found)
        {
            return new(CheckoutOutcome.Unknown);
        }

        if (found.Checkout.Status == CheckoutStatus.Open && !await managed.CloseAsync(project, id, cancel))
        {
            return new(CheckoutOutcome.IsPending, found);
        }

        await pay.GiveUpUnconfirmedAsync(project, found, cancel);
        await using (var change = await changes.BeginOnExistingAsync(project, found.Checkout.Customer, cancel))
        {
            if (change is null)
            {
                return new(CheckoutOutcome.Unknown);
            }

            var row = (await CheckoutQueries.FindAsync(change.Connection, project, id, cancel))!;
            if (row.Checkout.Status != CheckoutStatus.Open)
            {
                return new(row.Checkout.Status == CheckoutStatus.Expired ? CheckoutOutcome.Unchanged : CheckoutOutcome.IsCompleted, row);
            }

            if (await change.ScalarAsync(CheckoutSql.PendingOf, cancel, row.Partition, row.Account, id) is not null)
            {
                return new(CheckoutOutcome.IsPending, row);
            }

            await CheckoutWriter.ExpireAsync(change, row, clock.Now(project), actor, cancel);
            row = (await CheckoutQueries.FindAsync(change.Connection, project, id, cancel))!;
            await change.CommitAsync();
            return new(CheckoutOutcome.Done, row);
        }
    }

    protected override async Task LookAsync(CancellationToken cancel)
    {
        var over = (await ReadAsync(CheckoutSql.Overdue, cancel)).Union(await ReadAsync(CheckoutSql.Withdrawn, cancel));
        await Parallel.ForEachAsync(
            over, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (one, _) =>
            await parked.TryAsync(
                WorkNames.Checkouts, one.Project, one.Id.ToString("D"), () => RunAsync(one.Project, one.Id, PaymentActors.System, cancel),
                cancel));
    }

    private async Task<IReadOnlyList<(ProjectSnapshot Project, Guid Id)>> ReadAsync(string sql, CancellationToken cancel)
    {
        var projects = directory.Current.ProjectsById;
        await using var command = database.Command(sql, MostAtOnce);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var overdue = new List<(ProjectSnapshot, Guid)>();
        while (await reader.ReadAsync(cancel))
        {
            if (projects.TryGetValue(reader.GetInt32(0), out var project))
            {
                overdue.Add((project, reader.GetGuid(1)));
            }
        }

        return overdue;
    }
}
