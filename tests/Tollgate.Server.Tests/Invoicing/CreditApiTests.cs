using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Invoicing;

/// <summary>Customers' credit over HTTP: promotional credit reduces the price, prepaid credit pays.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class CreditApiTests(RunningServer running)
{
    [Fact]
    public async Task A_gift_comes_off_the_price_and_what_was_prepaid_pays_with_the_tax_and_the_facts_add_up()
    {
        var sandbox = await StartAsync();
        await sandbox.Door.PutAsync("/v1/tax-rates", """{"rates": [{"country": "DE", "name": "VAT", "percent": 19}]}""");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "anna", "country": "DE"}""");
        var given = await GiveAsync(
            sandbox, "anna", """{"amount": 4000, "kind": "promotional", "expires_at": "2027-07-01T00:00:00Z", "note": "Welcome"}""");
        given["actor"].GetValue<string>().ShouldStartWith("key ");
        given.Json!.AsObject().Where(static member => member.Key is not ("id" or "actor"))
            .Select(static member => $"{member.Key} {member.Value}")
            .ShouldBe(
                ["kind promotional", "cause manual", "amount 4000", "currency USD", "at 2027-04-01T00:00:00Z",
                    "expires_at 2027-07-01T00:00:00Z", "invoice ", "note Welcome"]);
        await GiveAsync(sandbox, "anna", """{"amount": 2500, "kind": "prepaid", "currency": "USD", "note": "Transfer 7"}""");
        await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false}""");
        (await BalancesAsync(sandbox, "anna")).ShouldBe(["prepaid 2500", "promotional 1100"]);

        // 29.00 − 11.00 = 18.00, with 3.42 of tax: 21.42 of the 25.00.
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        (await sandbox.InvoicesAsync("anna")).ShouldBe(
            ["000001 start 0 = subscription 2900, discount -2900, tax 0",
                "000002 renewal 2142 = subscription 2900, discount -1100, tax 342"]);
        (await BalancesAsync(sandbox, "anna")).ShouldBe(["prepaid 358", "promotional 0"]);
        (await FactsAsync(sandbox, "anna")).ShouldBe(
        [
            "promotional invoice -1100", "prepaid invoice -2142", "promotional invoice -2900", "promotional manual 4000",
            "prepaid manual 2500",
        ]);
        var explained = await sandbox.Door.GetAsync($"/v1/invoices/{await NewestAsync(sandbox, "anna")}/lines/2/explain");
        (explained["line"]["description"]!.GetValue<string>(),
            explained["steps"][0]!.GetValue<string>()).ShouldBe(("Promotional credit", "11.00 USD left, off 29.00 USD"));
        await ShouldVerifyAsync(sandbox);
    }

    [Fact]
    public async Task The_upcoming_invoice_is_the_real_one_to_the_cent()
    {
        var sandbox = await StartAsync();
        await sandbox.Door.PutAsync("/v1/tax-rates", """{"rates": [{"country": "DE", "name": "VAT", "percent": 19, "inclusive": true}]}""");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "anna", "country": "DE"}""");
        await sandbox.Door.PostAsync("/v1/coupons", """{"code": "C", "percent_off": 33.3, "duration": "forever"}""");
        await sandbox.Door.PostAsync("/v1/coupons", """{"code": "CARRY", "amount_off": 3333, "carry_over": true}""");
        var id = await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false, "coupon": "C"}""");
        await GiveAsync(sandbox, "anna", """{"amount": 5001, "kind": "promotional", "expires_at": "2027-07-01T00:00:01Z"}""");
        await GiveAsync(sandbox, "anna", """{"amount": 777, "kind": "prepaid"}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/coupons", """{"code": "CARRY"}""");
        foreach (var month in Enumerable.Range(5, 5))
        {
            var upcoming = await sandbox.Door.GetAsync($"/v1/subscriptions/{id}/upcoming-invoice");
            await sandbox.AdvanceAsync(string.Create(CultureInfo.InvariantCulture, $"2027-{month:00}-01T00:00:00Z"));
            var real = await sandbox.Door.GetAsync($"/v1/invoices/{await NewestAsync(sandbox, "anna")}");
            foreach (var member in (string[])["lines", "subtotal", "discount", "tax", "taxes", "total", "paid_from_credits", "amount_due"])
            {
                JsonNode.DeepEquals(upcoming[member], real[member]).ShouldBeTrue($"{month} {member}: {upcoming[member]} {real[member]}");
            }
        }

        (await BalancesAsync(sandbox, "anna")).ShouldBe(["prepaid 0", "promotional 0"]);
        await ShouldVerifyAsync(sandbox);
    }

    [Fact]
    public async Task A_gift_ends_in_its_second_and_a_void_invoice_gives_it_back()
    {
        var sandbox = await StartAsync();
        await GiveAsync(sandbox, "anna", """{"amount": 4000, "kind": "promotional", "expires_at": "2027-06-01T00:00:00Z"}""");
        await GiveAsync(sandbox, "bert", """{"amount": 4000, "kind": "promotional", "expires_at": "2027-06-01T00:00:01Z"}""");
        foreach (var customer in (string[])["anna", "bert"])
        {
            await sandbox.SubscribeAsync(
                $$"""{"customer": "{{customer}}", "plan": "enterprise", "amount": 2000, "start_at": "2027-04-01T00:00:00Z"}""");
        }

        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");

        // The first gift covers two invoices, which are paid and cannot be voided; the second covers half of the third, which can be.
        await GiveAsync(sandbox, "anna", """{"amount": 1000, "kind": "promotional"}""");
        await sandbox.AdvanceAsync("2027-06-01T00:00:00Z");
        (await sandbox.InvoicesAsync("anna")).ShouldBe(
        [
            "000001 start 0 = subscription 2000, discount -2000", "000003 renewal 0 = subscription 2000, discount -2000",
            "000005 renewal 1000 = subscription 2000, discount -1000",
        ]);
        (await BalancesAsync(sandbox, "anna")).ShouldBe(["promotional 0"]);
        var invoice = await NewestAsync(sandbox, "anna");
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/void", """{"note": "a slip"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await BalancesAsync(sandbox, "anna")).ShouldBe(["promotional 1000"]);
        (await FactsAsync(sandbox, "anna"))[..3].ShouldBe(
            ["promotional invoice 1000 a slip", "promotional invoice -1000", "promotional manual 1000"]);
        await ShouldVerifyAsync(sandbox);

        // Expired credit is listed at the moment of its expiry, including credit that a void returns later.
        await GiveAsync(sandbox, "carl", """{"amount": 1500, "kind": "promotional", "expires_at": "2027-06-10T00:00:00Z"}""");
        await sandbox.SubscribeAsync("""{"customer": "carl", "plan": "pro", "trial": false, "amount": 1600}""");
        await GiveAsync(sandbox, "carl", """{"amount": 30, "kind": "promotional", "expires_at": "2027-06-10T00:00:00Z"}""");
        await sandbox.AdvanceAsync("2027-06-09T23:59:59Z");
        (await BalancesAsync(sandbox, "carl")).ShouldBe(["promotional 30"]);
        await sandbox.AdvanceAsync("2027-06-10T00:00:00Z");
        await sandbox.Door.PostAsync($"/v1/invoices/{await NewestAsync(sandbox, "carl")}/void");
        (await BalancesAsync(sandbox, "carl")).ShouldBe(["promotional 0"]);
        var facts = await FactsAsync(sandbox, "carl");
        facts.Order(StringComparer.Ordinal).ShouldBe(
        [
            "promotional expired -1500", "promotional expired -30", "promotional invoice -1500", "promotional invoice 1500",
            "promotional manual 1500", "promotional manual 30",
        ]);
        await ShouldVerifyAsync(sandbox);
    }

    [Fact]
    public async Task A_void_that_returns_an_expired_gift_expires_it_again()
    {
        var sandbox = await StartAsync();
        await GiveAsync(sandbox, "anna", """{"amount": 1500, "kind": "promotional", "expires_at": "2027-04-10T00:00:00Z"}""");
        await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-04-12T00:00:00Z");
        await sandbox.Door.PostAsync($"/v1/invoices/{await NewestAsync(sandbox, "anna")}/void");
        (await FactsAsync(sandbox, "anna")).ShouldBe(
            ["promotional expired -1500", "promotional invoice 1500", "promotional invoice -1500", "promotional manual 1500"]);
        (await BalancesAsync(sandbox, "anna")).ShouldBe(["promotional 0"]);
        var page = await sandbox.Door.GetAsync("/v1/customers/anna/credits?limit=1");
        page["data"][0]!["at"]!.GetValue<string>().ShouldBe("2027-04-12T00:00:00Z");
        page = await sandbox.Door.GetAsync($"/v1/customers/anna/credits?limit=1&starting_after={page["data"][0]!["id"]}");
        page["data"][0]!["amount"]!.GetValue<long>().ShouldBe(1500);
        await ShouldVerifyAsync(sandbox);
    }

    [Fact]
    public async Task A_void_invoice_gives_prepaid_credit_back()
    {
        var sandbox = await StartAsync();
        await GiveAsync(sandbox, "anna", """{"amount": 1000, "kind": "prepaid"}""");
        await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false}""");
        (await BalancesAsync(sandbox, "anna")).ShouldBe(["prepaid 0"]);

        (await sandbox.Door.PostAsync($"/v1/invoices/{await NewestAsync(sandbox, "anna")}/void")).Status.ShouldBe(HttpStatusCode.OK);

        (await BalancesAsync(sandbox, "anna")).ShouldBe(["prepaid 1000"]);
        await ShouldVerifyAsync(sandbox);
    }

    [Fact]
    public async Task Gifts_that_have_ended_make_room_for_others()
    {
        var sandbox = await StartAsync();
        foreach (var n in Enumerable.Range(1, 100))
        {
            await GiveAsync(sandbox, "anna", $$"""{"amount": {{n}}, "kind": "promotional", "expires_at": "2027-04-10T00:00:00Z"}""");
        }

        await sandbox.AdvanceAsync("2027-04-09T23:59:59Z");
        await GiveAsync(sandbox, "anna", """{"amount": 1, "kind": "promotional"}""", HttpStatusCode.UnprocessableEntity);
        await sandbox.AdvanceAsync("2027-04-10T00:00:00Z");
        await GiveAsync(sandbox, "anna", """{"amount": 900, "kind": "promotional"}""");
        await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false}""");
        (await sandbox.InvoicesAsync("anna")).ShouldBe(["000001 start 2000 = subscription 2900, discount -900"]);
        await ShouldVerifyAsync(sandbox);
    }

    [Fact]
    public async Task Money_in_a_currency_in_which_nothing_is_sold_is_refused_unless_it_is_the_customers_own()
    {
        var sandbox = await StartAsync();
        foreach (var kind in (string[])["promotional", "prepaid"])
        {
            var refused = await GiveAsync(
                sandbox, "anna", $$"""{"kind": "{{kind}}", "amount": 5, "currency": "EUR"}""", HttpStatusCode.UnprocessableEntity);
            var fault = refused["errors"].AsArray().ShouldHaveSingleItem()!;
            (refused["code"].GetValue<string>(), fault["param"]!.GetValue<string>(), fault["detail"]!.GetValue<string>())
                .ShouldBe(("validation_failed", "currency", "Nothing is sold in EUR, and the customer would keep it. Possible: JPY, USD."));
        }

        (await sandbox.Door.GetAsync("/v1/customers/anna"))["code"].GetValue<string>()
            .ShouldBe("customer_not_found", "Nothing was written.");
        await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false}""");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "bert", "currency": "EUR"}""");
        await GiveAsync(sandbox, "bert", """{"kind": "prepaid", "amount": 5}""");
        (await BalancesAsync(sandbox, "bert")).ShouldBe(["prepaid 5"]);
    }

    [Fact]
    public async Task Concurrent_withdrawals_of_prepaid_credit_never_make_it_negative()
    {
        var sandbox = await StartAsync();
        await using var second = await TestServer.StartAsync(running.ConnectionString);
        Door[] doors = [running.DoorWith(running.Server.AdminKey), new(second.NewClient(running.Server.AdminKey), null)];
        await GiveAsync(sandbox, "anna", """{"amount": 550, "kind": "prepaid"}""");
        var came = await Task.WhenAll(Enumerable.Range(0, 16).Select(n => doors[n % 2].SendAsync(
            HttpMethod.Post, "/v1/customers/anna/credits", """{"amount": -100, "kind": "prepaid"}""", ("X-Project", sandbox.Code))));
        came.Count(static one => one.Status == HttpStatusCode.Created).ShouldBe(5);
        came.Where(static one => one.Status != HttpStatusCode.Created)
            .ShouldAllBe(static one => one["code"].GetValue<string>() == "credits_insufficient");
        (await BalancesAsync(sandbox, "anna")).ShouldBe(["prepaid 50"]);
        (await GiveAsync(
            sandbox, "anna", """{"amount": -51, "kind": "prepaid"}""", HttpStatusCode.UnprocessableEntity))["detail"].GetValue<string>()
            .ShouldBe("The customer has 0.50 USD of prepaid credits, so 0.51 USD cannot be taken back.");
        await GiveAsync(sandbox, "anna", """{"amount": -50, "kind": "prepaid"}""");
        (await BalancesAsync(sandbox, "anna")).ShouldBe(["prepaid 0"]);

        // One key has one effect.
        var once = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => sandbox.Door.SendAsync(
            HttpMethod.Post, "/v1/customers/bert/credits", """{"amount": 100, "kind": "prepaid"}""", ("Idempotency-Key", "transfer-7"))));
        once.ShouldContain(static one => one.Status == HttpStatusCode.Created);
        (await BalancesAsync(sandbox, "bert")).ShouldBe(["prepaid 100"]);
    }

    [Fact]
    public async Task Many_billers_at_once_use_a_gift_once()
    {
        var sandbox = await StartAsync();
        await sandbox.Door.PostAsync("/v1/coupons", """{"code": "CARRY", "amount_off": 4000, "carry_over": true}""");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async n =>
        {
            await GiveAsync(sandbox, $"c{n}", """{"amount": 5000, "kind": "promotional"}""");
            await sandbox.SubscribeAsync($$"""{"customer": "c{{n}}", "plan": "pro", "trial": false, "coupon": "CARRY"}""");
        }));
        await Task.WhenAll(
            sandbox.AdvanceAsync("2027-08-15T00:00:00Z"),
            Task.WhenAll(Enumerable.Range(0, 20).Select(_ => sandbox.Door.PostAsync("/v1/billing/run"))));
        foreach (var n in Enumerable.Range(0, 20))
        {
            (await sandbox.InvoicesAsync($"c{n}")).Select(static told => told[7..]).ShouldBe(
            [
                "start 0 = subscription 2900, discount -2900", "renewal 0 = subscription 2900, discount -2100, discount -800",
                "renewal 0 = subscription 2900, discount -2900",
                "renewal 2600 = subscription 2900, discount -300", "renewal 2900 = subscription 2900",
            ]);
        }

        await ShouldVerifyAsync(sandbox);
    }

    [Fact]
    public async Task An_invalid_credit_is_refused_with_all_faults()
    {
        var sandbox = await StartAsync();
        await RefusedAsync("{}", "amount", "kind");
        await RefusedAsync("""{"amount": 1, "kind": "gift"}""", "kind");
        await RefusedAsync("""{"amount": 0, "kind": "prepaid"}""", "amount");
        await RefusedAsync("""{"amount": 0, "kind": "promotional"}""", "amount");
        await RefusedAsync("""{"amount": -1, "kind": "promotional", "currency": "XXQ"}""", "amount", "currency");
        await RefusedAsync("""{"amount": 10000000000001, "kind": "prepaid"}""", "amount");
        await RefusedAsync("""{"amount": 1, "kind": "prepaid", "expires_at": "2028-01-01T00:00:00Z"}""", "expires_at");
        await RefusedAsync("""{"amount": 1, "kind": "promotional", "expires_at": "2027-04-01T00:00:00Z"}""", "expires_at");
        (await sandbox.Door.GetAsync("/v1/customers/anna/credits"))["code"].GetValue<string>().ShouldBe("customer_not_found");
        await GiveAsync(sandbox, "anna", """{"amount": 10000000000000, "kind": "prepaid"}""");
        await RefusedAsync("""{"amount": 1, "kind": "prepaid"}""", "amount");
        (await GiveAsync(
            sandbox, "anna", """{"amount": 1, "kind": "promotional", "currency": "EUR"}""",
            HttpStatusCode.Conflict))["code"].GetValue<string>().ShouldBe("currency_fixed");
        (await sandbox.Door.DeleteAsync("/v1/customers/anna"))["code"].GetValue<string>().ShouldBe("conflict", "Its money names it.");
        await sandbox.Door.PostAsync("/v1/customers/anna/members", """{"id": "kid"}""");
        (await GiveAsync(sandbox, "kid", """{"amount": 1, "kind": "prepaid"}""", HttpStatusCode.Conflict))["code"].GetValue<string>()
            .ShouldBe("customer_is_member");

        async Task RefusedAsync(string json, params string[] fields) =>
            (await GiveAsync(sandbox, "anna", json, HttpStatusCode.UnprocessableEntity))["errors"].AsArray()
                .Select(static one => one!["param"]!.GetValue<string>()).ShouldBe(fields, ignoreOrder: true);
    }

    [Fact]
    public async Task A_hundred_gifts_that_have_something_left_are_the_most_and_pages_show_them_all()
    {
        var sandbox = await StartAsync();
        foreach (var n in Enumerable.Range(1, 100))
        {
            await GiveAsync(sandbox, "anna", $$"""{"amount": {{n}}, "kind": "promotional"}""");
        }

        (await GiveAsync(
            sandbox, "anna", """{"amount": 1, "kind": "promotional"}""",
            HttpStatusCode.UnprocessableEntity))["errors"][0]!["param"]!.GetValue<string>().ShouldBe("amount");
        await GiveAsync(sandbox, "anna", """{"amount": 7, "kind": "prepaid"}""");
        var amounts = new List<long>();
        var path = "/v1/customers/anna/credits?limit=30";
        for (var after = ""; ;)
        {
            var page = await sandbox.Door.GetAsync(path + after);
            amounts.AddRange(page["data"].AsArray().Select(static one => one!["amount"]!.GetValue<long>()));
            if (!page["has_more"].GetValue<bool>())
            {
                break;
            }

            after = $"&starting_after={page["data"].AsArray()[^1]!["id"]}";
        }

        amounts.Order().ShouldBe(Enumerable.Range(1, 100).Select(static n => (long)n).Append(7).Order());
        (await BalancesAsync(sandbox, "anna")).ShouldBe(["prepaid 7", "promotional 5050"]);

        // 75 of them are 28.50, and it takes 50 cents of the 76th.
        await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false}""");
        (await BalancesAsync(sandbox, "anna")).ShouldBe(["prepaid 7", "promotional 2150"]);
        await ShouldVerifyAsync(sandbox);
    }

    [Theory]
    [InlineData("UPDATE redemptions r SET remaining = remaining - 1, spent = remaining = 1 WHERE remaining > 0", "redemptions")]
    [InlineData("UPDATE redemptions r SET remaining = remaining + 1, spent = false WHERE remaining < amount", "redemptions")]
    [InlineData("UPDATE redemptions r SET spent = NOT spent WHERE amount IS NOT NULL", "redemptions")]
    [InlineData("UPDATE redemptions r SET amount = amount + 1 WHERE amount IS NOT NULL", "redemptions")]
    [InlineData(
        "UPDATE invoice_lines l SET redemption = NULL FROM redemptions r WHERE l.partition = r.partition AND l.account = r.account AND "
            + "l.redemption = r.sequence",
        "redemptions")]
    [InlineData(
        "UPDATE customer_credits k SET amount = -1000 FROM redemptions r WHERE k.partition = r.partition AND k.account = r.account",
        "credits")]
    public async Task Books_that_were_tampered_with_are_found(string sql, string kind)
    {
        var sandbox = await StartAsync();
        await sandbox.Door.PostAsync("/v1/coupons", """{"code": "CARRY", "amount_off": 4000, "carry_over": true}""");
        await GiveAsync(sandbox, "anna", """{"amount": 500, "kind": "prepaid"}""");
        await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false, "coupon": "CARRY"}""");
        await GiveAsync(sandbox, "anna", """{"amount": 300, "kind": "promotional"}""");
        await ShouldVerifyAsync(sandbox);
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var tamper = new NpgsqlCommand(
            $"{sql} AND r.project_id = (SELECT id FROM projects WHERE code = '{sandbox.Code}')", connection);
        (await tamper.ExecuteNonQueryAsync()).ShouldBeGreaterThan(0);
        (await BrokenAsync(sandbox)).ShouldContain(kind);
    }

    private Task<BillingSandbox> StartAsync() => BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");

    private static async Task<Came> GiveAsync(
        BillingSandbox sandbox, string customer, string json, HttpStatusCode expected = HttpStatusCode.Created)
    {
        var came = await sandbox.Door.PostAsync($"/v1/customers/{customer}/credits", json);
        came.Status.ShouldBe(expected, came.Json?.ToJsonString());
        return came;
    }

    private static async Task<string[]> BalancesAsync(BillingSandbox sandbox, string customer)
    {
        var account = await sandbox.Door.GetAsync($"/v1/customers/{customer}/credits?limit=100");
        var balances = account["balances"].AsArray()
            .Select(static one => (Kind: one!["kind"]!.GetValue<string>(), Amount: one["amount"]!.GetValue<long>())).ToArray();
        foreach (var (kind, amount) in account["has_more"].GetValue<bool>() ? [] : balances)
        {
            var sum = 0L;
            foreach (var fact in account["data"].AsArray().Reverse().Where(one => one!["kind"]!.GetValue<string>() == kind))
            {
                (sum += fact!["amount"]!.GetValue<long>()).ShouldBeGreaterThanOrEqualTo(
                    0, $"After {fact["id"]} nobody has less than nothing.");
            }

            sum.ShouldBe(amount, "The facts add up.");
        }

        return [.. balances.Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Kind} {one.Amount}"))];
    }

    private static async Task<string[]> FactsAsync(BillingSandbox sandbox, string customer) =>
        [.. (await sandbox.Door.GetAsync($"/v1/customers/{customer}/credits"))["data"].AsArray()
            .Select(static one =>
                $"{one!["kind"]} {one["cause"]} {one["amount"]}{(one["cause"]!.GetValue<string>() == "invoice" && one["note"] is { } note ? " " + note : "")}")];

    private static async Task<string> NewestAsync(BillingSandbox sandbox, string customer) =>
        (await sandbox.Door.GetAsync($"/v1/invoices?customer={customer}&limit=1"))["data"][0]!["id"]!.GetValue<string>();

    private async Task ShouldVerifyAsync(BillingSandbox sandbox) => (await BrokenAsync(sandbox)).ShouldBeEmpty();

    private async Task<string[]> BrokenAsync(BillingSandbox sandbox)
    {
        var report = await running.DoorWith(running.Server.AdminKey)
            .SendAsync(HttpMethod.Post, "/v1/verify", null, ("X-Project", sandbox.Code));
        report.Status.ShouldBe(HttpStatusCode.OK, report.Json?.ToJsonString());
        return [.. report["checks"].AsArray().Where(one => one!["count"]!.GetValue<long>() > 0 && one["break"]!.GetValue<bool>())
            .Select(one => one!["kind"]!.GetValue<string>())];
    }
}
