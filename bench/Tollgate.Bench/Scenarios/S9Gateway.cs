using Tollgate.Bench.Load;
using Tollgate.Bench.Hosting;
using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Scenarios;

/// <summary>
/// The latency that the gateway adds to a call to a provider that answers immediately, compared with a plain reverse proxy and another
/// gateway. The added latency is the time of a call through the gate less the time of one without it, in the same round.
/// </summary>
internal static class S9Gateway
{
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Session session)
    {
        await using var gateways = await Gateways.StartAsync(session.Bench, session.Cancel);
        var run = new Run(session, gateways);
        Gate[] gates = [gateways.Direct, gateways.Nginx, gateways.Unlimited, gateways.Limited, gateways.Portkey];
        foreach (var gate in gates)
        {
            await run.WarmAsync(gate);
        }

        List<Figure> figures = [.. await run.OneConnectionAsync(gates), .. await run.ManyAsync(gates), .. await run.StreamsAsync()];
        await run.CheckAsync();
        return figures;
    }

    private sealed class Run(Session session, Gateways gateways)
    {
        private long _made;
        private long _underWay;

        private async Task<LoadResult> LoadAsync(Gate gate, int connections)
        {
            var result = await session.Wrk.GateAsync("gateway.lua", gate, connections, session.Cancel);
            if (gate == gateways.Unlimited || gate == gateways.Limited)
            {
                _made += result.Done;
                _underWay += connections;
            }

            return result;
        }

        public async Task WarmAsync(Gate gate)
        {
            await LoadAsync(gate, 16);
        }

        public async Task<IReadOnlyList<Figure>> OneConnectionAsync(Gate[] gates)
        {
            var rounds = await RoundsAsync(gates, 1, result => result.P50 * 1000);
            double Added(IReadOnlyDictionary<Gate, double> round, Gate gate) => round[gate] - round[gateways.Direct];
            var figures = new List<Figure>
            {
                new("S9", "one connection, no durable hold: added p50 ÷ what nginx adds",
                    Spread.Of(rounds.Select(r => Added(r, gateways.Unlimited) / Added(r, gateways.Nginx))),
                    2.5, 4, Better.Lower, "", Note(rounds, Added)),
                new("S9", "one connection, durable hold: added p50 ÷ what Portkey adds",
                    Spread.Of(rounds.Select(r => Added(r, gateways.Limited) / Added(r, gateways.Portkey))),
                    0.4, 0.55, Better.Lower, "", Note(rounds, Added)),
            };
            return figures;
        }

        public async Task<IReadOnlyList<Figure>> ManyAsync(Gate[] gates)
        {
            var rounds = await RoundsAsync(gates, 64, result => result.PerSecond);
            string Rates(Gate gate) => $"{gate.Name} {Figure.Text(Spread.Of(rounds.Select(r => r[gate])).Median)}/s";
            var note = string.Join(", ", gates.Select(Rates)) + "; processor time of the gateway a call: "
                + string.Join(", ", gates.Skip(1).Select(gate => $"{gate.Name} {Cpu(gate)}"));
            return
            [
                new("S9", "64 connections, durable hold: throughput ÷ Portkey's",
                    Spread.Of(rounds.Select(r => r[gateways.Limited] / r[gateways.Portkey])), 12, 8, Better.Higher, "", note),
                new("S9", "for comparison: 64 connections, no durable hold ÷ Portkey's",
                    Spread.Of(rounds.Select(r => r[gateways.Unlimited] / r[gateways.Portkey])), null, null, Better.Higher, "", ""),
            ];
        }

        private readonly Dictionary<Gate, LoadResult> _last = [];

        private string Cpu(Gate gate) => _last.TryGetValue(gate, out var last) ? $"{last.Cpu.Server / last.PerSecond * 1e6:0} µs" : "?";

        private async Task<IReadOnlyList<IReadOnlyDictionary<Gate, double>>> RoundsAsync(
            Gate[] gates, int connections, Func<LoadResult, double> figure)
        {
            var rounds = new List<IReadOnlyDictionary<Gate, double>>();
            for (var i = 0; i < session.Options.Rounds; i++)
            {
                var round = new Dictionary<Gate, double>();
                foreach (var gate in gates)
                {
                    _last[gate] = await LoadAsync(gate, connections);
                    round[gate] = figure(_last[gate]);
                }

                rounds.Add(round);
                Workbench.Tell($"  c={connections}: "
                    + string.Join(" | ", gates.Select(gate => $"{gate.Name} {Figure.Text(round[gate])}")));
            }

            return rounds;
        }

        private string Note(
            IReadOnlyList<IReadOnlyDictionary<Gate, double>> rounds, Func<IReadOnlyDictionary<Gate, double>, Gate, double> added) =>
            "added p50: "
                + string.Join(
                    ", ", rounds[0].Keys.Where(gate => gate != gateways.Direct)
                        .Select(gate => $"{gate.Name} {Figure.Text(Spread.Of(rounds.Select(r => added(r, gate))).Median)} µs"));

        public async Task<IReadOnlyList<Figure>> StreamsAsync()
        {
            Gate[] gates = [gateways.Direct, gateways.Unlimited, gateways.Limited];
            foreach (var gate in gates)
            {
                await StreamAsync(gate, 200, 16);
            }

            var (firsts, chunks, held) = (new List<double>(), new List<double>(), new List<double>());
            for (var i = 0; i < session.Options.Rounds; i++)
            {
                var direct = await StreamAsync(gateways.Direct, 50, 1);
                var free = await StreamAsync(gateways.Unlimited, 50, 1);
                var limited = await StreamAsync(gateways.Limited, 50, 1);
                firsts.Add(StreamTimes.At(free.First, 0.5) - StreamTimes.At(direct.First, 0.5));
                held.Add(StreamTimes.At(limited.First, 0.5) - StreamTimes.At(direct.First, 0.5));
                chunks.Add(StreamTimes.At(limited.Chunks, 0.99) - StreamTimes.At(direct.Chunks, 0.99));
                Workbench.Tell($"  streams: first chunk +{firsts[^1]:0} µs, with a hold +{held[^1]:0} µs, chunk p99 +{chunks[^1]:0} µs");
            }

            return
            [
                new("S9", "streams, no durable hold: time to first chunk, added p50, µs", Spread.Of(firsts), 200, null, Better.Lower, " µs",
                    ""),
                new("S9", "for comparison: the same with a durable hold, µs", Spread.Of(held), null, null, Better.Lower, " µs", ""),
                new("S9", "streams, durable hold: every chunk, added p99, µs", Spread.Of(chunks), 100, null, Better.Lower, " µs", ""),
                await MemoryAsync(),
            ];
        }

        private async Task<StreamTimes> StreamAsync(Gate gate, int streams, int atOnce)
        {
            _made += gate == gateways.Direct ? 0 : streams;
            return await StreamLoad.RunAsync(gate, streams, atOnce, session.Cancel);
        }

        private async Task<Figure> MemoryAsync()
        {
            var streams = session.Options.Quick ? 400 : 10_000;
            // The heap needs some thousand streams of any kind to reach its size.
            await StreamAsync(gateways.Limited, session.Options.Quick ? 400 : 10_000, 200);
            var before = gateways.Server.ResidentMb();
            await StreamAsync(gateways.Limited, streams, 200);
            return new("S9", $"memory growth over {streams} streams, 200 at once, MB", Spread.Of([gateways.Server.ResidentMb() - before]),
                0, 20, Better.Lower, " MB", $"from {before:0} MB, after as many before");
        }

        /// <summary>Checks that every answered call is recorded, and that verify finds no difference.</summary>
        public async Task CheckAsync()
        {
            await Task.Delay(1000, session.Cancel);
            await using var connection = await gateways.Server.Postgres.OpenAsync(TollgateServer.Database, session.Cancel);
            var recorded = await PeersDatabase.ScalarAsync<long>(connection, "SELECT count(*) FROM events", session.Cancel);
            if (recorded < _made || recorded > _made + _underWay)
            {
                throw new BenchFault($"WRONG ANSWERS: {_made} calls were answered, {recorded} are recorded.");
            }

            var held = await PeersDatabase.ScalarAsync<decimal>(connection, "SELECT coalesce(sum(held), 0) FROM balances", session.Cancel);
            var said = await gateways.Server.CommandAsync(session.Cancel, "verify", "--data", gateways.Server.Data);
            if (said.ExitCode != 0 || held != 0)
            {
                throw new BenchFault($"WRONG ANSWERS: {held} are still held; verify says: {said.Out} {said.Error}");
            }

            Workbench.Tell($"  checked: {recorded} calls recorded, nothing held, verify is clean");
        }
    }
}
