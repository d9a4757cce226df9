using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Analytics;

/// <summary>Projections of usage and of growth, recomputed from raw events and from the MRR report.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class ProjectionApiTests(RunningServer running)
{
    private const string Noura = "\"نورا\", القاهرة";

    [Fact]
    public async Task Quotas_that_end_first_come_first_and_equal_the_raw_events()
    {
        var (sandbox, other) = (await StoryAsync(), await StoryAsync());
        await other.UseAsync("only-there", "calls", 9);
        var lines = (await GetAsync(sandbox, "/v1/analytics/projections"))["data"]!.AsArray();
        lines.Select(static line => $"{line!["customer"]} {line["feature"]} {line["limit"]}").ShouldBe(
            ["full calls 10", "ali calls 13", $"{Noura} calls 10", "acme exports 10", "acme calls 100"]);
        foreach (var line in lines)
        {
            // 11 of 30 days are over; acme's month began on 6 April, and 6 of 30 days are over.
            var days = line!["customer"]!.GetValue<string>() == "acme" ? 6m : 11m;
            var used = await UsedAsync(sandbox, line["customer"]!.GetValue<string>(), line["feature"]!.GetValue<string>());
            Number(line["used"]).ShouldBe(used);
            Number(line["projected"]).ShouldBe(decimal.Round(used * 30 / days, 0, MidpointRounding.AwayFromZero));
            var daysToLimit = days * Number(line["limit"]) / used;
            var end = daysToLimit > 30
                ? (DateTimeOffset?)null
                : line["period_start"]!.GetValue<DateTimeOffset>().AddDays((double)daysToLimit);
            end = used >= Number(line["limit"]) ? DateTimeOffset.Parse("2027-04-12T00:00:00Z", CultureInfo.InvariantCulture) : end;
            (line["ends_at"]?.GetValue<DateTimeOffset>() - end ?? TimeSpan.Zero).Duration().ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
            (line["ends_at"] is null).ShouldBe(end is null, line.ToJsonString());
        }

        // Another statement reads one customer.
        foreach (var own in lines.GroupBy(static line => line!["customer"]!.GetValue<string>()))
        {
            var alone = await GetAsync(sandbox, "/v1/analytics/projections?customer=" + Uri.EscapeDataString(own.Key));
            alone["data"]!.AsArray().Select(static line => line!.ToJsonString()).ShouldBe(own.Select(static line => line!.ToJsonString()));
        }

        (await GetAsync(sandbox, "/v1/analytics/projections?customer=only-there"))["data"]!.AsArray().ShouldBeEmpty();
        (await GetAsync(sandbox, "/v1/analytics/projections?feature=exports"))["data"]!.AsArray().Count.ShouldBe(1);
        var one = await GetAsync(sandbox, "/v1/analytics/projections?customer=acme&feature=exports");
        one["data"]!.ToJsonString().ShouldBe(
            """[{"customer":"acme","feature":"exports","used":2,"limit":10,"percent":20,"projected":10,"ends_at":"2027-05-06T00:00:00Z","period_start":"2027-04-06T00:00:00Z","period_end":"2027-05-06T00:00:00Z"}]""");
        (await GetAsync(sandbox, "/v1/analytics/projections?limit=1"))["has_more"]!.GetValue<bool>().ShouldBeTrue();
        (await (await sandbox.FetchAsync("/v1/analytics/projections.csv")).Content.ReadAsStringAsync()).ShouldContain(
            "\r\n\"\"\"نورا\"\", القاهرة\",calls,4,10,40,11,2027-04-28T12:00:00Z,2027-04-01T00:00:00Z,2027-05-01T00:00:00Z\r\n");
        (await sandbox.Door.GetAsync("/v1/analytics/projections?feature=cals")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Five_weeks_of_use_on_sundays_teach_the_weekdays()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-03-01T12:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "enterprise", "trial": false}""");
        for (var day = new DateTime(2027, 3, 1, 12, 0, 0, DateTimeKind.Utc); day <= new DateTime(2027, 4, 5, 12, 0, 0, DateTimeKind.Utc);
            day = day.AddDays(1))
        {
            await sandbox.AdvanceAsync(day.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            if (day.DayOfWeek == DayOfWeek.Sunday)
            {
                await sandbox.UseAsync("acme", "calls", 10);
            }

            await sandbox.FetchAsync("/v1/analytics/features/adoption");
            await RecomputeSoonAsync();
        }

        // The month began on 1 April at noon: one Sunday is over, 11, 18 and 25 April follow.
        var line = (await GetAsync(sandbox, "/v1/analytics/projections?customer=acme"))["data"]![0]!;
        (Number(line["used"]), Number(line["projected"]), line["ends_at"]).ShouldBe((10m, 40m, null));
    }

    [Fact]
    public async Task Growth_is_the_line_through_the_complete_months_of_the_mrr_report()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2026-12-10T00:00:00Z", zone: "Africa/Cairo");
        (await GetAsync(sandbox, "/v1/analytics/growth?from=2025-01-01"))["mrr"]!.ToJsonString().ShouldBe(
            """{"monthly_change":null,"history":[],"projection":[]}""");
        foreach (var (month, customers) in ((string, int)[])[("2027-01", 2), ("2027-02", 1), ("2027-03", 3), ("2027-04", 2)])
        {
            // The last second of the month in Cairo, two hours ahead of UTC.
            await sandbox.AdvanceAsync($"{month}-28T21:59:59Z");
            for (var i = 0; i < customers; i++)
            {
                await sandbox.SubscribeAsync($$"""{"customer": "c{{month}}-{{i}}", "plan": "pro", "trial": false}""");
            }
        }

        await sandbox.AdvanceAsync("2027-05-10T00:00:00Z");
        var growth = await GetAsync(sandbox, "/v1/analytics/growth?from=2025-06-01&months=1");
        var series = (await GetAsync(sandbox, "/v1/analytics/mrr?from=2027-01-01&to=2027-04-30"))["series"]!.AsArray();
        foreach (var name in (string[])["mrr", "customers"])
        {
            var values = growth[name]!["history"]!.AsArray().Select(static one => one!["value"]!.GetValue<long>()).ToArray();
            values.ShouldBe(series.Select(one => one![name]!.GetValue<long>()), name);
            var (value, low, high) = Naive(values);
            var ahead = growth[name]!["projection"]![0]!;
            ahead["month"]!.GetValue<string>().ShouldBe("2027-05");
            ((double)ahead["value"]!.GetValue<long>()).ShouldBe(value, 0.51, name);
            ((double)ahead["low"]!.GetValue<long>()).ShouldBe(low, 0.51 + (value / 1_000), name);
            ((double)ahead["high"]!.GetValue<long>()).ShouldBe(high, 0.51 + (value / 1_000), name);
        }

        var file = await (await sandbox.FetchAsync("/v1/analytics/growth.csv?from=2025-06-01&months=1")).Content.ReadAsStringAsync();
        file.ShouldStartWith(
            "month,mrr,mrr_low,mrr_high,customers,customers_low,customers_high\r\n2027-01,5800,,,2,,\r\n2027-02,8700,,,3,,\r\n");
        (await sandbox.Door.GetAsync("/v1/analytics/growth?from=2027-02-01&to=2027-01-01")).Status.ShouldBe(
            HttpStatusCode.UnprocessableEntity);
    }

    /// <summary>Four months: the line by the normal equations, and t(0.95, 2) = 2.920.</summary>
    private static (double Value, double Low, double High) Naive(long[] y)
    {
        var (sx, sxx, sy) = (6d, 14d, y.Sum(static one => (double)one));
        var sxy = y.Select(static (one, x) => x * (double)one).Sum();
        var slope = ((4 * sxy) - (sx * sy)) / ((4 * sxx) - (sx * sx));
        var first = (sy - (slope * sx)) / 4;
        var s = Math.Sqrt(y.Select((one, x) => Math.Pow(one - first - (slope * x), 2)).Sum() / 2);
        var (value, width) = (first + (4 * slope), 2.920 * s * Math.Sqrt(1 + 0.25 + (2.5 * 2.5 / 5)));
        return (value, Math.Max(0, value - width), value + width);
    }

    private async Task<BillingSandbox> StoryAsync()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-02T00:00:00Z");
        await sandbox.UseAsync("full", "calls", 10);
        await sandbox.UseAsync("ali", "calls", 6);
        (await sandbox.Door.PostAsync("/v1/customers/ali/grants", """{"feature": "calls", "amount": 3}""")).Status.ShouldBe(
            HttpStatusCode.Created);
        var used = await sandbox.Door.PostAsync(
            "/v1/events", new JsonObject { ["id"] = "n1", ["customer"] = Noura, ["type"] = "calls", ["quantity"] = 4 }.ToJsonString());
        used["accepted"].GetValue<int>().ShouldBe(1);
        await sandbox.AdvanceAsync("2027-04-06T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.UseAsync("acme", "exports", 2);
        await sandbox.UseAsync("acme", "calls", 7);
        await sandbox.AdvanceAsync("2027-04-12T00:00:00Z");
        return sandbox;
    }

    private async Task<decimal> UsedAsync(BillingSandbox sandbox, string customer, string feature) => (decimal)(await ScalarAsync(
        """
        SELECT sum(e.quantity)
          FROM events e
          JOIN customers c ON c.partition = e.partition AND c.account = e.account
          JOIN features f ON f.id = e.feature
         WHERE c.project_id = (SELECT id FROM projects WHERE code = $1) AND c.id = $2 AND f.code = $3
        """, sandbox.Code, customer, feature))!;

    /// <summary>A read computes figures that are a second old.</summary>
    private Task<object?> RecomputeSoonAsync() =>
        ScalarAsync("UPDATE feature_month_runs SET ran_at = ran_at - interval '2 s', took = '1 ms' RETURNING 1");

    private async Task<object?> ScalarAsync(string sql, params string[] parameters)
    {
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }

        return await command.ExecuteScalarAsync();
    }

    private static decimal Number(JsonNode? number) => number!.GetValue<decimal>();

    private static async Task<JsonNode> GetAsync(BillingSandbox sandbox, string path)
    {
        var came = await sandbox.Door.GetAsync(path);
        came.Status.ShouldBe(HttpStatusCode.OK, came.Json?.ToJsonString());
        return came.Json!;
    }
}
