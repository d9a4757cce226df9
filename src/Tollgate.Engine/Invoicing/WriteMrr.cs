using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>
/// Writes the changes of recurring revenue that steps cause, in the transaction of the steps. The amounts are those of the subscription's
/// own terms and coupons at the step, so that no later catalogue changes them. Two round trips; one if nothing moves, as at most renewals.
/// </summary>
internal static class WriteMrr
{
    private sealed record Change(BilledOrder Step, Last Last, long After, MrrMovement Kind);

    /// <param name="Sequence">The number of movements of the customer.</param>
    private readonly record struct Last(int Sequence, Instant? FirstAt, long Year, string? Plan);

    public static async Task RunAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<BilledOrder> steps, CancellationToken cancel)
    {
        var before = await BeforeAsync(connection, steps, cancel);
        var changes = new List<Change>();
        foreach (var step in steps)
        {
            var last = before[step.Customer.Account];
            var after = MrrRules.PerYear(step.After, step.Facts?.Redemptions ?? [], step.Step.At);
            if (MrrRules.Between(last.Year, after, last.FirstAt is not null) is { } kind)
            {
                changes.Add(new(step, last, after, kind));
            }
        }

        await new Columns()
            .Small(changes.Select(static one => one.Step.Customer.Partition))
            .Whole(changes.Select(static one => one.Step.Customer.Account))
            .Whole(changes.Select(static one => one.Last.Sequence + 1))
            .Ids(changes.Select(static _ => (Guid?)Guid.CreateVersion7()))
            .Whole(changes.Select(_ => project.Id))
            .Ids(changes.Select(static one => (Guid?)one.Step.After.Id))
            .Whole(changes.Select(static one => one.Step.Order.Version))
            .Times(changes.Select(static one => (Instant?)one.Step.Step.At))
            .Text(changes.Select(static one => CatalogWords.Of(one.Kind)))
            .Text(changes.Select(static one => one.Step.After.Terms.Currency.Code))
            .Long(changes.Select(static one => (long?)one.Last.Year))
            .Long(changes.Select(static one => (long?)one.After))
            .Text(changes.Select(static one => one.Last.Year == 0 ? null : one.Last.Plan))
            .Text(changes.Select(static one => one.Step.After.Terms.Plan.Code))
            .Text(changes.Select(static one => CatalogWords.Of(one.Step.After.Terms.Interval)))
            .Text(changes.Select(static one => one.Kind == MrrMovement.Churn ? ReasonOf(one.Step) : null))
            .Times(changes.Select(static one => (Instant?)(one.Last.FirstAt ?? one.Step.Step.At)))
            .CopyAsync(connection, MrrSql.Write, cancel);
    }

    private static string ReasonOf(BilledOrder step) =>
        step.Step.Verb == SubscriptionVerb.Pause
            ? "paused"
            : step.After.CancelReason ?? step.Order.Cause ?? CatalogWords.Of(step.Step.Verb);

    private static async Task<Dictionary<int, Last>> BeforeAsync(
        NpgsqlConnection connection, IReadOnlyList<BilledOrder> steps, CancellationToken cancel)
    {
        await using var command = connection.Command(
            MrrSql.Before,
            steps.Select(static step => step.Customer.Partition).ToArray(),
            steps.Select(static step => step.Customer.Account).ToArray(),
            steps.Select(static step => step.After.Id).ToArray());
        var found = new Dictionary<int, Last>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            found[row.Whole("account")] = new(
                row.Whole("sequence"), row.TimeOrNull("first_at"), row.Long("year_after"), row.TextOrNull("plan"));
        }

        return found;
    }
}
