using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Oversell;

/// <summary>QUALITY R3. Two server processes on one database.</summary>
public sealed class OversellTests(ChaosServers servers)
{
    [Fact]
    public async Task A_hard_cap_is_never_oversold_and_nobody_is_denied_while_enough_is_free()
    {
        var form = Form.Of(rounds: 20, seed: 1);
        var chaos = await servers.TwoServersAsync();
        using var project = await chaos.ProjectAsync("oversell");

        var bursts = new List<Burst>();
        await form.EachAsync(async seed =>
        {
            var burst = await Burst.RunAsync(project, seed);
            var faults = burst.History.Faults();
            faults.ShouldBeEmpty($"{faults.Count} of {burst.History.Steps.Count} decisions of {burst.Customer} are wrong.");
            bursts.Add(burst);
        });

        await Task.Delay(TimeSpan.FromSeconds(1) + History.LeakBound);
        foreach (var burst in bursts)
        {
            await ShouldEndExactlyAsync(project, burst);
        }

        Form.Say(
            $"{bursts.Sum(burst => burst.History.Steps.Count)} decisions, "
                + $"{bursts.Sum(burst => burst.History.Steps.Count(step => step.Granted))} granted.");
        await chaos.ShouldVerifyAsync();
    }

    // Used is the sum of the acknowledged amounts, nothing is held, and the rest can be used to the last unit.
    private static async Task ShouldEndExactlyAsync(Project project, Burst burst)
    {
        foreach (var (feature, limit) in burst.Limits)
        {
            foreach (var gate in project.Gates)
            {
                var usage = await Usage.OfAsync(gate, burst.Customer, feature);
                usage.Used.ShouldBe(burst.History.UsedAtTheEnd(feature), $"used of {burst.Customer}, {feature}");
                usage.Held.ShouldBe(0, $"held of {burst.Customer}, {feature}: a hold leaked");
                usage.Limit.ShouldBe(limit, $"limit of {burst.Customer}, {feature}");
                var facts = burst.History.SettledLate(feature);
                (burst.GoesDown || usage.Used - facts <= limit).ShouldBeTrue(
                    $"{usage.Used} of {limit} {feature} used by {burst.Customer}, {facts} of it settled after the expiry");
            }

            var left = limit - burst.History.UsedAtTheEnd(feature);
            if (left > 0)
            {
                var rest = await project.Gate.ConsumeAsync(burst.Customer, feature, left);
                rest.Fate.ShouldBe(Fate.Granted, $"{left} {feature} of {burst.Customer} are free: {rest}");
            }

            var beyond = await project.Gates[^1].ConsumeAsync(burst.Customer, feature, 1);
            beyond.Code.ShouldBe("quota_exceeded", $"one beyond the limit: {beyond}");
        }
    }
}
