using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Checkouts;

/// <summary>
/// The calculator of the pricing page against the books: for random usage, plans, seats and intervals, the page's amount is the sum that
/// the engine invoices, and a plan that the page rules out is one whose limits refuse the usage.
/// </summary>
[Collection(RunningServerTests.Others)]
public sealed partial class PricingEstimateTests(RunningServer running)
{
    private const string Catalog =
        """
        code: sums
        name: Sums
        currency: USD
        time_zone: Etc/UTC
        default_plan: free
        features:
          - { code: doc, name: Documents, unit: document }
          - { code: token, name: Tokens, unit: token }
          - { code: call, name: Calls, unit: call }
          - { code: chat, name: Chats, unit: chat }
          - { code: credit, name: Credits, unit: credit }
          - { code: turnover, name: Turnover, unit: USD, money: true }
        plans:
          - code: free
            name: Free
            entitlements:
              - { feature: doc, quota: 10 }
              - { feature: call, quota: 100 }
          - code: team
            name: Team
            prices:
              - { interval: monthly, amount: 4900, seats: { included: 3, mode: volume, tiers: [{ up_to: 10, unit_price: "11" }, { unit_price: "9.50" }] } }
              - { interval: yearly, amount: 49000, seats: { included: 3, price: "120" } }
            entitlements:
              - feature: doc
                quota: 50
                hard_cap: false
                overage_limit: 900
                overage_price: { mode: package, package_size: 100, tiers: [{ unit_price: "4" }], discount: { percent: 10 } }
              - { feature: token, quota: 500 }
              - { feature: call, quota: 300, period: calendar_month, hard_cap: false, overage_price: { mode: volume, tiers: [{ up_to: 200, unit_price: "0.035" }, { unit_price: "0.0251" }] } }
              - { feature: credit, quota: 20, hard_cap: false, overage_price: { mode: per_unit, tiers: [{ unit_price: "0.333" }] } }
              - { feature: chat, quota: 15, pool: { feature: credit, rate: "1.5" } }
          - code: scale
            name: Scale
            prices:
              - { interval: monthly, amount: 9900, minimum: 25000, discount: { percent: 15 } }
              - { interval: yearly, amount: 90000 }
            entitlements:
              - { feature: doc, quota: unlimited, hard_cap: false }
              - feature: token
                quota: 0
                hard_cap: false
                overage_price: { mode: graduated, first_flat_fee: on_use, tiers: [{ up_to: 400, unit_price: "0.1", flat_fee: "15" }, { unit_price: "0.0777", flat_fee: "3" }] }
              - { feature: call, quota: 100, hard_cap: false, overage_price: { mode: graduated, tiers: [{ up_to: 50, unit_price: "0.01", flat_fee: "2" }, { unit_price: "0.005" }] } }
              - { feature: chat, quota: 40 }
              - { feature: credit, quota: 5, hard_cap: false, rollover: { carry_overage: true, periods: 1, max: unlimited }, overage_price: { mode: per_unit, tiers: [{ unit_price: "7" }] } }
              - { feature: turnover, quota: 100, hard_cap: false, overage_price: { mode: percentage, tiers: [{ up_to: 1000, percent: 1.5 }, { percent: 0.8 }] } }
        """;

    private static readonly string[] Features = ["doc", "token", "call", "chat", "credit", "turnover"];

    private static readonly int[] Amounts = [0, 0, 1, 15, 16, 50, 51, 100, 150, 151, 300, 301, 399, 400, 401, 500, 501, 950, 951, 1200];

    [Fact]
    public async Task A_month_costs_what_the_page_says()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", Catalog);
        var random = new Random(20270401);
        var visitors = Enumerable.Range(0, 40).Select(i => Visitor.Random(random, $"c-{i}")).ToArray();
        var fits = 0;
        foreach (var visitor in visitors)
        {
            await SubscribeAsync(sandbox, visitor, "monthly");
            visitor.Fits = await UseAsync(sandbox, visitor);
            fits += visitor.Fits ? 1 : 0;
        }

        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");

