using Tollgate.Bench.Hosting;
using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Scenarios;

/// <summary>
/// The time from the start of the process until /health/ready answers 200. Stops and starts are real: SIGTERM, PostgreSQL included.
/// </summary>
internal static class S13Start
{
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Session session)
    {
        var times = new List<double>();
        for (var round = 0; round < (session.Options.Quick ? 2 : 5); round++)
        {
            await session.Server.RestartAsync(session.Cancel);
            times.Add(session.Server.TimeToReady.TotalSeconds);
        }

        await session.CheckAsync();
        return
        [
            new Figure(
                "S13", "existing data folder to ready, s", Spread.Of(times), 3, null, Better.Lower, "s", "the data folder of this run"),
            await DemoAsync(session),
        ];
    }

    private static async Task<Figure> DemoAsync(Session session)
    {
        const string name = "first up --demo to ready, s";
        try
        {
            var server = await TollgateServer.StartBareAsync(session.Bench, "demo", session.Cancel, "--demo");
            await using var _ = server;
            return new Figure(
                "S13", name, Spread.Of([server.TimeToReady.TotalSeconds]), 15, null, Better.Lower, "s", "initdb, migrations, demo data");
        }
        catch (BenchFault refused)
        {
            // The rest of the scenario is useful without it.
            return Figure.NotMeasured("S13", name, refused.Message.ReplaceLineEndings(" "));
        }
    }
}
