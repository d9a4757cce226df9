using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Invoicing;

/// <summary>
/// The churn with which the revenue of an imported subscription ends: in the past, or planned for the end of
/// <see cref="MrrRules.MovingTime"/>. A subscription that begins then or before continues it.
/// </summary>
/// <param name="Sequence">The number of the movement.</param>
/// <param name="Year">The revenue that ends, in minor units per year.</param>
internal sealed record EndingChurn(int Sequence, long Year, string Currency, string Plan)
{
    /// <summary>Null: the customer has none.</summary>
    public static EndingChurn? Read(RowReader row) =>
        row.WholeOrNull("ending") is { } sequence
            ? new(sequence, row.Long("ending_year"), row.Text("ending_currency"), row.Text("ending_plan"))
            : null;

    /// <summary>The next subscription takes over the revenue. In another currency, the churn stays and the customer returns.</summary>
    public MrrMovement KindBefore(string currency) => currency == Currency ? MrrMovement.Move : MrrMovement.Churn;

    /// <summary>
    /// The movements of the subscription that continues: it takes over the revenue, and then changes it. The first one has the old plan, so
    /// that the change leads from plan to plan; without a change, it has the new one.
    /// </summary>
    public IEnumerable<(long Before, long After, MrrMovement Kind, string? PlanBefore, string Plan)> Next(long year, string plan)
    {
        yield return (0, Year, MrrMovement.Move, null, year == Year ? plan : Plan);
        if (MrrRules.Between(Year, year, hasPaid: true) is { } kind)
        {
            yield return (Year, year, kind, Plan, plan);
        }
    }

    public static async Task ContinueAsync(
        NpgsqlConnection connection, IReadOnlyCollection<(short Partition, int Account, int Sequence, Instant At, MrrMovement Kind)> ends,
        CancellationToken cancel)
    {
        if (ends.Count > 0)
        {
            await connection.ExecuteAsync(
                MrrSql.Continue, cancel, ends.Select(static one => one.Partition).ToArray(),
                ends.Select(static one => one.Account).ToArray(), ends.Select(static one => one.Sequence).ToArray(),
                ends.Select(static one => one.At.ToUtc()).ToArray(), ends.Select(static one => CatalogWords.Of(one.Kind)).ToArray());
        }
    }
}
