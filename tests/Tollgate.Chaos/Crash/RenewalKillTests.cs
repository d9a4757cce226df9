using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Crash;

/// <summary>
/// QUALITY R4: kill -9 of the server in the middle of a renewal run, alone and while it races another. The invoices equal those of an
/// undisturbed run.
/// </summary>
public sealed class RenewalKillTests(ChaosServers servers)
{
    private const int Customers = 60;
    private const int Months = 12;

    private const string Shop = """
        code: renewals
        name: Renewals
        default_plan: free
        features:
          - { code: calls, name: Calls }
        plans:
          - code: free
            name: Free
            entitlements: [{ feature: calls, quota: 0 }]
          - code: pro
            name: Pro
            prices: [{ interval: monthly, amount: 2900 }]
            entitlements: [{ feature: calls, quota: 10, hard_cap: false, overage_price: { mode: per_unit, tiers: [{ unit_price: 0.25 }] } }]
        """;

    private static readonly DateTime Start = new(2032, 1, 31, 0, 0, 0, DateTimeKind.Utc);

    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task The_server_is_killed_in_a_renewal_run_and_the_invoices_are_the_same()
    {
        var chaos = await servers.PrivatePostgresAsync();
        using var quiet = await chaos.ProjectAsync("quiet", Shop, "sandbox");
        using var killed = await chaos.ProjectAsync("killed", Shop, "sandbox");
        await FillAsync(quiet.Gate);
        await FillAsync(killed.Gate);
        for (var month = 1; month <= Months; month++)
        {
            await AdvanceAsync(quiet.Gate, Start.AddMonths(month));
        }

        await Form.Of(rounds: 6).EachAsync(async seed =>
        {
            var random = new Random(seed);
            var running = killed.Gate.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = Text(Start.AddMonths(Months)) });
            await Task.Delay(random.Next(20, 250));
            await chaos.Server.Kill9Async();
            await running;
            await chaos.Server.StartAgainAsync();
            await UntilReadyAsync(chaos);
        });
        await AdvanceAsync(killed.Gate, Start.AddMonths(Months));
        await ShouldHaveTheSameInvoicesAsync(killed.Gate, quiet.Gate, Months);
        await chaos.ShouldVerifyAsync();
    }

    [Fact]
    public async Task Two_servers_race_through_renewals_and_one_is_killed_and_the_invoices_are_the_same()
    {
        const int MonthsInARound = 4;
        var chaos = await servers.TwoServersAsync();
        using var quiet = await chaos.ProjectAsync("quiet", Shop, "sandbox");
        using var raced = await chaos.ProjectAsync("raced", Shop, "sandbox");
        await FillAsync(quiet.Gate);
        await FillAsync(raced.Gate);
        var months = 0;
        await Form.Of(rounds: 3).EachAsync(async seed =>
        {
            // No call starts the billing: the clock jumps, and many renewals are due.
            await BillAsync(raced.Gates[1], new int[1], 0);
            months += MonthsInARound;
            await chaos.TamperAsync(
                $"UPDATE projects SET test_clock = '{Text(Start.AddMonths(months))}' WHERE code = '{raced.Code}'; "
                + $"SELECT pg_notify('tollgate_changed', 'project:' || id) FROM projects WHERE code = '{raced.Code}'");
            await UntilItIsAsync(raced.Gates[1], Start.AddMonths(months));

            var billed = new int[8];
            var billers = Task.WhenAll(Enumerable.Range(0, billed.Length).Select(n => BillAsync(raced.Gates[n % 2], billed, n)));
            while (!billers.IsCompleted && !Enumerable.Range(0, 4).Any(n => Volatile.Read(ref billed[(2 * n) + 1]) > 0))
            {
                await Task.Delay(1);
            }

            await Task.Delay(new Random(seed).Next(0, 25));
            await chaos.Servers[1].Kill9Async();
            await billers;
            Form.Say($"{string.Join(" + ", billed)} renewals were acknowledged when the second server was killed");
            await BillAsync(raced.Gate, billed, 0);
            await chaos.Servers[1].StartAgainAsync();
        });
        for (var month = 1; month <= months; month++)
        {
            await AdvanceAsync(quiet.Gate, Start.AddMonths(month));
        }

        await ShouldHaveTheSameInvoicesAsync(raced.Gate, quiet.Gate, months);
        (await raced.Gate.SendAsync(HttpMethod.Get, "/v1/billing/parked", null)).Member("data").GetArrayLength().ShouldBe(0);
        await chaos.ShouldVerifyAsync();
    }

    /// <summary>Runs until nothing is left, or the server is gone.</summary>
    /// <param name="billed">Counts at <paramref name="at"/> the renewals that this biller's answers report.</param>
    private static async Task BillAsync(GateClient gate, int[] billed, int at)
    {
        for (var left = long.MaxValue; left > 0;)
        {
            var answer = await gate.PostAsync("/v1/billing/run?limit=5", new JsonObject());
            if (answer.Status != 200)
            {
                return;
            }

            left = answer.Member("remaining").GetInt64();
            Interlocked.Add(ref billed[at], answer.Member("processed").GetProperty("renewals").GetInt32());
        }
    }

    private static async Task UntilItIsAsync(GateClient gate, DateTime now)
    {
        var waiting = System.Diagnostics.Stopwatch.StartNew();
        while ((await gate.SendAsync(HttpMethod.Get, "/v1/test-clock", null)).Member("now").GetDateTime() != now)
        {
            waiting.Elapsed.ShouldBeLessThan(BackWithin, $"{gate.Server} does not hear of the clock.");
            await Task.Delay(10);
        }
    }

    private static async Task ShouldHaveTheSameInvoicesAsync(GateClient disturbed, GateClient quiet, int months)
    {
        var expected = await InvoicesAsync(quiet);
        var seen = await InvoicesAsync(disturbed);
        expected.Count.ShouldBe(Customers * (months + 1));
        seen.Select(static one => one.Content).Order(StringComparer.Ordinal)
            .ShouldBe(expected.Select(static one => one.Content).Order(StringComparer.Ordinal));
        seen.Select(static one => one.Number).ShouldBe(Enumerable.Range(1, seen.Count), "Numbers have no gap.");
    }

    private static async Task FillAsync(GateClient gate)
    {
        await AdvanceAsync(gate, Start);
        for (var n = 0; n < Customers; n++)
        {
            var customer = string.Create(CultureInfo.InvariantCulture, $"c{n}");
            (await gate.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = customer, ["plan"] = "pro" })).Status.ShouldBe(201);
            (await gate.RecordAsync(
                new JsonObject
                {
                    ["id"] = $"u-{customer}", ["customer"] = customer, ["type"] = "calls", ["quantity"] = n,
                })).Status.ShouldBe(200);
        }
    }

    /// <summary>The lock of a dead server goes with its connection, which PostgreSQL notices a moment later.</summary>
    private static async Task AdvanceAsync(GateClient gate, DateTime to)
    {
        var answer = await gate.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = Text(to) });
        for (var again = 0; answer.Status is 409 or 503 && again < 50; again++)
        {
            await Task.Delay(100);
            answer = await gate.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = Text(to) });
        }

        answer.Status.ShouldBe(200, answer.ToString());
    }

    private static async Task<List<(int Number, string Content)>> InvoicesAsync(GateClient gate)
    {
        var (all, last) = (new List<(int, string)>(), (string?)null);
        while (true)
        {
            var page = await gate.SendAsync(
                HttpMethod.Get, $"/v1/invoices?order=asc&limit=100{(last is null ? "" : "&starting_after=" + last)}", null);
            foreach (var invoice in page.Member("data").EnumerateArray())
            {
                last = invoice.GetProperty("id").GetString();
                var lines = string.Join(
                    ", ", invoice.GetProperty("lines").EnumerateArray()
                        .Select(static line =>
                            $"{line.GetProperty("kind")} {line.GetProperty("amount")} {line.GetProperty("period_start")}"));
                all.Add((
                    int.Parse(invoice.GetProperty("number").GetString()![^6..], CultureInfo.InvariantCulture),
                    $"{invoice.GetProperty("customer")} {invoice.GetProperty("kind")} {invoice.GetProperty("period_start")} "
                        + $"{invoice.GetProperty("total")}: {lines}"));
            }

            if (!page.Member("has_more").GetBoolean())
            {
                return all;
            }
        }
    }

    private static async Task UntilReadyAsync(ChaosServer chaos)
    {
        var waiting = System.Diagnostics.Stopwatch.StartNew();
        while (!await chaos.IsReadyAsync())
        {
            waiting.Elapsed.ShouldBeLessThan(BackWithin, $"The server does not serve again:\n{chaos.Server.Log}");
            await Task.Delay(50);
        }
    }

    private static string Text(DateTime at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
