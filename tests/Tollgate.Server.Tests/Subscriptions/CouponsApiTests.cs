using System.Net;
using Npgsql;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.Subscriptions;

/// <summary>Several coupons of one subscription over HTTP: in the order of redemption, ended, carried over, given back by a void.</summary>
[Collection(RunningServerTests.Others)]
public sealed class CouponsApiTests(RunningServer running)
{
    [Fact]
    public async Task Further_coupons_stand_on_the_next_invoice_in_their_order_as_the_preview_said()
    {
        var sandbox = await StartAsync(
            """{"code": "FIVE", "amount_off": 500, "duration": "forever"}""",
            """{"code": "TEN", "percent_off": 10, "duration": "forever"}""");
        var id = await sandbox.SubscribeAsync("""{"id": "sub-1", "customer": "anna", "plan": "pro", "trial": false, "coupon": "TEN"}""");
        var preview = await RedeemAsync(sandbox, id, """{"code": "FIVE", "preview": true}""", HttpStatusCode.OK);
        BillingSandbox.Told(preview["next_invoice"]).ShouldBe("renewal 2110 = subscription 2900, discount -290, discount -500");
        (await CodesAsync(sandbox, id)).ShouldBe(["TEN 1"], "A preview changes nothing.");
        var redeemed = await RedeemAsync(sandbox, id, """{"code": "FIVE"}""");
        (redeemed["code"].GetValue<string>(), redeemed["amount_off"].GetValue<long>(), redeemed["active"].GetValue<bool>(),
            redeemed["invoices"].GetValue<int>(), redeemed.Json!["remaining"])
            .ShouldBe(("FIVE", 500, true, 0, null));
        BillingSandbox.Told((await sandbox.Door.GetAsync($"/v1/subscriptions/{id}/upcoming-invoice")).Json!)
            .ShouldBe("renewal 2110 = subscription 2900, discount -290, discount -500");
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        (await sandbox.InvoicesAsync("anna")).ShouldBe(
            ["000001 start 2610 = subscription 2900, discount -290",
                "000002 renewal 2110 = subscription 2900, discount -290, discount -500"]);

        // The same order is still the same: it named one coupon.
        (await sandbox.Door.PostAsync(
            "/v1/subscriptions",
            """{"id": "sub-1", "customer": "anna", "plan": "pro", "trial": false, "coupon": "TEN"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await sandbox.Door.PostAsync(
            "/v1/subscriptions", """{"id": "sub-1", "customer": "anna", "plan": "pro", "trial": false, "coupon": "FIVE"}"""))["code"]
            .GetValue<string>().ShouldBe("idempotency_key_reused");
        await ShouldVerifyAsync(sandbox);
    }

    /// <summary>The second of two servers has a clock that is a minute behind.</summary>
    [Fact]
    public async Task Reductions_apply_in_the_order_of_redemption_whatever_the_clock_shows()
    {
        var sandbox = await StartAsync(
            """{"code": "FIVE", "amount_off": 500, "duration": "forever"}""",
            """{"code": "TEN", "percent_off": 10, "duration": "forever"}""");
        var id = await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false, "coupon": "TEN"}""");
        await RedeemAsync(sandbox, id, """{"code": "FIVE"}""");
        await using (var connection = new NpgsqlConnection(running.ConnectionString))
        {
            await connection.OpenAsync();
            await using var behind = new NpgsqlCommand(
                "UPDATE redemptions SET redeemed_at = redeemed_at - interval '1 minute' WHERE subscription = $1 AND code = 'FIVE'",
                connection);
            behind.Parameters.Add(new() { Value = Guid.Parse(id) });
            (await behind.ExecuteNonQueryAsync()).ShouldBe(1);
        }

        (await CodesAsync(sandbox, id)).ShouldBe(["TEN 1", "FIVE 0"]);
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        (await sandbox.InvoicesAsync("anna"))[1].ShouldBe("000002 renewal 2110 = subscription 2900, discount -290, discount -500");
    }

    [Fact]
    public async Task An_ended_coupon_reduces_nothing_and_each_step_has_its_actor()
    {
        var sandbox = await StartAsync("""{"code": "FIVE", "amount_off": 500, "duration": "forever"}""");
        var id = await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false}""");
        await RedeemAsync(sandbox, id, """{"code": "FIVE"}""");
        await sandbox.AdvanceAsync("2027-05-10T00:00:00Z");
        var ended = await sandbox.Door.DeleteAsync($"/v1/subscriptions/{id}/coupons/FIVE");
        (ended.Status, ended["active"].GetValue<bool>(), ended["ends_at"].GetValue<string>(),
            ended["invoices"].GetValue<int>()).ShouldBe((HttpStatusCode.OK, false, "2027-05-10T00:00:00Z", 1));
        (await sandbox.Door.DeleteAsync($"/v1/subscriptions/{id}/coupons/FIVE")).Status.ShouldBe(
            HttpStatusCode.OK, "A repeat changes nothing.");
        await sandbox.AdvanceAsync("2027-06-01T00:00:00Z");
        (await sandbox.InvoicesAsync("anna")).ShouldBe(
            ["000001 start 2900 = subscription 2900", "000002 renewal 2400 = subscription 2900, discount -500",
                "000003 renewal 2900 = subscription 2900"]);
        var facts = (await sandbox.Door.GetAsync($"/v1/subscriptions/{id}/events"))["data"].AsArray();
        facts.Select(
            static fact =>
                $"{fact!["type"]} {fact["cause"]} {(fact["actor"]!.GetValue<string>().StartsWith("key ", StringComparison.Ordinal) ? "key" : fact["actor"])}")
            .ShouldBe(
                ["start request key", "redeem_coupon coupon FIVE key", "renew due system", "end_coupon coupon FIVE key",
                    "renew due system"]);
        foreach (var (day, coupons) in new[] { ("03-31", 0), ("05-09", 1), ("05-10", 0) })
        {
            var subscription = (await sandbox.Door.GetAsync($"/v1/customers/anna/terms?at=2027-{day}T00:00:00Z")).Json!["subscription"];
            (subscription?["coupons"]!.AsArray().Count ?? 0).ShouldBe(coupons, day);
        }

        (await RedeemAsync(sandbox, id, """{"code": "FIVE"}""", HttpStatusCode.UnprocessableEntity))["detail"].GetValue<string>()
            .ShouldBe("The subscription has already redeemed coupon 'FIVE'.");
        await ShouldVerifyAsync(sandbox);
    }

    [Fact]
    public async Task A_void_invoice_gives_back_what_it_took_of_coupons()
    {
        var sandbox = await StartAsync(
            """{"code": "FORTY", "amount_off": 4000, "carry_over": true}""", """{"code": "HALF", "percent_off": 50}""",
            """{"code": "TWO", "percent_off": 2, "duration": "forever"}""");
        var id = await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "enterprise"}""");
        foreach (var code in (string[])["HALF", "FORTY", "TWO"])
        {
            await RedeemAsync(sandbox, id, $$"""{"code": "{{code}}"}""");
        }

        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        const string Discounted = "renewal 10731 = subscription 29900, discount -14950, discount -4000, discount -219";
        (await sandbox.InvoicesAsync("anna"))[1].ShouldBe("000002 " + Discounted);
        (await CodesAsync(sandbox, id)).ShouldBe(["HALF 1", "FORTY 1, 0 left", "TWO 1"]);
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=anna"))["data"][0]!["id"]!.GetValue<string>();
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/void")).Status.ShouldBe(HttpStatusCode.OK);
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/void")).Status.ShouldBe(HttpStatusCode.OK, "Twice is once.");
        (await CodesAsync(sandbox, id)).ShouldBe(["HALF 0", "FORTY 0, 4000 left", "TWO 0"]);
        await ShouldVerifyAsync(sandbox);
        await sandbox.AdvanceAsync("2027-06-01T00:00:00Z");
        (await sandbox.InvoicesAsync("anna"))[2].ShouldBe("000003 " + Discounted);

