using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>The paid time of a subscription that has ended.</summary>
/// <param name="FromStep">The fact with which it begins, as <paramref name="ToStep"/> is the one with which it ends.</param>
public sealed record PaidTime(
    short Partition, int Account, Guid Subscription, SubscriptionTerms Terms, Instant From, int FromStep, Instant To, int ToStep,
    string Reason)
{
    /// <summary>Minor units per year; add-ons and coupons are not imported.</summary>
    public long Year => checked(Terms.Amount.Minor * MrrRules.PeriodsPerYear(Terms.Interval));
}

/// <summary>
/// Writes the changes of recurring revenue of imported subscriptions: one at the beginning of the paid time, and one at its end. The caller
/// locks the customers, and makes sure that a customer has one subscription at a time.
/// </summary>
internal static class WriteImportedMrr
{
    private sealed record Change(
        PaidTime Paid, int Sequence, int Step, Instant At, long Before, long After, MrrMovement Kind, Instant FirstAt);

    public static async Task RunAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IEnumerable<PaidTime> times, CancellationToken cancel)
    {
        var paid = times.Where(static one => one.Year > 0).OrderBy(static one => one.From).ToArray();
        if (paid.Length == 0)
        {
            return;
        }

        var known = await KnownAsync(connection, paid, cancel);
        var changes = new List<Change>(paid.Length * 2);
        foreach (var one in paid)
        {
            var (sequence, first) = known[one.Account];
            var firstAt = first is { } earlier && earlier < one.From ? earlier : one.From;
            var start = MrrRules.Between(0, one.Year, hasPaid: firstAt < one.From)!.Value;
            changes.Add(new(one, sequence + 1, one.FromStep, one.From, 0, one.Year, start, firstAt));
            changes.Add(new(one, sequence + 2, one.ToStep, one.To, one.Year, 0, MrrMovement.Churn, firstAt));
            known[one.Account] = (sequence + 2, firstAt);
        }

        await new Columns()
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
            .Text(changes.Select(static one => one.Before == 0 ? null : one.Paid.Terms.Plan.Code))
            .Text(changes.Select(static one => one.Paid.Terms.Plan.Code))
            .Text(changes.Select(static one => CatalogWords.Of(one.Paid.Terms.Interval)))
            .Text(changes.Select(static one => one.Kind == MrrMovement.Churn ? one.Paid.Reason : null))
            .Times(changes.Select(static one => (Instant?)one.FirstAt))
            .CopyAsync(connection, MrrSql.Write, cancel);
    }

    private static async Task<Dictionary<int, (int Sequence, Instant? FirstAt)>> KnownAsync(
        NpgsqlConnection connection, PaidTime[] paid, CancellationToken cancel)
    {
        await using var command = connection.Command(
            MrrSql.OfCustomers, paid.Select(static one => one.Partition).ToArray(), paid.Select(static one => one.Account).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (known, row) = (new Dictionary<int, (int, Instant?)>(), new RowReader(reader));
        while (await reader.ReadAsync(cancel))
        {
            known[row.Whole("account")] = (row.Whole("sequence"), row.TimeOrNull("first_at"));
        }

        return known;
    }
}
