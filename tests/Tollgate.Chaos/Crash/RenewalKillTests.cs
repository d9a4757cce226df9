using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Stage;

namespace Tollgate.Chaos.Crash;

/// <summary>kill -9 of the server in the middle of a renewal run: the invoices are those of a run that nobody disturbed.</summary>
public sealed class RenewalKillTests(Theatres theatres)
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
        var theatre = await theatres.PrivatePostgresAsync();
        using var quiet = await theatre.ProjectAsync("quiet", Shop, "sandbox");
        using var killed = await theatre.ProjectAsync("killed", Shop, "sandbox");
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
            await theatre.Server.Kill9Async();
            await running;
            await theatre.Server.StartAgainAsync();
            await UntilReadyAsync(theatre);
        });
        await AdvanceAsync(killed.Gate, Start.AddMonths(Months));

        var expected = await InvoicesAsync(quiet.Gate);
        var seen = await InvoicesAsync(killed.Gate);
        expected.Count.ShouldBe(Customers * (Months + 1));
        seen.Select(static one => one.Content).Order(StringComparer.Ordinal).ShouldBe(expected.Select(static one => one.Content).Order(StringComparer.Ordinal));
        seen.Select(static one => one.Number).ShouldBe(Enumerable.Range(1, seen.Count), "Numbers have no gap.");
        await theatre.ShouldVerifyAsync();
    }

    private static async Task FillAsync(GateClient gate)
    {
        await AdvanceAsync(gate, Start);
        for (var n = 0; n < Customers; n++)
        {
            var customer = string.Create(CultureInfo.InvariantCulture, $"c{n}");
            (await gate.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = customer, ["plan"] = "pro" })).Status.ShouldBe(201);
            (await gate.RecordAsync(new JsonObject { ["id"] = $"u-{customer}", ["customer"] = customer, ["type"] = "calls", ["quantity"] = n })).Status.ShouldBe(200);
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
            var page = await gate.SendAsync(HttpMethod.Get, $"/v1/invoices?order=asc&limit=100{(last is null ? "" : "&starting_after=" + last)}", null);
            foreach (var invoice in page.Member("data").EnumerateArray())
            {
                last = invoice.GetProperty("id").GetString();
                var lines = string.Join(", ", invoice.GetProperty("lines").EnumerateArray().Select(static line => $"{line.GetProperty("kind")} {line.GetProperty("amount")} {line.GetProperty("period_start")}"));
                all.Add((
                    int.Parse(invoice.GetProperty("number").GetString()![^6..], CultureInfo.InvariantCulture),
                    $"{invoice.GetProperty("customer")} {invoice.GetProperty("kind")} {invoice.GetProperty("period_start")} {invoice.GetProperty("total")}: {lines}"));
            }

            if (!page.Member("has_more").GetBoolean())
            {
                return all;
            }
        }
    }

    private static async Task UntilReadyAsync(Theatre theatre)
    {
        var waiting = System.Diagnostics.Stopwatch.StartNew();
        while (!await theatre.IsReadyAsync())
        {
            waiting.Elapsed.ShouldBeLessThan(BackWithin, $"The server does not serve again:\n{theatre.Server.Log}");
            await Task.Delay(50);
        }
    }

    private static string Text(DateTime at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
