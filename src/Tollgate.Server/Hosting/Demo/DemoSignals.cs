using System.Text.Json.Nodes;

namespace Tollgate.Server.Hosting.Demo;

/// <summary>A signal of customer success of a demo customer.</summary>
internal sealed record DemoSignal(string Id, string Type, DateTime At, JsonObject Properties);

/// <summary>
/// Invents the signals of a customer's life: most complete the onboarding in its first days, value follows month by month, and those who
/// leave were less satisfied before.
/// </summary>
internal sealed class DemoSignals(int project, long seed, DateTime today)
{
    private const int Month = 30, Quarter = 90;

    /// <summary>The signals in a range of time. The same life has the same signals in any range.</summary>
    public IEnumerable<DemoSignal> Between(DemoLife life, DateTime from, DateTime until) =>
        All(life).Where(one => one.At >= from && one.At < until && one.At < today);

    private IEnumerable<DemoSignal> All(DemoLife life)
    {
        var chance = new Random(unchecked((int)(seed * 53) + (project * 1009) + life.Number));
        var isLost = life.Stretches is [.., { End: { } end }];
        var last = isLost ? life.Stretches[^1].End!.Value : today;
        if (chance.Next(10) < 8)
        {
            yield return Of(life, "onboarding_completed", 0, life.Joined.AddMinutes(chance.Next(30, 72 * 60)), []);
        }

        var number = 0;
        for (var at = life.Joined.AddHours(chance.Next(2, 10 * 24)); at < last; at = at.AddDays(Month), number++)
        {
            yield return Of(life, "value_metric", number, at, new()
            {
                ["name"] = "hours_saved", ["unit"] = "hours", ["value"] = chance.Next(1, 12),
            });
            if (chance.Next(5) == 0)
            {
                yield return Of(life, "support_ticket", number, at.AddHours(chance.Next(1, 20 * 24)), []);
            }
        }

        number = 0;
        for (var at = life.Joined.AddDays(chance.Next(10, 40)); at < last; at = at.AddDays(Quarter), number++)
        {
            var score = isLost ? chance.Next(1, 4) : Math.Min(5, chance.Next(3, 7));
            yield return Of(life, "csat", number, at, new() { ["score"] = score });
        }
    }

    private static DemoSignal Of(DemoLife life, string type, int number, DateTime at, JsonObject properties) =>
        new(FormattableString.Invariant($"{life.Id}-{type}-{number}"), type, at, properties);
}
