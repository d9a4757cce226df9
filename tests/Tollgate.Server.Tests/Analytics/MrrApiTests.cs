using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Analytics;

/// <summary>Recurring revenue over HTTP, compared with a naive computation from the timelines of subscriptions.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class MrrApiTests(RunningServer running)
{
    private static readonly string[] Kinds = ["new", "expansion", "contraction", "churn", "reactivation", "exchange"];

    [Fact]
    public async Task Lives_in_Cairo_reconcile_month_by_month_with_the_timelines_of_their_subscriptions()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-10T00:00:00Z", zone: "Africa/Cairo");
        var upgraded = await sandbox.SubscribeAsync("""{"customer": "a", "plan": "pro", "trial": false}""");
        var yearly = await sandbox.SubscribeAsync("""{"customer": "b", "plan": "pro", "period": "yearly", "trial": false}""");
        var trial = await sandbox.SubscribeAsync("""{"customer": "c", "plan": "pro"}""");
        (await MrrAsync(sandbox, "2027-01-01", "2027-01-10"))["mrr"]!.GetValue<long>().ShouldBe(5317, "2,900 + 29,000 ÷ 12; a trial is 0.");

        // In Cairo the month ends at 22:00 UTC.
        await sandbox.AdvanceAsync("2027-01-31T21:30:00Z");
        await OkAsync(sandbox.Door.PatchAsync($"/v1/subscriptions/{upgraded}", """{"plan": "enterprise"}"""));
        await sandbox.AdvanceAsync("2027-01-31T22:30:00Z");
        await OkAsync(sandbox.Door.PostAsync($"/v1/subscriptions/{yearly}/cancel", """{"at": "now", "reason": "too_expensive"}"""));
        await OkAsync(sandbox.Door.PostAsync($"/v1/subscriptions/{trial}/pause", "{}"));
        await OkAsync(sandbox.Door.PostAsync($"/v1/subscriptions/{trial}/resume"));
        await OkAsync(sandbox.Door.PostAsync($"/v1/subscriptions/{trial}/cancel", """{"at": "now"}"""));
        await sandbox.SubscribeAsync("""{"customer": "c", "plan": "pro", "trial": false}""");
        var seats = await sandbox.SubscribeAsync("""{"customer": "d", "plan": "team", "quantity": 5, "trial": false}""");
        await sandbox.AdvanceAsync("2027-03-15T00:00:00Z");
        await OkAsync(sandbox.Door.PatchAsync($"/v1/subscriptions/{seats}", """{"quantity": 4, "when": "now"}"""));

        var report = await MrrAsync(sandbox, "2027-01-01", "2027-03-15");
        report["series"]!.AsArray().Select(static month => month!["movements"]!.ToJsonString()).ShouldBe(
        [
            """{"new":8217,"expansion":27000,"contraction":0,"churn":0,"reactivation":0,"exchange":0}""",
            """{"new":7000,"expansion":0,"contraction":0,"churn":-8217,"reactivation":5800,"exchange":0}""",
            """{"new":0,"expansion":0,"contraction":-1000,"churn":0,"reactivation":0,"exchange":0}""",
        ]);
        await ShouldReconcileAsync(sandbox, report, "Africa/Cairo");
        report["customers"]!.GetValue<long>().ShouldBe(3);

        // Each sum is the sum of its facts.
        var facts = await AllAsync(sandbox, "/v1/analytics/mrr/movements?from=2027-01-01&to=2027-03-15");
        (facts.Sum(static fact => fact["arr_change"]!.GetValue<long>()), facts.Count).ShouldBe((report["arr"]!.GetValue<long>(), 11));
        var churned = await AllAsync(sandbox, "/v1/analytics/mrr/movements?from=2027-02-01&to=2027-02-28&kind=churn");
        churned.Select(static fact => $"{fact["customer"]} {fact["reason"]}")
            .ShouldBe(["b too_expensive", "c paused", "c request"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_recurring_coupon_counts_and_another_one_and_a_new_price_of_the_plan_do_not()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        foreach (var coupon in (string[])["""{"code": "TEN", "percent_off": 10, "duration": "forever"}""",
            """{"code": "ONCE", "percent_off": 50, "duration": "once"}""",
            """{"code": "TWO", "amount_off": 400, "duration": "repeating", "months": 2}"""])
        {
            await OkAsync(sandbox.Door.PostAsync("/v1/coupons", coupon));
        }

        var ten = await sandbox.SubscribeAsync("""{"customer": "ten", "plan": "pro", "trial": false, "coupon": "TEN"}""");
        await sandbox.SubscribeAsync("""{"customer": "once", "plan": "pro", "trial": false, "coupon": "ONCE"}""");
        await sandbox.SubscribeAsync("""{"customer": "two", "plan": "pro", "trial": false, "coupon": "TWO"}""");
        (await MrrAsync(sandbox, "2027-04-01", "2027-04-01"))["mrr"]!.GetValue<long>().ShouldBe(2610 + 2900 + 2500);

        await sandbox.PutCatalogAsync(
            BillingSandbox.Catalog.Replace("amount: 2900, trial", "amount: 3900, trial", StringComparison.Ordinal), dryRun: false);
        await sandbox.AdvanceAsync("2027-04-20T00:00:00Z");
        await OkAsync(sandbox.Door.DeleteAsync($"/v1/subscriptions/{ten}/coupons/TEN"));
        await sandbox.SubscribeAsync("""{"customer": "later", "plan": "pro", "trial": false}""");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=later"))["data"][0]!["id"]!.GetValue<string>();
        await OkAsync(sandbox.Door.PostAsync($"/v1/invoices/{invoice}/void"));
        await sandbox.AdvanceAsync("2027-07-02T00:00:00Z");

        var report = await MrrAsync(sandbox, "2027-04-01", "2027-07-02");
        report["series"]!.AsArray().Select(static month => month!["mrr"]!.GetValue<long>()).ShouldBe(
            [2900 + 2900 + 2500 + 3900, 2900 + 2900 + 2500 + 3900, 12600, 12600], "The coupon of two months ends on 1 June.");
        report["series"]!.AsArray().Select(static month => month!["movements"]!["expansion"]!.GetValue<long>()).ShouldBe([290, 0, 400, 0]);
    }

    [Fact]
    public async Task Other_currencies_are_converted_with_dated_rates_and_left_out_without_one()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-10T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "dollars", "plan": "pro", "trial": false}""");
        await sandbox.SubscribeAsync("""{"customer": "yen", "plan": "pro", "currency": "JPY", "trial": false}""");
        await sandbox.AdvanceAsync("2027-02-20T00:00:00Z");

        var without = await MrrAsync(sandbox, "2027-01-01", "2027-02-20");
        (without["mrr"]!.GetValue<long>(), without["unconverted"]!.ToJsonString()).ShouldBe((2900, """[{"currency":"JPY","mrr":3000}]"""));

        await OkAsync(sandbox.Door.PutAsync("/v1/exchange-rates", """{"currency": "JPY", "rate": "0.0065", "valid_from": "2027-01-01"}"""));
        var again = await sandbox.Door.PutAsync(
            "/v1/exchange-rates", """{"currency": "JPY", "rate": "0.0065", "valid_from": "2027-01-01"}""");
        await OkAsync(sandbox.Door.PutAsync("/v1/exchange-rates", """{"currency": "JPY", "rate": "0.007", "valid_from": "2027-02-01"}"""));
        (await sandbox.Door.GetAsync("/v1/exchange-rates"))["data"].AsArray().Count.ShouldBe(2, again.Json!.ToJsonString());

        var with = await MrrAsync(sandbox, "2027-01-01", "2027-02-20");
        with["series"]!.AsArray().Select(static month => month!["mrr"]!.GetValue<long>()).ShouldBe([2900 + 1950, 2900 + 2100]);
        with["series"]![1]!["movements"]!["exchange"]!.GetValue<long>().ShouldBe(150);
        (with["unconverted"]!.AsArray().Count, with["by_currency"]!.ToJsonString()).ShouldBe(
            (0, """[{"currency":"JPY","mrr":3000},{"currency":"USD","mrr":2900}]"""));
    }

    [Fact]
    public async Task An_empty_project_answers_24_months_of_zeros_and_bad_ranges_are_refused()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var empty = await MrrAsync(sandbox, "2025-05-01", "2027-04-01");
        empty["series"]!.AsArray().Count.ShouldBe(24);
        empty["series"]!.AsArray()
            .ShouldAllBe(static month => month!["mrr"]!.GetValue<long>() == 0 && month["customers"]!.GetValue<long>() == 0);
        (await sandbox.Door.GetAsync("/v1/analytics/mrr/movements")).Json!["data"]!.AsArray().ShouldBeEmpty();

        foreach (var bad in (string[])["from=2027-04-02&to=2027-04-01", "from=2020-01-01", "from=yesterday", "to=2027-02-30"])
        {
            (await sandbox.Door.GetAsync("/v1/analytics/mrr?" + bad)).Status.ShouldBe(HttpStatusCode.UnprocessableEntity, bad);
        }

        foreach (var bad in (string[])[
            """{"currency": "USD", "rate": "1"}""", """{"currency": "EUR", "rate": "-1"}""", """{"currency": "EUR"}"""])
        {
            (await sandbox.Door.PutAsync("/v1/exchange-rates", bad)).Status.ShouldBe(HttpStatusCode.UnprocessableEntity, bad);
        }

        await sandbox.Door.PostAsync("/v1/customers", """{"id": "somebody"}""");
        var token = (await sandbox.Door.PostAsync("/v1/customers/somebody/tokens", """{"ttl_seconds": 600}"""))["token"].GetValue<string>();
        (await running.DoorWith(token).GetAsync("/v1/analytics/mrr")).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task The_files_have_the_lines_of_the_answers()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        var months = await (await sandbox.FetchAsync("/v1/analytics/mrr.csv?from=2027-04-01")).Content.ReadAsStringAsync();
        months.Split("\r\n")[1].ShouldBe("2027-04,2027-04-01,2027-04-01,USD,0,2900,34800,2900,0,0,0,0,0,1,1");
        var facts = await (await sandbox.FetchAsync("/v1/analytics/mrr/movements.csv?customer=acme")).Content.ReadAsStringAsync();
        facts.Split("\r\n")[1].ShouldEndWith(",1,USD,0,34800,34800,,pro,monthly,");
        facts.Split("\r\n")[1].ShouldContain(",2027-04-01T00:00:00Z,new,acme,");
    }

    private static async Task OkAsync(Task<Came> sent)
    {
        var came = await sent;
        ((int)came.Status).ShouldBeInRange(200, 204, came.Json?.ToJsonString());
    }

    private static async Task<JsonNode> MrrAsync(BillingSandbox sandbox, string from, string to)
    {
        var came = await sandbox.Door.GetAsync($"/v1/analytics/mrr?from={from}&to={to}");
        came.Status.ShouldBe(HttpStatusCode.OK, came.Json?.ToJsonString());
        return came.Json!;
    }

    /// <summary>Reads a list page by page.</summary>
    private static async Task<List<JsonNode>> AllAsync(BillingSandbox sandbox, string path)
    {
        var (all, after) = (new List<JsonNode>(), "");
        while (true)
        {
            var page = await sandbox.Door.GetAsync($"{path}&limit=2{after}");
            page.Status.ShouldBe(HttpStatusCode.OK, page.Json?.ToJsonString());
            all.AddRange(page["data"].AsArray().Select(static one => one!));
            if (!page["has_more"].GetValue<bool>())
            {
                return all;
            }

            after = "&starting_after=" + all[^1]["id"]!.GetValue<string>();
        }
    }

    /// <summary>Compares each month with the sum of what the subscriptions' own timelines said at its end.</summary>
    private async Task ShouldReconcileAsync(BillingSandbox sandbox, JsonNode report, string zone)
    {
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        long? before = null;
        foreach (var month in report["series"]!.AsArray())
        {
            var moved = Kinds.Sum(kind => month!["movements"]![kind]!.GetValue<long>());
            var mrr = month!["mrr"]!.GetValue<long>();
            (month["opening"]!.GetValue<long>() + moved).ShouldBe(mrr, month.ToJsonString());
            month["opening"]!.GetValue<long>().ShouldBe(before ?? 0);
            before = mrr;
            await using var naive = new NpgsqlCommand(
                """
                SELECT round(coalesce(sum(x.amount * CASE x.interval WHEN 'weekly' THEN 52 WHEN 'yearly' THEN 1 ELSE 12 END), 0)
                             / 12.0)::bigint
                  FROM (SELECT DISTINCT ON (f.subscription) f.after ->> 'status' AS status, (f.after ->> 'amount')::bigint AS amount,
                               f.after ->> 'interval' AS interval
                          FROM subscription_facts f
                          JOIN subscriptions s ON s.id = f.subscription AND s.account = f.account
                          JOIN projects p ON p.id = s.project_id
                         WHERE p.code = $1 AND f.at < ($2::date + 1)::timestamp AT TIME ZONE $3
                         ORDER BY f.subscription, f.sequence DESC) x
                 WHERE x.status IN ('active', 'past_due')
                """, connection)
                {
                    Parameters = { new() { Value = sandbox.Code },
                        new() { Value = DateOnly.Parse(month["to"]!.GetValue<string>(), CultureInfo.InvariantCulture) },
                        new() { Value = zone } },
                };
            mrr.ShouldBe((long)(await naive.ExecuteScalarAsync())!, month.ToJsonString());
        }
    }
}