        fits.ShouldBeInRange(10, 35, "Most of the random usages fit none of the plans, or all fit.");
        foreach (var visitor in visitors)
        {
            var shown = await ShownAsync(sandbox, visitor, "monthly");
            if (!visitor.Fits)
            {
                shown.ShouldBeNull(visitor.ToString());
                continue;
            }

            // The renewal has the plan of the next month, and the usage of the ended one.
            var renewal = (await sandbox.Door.GetAsync($"/v1/invoices?customer={visitor.Customer}&order=asc"))["data"].AsArray()[1]!;
            shown.ShouldBe(Display(renewal["total"]!.GetValue<long>()), $"{visitor}: {renewal["lines"]!.ToJsonString()}");
        }
    }

    [Fact]
    public async Task A_year_costs_what_the_page_says()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-01T00:00:00Z", Catalog);
        var random = new Random(20270101);
        var visitors = Enumerable.Range(0, 4).Select(i => Visitor.Random(random, $"y-{i}", mostUse: 50)).ToArray();
        foreach (var visitor in visitors)
        {
            await SubscribeAsync(sandbox, visitor, "yearly");
        }

        for (var month = 2; month <= 13; month++)
        {
            foreach (var visitor in visitors)
            {
                visitor.Fits = await UseAsync(sandbox, visitor);
            }

            await sandbox.AdvanceAsync(
                month > 12 ? "2028-01-01T00:00:00Z" : string.Create(CultureInfo.InvariantCulture, $"2027-{month:00}-01T00:00:00Z"));
        }

        visitors.ShouldContain(static one => one.Fits);
        foreach (var visitor in visitors.Where(static one => one.Fits))
        {
            var all = (await sandbox.Door.GetAsync($"/v1/invoices?customer={visitor.Customer}&order=asc&limit=100"))["data"].AsArray();
            var billed = all.Skip(1).Sum(static invoice => invoice!["total"]!.GetValue<long>());
            (await ShownAsync(sandbox, visitor, "yearly")).ShouldBe(Display(billed), visitor.ToString());
        }
    }

    private sealed record Visitor(string Customer, string Plan, long Seats, IReadOnlyDictionary<string, int> Use)
    {
        public bool Fits { get; set; }

        public List<string> Refusals { get; } = [];

        public static Visitor Random(Random random, string customer, int mostUse = int.MaxValue) => new(
            customer, random.Next(2) == 0 ? "team" : "scale", random.Next(1, 14),
            Features.Where(_ => random.Next(3) > 0)
                .ToDictionary(static one => one, _ => Math.Min(mostUse, Amounts[random.Next(Amounts.Length)])));

        public override string ToString() =>
            $"{Customer} on {Plan} with {Seats} seats: {string.Join(", ", Use.Select(static one => $"{one.Value} {one.Key}"))}. {string.Join(" ", Refusals)}";
    }

    private static Task<string> SubscribeAsync(BillingSandbox sandbox, Visitor visitor, string period) => sandbox.SubscribeAsync(
        new JsonObject
        {
            ["customer"] = visitor.Customer, ["plan"] = visitor.Plan, ["period"] = period,
            ["quantity"] = visitor.Plan == "team" ? visitor.Seats : 1,
        }.ToJsonString());

    /// <summary>Uses everything at once. False: a limit of the plan refuses some of it.</summary>
    private static async Task<bool> UseAsync(BillingSandbox sandbox, Visitor visitor)
    {
        var all = true;
        foreach (var (feature, amount) in visitor.Use.Where(static one => one.Value > 0)
            .OrderByDescending(static one => one.Key, StringComparer.Ordinal))
        {
            if (feature == "token" && visitor.Plan == "scale")
            {
                // The gate refuses a feature whose quota is zero; its events are recorded and billed.
                await sandbox.UseAsync(visitor.Customer, feature, amount);
                continue;
            }

            var came = await sandbox.Door.PostAsync(
                "/v1/consume",
                new JsonObject { ["customer"] = visitor.Customer, ["feature"] = feature, ["amount"] = amount }.ToJsonString());
            all &= came.Status == HttpStatusCode.OK;
            if (came.Status != HttpStatusCode.OK)
            {
                visitor.Refusals.Add(came.Json!["detail"]!.GetValue<string>());
            }
        }

        return all;
    }

    /// <summary>The amount of the plan on the page; null: the page says that the plan does not cover the usage.</summary>
    private async Task<string?> ShownAsync(BillingSandbox sandbox, Visitor visitor, string period)
    {
        var query = string.Join('&', Features.Select(one => $"use_{one}={visitor.Use.GetValueOrDefault(one)}"));
        var html = await running.Server.Http.GetStringAsync(
            new Uri($"/{sandbox.Code}/pricing?{query}&seats={visitor.Seats}", UriKind.Relative));
        var bills = Regex.Match(html, $"<ul class=\"at-{period} bills\".*?</ul>", RegexOptions.Singleline).Value;
        var name = visitor.Plan == "team" ? "Team" : "Scale";
        var bill = Bill().Matches(bills).Single(match => match.Value.Contains($"<strong>{name}</strong>", StringComparison.Ordinal)).Value;
        var sum = Sum().Match(bill);
        sum.Success.ShouldBe(!bill.Contains("Not enough", StringComparison.Ordinal), bill);
        return sum.Success ? sum.Groups[1].Value : null;
    }

    private static string Display(long cents)
    {
        var text = "$" + (cents / 100m).ToString("#,0.00", CultureInfo.InvariantCulture);
        return text.EndsWith(".00", StringComparison.Ordinal) ? text[..^3] : text;
    }

    [GeneratedRegex("<li.*?</li>", RegexOptions.Singleline)]
    private static partial Regex Bill();

    [GeneratedRegex("class=\"sum\"[^$]*<strong>([^<]*)</strong>", RegexOptions.Singleline)]
    private static partial Regex Sum();
}
