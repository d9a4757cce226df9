using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.Subscriptions;

/// <summary>
/// SEMANTICS 1: a test clock advances 12 months with 100 subscriptions in seconds, and all due work is done then.
/// </summary>
[Collection(RunningServerTests.Others)]
public sealed class YearOfHundredTests(RunningServer running)
{
    private const int Customers = 100;
    private const int Months = 12;

    /// <summary>
    /// A machine may be slow, so a hundred are compared with one on the same machine at the same time. Without batches they would cost a
    /// hundred times as much.
    /// </summary>
    private const double LargestRatio = 10;

    private static readonly DateTime Start = new(2027, 1, 31, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public async Task A_hundred_years_of_subscriptions_with_overage_cost_less_than_ten_times_one()
    {
        var (one, hundred) = (await FillAsync(1), await FillAsync(Customers));
        var (ofOne, ofHundred) = (new List<double>(), new List<double>());
        for (var month = 1; month <= Months; month++)
        {
            await UseAsync(one, 1, month);
            await UseAsync(hundred, Customers, month);
            ofOne.Add(await AdvanceAsync(one, month));
            ofHundred.Add(await AdvanceAsync(hundred, month));
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"A month of {Months}: {Middle(ofOne):0} ms with one subscription, {Middle(ofHundred):0} ms with {Customers}, {Middle(ofHundred) / Middle(ofOne):0.0} times as much"));
        var invoices = await InvoicesAsync(hundred);
        invoices.Count.ShouldBe(Customers * (Months + 1));
        invoices.Select(static invoice => invoice["number"]!.GetValue<string>()[^6..])
            .ShouldBe(Enumerable.Range(1, invoices.Count).Select(static n => $"{n:000000}"));
        foreach (var customer in invoices.GroupBy(static invoice => invoice["customer"]!.GetValue<string>()))
        {
            var n = int.Parse(customer.Key[1..], CultureInfo.InvariantCulture);
            customer.Select(static invoice => BillingSandbox.Told(invoice)[7..]).ShouldBe(
                ["start 2900 = subscription 2900", .. Enumerable.Range(1, Months).Select(month => Renewal(n, month))], customer.Key);
        }

        (Middle(ofHundred) / Middle(ofOne)).ShouldBeLessThan(LargestRatio);
    }

    /// <summary>
    /// Two cents for each call beyond a hundred; in months without any, and for customers who never have any, only the plan.
    /// </summary>
    private static string Renewal(int customer, int month) => BeyondOf(customer, month) is var beyond && beyond > 0
        ? string.Create(CultureInfo.InvariantCulture, $"renewal {2900 + (2 * beyond)} = subscription 2900, usage {2 * beyond}")
        : "renewal 2900 = subscription 2900";

    /// <summary>The median: one month in which the machine did something else does not count.</summary>
    private static double Middle(List<double> months) => months.Order().ElementAt(months.Count / 2);

    private static int BeyondOf(int customer, int month) => customer * month % 7;

    private async Task<BillingSandbox> FillAsync(int customers)
    {
        var sandbox = await BillingSandbox.StartAsync(running, Text(Start));
        foreach (var some in Enumerable.Range(0, customers).Chunk(10))
        {
            await Task.WhenAll(some.Select(n => sandbox.SubscribeAsync($$"""{"customer": "c{{n}}", "plan": "pro", "trial": false}""")));
        }

        return sandbox;
    }

    private static async Task UseAsync(BillingSandbox sandbox, int customers, int month)
    {
        var events = new JsonArray([
            .. Enumerable.Range(0, customers).Select(n => (JsonNode)new JsonObject
            {
                ["id"] = string.Create(CultureInfo.InvariantCulture, $"use-{n}-{month}"),
                ["customer"] = string.Create(CultureInfo.InvariantCulture, $"c{n}"),
                ["type"] = "calls", ["quantity"] = 100 + BeyondOf(n, month),
            }),
        ]);
        (await sandbox.Door.PostAsync("/v1/events", events.ToJsonString()))["accepted"].GetValue<int>().ShouldBe(customers);
    }

    /// <summary>In milliseconds.</summary>
    private static async Task<double> AdvanceAsync(BillingSandbox sandbox, int month)
    {
        var started = Stopwatch.GetTimestamp();
        await sandbox.AdvanceAsync(Text(Start.AddMonths(month)));
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static async Task<IReadOnlyList<JsonNode>> InvoicesAsync(BillingSandbox sandbox)
    {
        var all = new List<JsonNode>();
        for (var more = true; more;)
        {
            var page = await sandbox.Door.GetAsync("/v1/invoices?order=asc&limit=100"
                + (all.Count == 0 ? "" : $"&starting_after={all[^1]["id"]}"));
            page.Status.ShouldBe(HttpStatusCode.OK);
            all.AddRange(page["data"].AsArray().Select(static one => one!));
            more = page["has_more"].GetValue<bool>();
        }

        return all;
    }

    private static string Text(DateTime at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
