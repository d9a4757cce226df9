using Tollgate.Bench.Scenarios;
using Tollgate.Bench.Stats;

namespace Tollgate.Bench;

/// <summary>One line of QUALITY.md's table of speeds, and the code that measures it.</summary>
internal sealed record Scenario(string Code, string Title, Func<Session, Task<IReadOnlyList<Figure>>> MeasureAsync)
{
    public static readonly IReadOnlyList<Scenario> All =
    [
        new("S1", "consume ÷ no-op, and the frontier of throughput and latency", S1Consume.MeasureAsync),
        new("S2", "consume at one connection ÷ one statement in PostgreSQL", S2OneConnection.MeasureAsync),
        new("S3", "consume ÷ the seeds' design done correctly", S3SeedDesign.MeasureAsync),
        new("S4", "one hot balance ÷ one hot row in PostgreSQL", S4HotBalance.MeasureAsync),
        new("S5", "consume over HTTP ÷ Redis Lua, both durable", S5Redis.MeasureAsync),
        new("S6", "events, 100 a request ÷ INSERT … SELECT of the same rows", S6Events.MeasureAsync),
        new("S7", "with history ÷ without", S7History.MeasureAsync),
        new("S8", "check ÷ no-op", S8Check.MeasureAsync),
        new("S9", "gateway, beside nginx and another gateway", S9Gateway.MeasureAsync),
        new("S10", "renewal run ÷ set-based SQL", S10Renewals.MeasureAsync),
        new("S12", "memory with 1 M customers, bytes on disk per event", S12Size.MeasureAsync),
        new("S13", "start times", S13Start.MeasureAsync),
        new("S14", "slow disk ÷ this disk", S14SlowDisk.MeasureAsync),
        new("S16", "reports with 24 months ÷ with one", S16Analytics.MeasureAsync),
    ];

    /// <summary>Scenarios of QUALITY.md that measure features which do not exist yet.</summary>
    public static readonly IReadOnlyList<string> Later = ["S11", "S15"];
}
