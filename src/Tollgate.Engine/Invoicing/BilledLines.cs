using Npgsql;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>
/// Loads the lines that billed what steps may take back: voided usage, and minimums that usage has reached. It takes two statements, and
/// none if nothing is taken back. The caller locks the customers.
/// </summary>
internal static class BilledLines
{
    public static readonly IReadOnlyDictionary<BilledKey, IReadOnlyList<BilledLine>> None =
        new Dictionary<BilledKey, IReadOnlyList<BilledLine>>();

    private sealed record Wanted(StepOrder Order, int? Feature, BilledKey Key, Guid? Subscription);

    /// <returns>The lines by account.</returns>
    public static async Task<IReadOnlyDictionary<int, IReadOnlyDictionary<BilledKey, IReadOnlyList<BilledLine>>>> LoadAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<StepOrder> orders,
        IReadOnlyDictionary<int, List<RatedPeriod>> usage,
        IReadOnlyDictionary<int, List<MinimumPeriod>> minimums, CancellationToken cancel)
    {
        var wanted = orders.Where(static order => order.Step.After.ManagedBy is null)
            .SelectMany(
                order =>
                    WantedBy(
                        order, usage.GetValueOrDefault(order.Customer.Account) ?? [],
                        minimums.GetValueOrDefault(order.Customer.Account) ?? [])).ToArray();
        var found = new List<(Wanted Of, Guid Invoice, int Position, long Rated, Percent Reduced)>();
        if (wanted.Length == 0)
        {
            return new Dictionary<int, IReadOnlyDictionary<BilledKey, IReadOnlyList<BilledLine>>>();
        }

        await using (var command = connection.Command(
            InvoiceSql.BilledLines,
            Array.ConvertAll(wanted, static one => one.Order.Customer.Partition),
            Array.ConvertAll(wanted, static one => one.Order.Customer.Account),
            Array.ConvertAll(wanted, static one => one.Feature),
            Array.ConvertAll(wanted, static one => one.Key.At.ToUtc()),
            Array.ConvertAll(wanted, static one => one.Subscription),
            Array.ConvertAll(wanted, static one => one.Order.Currency.Code)))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                found.Add((
                    wanted[reader.GetInt64(0) - 1], reader.GetGuid(1), reader.GetInt16(2), reader.GetInt64(3),
                    Percent.Together(reader.GetFieldValue<decimal[]>(4).Select(static percent => new Percent(percent)))));
            }
        }

        var ids = found.Select(static one => one.Invoice).Distinct().ToArray();
        var invoices = (await InvoiceQueries.FindAsync(connection, project, ids, cancel)).ToDictionary(
            static row => row.Invoice.Id, static row => row.Invoice);
        return found.GroupBy(static one => one.Of.Order.Customer.Account).ToDictionary(
            static account => account.Key,
            account => (IReadOnlyDictionary<BilledKey, IReadOnlyList<BilledLine>>)account.GroupBy(static one => one.Of.Key).ToDictionary(
                static lines => lines.Key,
                lines =>
                    (IReadOnlyList<BilledLine>)[
                        .. lines.Select(one =>
                            new BilledLine(invoices[one.Invoice], one.Position, new(one.Rated, one.Of.Order.Currency), one.Reduced))]));
    }

    private static IEnumerable<Wanted> WantedBy(StepOrder order, IEnumerable<RatedPeriod> usage, IEnumerable<MinimumPeriod> minimums) =>
        usage.Where(static one => one.Ignored is null && one.Due.Rated().Amount < one.Due.Billed)
            .Select(one => new Wanted(order, one.FeatureKey, new(one.Due.Feature, one.Due.Period.Start), null))
            .Concat(minimums.Where(static one => !one.Billed.IsZero)
                .Select(one => new Wanted(order, null, new(null, one.Period.End), one.Subscription)));
}
