using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Scenarios;

/// <summary>The usual fast design, made durable: a Lua script, fsync before each answer, no HTTP.</summary>
internal static class S5Redis
{
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Session session)
    {
        var redis = await session.RedisAsync();
        var compared = await session.CompareAsync(session.Wrk.Consume(256), redis.Script(50));
        await session.CheckAsync();
        return [Ratio.Higher(
            "S5", "consume over HTTP at 256 ÷ Redis Lua with appendfsync always, 50 clients, no HTTP", compared, goal: 0.75, floor: 0.5)];
    }
}
