using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Scenarios;

/// <summary>The five seeds sum the month before each write. Corrected with a lock, in PostgreSQL alone, without HTTP.</summary>
internal static class S3SeedDesign
{
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Session session)
    {
        var pgbench = await session.PgbenchAsync();
        var design = pgbench.Script("seeds' design, 16 clients", "seed-design.sql", 16);
        var compared = await session.CompareAsync(session.Wrk.Consume(64), design);
        var bare = await session.CompareAsync(session.Wrk.Bare(await session.BareAsync(), 64), design);
        var statement = await pgbench.Script("UPDATE + INSERT, 16 clients", "statement.sql", 16).RunAsync(session.Cancel);
        await session.CheckAsync();
        return
        [
            Ratio.Higher(
                "S3", "consume at 64 connections ÷ lock, SELECT SUM, INSERT with 1,000 events a month", compared, goal: 30, floor: 20),
            Ratio.Context("S3", "for comparison: the bare program ÷ the same", bare, "/s"),
            Figure.Context(
                "S3", "for comparison: one conditional UPDATE + INSERT, 16 clients", statement.PerSecond, "/s", "pgbench, no HTTP"),
        ];
    }
}
