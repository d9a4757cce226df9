using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Scenarios;

/// <summary>A check that changes nothing, compared with an answer that does nothing.</summary>
internal static class S8Check
{
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Session session)
    {
        var wide = await session.CompareAsync(
            session.Wrk.One("check c=256", "/v1/check", 256, ids: false), session.Wrk.NoOp(256, ids: false));
        var narrow = await session.CompareAsync(
            session.Wrk.One("check c=64", "/v1/check", 64, ids: false), session.Wrk.NoOp(64, ids: false));
        await session.CheckAsync();
        return
        [
            Ratio.Higher("S8", "check ÷ no-op, 256 connections", wide, goal: 0.90, floor: 0.80),
            Ratio.Higher("S8", "check ÷ no-op, 64 connections", narrow, goal: 0.90, floor: 0.80),
        ];
    }
}
