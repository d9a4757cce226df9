using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Analytics;

/// <summary>Key figures, cohorts and segments of one February, compared with a hand calculation and with naive statements.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class KpiApiTests(RunningServer running)
{
    private const string February = "from=2027-02-01&to=2027-02-28";

    [Fact]
    public async Task A_february_of_changes_equals_a_hand_calculation()
    {
        var sandbox = await FebruaryAsync();
        var kpis = await GetAsync(sandbox, "/v1/analytics/kpis?" + February);

        // acme, ben, cara and dan pay 2,900 at the start. At the end acme pays 29,900, ben nothing, eve (trial) 2,900 and gus 7,000.
        Value(kpis["mrr"]).ShouldBe((45_600, 11_600));
        Value(kpis["arr"]).ShouldBe((547_200, 139_200));
        Value(kpis["customers"]).ShouldBe((5, 4));
        Value(kpis["arpu"]).ShouldBe((9_120, 2_900));
        Value(kpis["churn"]!["logo"]).Now.ShouldBe(0.25m, "cara paused and dan cancelled, and both returned on the same day.");
        Value(kpis["churn"]!["gross"]).Now.ShouldBe(0.25m);
        Value(kpis["churn"]!["net"]).Now.ShouldBe(-2.0776m, "(2,900 − 27,000) ÷ 11,600.");
        kpis["churn"]!["by_reason"]!.ToJsonString().ShouldBe("""[{"reason":"too_expensive","customers":1,"mrr":2900}]""");
        Value(kpis["upgrade_rate"]).Now.ShouldBe(0.25m);
        Value(kpis["downgrade_rate"]).Now.ShouldBe(0m);
        Value(kpis["trial_conversion"]).ShouldBe((1m, 0m), "eve's trial became paid; fay left hers in January.");
        Value(kpis["cac"]).ShouldBe((20_000m, null), "(50,000 − 10,000) ÷ eve and gus; nobody paid first in the 28 days before.");

        // Revenue and cost are those of the other report, payments those of a naive statement.
        var result = await GetAsync(sandbox, "/v1/analytics/revenue-vs-cost?" + February);
        var (revenue, cost) = (Dollars(result["revenue"]), Dollars(result["cost"]));
        cost.ShouldBe(2.5m);
        var margin = (revenue - cost) / revenue;
        Value(kpis["gross_margin"]).Now.ShouldBe(decimal.Round(margin, 4, MidpointRounding.AwayFromZero));
        Value(kpis["ltv"]).Now.ShouldBe(decimal.Round(9_120 * margin / 0.25m, 0, MidpointRounding.AwayFromZero));
        var (succeeded, ended) = await PaymentsAsync(sandbox);
        (succeeded > 0 && succeeded < ended).ShouldBeTrue($"{succeeded} of {ended} payments succeeded.");
        Value(kpis["payment_success"]).Now.ShouldBe(decimal.Round((decimal)succeeded / ended, 4, MidpointRounding.AwayFromZero));

        var file = await (await sandbox.FetchAsync("/v1/analytics/kpis.csv?" + February)).Content.ReadAsStringAsync();
        file.ShouldContain("\r\nchurn.net,-2.0776,", customMessage: file);
        file.Split("\r\n").Length.ShouldBe(16);
        await CohortsAndSegmentsAsync(sandbox);
    }

    [Fact]
    public async Task An_empty_project_has_no_base_for_any_rate_and_no_spend()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var kpis = await GetAsync(sandbox, "/v1/analytics/kpis?from=2025-04-02");
        Value(kpis["mrr"]).ShouldBe((0m, 0m));
        foreach (var name in (string[])["arpu", "ltv", "cac", "trial_conversion", "payment_success", "gross_margin"])
        {
            Value(kpis[name]).ShouldBe((null, null), name);
        }

        (await GetAsync(sandbox, "/v1/analytics/cohorts?from=2025-05-01"))["data"]!.AsArray().Count.ShouldBe(24);
        (await GetAsync(sandbox, "/v1/analytics/segments"))["data"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Spend_is_recorded_once_and_another_content_of_its_id_is_refused()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        const string spend = """{"id": "ads", "amount": 500, "channel": "search"}""";
        (await sandbox.Door.PostAsync("/v1/analytics/spend", spend)).ShouldBe(
            HttpStatusCode.Created, """{"id":"ads","day":"2027-04-01","amount":500,"currency":"USD","channel":"search","note":null}""");
        (await sandbox.Door.PostAsync("/v1/analytics/spend", spend)).Status.ShouldBe(HttpStatusCode.Created);
        (await sandbox.Door.PostAsync("/v1/analytics/spend", """{"id": "ads", "amount": 501}""")).Status.ShouldBe(HttpStatusCode.Conflict);
        (await GetAsync(sandbox, "/v1/analytics/spend"))["data"]!.AsArray().Count.ShouldBe(1);
        foreach (var bad in (string[])[
            """{"amount": 0}""", "{}", """{"amount": 1, "currency": "QQQ"}""", """{"amount": 1, "day": "soon"}"""])
        {
            (await sandbox.Door.PostAsync("/v1/analytics/spend", bad)).Status.ShouldBe(HttpStatusCode.UnprocessableEntity, bad);
        }
    }

    [Fact]
    public async Task Margins_show_the_customer_that_costs_more_than_it_pays_first()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.SubscribeAsync("""{"customer": "yuki", "plan": "pro", "currency": "JPY", "trial": false}""");
        foreach (var (customer, tokens) in ((string, int)[])[("acme", 1_000_000), ("loss", 2_000_000)])
        {
            await OkAsync(sandbox.Door.PostAsync(
                "/v1/llm-calls",
                $$"""{"customer": "{{customer}}", "provider": "openai", "model": "gpt-4o", "input_tokens": {{tokens}}, "output_tokens": 0}"""));
        }

        await sandbox.AdvanceAsync("2027-04-30T12:00:00Z");
        var margins = await GetAsync(sandbox, "/v1/analytics/margins?from=2027-04-01&to=2027-04-30");
        margins["data"]!.ToJsonString().ShouldBe(
            """[{"name":"loss","revenue":"0","cost":"5","profit":"-5","margin":null},{"name":"acme","revenue":"29","cost":"2.5","profit":"26.5","margin":0.9138}]""");
        (margins["unprofitable"]!.GetValue<int>(), margins["unconverted"]!.ToJsonString()).ShouldBe((1, """["JPY"]"""));
        var result = await GetAsync(sandbox, "/v1/analytics/revenue-vs-cost?from=2027-04-01&to=2027-04-30");
        (Dollars(margins["revenue"]), Dollars(margins["cost"])).ShouldBe((Dollars(result["revenue"]), Dollars(result["cost"])));

        await OkAsync(sandbox.Door.PutAsync("/v1/exchange-rates", """{"currency": "JPY", "rate": "0.007", "valid_from": "2027-04-30"}"""));
        var with = await GetAsync(sandbox, "/v1/analytics/margins?from=2027-04-01&to=2027-04-30&limit=2");
        (with["has_more"]!.GetValue<bool>(), Dollars(with["revenue"]), with["data"]![1]!["name"]!.GetValue<string>()).ShouldBe(
            (true, 50m, "yuki"));
        (await (await sandbox.FetchAsync("/v1/analytics/margins.csv?from=2027-04-01&to=2027-04-30")).Content.ReadAsStringAsync()).ShouldBe(
            "customer,revenue,cost,profit,margin\r\nloss,0,5,-5,\r\nyuki,21,0,21,1\r\nacme,29,2.5,26.5,0.9138\r\n");
    }

    private async Task<BillingSandbox> FebruaryAsync()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-01T00:00:00Z");
        var ids = new Dictionary<string, string>();
        foreach (var customer in (string[])["acme", "ben", "cara", "dan"])
        {
            ids[customer] = await sandbox.SubscribeAsync($$"""{"customer": "{{customer}}", "plan": "pro", "trial": false}""");
        }

        await sandbox.AdvanceAsync("2027-01-10T00:00:00Z");
        var fay = await sandbox.SubscribeAsync("""{"customer": "fay", "plan": "pro"}""");
        await sandbox.AdvanceAsync("2027-01-12T00:00:00Z");
        await OkAsync(sandbox.Door.PostAsync($"/v1/subscriptions/{fay}/cancel", """{"at": "now"}"""));
        await sandbox.AdvanceAsync("2027-01-20T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "eve", "plan": "pro"}""");
        await sandbox.AdvanceAsync("2027-02-02T00:00:00Z");
        await OkAsync(sandbox.Door.PostAsync("/v1/analytics/spend", """{"amount": 50000}"""));
        await OkAsync(sandbox.Door.PostAsync("/v1/analytics/spend", """{"amount": -10000, "day": "2027-02-01"}"""));
        await OkAsync(sandbox.Door.PostAsync("/v1/analytics/spend", """{"amount": 999, "day": "2027-03-01"}"""));
        await OkAsync(sandbox.Door.PostAsync(
            "/v1/llm-calls",
            """{"customer": "ben", "provider": "openai", "model": "gpt-4o", "input_tokens": 1000000, "output_tokens": 0}"""));
        await PaymentSteps.AddCardAsync(sandbox, "pm_sandbox_visa");
        await sandbox.Door.PostAsync("/v1/sandbox/payment-behavior", """{"customer": "acme", "outcome": "decline", "times": 1}""");
        foreach (var invoice in (await sandbox.Door.GetAsync("/v1/invoices?customer=acme"))["data"].AsArray())
        {
            await sandbox.Door.PostAsync("/v1/payments", PaymentSteps.Body(invoice!["id"]!.GetValue<string>()));
        }

        await sandbox.AdvanceAsync("2027-02-05T00:00:00Z");
        await OkAsync(sandbox.Door.PatchAsync($"/v1/subscriptions/{ids["acme"]}", """{"plan": "enterprise"}"""));
        await OkAsync(sandbox.Door.PostAsync($"/v1/subscriptions/{ids["ben"]}/cancel", """{"at": "now", "reason": "too_expensive"}"""));
        await OkAsync(sandbox.Door.PostAsync($"/v1/subscriptions/{ids["cara"]}/pause", "{}"));
        await OkAsync(sandbox.Door.PostAsync($"/v1/subscriptions/{ids["cara"]}/resume"));
        await OkAsync(sandbox.Door.PostAsync($"/v1/subscriptions/{ids["dan"]}/cancel", """{"at": "now"}"""));
        await sandbox.SubscribeAsync("""{"customer": "dan", "plan": "pro", "trial": false}""");
        await sandbox.SubscribeAsync("""{"customer": "gus", "plan": "team", "quantity": 5, "trial": false}""");
        await sandbox.AdvanceAsync("2027-02-28T12:00:00Z");
        return sandbox;
    }

    private static async Task CohortsAndSegmentsAsync(BillingSandbox sandbox)
    {
        var cohorts = await GetAsync(sandbox, "/v1/analytics/cohorts?from=2027-01-01");
        cohorts["data"]!.AsArray().Select(static one => one!.ToJsonString()).ShouldBe(
        [
            """{"month":"2027-01","customers":4,"months":[{"month":"2027-01","customers":4,"mrr":11600,"customer_retention":1,"revenue_retention":1},{"month":"2027-02","customers":3,"mrr":35700,"customer_retention":0.75,"revenue_retention":3.0776}]}""",
            """{"month":"2027-02","customers":2,"months":[{"month":"2027-02","customers":2,"mrr":9900,"customer_retention":1,"revenue_retention":1}]}""",
        ]);
        var plans = await GetAsync(sandbox, "/v1/analytics/segments");
        plans["data"]!.ToJsonString().ShouldBe(
            """[{"name":"enterprise","customers":1,"mrr":29900,"share":0.2},{"name":"pro","customers":3,"mrr":8700,"share":0.6},{"name":"team","customers":1,"mrr":7000,"share":0.2}]""");
        (await GetAsync(sandbox, "/v1/analytics/segments?to=2027-01-31&group_by=country"))["data"]!.ToJsonString().ShouldBe(
            """[{"name":null,"customers":4,"mrr":11600,"share":1}]""");
        (await (await sandbox.FetchAsync("/v1/analytics/cohorts.csv?from=2027-01-01")).Content.ReadAsStringAsync()).ShouldContain(
            "\r\n2027-01,4,2027-02,3,35700,0.75,3.0776\r\n");
        (await (await sandbox.FetchAsync("/v1/analytics/segments.csv?group_by=currency")).Content.ReadAsStringAsync()).ShouldBe(
            "name,customers,mrr,share\r\nUSD,5,45600,1\r\n");
    }

    private static async Task OkAsync(Task<Came> sent)
    {
        var came = await sent;
        ((int)came.Status).ShouldBeInRange(200, 204, came.Json?.ToJsonString());
    }

    private static async Task<JsonNode> GetAsync(BillingSandbox sandbox, string path)
    {
        var came = await sandbox.Door.GetAsync(path);
        came.Status.ShouldBe(HttpStatusCode.OK, came.Json?.ToJsonString());
        return came.Json!;
    }

    private static (decimal? Now, decimal? Before) Value(JsonNode? kpi) =>
        (kpi!["value"]?.GetValue<decimal>(), kpi["previous"]?.GetValue<decimal>());

    private static decimal Dollars(JsonNode? text) => decimal.Parse(text!.GetValue<string>(), CultureInfo.InvariantCulture);

    private async Task<(long Succeeded, long Ended)> PaymentsAsync(BillingSandbox sandbox)
    {
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var naive = new NpgsqlCommand(
            """
            SELECT count(*) FILTER (WHERE status = 'succeeded'), count(*)
              FROM payments
             WHERE project_id = (SELECT id FROM projects WHERE code = $1) AND settled_at >= '2027-02-01T00:00:00Z' AND settled_at < '2027-03-01T00:00:00Z'
            """, connection) { Parameters = { new() { Value = sandbox.Code } } };
        await using var reader = await naive.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}
