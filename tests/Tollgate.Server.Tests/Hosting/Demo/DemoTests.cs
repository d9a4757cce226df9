using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Server.Catalog;
using Tollgate.Server.Hosting.Demo;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Hosting.Demo;

/// <summary>The figures of the demo's five projects, compared with naive computations from their facts.</summary>
public sealed class DemoTests(DemoServer demo) : IClassFixture<DemoServer>
{
    private static readonly string[] Kinds = ["new", "expansion", "contraction", "churn", "reactivation"];

    private static readonly string[] Fired =
        ["payment_failed", "provider_errors", "unknown_model", "subscription_canceled", "usage_threshold"];

    public static TheoryData<string> All => [.. DemoServer.Projects];

    private static DateTime Today => DateTime.UtcNow.Date;

    private static DateTime FirstOfMonth => new(Today.Year, Today.Month, 1, 0, 0, 0, DateTimeKind.Utc);

    [Theory]
    [MemberData(nameof(All))]
    public async Task Mrr_of_24_months_is_the_mrr_before_plus_the_movements_and_equals_the_timelines(string project)
    {
        var lives = await NaiveLives.ReadAsync(demo, project);
        var moves = lives.Movements().ToArray();
        var begin = FirstOfMonth.AddMonths(-23);
        var series = (await demo.GetAsync(project, $"/v1/analytics/mrr?from={Day(begin)}"))["series"]!.AsArray();
        series.Count.ShouldBe(24);
        var before = lives.MrrAt(begin);
        foreach (var (at, month) in series.Index())
        {
            var (from, end) = (begin.AddMonths(at), begin.AddMonths(at + 1));
            var (mrr, moved) = (month!["mrr"]!.GetValue<long>(), month["movements"]!);
            mrr.ShouldBe(lives.MrrAt(end), month.ToJsonString());
            month["opening"]!.GetValue<long>().ShouldBe(before, month.ToJsonString());
            (before + Kinds.Sum(kind => moved[kind]!.GetValue<long>())).ShouldBe(mrr, month.ToJsonString());
            moved["exchange"]!.GetValue<long>().ShouldBe(0);
            foreach (var kind in Kinds)
            {
                // The report rounds the kinds so that they add up.
                var naive = moves.Where(one => one.Kind == kind && one.At >= from && one.At < end).Sum(static one => one.Year) / 12m;
                ((decimal)moved[kind]!.GetValue<long>()).ShouldBe(naive, 1m, $"{kind} {month.ToJsonString()}");
            }

            before = mrr;
        }

        foreach (var kind in Kinds)
        {
            moves.Count(one => one.Kind == kind).ShouldBeGreaterThan(kind is "new" ? 20 : 0, $"{project} {kind}");
        }

        // The running month is not complete, except on its last day.
        var complete = series.SkipLast(Today.AddDays(1).Day == 1 ? 0 : 1).Select(static one => one!["mrr"]!.GetValue<long>());
        await GrowsAsync(project, [.. complete], begin);
    }

