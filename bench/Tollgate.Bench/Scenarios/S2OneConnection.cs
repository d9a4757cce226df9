using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Scenarios;

/// <summary>
/// The latency of one caller, compared with the strongest single statement in PostgreSQL alone: one round trip, one fsync.
/// </summary>
internal static class S2OneConnection
{
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Session session)
    {
        var pgbench = await session.PgbenchAsync();
        var statement = pgbench.Script("UPDATE + INSERT, 1 client", "statement.sql", 1);
        var compared = await session.CompareAsync(session.Wrk.Consume(1), statement, result => result.P50);
        var bare = await session.CompareAsync(session.Wrk.Bare(await session.BareAsync(), 1), statement, result => result.P50);
        await session.CheckAsync();
        return
        [
            Ratio.Lower(
                "S2", "consume p50 at one connection ÷ p50 of one conditional UPDATE + INSERT", compared, goal: 1.4, floor: 1.6, " ms"),
            Ratio.Context("S2", "for comparison: the bare program's p50 ÷ the same", bare, " ms"),
        ];
    }
}
