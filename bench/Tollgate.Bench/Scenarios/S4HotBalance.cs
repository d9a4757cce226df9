using Tollgate.Bench.Load;
using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Scenarios;

/// <summary>All callers on one customer. A row lock held over a commit bounds PostgreSQL alone; a batch updates the row once.</summary>
internal static class S4HotBalance
{
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Session session)
    {
        var pgbench = await session.PgbenchAsync();
        var row = pgbench.Script("hot row, 16 clients", "hot-row.sql", 16);
        var compared = await session.CompareAsync(
            session.Wrk.One("consume, hot, c=256", "/v1/consume", 256, prefix: "h", turn: Turn.First, records: true), row);
        var bare = await session.CompareAsync(session.Wrk.Bare(await session.BareAsync(), 256, Turn.First), row);
        await session.CheckAsync();
        return
        [
            Ratio.Higher("S4", "consume on one balance at 256 connections ÷ the hot row, 16 clients", compared, goal: 12, floor: 8),
            Ratio.Context("S4", "for comparison: the bare program ÷ the same", bare, "/s"),
        ];
    }
}
