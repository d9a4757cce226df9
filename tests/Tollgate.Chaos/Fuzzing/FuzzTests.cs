using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Fuzzing;

/// <summary>
/// QUALITY R9: for any request, an answer arrives, it is no 5xx, has the promised form, shows nothing of another project, and leaves the
/// ledger right. <c>./tollgate fuzz</c> runs it for longer.
/// </summary>
public sealed class FuzzTests(ChaosServers servers)
{
    /// <summary>Each has a project of its own, so that a seed sends the same requests again.</summary>
    private const int Callers = 4;

    private const int Requests = 700;

    [Fact]
    public async Task No_input_makes_the_server_fail_or_hang()
    {
        var form = Form.Of(rounds: 1);
        using var host = await FuzzHost.StartAsync(servers);
        var operations = await host.OperationsAsync();
        await form.EachAsync(seed => RoundAsync(host, operations, seed));
        await host.ShouldVerifyAsync();
    }

    private static async Task RoundAsync(FuzzHost host, IReadOnlyList<Operation> operations, int seed)
    {
        var name = $"fuzz-{Guid.NewGuid().ToString("N")[..8]}";
        var victim = await host.VictimAsync($"{name}-victim", operations, Form.ChanceOf(seed, Callers));
        var callers = new List<FuzzCaller>();
        try
        {
            for (var number = 0; number < Callers; number++)
            {
                var project = await host.ProjectAsync($"{name}-{number}", number % 2 == 0 ? "sandbox" : "live");
                callers.Add(new(host, project, operations, victim, Form.ChanceOf(seed, number)));
            }

            await Task.WhenAll(callers.Select(static caller => caller.RunAsync(Requests)));
            var seen = callers.SelectMany(static caller => caller.Seen).GroupBy(static pair => pair.Key, static pair => pair.Value)
                .OrderBy(static group => group.Key);
            var reached = callers.SelectMany(static caller => caller.Reached).ToHashSet();
            Form.Say(
                $"seed {seed}: {operations.Count} operations, {reached.Count} of them answered a success; answers by status: {string.Join(", ", seen.Select(static group => $"{group.Key} × {group.Sum()}"))}");
            var faults = callers.SelectMany(static caller => caller.Faults).ToList();
            faults.ShouldBeEmpty($"{faults.Count} fault(s). Again: ./tollgate fuzz --seed {seed}\n{string.Join('\n', faults.Take(40))}");
            reached.Count.ShouldBeGreaterThan(
                operations.Count / 3, $"The fuzzer reaches hardly anything behind the validation: {string.Join(", ", reached)}");
        }
        finally
        {
            callers.ForEach(static caller => caller.Dispose());
        }
    }
}