    /// <summary>The slope of the least squares.</summary>
    private async Task GrowsAsync(string project, long[] months, DateTime begin)
    {
        var values = months.SkipWhile(static value => value == 0).ToArray();
        var growth = await demo.GetAsync(project, $"/v1/analytics/growth?from={Day(begin)}");
        var (meanX, meanY) = ((values.Length - 1) / 2m, values.Average(static value => (decimal)value));
        var slope = values.Select((value, x) => (x - meanX) * (value - meanY)).Sum()
            / values.Select((_, x) => (x - meanX) * (x - meanX)).Sum();
        DemoServer.Number(growth["mrr"]!["monthly_change"]).ShouldBe(slope, 1m, growth["mrr"]!.ToJsonString());
        slope.ShouldBeGreaterThan(0, $"{project} grows.");
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Key_figures_equal_the_facts(string project)
    {
        (DateTime From, DateTime To)[] ranges =
            [(FirstOfMonth.AddMonths(-1), FirstOfMonth.AddDays(-1)), (Today.AddDays(-120), Today)];
        foreach (var (from, to) in ranges)
        {
            var (lives, end, range) = (await NaiveLives.ReadAsync(demo, project), to.AddDays(1), $"from={Day(from)}&to={Day(to)}");
            var kpis = await demo.GetAsync(project, "/v1/analytics/kpis?" + range);
            var (opening, closing) = (lives.PayingAt(from).ToArray(), lives.PayingAt(end).ToArray());
            var lost = opening.Except(closing).ToArray();
            var changes = opening.Intersect(closing).Select(one => lives.YearAt(one, end) - lives.YearAt(one, from)).ToArray();
            decimal gone = lost.Sum(one => lives.YearAt(one, from)), less = -changes.Where(static one => one < 0).Sum(),
                more = changes.Where(static one => one > 0).Sum(), paid = opening.Sum(one => lives.YearAt(one, from));
            Is(kpis["mrr"], lives.MrrAt(end));
            Is(kpis["arr"], closing.Sum(one => lives.YearAt(one, end)));
            Is(kpis["customers"], closing.Length);
            Is(kpis["arpu"], closing.Sum(one => lives.YearAt(one, end)) / 12m / closing.Length, digits: 0);
            Is(kpis["churn"]!["logo"], lost.Length / (decimal)opening.Length);
            Is(kpis["churn"]!["gross"], (gone + less) / paid);
            Is(kpis["churn"]!["net"], (gone + less - more) / paid);
            Is(kpis["upgrade_rate"], changes.Count(static one => one > 0) / (decimal)opening.Length);
            Is(kpis["downgrade_rate"], changes.Count(static one => one < 0) / (decimal)opening.Length);
            kpis["churn"]!["by_reason"]!.AsArray().Select(static one => $"{one!["reason"]} {one["customers"]}").ShouldBe(
                lost.GroupBy(one => lives.At(one, end)!.Reason!).Select(static one => $"{one.Key} {one.Count()}"), ignoreOrder: true);
            await MoneyAsync(project, kpis, from, end, lives, lost.Length / (decimal)opening.Length);
        }
    }

    /// <summary>A subscription may renew between the two reads: the facts count only if they stayed the same.</summary>
    private async Task<(decimal Naive, JsonNode Report)> RevenueAsync(string project, string range, DateTime from, DateTime end)
    {
        for (var tries = 0; ; tries++)
        {
            var before = await NaiveAsync();
            var report = await demo.GetAsync(project, "/v1/analytics/revenue-vs-cost?" + range);
            if (await NaiveAsync() == before || tries == 5)
            {
                return (before, report);
            }
        }

        async Task<decimal> NaiveAsync() => (await demo.SumsAsync(project, NaiveSql.Revenue("''"), from, end)).Values.Sum();
    }

    private async Task MoneyAsync(string project, JsonNode kpis, DateTime from, DateTime end, NaiveLives lives, decimal logo)
    {
        var range = $"from={Day(from)}&to={Day(end.AddDays(-1))}";
        var (revenue, report) = await RevenueAsync(project, range, from, end);
        var cost = (await demo.SumsAsync(project, NaiveSql.Cost("''"), from, end)).Values.Sum();
        DemoServer.Number(report["revenue"]).ShouldBe(revenue, 0.01m, range);
        DemoServer.Number(report["cost"]).ShouldBe(cost, range);
        DemoServer.Number(report["cash"]).ShouldBe((await demo.SumsAsync(project, NaiveSql.Cash, from, end))[""], range);
        var margin = (revenue - cost) / revenue;
        Is(kpis["gross_margin"], margin);
        var started = lives.Customers.Count(one => lives.FirstOf(one) >= from && lives.FirstOf(one) < end);
        started.ShouldBeGreaterThan(0);
        Is(kpis["cac"], (await demo.SumsAsync(project, NaiveSql.Spend, from, end))[""] / started, digits: 0);
        if (logo > 0)
        {
            var closing = lives.PayingAt(end).ToArray();
            var arpu = closing.Sum(one => lives.YearAt(one, end)) / 12m / closing.Length;
            DemoServer.Number(kpis["ltv"]!["value"]).ShouldBe(arpu * margin / logo, 1m);
        }

        var pairs = await demo.SumsAsync(project, NaiveSql.Pairs, from, end);
        (string Name, string Ended, string Good)[] rates =
            [("trial_conversion", "trials", "converted"), ("payment_success", "payments", "succeeded")];
        foreach (var (name, ended, good) in rates)
        {
            if (pairs[ended] == 0)
            {
                kpis[name]!["value"].ShouldBeNull(name);
            }
            else
            {
                Is(kpis[name], pairs[good] / pairs[ended]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Cohorts_segments_margins_and_adoption_equal_the_facts(string project)
    {
        var lives = await NaiveLives.ReadAsync(demo, project);
        var begin = FirstOfMonth.AddMonths(-23);
        foreach (var cohort in (await demo.GetAsync(project, $"/v1/analytics/cohorts?from={Day(begin)}"))["data"]!.AsArray())
        {
            var of = lives.Customers.Where(one => $"{lives.FirstOf(one):yyyy-MM}" == cohort!["month"]!.GetValue<string>()).ToArray();
            cohort!["customers"]!.GetValue<int>().ShouldBe(of.Length, cohort.ToJsonString());
            foreach (var month in cohort["months"]!.AsArray())
            {
                var end = DateTime.Parse(month!["month"]!.GetValue<string>() + "-01", CultureInfo.InvariantCulture).AddMonths(1);
                month["customers"]!.GetValue<int>().ShouldBe(of.Count(one => lives.YearAt(one, end) > 0), month.ToJsonString());
                month["mrr"]!.GetValue<long>().ShouldBe(NaiveLives.Month(of.Sum(one => lives.YearAt(one, end))), month.ToJsonString());
            }
        }

        var (now, countries) = (Today.AddDays(1), await demo.RowsAsync(
            project, "SELECT id, country FROM customers WHERE project_id = (SELECT id FROM projects WHERE code = $1)",
            static row => (Id: row.GetString(0), Country: row.IsDBNull(1) ? null : row.GetString(1))));
        countries.Count.ShouldBe(60);
        await SegmentedAsync(project, "plan", one => lives.At(one, now)!.Plan);
        await SegmentedAsync(project, "country", one => countries.Single(row => row.Id == one).Country!);
        await MarginsAsync(project);
        await AdoptionAsync(project, begin);

        async Task SegmentedAsync(string project, string by, Func<string, string> nameOf) =>
            (await demo.GetAsync(project, "/v1/analytics/segments?group_by=" + by))["data"]!.AsArray()
            .Select(static one => $"{one!["name"]} {one["customers"]} {one["mrr"]}").ShouldBe(
                lives.PayingAt(now).GroupBy(nameOf)
                    .Select(group => $"{group.Key} {group.Count()} {NaiveLives.Month(group.Sum(one => lives.YearAt(one, now)))}"),
                ignoreOrder: true);
    }

    private async Task MarginsAsync(string project)
    {
        var (from, end) = (Today.AddDays(-120), Today.AddDays(1));
        foreach (var (by, revenueOf, costOf) in ((string, string?, string)[])
        [
            ("customer", "c.id", "c.id"), ("model", null, "e.data #>> '{props,model}'"),
            ("day", "to_char(d.at AT TIME ZONE 'UTC', 'YYYY-MM-DD')", "to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')"),
        ])
        {
            var margins = await demo.GetAsync(
                project, $"/v1/analytics/margins?limit=1000&group_by={by}&from={Day(from)}&to={Day(Today)}");
            var cost = await demo.SumsAsync(project, NaiveSql.Cost(costOf), from, end);
            var revenue = revenueOf is null ? [] : await demo.SumsAsync(project, NaiveSql.Revenue(revenueOf), from, end);
            foreach (var line in margins["data"]!.AsArray())
            {
                var name = line!["name"]?.GetValue<string>() ?? "";
                DemoServer.Number(line["cost"]).ShouldBe(cost.GetValueOrDefault(name), $"{by} {name}");
                _ = line["revenue"] is { } earned ? Near(DemoServer.Number(earned), revenue.GetValueOrDefault(name), $"{by} {name}") : 0;
            }

            DemoServer.Number(margins["cost"]).ShouldBe(cost.Values.Sum(), by);
        }

        static decimal Near(decimal found, decimal expected, string what)
        {
            found.ShouldBe(expected, 0.0101m, what);
            return found;
        }
    }

    /// <summary>Compares imported usage in all projects, and live usage where quotas have calendar months.</summary>
    private async Task AdoptionAsync(string project, DateTime begin)
    {
        var lines = (await demo.GetAsync(project, $"/v1/analytics/features/adoption?from={Day(begin)}&limit=1000"))["data"]!.AsArray();
        var imported = await demo.SumsAsync(project, NaiveSql.Units("e.month = '9999-01-01'"));
        lines.ToDictionary(static line => $"{line!["month"]} {line["feature"]}", static line => DemoServer.Number(line!["imported_units"]))
            .Where(static one => one.Value > 0).ToDictionary().ShouldBe(imported, ignoreOrder: true);
        imported.ShouldNotBeEmpty();
        if (project is "resume-ats" or "email-assistant")
        {
            var live = await demo.SumsAsync(project, NaiveSql.Units("e.month < '9999-01-01'"));
            lines.ToDictionary(static line => $"{line!["month"]} {line["feature"]}", static line => DemoServer.Number(line!["units"]))
                .Where(static one => one.Value > 0).ToDictionary().ShouldBe(live, ignoreOrder: true);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Every_project_has_a_believable_story_and_clean_books(string project)
    {
        var customers = await demo.RowsAsync(
            project, "SELECT min(created_at), count(*) FROM customers WHERE project_id = (SELECT id FROM projects WHERE code = $1)",
            static row => (First: row.GetDateTime(0), Count: row.GetInt64(1)));
        customers.ShouldHaveSingleItem().Count.ShouldBeGreaterThanOrEqualTo(50);
        customers[0].First.ShouldBeLessThan(Today.AddDays(-120));
        var report = await demo.SendAsync(project, HttpMethod.Post, "/v1/verify");
        report["clean"]!.GetValue<bool>().ShouldBeTrue(report.ToJsonString());

        var worst = (await demo.GetAsync(project, "/v1/analytics/margins?limit=1"))["data"]![0]!;
        (DemoServer.Number(worst["profit"]) < 0 && DemoServer.Number(worst["revenue"]) > 0).ShouldBeTrue(worst.ToJsonString());
        await Eventually.UntilAsync(async () =>
            (await demo.GetAsync(project, "/v1/subscriptions?status=past_due"))["data"]!.AsArray().Count == 1);
        var alerts = Array.Empty<string>();
        await Eventually.UntilAsync(async () =>
        {
            alerts = [.. (await demo.RowsAsync(
                project, "SELECT DISTINCT kind FROM alerts WHERE project_id = (SELECT id FROM projects WHERE code = $1)",
                static row => row.GetString(0)))];
            return Fired.All(alerts.Contains);
        });
        var (bad, good) = (await ErrorsAsync(DemoCalls.IncidentDay), await ErrorsAsync(DemoCalls.IncidentDay + 1));
        (bad.Rate > 0.2m && good.Rate < 0.2m && bad.P95 > 2 * good.P95).ShouldBeTrue($"{bad} {good}");

        async Task<(decimal Rate, decimal P95)> ErrorsAsync(int days)
        {
            var day = Day(Today.AddDays(-days));
            var lines = (await demo.GetAsync(project, $"/v1/analytics/providers?from={day}&to={day}"))["data"]!.AsArray();
            var line = lines.Single(static one => one!["provider"]!.GetValue<string>() == DemoCalls.Troubled)!;
            return (DemoServer.Number(line["error_rate"]), DemoServer.Number(line["latency"]!["p95_ms"]));
        }
    }

    [Fact]
    public async Task A_restart_adds_nothing_and_the_portal_of_a_customer_is_open()
    {
        var counts = await CountsAsync();
        (await demo.Server.Http.GetStringAsync(new Uri("/", UriKind.Relative))).ShouldContain("href=\"/demo/portal\"");
        (await demo.Server.Http.GetStringAsync(new Uri("/demo/portal", UriKind.Relative))).ShouldContain("<h1>Your plan and invoices</h1>");
        (await demo.GetAsync("resume-ats", "/v1/mails?status=sent"))["data"]!.AsArray().ShouldBeEmpty("A demo writes to nobody.");
        (await demo.Server.StopAsync()).ShouldBe(0, demo.Server.Log);
        await demo.Server.StartAgainAsync();
        await demo.PrintedAsync("Demo data of trendit: nothing to add");
        (await CountsAsync()).ShouldBe(counts);

        async Task<string> CountsAsync() => (await demo.RowsAsync(
            "", """
                SELECT concat_ws(' ', (SELECT count(*) FROM customers), (SELECT count(*) FROM subscriptions), (SELECT count(*) FROM events),
                                 (SELECT count(*) FROM payments), (SELECT count(*) FROM alert_rules),
                                 (SELECT count(*) FROM acquisition_spend))
                 WHERE $1 = ''
                """, static row => row.GetString(0)))[0];
    }

    [Fact]
    public async Task The_same_seed_on_the_same_day_invents_the_same_lives()
    {
        foreach (var (number, catalog) in (await BuiltInCatalogs.ReadAsync(CancellationToken.None)).Index())
        {
            Told(1).ShouldBe(Told(1));
            Told(1).ShouldNotBe(Told(2));
            new DemoLives(catalog, number, 1, Today).All().ShouldContain(static life => life.Name.Contains('"', StringComparison.Ordinal));

            string Told(long seed)
            {
                var calls = new DemoCalls(catalog, number, seed, Today);
                return string.Join('\n', new DemoLives(catalog, number, seed, Today).All().Select(life =>
                    $"{life with { Stretches = [] }} {string.Join(' ', life.Stretches)} {string.Join(' ', calls.Of(life))}"));
            }
        }
    }

    private static void Is(JsonNode? kpi, decimal expected, int digits = 4) =>
        DemoServer.Number(kpi!["value"]).ShouldBe(decimal.Round(expected, digits, MidpointRounding.AwayFromZero), kpi.ToJsonString());

    private static string Day(DateTime day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