        // A credit note returns money, and nothing else.
        invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=anna"))["data"][0]!["id"]!.GetValue<string>();
        await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/credit-notes", """{"reason": "sorry"}""");
        (await CodesAsync(sandbox, id)).ShouldBe(["HALF 1", "FORTY 1, 0 left", "TWO 1"]);
        await ShouldVerifyAsync(sandbox);
    }

    [Fact]
    public async Task Refusals_say_why_and_change_nothing()
    {
        var sandbox = await StartAsync(
            """{"code": "TEAM", "percent_off": 10, "plans": ["team"]}""", """{"code": "YEN", "amount_off": 10, "currency": "JPY"}""",
            """{"code": "FIRST", "percent_off": 10, "first_time_only": true}""",
            """{"code": "ONE", "percent_off": 10, "max_redemptions": 1}""", """{"code": "GONE", "percent_off": 10}""",
            """{"code": "SOON", "percent_off": 10, "expires_at": "2027-04-02T00:00:00Z"}""");
        await sandbox.Door.DeleteAsync("/v1/coupons/GONE");
        await sandbox.SubscribeAsync("""{"customer": "bert", "plan": "pro", "trial": false, "coupon": "ONE"}""");
        var first = await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false}""");
        await RedeemAsync(sandbox, first, """{"code": "FIRST"}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{first}/cancel", """{"at": "now"}""");
        (await RedeemAsync(sandbox, first, """{"code": "SOON"}""", HttpStatusCode.Conflict))["code"].GetValue<string>()
            .ShouldBe("subscription_state");
        await sandbox.AdvanceAsync("2027-04-02T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false}""");
        foreach (var (code, why) in ((string, string)[])[
            ("TEAM", "not for this plan"), ("YEN", "another currency"), ("FIRST", "first subscription"), ("ONE", "reached its number"),
            ("GONE", "was ended"), ("SOON", "has expired"), ("NONE", "Unknown coupon 'NONE'")])
        {
            var refused = await RedeemAsync(sandbox, id, $$"""{"code": "{{code}}"}""", HttpStatusCode.UnprocessableEntity);
            (refused["code"].GetValue<string>(), refused["param"].GetValue<string>()).ShouldBe(("coupon_refused", "code"));
            refused["detail"].GetValue<string>().ShouldContain(why);
        }

        (await RedeemAsync(sandbox, id, "{}", HttpStatusCode.UnprocessableEntity))["code"].GetValue<string>().ShouldBe("validation_failed");
        (await RedeemAsync(sandbox, "none", """{"code": "TEAM"}""", HttpStatusCode.NotFound))["code"].GetValue<string>()
            .ShouldBe("subscription_not_found");
        (await sandbox.Door.GetAsync("/v1/subscriptions/none/coupons")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await sandbox.Door.DeleteAsync($"/v1/subscriptions/{id}/coupons/TEAM"))["code"].GetValue<string>().ShouldBe("coupon_not_found");
        (await CodesAsync(sandbox, id)).ShouldBeEmpty();
        (await sandbox.Door.GetAsync($"/v1/subscriptions/{id}/events"))["data"].AsArray().Count.ShouldBe(1);
        foreach (var terms in (string[])[
            "\"percent_off\": 10", "\"amount_off\": 10, \"duration\": \"forever\"",
            "\"amount_off\": 10, \"duration\": \"repeating\", \"months\": 2"])
        {
            var refused = await sandbox.Door.PostAsync("/v1/coupons", $$"""{"code": "CARRY", {{terms}}, "carry_over": true}""");
            refused["errors"].AsArray().ShouldHaveSingleItem()!["param"]!.GetValue<string>().ShouldBe("carry_over", terms);
        }

        await ShouldVerifyAsync(sandbox);
    }

    private async Task<BillingSandbox> StartAsync(params string[] coupons)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        foreach (var coupon in coupons)
        {
            (await sandbox.Door.PostAsync("/v1/coupons", coupon)).Status.ShouldBe(HttpStatusCode.Created, coupon);
        }

        return sandbox;
    }

    private static async Task<Came> RedeemAsync(
        BillingSandbox sandbox, string subscription, string json, HttpStatusCode expected = HttpStatusCode.Created)
    {
        var came = await sandbox.Door.PostAsync($"/v1/subscriptions/{subscription}/coupons", json);
        came.Status.ShouldBe(expected, came.Json?.ToJsonString());
        return came;
    }

    /// <summary>Code, invoices, and the rest.</summary>
    private static async Task<string[]> CodesAsync(BillingSandbox sandbox, string subscription) =>
        [.. (await sandbox.Door.GetAsync($"/v1/subscriptions/{subscription}/coupons"))["data"].AsArray()
            .Select(static one => $"{one!["code"]} {one["invoices"]}{(one["remaining"] is { } left ? $", {left} left" : "")}")];

    private async Task ShouldVerifyAsync(BillingSandbox sandbox)
    {
        var report = await running.DoorWith(running.Server.AdminKey)
            .SendAsync(HttpMethod.Post, "/v1/verify", null, ("X-Project", sandbox.Code));
        report["clean"].GetValue<bool>().ShouldBeTrue(report.Json!.ToJsonString());
    }
}
