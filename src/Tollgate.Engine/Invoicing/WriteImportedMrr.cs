using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>The paid time of an imported subscription.</summary>
/// <param name="FromStep">The fact with which it begins, as <paramref name="ToStep"/> is the one with which it ends.</param>
/// <param name="To">Its end; if it still ran in the other system, the time until which the customer may move here.</param>
public sealed record PaidTime(
    short Partition, int Account, Guid Subscription, SubscriptionTerms Terms, Instant From, int FromStep, Instant To, int ToStep,
    string Reason)
{
    /// <summary>Minor units per year; add-ons and coupons are not imported.</summary>
    public long Year => checked(Terms.Amount.Minor * MrrRules.PeriodsPerYear(Terms.Interval));
}

/// <summary>
/// Writes the changes of recurring revenue of imported subscriptions: at the beginning of the paid time, and one at its end. A subscription
/// that begins when the one before it ends continues it. The caller locks the customers, and makes sure that a customer has one
/// subscription at a time.
/// </summary>
internal static class WriteImportedMrr
{
    private sealed record Change(
        PaidTime Paid, int Sequence, int Step, Instant At, long Before, long After, MrrMovement Kind, string? PlanBefore, string Plan,
        Instant FirstAt);

    /// <param name="Sequence">The number of movements of the customer.</param>
    /// <param name="Ending">The last churn. A later subscription that begins at <paramref name="EndingAt"/> or before continues it.</param>
    /// <param name="EndingFrom">The start of the subscription that ends.</param>
    private readonly record struct Last(
        int Sequence, Instant? FirstAt, EndingChurn? Ending = null, Instant? EndingFrom = null, Instant? EndingAt = null)
    {
        public bool IsContinuedBy(PaidTime next) => EndingFrom < next.From && EndingAt >= next.From;
    }

    public static async Task RunAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IEnumerable<PaidTime> times, CancellationToken cancel)
    {
        var paid = times.Where(static one => one.Year > 0).OrderBy(static one => one.From).ToArray();
        if (paid.Length == 0)
        {
            return;
        }

        var known = await KnownAsync(connection, paid, cancel);
        var (changes, ends) = (new List<Change>(paid.Length * 2), new List<(short, int, int, Instant, MrrMovement)>());
        foreach (var one in paid)
        {
            var last = known[one.Account];
            var (sequence, currency, plan) = (last.Sequence, one.Terms.Currency.Code, one.Terms.Plan.Code);
            var firstAt = last.FirstAt is { } earlier && earlier < one.From ? earlier : one.From;
            var isContinued = last.IsContinuedBy(one);
            if (last.Ending is { } ending && isContinued)
            {
                ends.Add((one.Partition, one.Account, ending.Sequence, one.From, ending.KindBefore(currency)));
                Add(one, ending.Currency == currency ? ending.Next(one.Year, plan) : [Start(one, firstAt)]);
            }
            else
            {
                Add(one, [Start(one, firstAt)]);
            }

            changes.Add(new(one, ++sequence, one.ToStep, one.To, one.Year, 0, MrrMovement.Churn, plan, plan, firstAt));
            known[one.Account] = last.EndingAt > one.To && !isContinued
                ? last with { Sequence = sequence, FirstAt = firstAt }
                : new(sequence, firstAt, new(sequence, one.Year, currency, plan), one.From, one.To);

            void Add(PaidTime paid, IEnumerable<(long Before, long After, MrrMovement Kind, string? PlanBefore, string Plan)> starts) =>
                changes.AddRange(starts.Select(start => new Change(
                    paid, ++sequence, paid.FromStep, paid.From, start.Before, start.After, start.Kind, start.PlanBefore, start.Plan,
                    firstAt)));
        }

        await WriteAsync(connection, project, changes, cancel);
        await EndingChurn.ContinueAsync(connection, ends, cancel);
    }

    private static (long Before, long After, MrrMovement Kind, string? PlanBefore, string Plan) Start(PaidTime paid, Instant firstAt) =>
        (0, paid.Year, MrrRules.Between(0, paid.Year, hasPaid: firstAt < paid.From)!.Value, null, paid.Terms.Plan.Code);

    private static Task WriteAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<Change> changes, CancellationToken cancel) =>
        new Columns()
            .Small(changes.Select(static one => one.Paid.Partition))
            .Whole(changes.Select(static one => one.Paid.Account))
            .Whole(changes.Select(static one => one.Sequence))
            .Ids(changes.Select(static _ => (Guid?)Guid.CreateVersion7()))
            .Whole(changes.Select(_ => project.Id))
            .Ids(changes.Select(static one => (Guid?)one.Paid.Subscription))
            .Whole(changes.Select(static one => one.Step))
            .Times(changes.Select(static one => (Instant?)one.At))
            .Text(changes.Select(static one => CatalogWords.Of(one.Kind)))
            .Text(changes.Select(static one => one.Paid.Terms.Currency.Code))
            .Long(changes.Select(static one => (long?)one.Before))
            .Long(changes.Select(static one => (long?)one.After))
            .Text(changes.Select(static one => one.PlanBefore))
            .Text(changes.Select(static one => one.Plan))
            .Text(changes.Select(static one => CatalogWords.Of(one.Paid.Terms.Interval)))
            .Text(changes.Select(static one => one.Kind == MrrMovement.Churn ? one.Paid.Reason : null))
            .Times(changes.Select(static one => (Instant?)one.FirstAt))
            .CopyAsync(connection, MrrSql.Write, cancel);

    private static async Task<Dictionary<int, Last>> KnownAsync(
        NpgsqlConnection connection, PaidTime[] paid, CancellationToken cancel)
    {
        await using var command = connection.Command(
            MrrSql.OfCustomers, paid.Select(static one => one.Partition).ToArray(), paid.Select(static one => one.Account).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (known, row) = (new Dictionary<int, Last>(), new RowReader(reader));
        while (await reader.ReadAsync(cancel))
        {
            known[row.Whole("account")] = new(
                row.Whole("sequence"), row.TimeOrNull("first_at"), EndingChurn.Read(row), row.TimeOrNull("ending_from"),
                row.TimeOrNull("ending_at"));
        }

        return known;
    }
}
