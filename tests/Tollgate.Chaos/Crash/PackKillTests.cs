using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Crash;

/// <summary>
/// kill -9 of the server while credit packs are paid: each pack is either unpaid without units, or paid and granted once.
/// </summary>
public sealed class PackKillTests(ChaosServers servers)
{
    private const int CustomersInARound = 24;

    private const string Shop = """
        code: packs
        name: Packs
        default_plan: free
        features:
          - { code: calls, name: Calls }
        packs:
          - { code: hundred, name: A hundred calls, feature: calls, quantity: 100, prices: [{ amount: 400 }] }
        plans:
          - code: free
            name: Free
            entitlements: [{ feature: calls, quota: 10 }]
        """;

    [Fact]
    public async Task The_server_is_killed_while_packs_are_paid_and_each_is_unpaid_or_given_once()
    {
        var chaos = await servers.PrivatePostgresAsync();
        using var project = await chaos.ProjectAsync("packs", Shop);
        var bought = new Dictionary<string, string>();
        await Form.Of(rounds: 3).EachAsync(async seed =>
        {
            var random = new Random(seed);
            var mine = new Dictionary<string, string>();
            for (var n = 0; n < CustomersInARound; n++)
            {
                var customer = string.Create(CultureInfo.InvariantCulture, $"c{bought.Count + n}");
                var sold = await project.Gate.PostAsync($"/v1/customers/{customer}/packs", new JsonObject { ["pack"] = "hundred" });
                sold.Status.ShouldBe(201, sold.ToString());
                mine[customer] = sold.Member("invoice").GetProperty("id").GetString()!;
            }

            // Killed in the middle: some have their answer, and others are in progress.
            var (paid, enough) = (0, random.Next(1, CustomersInARound / 2));
            var paying = Task.WhenAll(mine.Values.Select(async invoice =>
            {
                await PayAsync(project.Gate, invoice);
                Interlocked.Increment(ref paid);
            }));
            while (Volatile.Read(ref paid) < enough)
            {
                await Task.Delay(1);
            }

            await chaos.Server.Kill9Async();
            await paying;
            await chaos.Server.StartAgainAsync();
            var states = new List<string>();
            foreach (var (customer, invoice) in mine)
            {
                bought[customer] = invoice;
                states.Add(await StateAsync(project.Gate, customer, invoice));
            }

            Form.Say($"{states.Count(static state => state == Given)} of {states.Count} were paid when the server was killed");
            states.ShouldAllBe(static state => state == Given || state == Unpaid);
        });

        // Customers without an answer pay again, and so do all others.
        foreach (var (customer, invoice) in bought)
        {
            (await PayAsync(project.Gate, invoice)).Status.ShouldBe(200);
            (await StateAsync(project.Gate, customer, invoice)).ShouldBe(Given, customer);
        }

        await chaos.ShouldVerifyAsync();
    }

    private const string Given = "paid granted [100] 110";
    private const string Unpaid = "open pending [] 10";

    private static Task<Answer> PayAsync(GateClient gate, string invoice) =>
        gate.PostAsync($"/v1/invoices/{invoice}/pay", new JsonObject());

    /// <summary>The invoice, the pack, the grants and the limit.</summary>
    private static async Task<string> StateAsync(GateClient gate, string customer, string invoice)
    {
        var asked = await gate.SendAsync(HttpMethod.Get, $"/v1/invoices/{invoice}", null);
        var packs = await gate.SendAsync(HttpMethod.Get, $"/v1/customers/{customer}/packs", null);
        var grants = await gate.SendAsync(HttpMethod.Get, $"/v1/customers/{customer}/grants", null);
        var usage = await gate.UsageAsync(customer);
        var amounts = string.Join(", ", grants.Member("data").EnumerateArray().Select(static grant => grant.GetProperty("amount")));
        return $"{asked.Member("status")} {packs.Member("data")[0].GetProperty("status")} [{amounts}] "
            + $"{usage.Member("features").GetProperty("calls").GetProperty("limit")}";
    }
}
