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
    private sealed record Change(
        BilledOrder Step, Last Last, int Sequence, long Before, long After, MrrMovement Kind, string? PlanBefore, string Plan);

    /// <param name="Sequence">The number of movements of the customer.</param>
    /// <param name="Ending">The imported revenue that the step continues if it is its subscription's first one that pays.</param>
    private readonly record struct Last(int Sequence, Instant? FirstAt, long Year, string? Plan, EndingChurn? Ending);

    public static async Task RunAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<BilledOrder> steps, CancellationToken cancel)
    {
        var before = await BeforeAsync(connection, steps, cancel);
        var (changes, ends) = (new List<Change>(), new List<(short, int, int, Instant, MrrMovement)>());
        foreach (var step in steps)
        {
            var last = before[step.Customer.Account];
            var after = MrrRules.PerYear(step.After, step.Facts?.Redemptions ?? [], step.Step.At);
            var (currency, plan) = (step.After.Terms.Currency.Code, step.After.Terms.Plan.Code);
            if (last is { Year: 0, Ending: { } ending } && after > 0)
            {
                ends.Add((
                    step.Customer.Partition, step.Customer.Account, ending.Sequence, step.Step.At, ending.KindBefore(currency)));
                if (ending.Currency == currency)
                {
                    changes.AddRange(ending.Next(after, plan).Select((next, at) => new Change(
                        step, last, last.Sequence + 1 + at, next.Before, next.After, next.Kind, next.PlanBefore, next.Plan)));
                    continue;
                }
            }

            if (MrrRules.Between(last.Year, after, last.FirstAt is not null) is { } kind)
            {
                changes.Add(new(
                    step, last, last.Sequence + 1, last.Year, after, kind, last.Year == 0 ? null : last.Plan, plan));
            }
        }

        await EndingChurn.ContinueAsync(connection, ends, cancel);
        await WriteAsync(connection, project, changes, cancel);
    }

    private static Task WriteAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<Change> changes, CancellationToken cancel) =>
        new Columns()
            .Small(changes.Select(static one => one.Step.Customer.Partition))
            .Whole(changes.Select(static one => one.Step.Customer.Account))
            .Whole(changes.Select(static one => one.Sequence))
            .Ids(changes.Select(static _ => (Guid?)Guid.CreateVersion7()))
            .Whole(changes.Select(_ => project.Id))
            .Ids(changes.Select(static one => (Guid?)one.Step.After.Id))
            .Whole(changes.Select(static one => one.Step.Order.Version))
            .Times(changes.Select(static one => (Instant?)one.Step.Step.At))
            .Text(changes.Select(static one => CatalogWords.Of(one.Kind)))
            .Text(changes.Select(static one => one.Step.After.Terms.Currency.Code))
            .Long(changes.Select(static one => (long?)one.Before))
            .Long(changes.Select(static one => (long?)one.After))
            .Text(changes.Select(static one => one.PlanBefore))
            .Text(changes.Select(static one => one.Plan))
            .Text(changes.Select(static one => CatalogWords.Of(one.Step.After.Terms.Interval)))
            .Text(changes.Select(static one => one.Kind == MrrMovement.Churn ? ReasonOf(one.Step) : null))
            .Times(changes.Select(static one => (Instant?)(one.Last.FirstAt ?? one.Step.Step.At)))
            .CopyAsync(connection, MrrSql.Write, cancel);

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
            steps.Select(static step => step.After.Id).ToArray(),
            steps.Select(static step => step.Step.At.ToUtc()).ToArray());
        var found = new Dictionary<int, Last>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            found[row.Whole("account")] = new(
                row.Whole("sequence"), row.TimeOrNull("first_at"), row.Long("year_after"), row.TextOrNull("plan"),
                EndingChurn.Read(row));
        }

        return found;
    }
}
