using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Invoicing;

/// <summary>Credit packs over HTTP: an invoice of their own, and units from the moment in which it is paid.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class PackApiTests(RunningServer running)
{
    private static readonly string WithPacks = BillingSandbox.Catalog.Replace(
        "plans:\n", """
        packs:
          - { code: ten, name: Ten exports, feature: exports, quantity: 10, prices: [{ amount: 500 }, { amount: 700, currency: JPY }], expires_after_days: 30 }
          - { code: hundred, name: A hundred calls, feature: calls, quantity: 100, prices: [{ amount: 400 }] }
          - { code: first, name: Calls at once, feature: calls, quantity: 5, prices: [{ amount: 100 }], priority: 50, plans: [pro] }
          - { code: old, name: Old calls, feature: calls, quantity: 5, prices: [{ amount: 100 }], active: false }
        plans:

        """,
        StringComparison.Ordinal);

    [Fact]
    public async Task A_preview_is_the_purchase_in_cents_and_changes_nothing()
    {
        var sandbox = await StartAsync();
        await sandbox.Door.PutAsync("/v1/tax-rates", """{"rates": [{"country": "DE", "name": "VAT", "percent": 19}]}""");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "anna", "country": "DE"}""");
        var preview = await BuyAsync(sandbox, "anna", """{"pack": "hundred", "quantity": 3, "preview": true}""", HttpStatusCode.OK);
        (preview["status"].GetValue<string>(), preview["invoice"]["number"],
            preview["invoice"]["status"]!.GetValue<string>()).ShouldBe(("pending", null, "draft"));
        BillingSandbox.Told(preview["invoice"]).ShouldBe("one_off 1428 = credit_pack 1200, tax 228");
        (await sandbox.Door.GetAsync("/v1/customers/anna/packs"))["data"].AsArray().ShouldBeEmpty();
        (await sandbox.InvoicesAsync("anna")).ShouldBeEmpty();
        await BuyAsync(sandbox, "nobody", """{"pack": "hundred", "preview": true}""", HttpStatusCode.OK);
        (await sandbox.Door.GetAsync("/v1/customers/nobody")).Status.ShouldBe(HttpStatusCode.NotFound);

        var bought = await BuyAsync(sandbox, "anna", """{"pack": "hundred", "quantity": 3}""");
        BillingSandbox.Told(bought["invoice"]).ShouldBe("000001 one_off 1428 = credit_pack 1200, tax 228");
        foreach (var member in (string[])[
            "lines", "subtotal", "tax", "taxes", "total", "amount_due", "currency", "due_at", "seller", "buyer"])
        {
            JsonNode.DeepEquals(preview["invoice"][member], bought["invoice"][member]).ShouldBeTrue(member);
        }

        (bought["pack"].GetValue<string>(), bought["quantity"].GetValue<long>(), bought["units"].GetValue<decimal>(),
            bought["feature"].GetValue<string>(), bought["status"].GetValue<string>())
            .ShouldBe(("hundred", 3, 300, "calls", "pending"));
        bought["invoice"]["due_at"]!.GetValue<string>().ShouldBe("2027-04-15T00:00:00Z");
        (bought["invoice"]["subscription"], bought.Json!["grant"]).ShouldBe((null, null));
    }

    [Fact]
    public async Task Units_come_with_the_payment_and_burn_after_the_plans_unless_the_pack_says_before()
    {
        var sandbox = await StartAsync();
        var id = InvoiceOf(await BuyAsync(sandbox, "anna", """{"pack": "hundred"}"""));
        (await LimitAsync(sandbox, "anna", "calls")).ShouldBe(10);
        (await ConsumeAsync(sandbox, "anna", "calls", 11)).ShouldBe("quota_exceeded");
        await sandbox.Door.PostAsync($"/v1/invoices/{id}/pay");
        (await LimitAsync(sandbox, "anna", "calls")).ShouldBe(110);
        (await ConsumeAsync(sandbox, "anna", "calls", 12)).ShouldBe("allowed");
        await sandbox.Door.PostAsync($"/v1/invoices/{id}/pay");
        (await LimitAsync(sandbox, "anna", "calls")).ShouldBe(110, "Paid twice is paid once.");
        var one = (await sandbox.Door.GetAsync("/v1/customers/anna/packs"))["data"].AsArray().ShouldHaveSingleItem()!;
        one["status"]!.GetValue<string>().ShouldBe("granted");
        var grant = await sandbox.Door.GetAsync($"/v1/customers/anna/grants/{one["grant"]!.GetValue<string>()}");
        (grant["source"].GetValue<string>(), grant["amount"].GetValue<decimal>(), grant["used"].GetValue<decimal>(),
            grant.Json!["expires_at"]).ShouldBe(("topup", 100, 2, null));

        await sandbox.SubscribeAsync("""{"customer": "bert", "plan": "pro", "trial": false}""");
        var bought = await BuyAsync(sandbox, "bert", """{"pack": "first", "quantity": 2}""");
        await sandbox.Door.PostAsync($"/v1/invoices/{InvoiceOf(bought)}/pay");
        (await ConsumeAsync(sandbox, "bert", "calls", 4)).ShouldBe("allowed");
        (await sandbox.Door.GetAsync("/v1/customers/bert/grants"))["data"][0]!["used"]!.GetValue<decimal>()
            .ShouldBe(4, "Its priority is before the plan's.");
        await ShouldVerifyAsync(sandbox);
    }

    [Fact]
    public async Task A_feature_that_the_plan_has_none_of_opens_with_a_pack_until_that_expires()
    {
        var sandbox = await StartAsync();
        (await ConsumeAsync(sandbox, "anna", "exports", 1)).ShouldBe("feature_disabled");
        var bought = await BuyAsync(sandbox, "anna", """{"pack": "ten"}""");
        (await ConsumeAsync(sandbox, "anna", "exports", 1)).ShouldBe("feature_disabled");
        await sandbox.AdvanceAsync("2027-04-05T10:00:00Z");
        await sandbox.Door.PostAsync($"/v1/invoices/{InvoiceOf(bought)}/pay");
        (await ConsumeAsync(sandbox, "anna", "exports", 3)).ShouldBe("allowed");

        // Thirty days from the payment, not from the purchase.
        await sandbox.AdvanceAsync("2027-05-05T09:59:59Z");
        (await ConsumeAsync(sandbox, "anna", "exports", 3)).ShouldBe("allowed");
        await sandbox.AdvanceAsync("2027-05-05T10:00:00Z");
        (await ConsumeAsync(sandbox, "anna", "exports", 1)).ShouldBe("feature_disabled");
        await ShouldVerifyAsync(sandbox);
    }

    [Fact]
    public async Task An_unpaid_pack_grants_nothing()
    {
        var sandbox = await StartAsync();
        var (voided, lost, credited, cheaper) = (await PackAsync(1), await PackAsync(2), await PackAsync(3), await PackAsync(4));
        await sandbox.Door.PostAsync($"/v1/invoices/{voided}/void");
        await sandbox.Door.PostAsync($"/v1/invoices/{lost}/mark-uncollectible");
        await sandbox.Door.PostAsync($"/v1/invoices/{credited}/credit-notes", """{"reason": "changed my mind"}""");
        await sandbox.Door.PostAsync($"/v1/invoices/{cheaper}/credit-notes", """{"amount": 100, "reason": "a friend"}""");
        (await StatesAsync()).ShouldBe(["pending", "void", "pending", "void"]);
        (await sandbox.Door.GetAsync("/v1/customers/anna/grants"))["data"].AsArray().ShouldBeEmpty();
        (await sandbox.Door.PostAsync($"/v1/invoices/{voided}/pay"))["code"].GetValue<string>().ShouldBe("invoice_state");
        await ShouldVerifyAsync(sandbox);

        // A customer who pays later still gets the units.
        await sandbox.Door.PostAsync($"/v1/invoices/{lost}/pay");
        await sandbox.Door.PostAsync($"/v1/invoices/{cheaper}/pay");
        (await StatesAsync()).ShouldBe(["granted", "void", "granted", "void"]);
        (await LimitAsync(sandbox, "anna", "calls")).ShouldBe(210);

        // A later refund takes no units back.
        await sandbox.Door.PostAsync($"/v1/invoices/{lost}/credit-notes", """{"reason": "sorry"}""");
        (await StatesAsync()).ShouldBe(["granted", "void", "granted", "void"]);
        await ShouldVerifyAsync(sandbox);

        async Task<string> PackAsync(int minute)
        {
            await sandbox.AdvanceAsync($"2027-04-01T00:0{minute}:00Z");
            return InvoiceOf(await BuyAsync(sandbox, "anna", """{"pack": "hundred"}"""));
        }

        async Task<string[]> StatesAsync() =>
            [.. (await sandbox.Door.GetAsync("/v1/customers/anna/packs"))["data"].AsArray()
                .Select(static one => one!["status"]!.GetValue<string>())];
    }

    [Fact]
    public async Task Credits_of_the_customer_pay_and_then_the_units_are_there_at_once()
    {
        var sandbox = await StartAsync();
        var id = await sandbox.SubscribeAsync("""{"customer": "anna", "plan": "enterprise"}""");
        await sandbox.Door.PostAsync($"/v1/invoices/{(await sandbox.Door.GetAsync("/v1/invoices?customer=anna"))["data"][0]!["id"]}/pay");
        await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "pro", "when": "now"}""");

        // $270.00 became credit. 67 packs are $268.00; two of the next $4.00 are left to pay.
        var paid = await BuyAsync(sandbox, "anna", """{"pack": "hundred", "quantity": 67}""");
        (paid["status"].GetValue<string>(), paid["invoice"]["status"]!.GetValue<string>(),
            paid["invoice"]["paid_from_credits"]!.GetValue<long>()).ShouldBe(("granted", "paid", 26_800));
        (await LimitAsync(sandbox, "anna", "calls")).ShouldBe(6_800);
        var open = await BuyAsync(sandbox, "anna", """{"pack": "hundred"}""");
        (open["status"].GetValue<string>(), open["invoice"]["status"]!.GetValue<string>(),
            open["invoice"]["amount_due"]!.GetValue<long>()).ShouldBe(("pending", "open", 200));
        (await LimitAsync(sandbox, "anna", "calls")).ShouldBe(6_800);
        await sandbox.Door.PostAsync($"/v1/invoices/{InvoiceOf(open)}/pay");
        (await LimitAsync(sandbox, "anna", "calls")).ShouldBe(6_900);
        await ShouldVerifyAsync(sandbox);
    }

    [Fact]
    public async Task The_same_order_is_bought_once()
    {
        var sandbox = await StartAsync();
        const string Order = """{"pack": "hundred", "quantity": 2, "id": "order-77"}""";
        var bought = await BuyAsync(sandbox, "anna", Order);
        bought["id"].GetValue<string>().ShouldBe("order-77");
        JsonNode.DeepEquals((await BuyAsync(sandbox, "anna", Order, HttpStatusCode.OK)).Json, bought.Json).ShouldBeTrue();
        foreach (var other in (string[])[
            """{"pack": "hundred", "id": "order-77"}""", """{"pack": "ten", "quantity": 2, "id": "order-77"}""",
            """{"pack": "hundred", "quantity": 2, "currency": "JPY", "id": "order-77"}"""])
        {
            (await BuyAsync(sandbox, "anna", other, HttpStatusCode.Conflict))["code"].GetValue<string>()
                .ShouldBe("idempotency_key_reused", other);
        }

        // An id belongs to the customer. A grant of the same id is another object.
        await BuyAsync(sandbox, "bert", Order);
        await sandbox.Door.PostAsync("/v1/customers/bert/grants", """{"feature": "calls", "amount": 1, "id": "order-77"}""");
        await sandbox.Door.PostAsync($"/v1/invoices/{InvoiceOf(bought)}/pay");
        (await BuyAsync(sandbox, "anna", Order, HttpStatusCode.OK))["status"].GetValue<string>().ShouldBe("granted");

        var first = await WithKeyAsync();
        var again = await WithKeyAsync();
        (first.Status, again.Status,
            again.Message.Headers.Contains("Idempotent-Replayed")).ShouldBe((HttpStatusCode.Created, HttpStatusCode.Created, true));
        (await sandbox.InvoicesAsync("carl")).ShouldBe(["000003 one_off 400 = credit_pack 400"]);
        await ShouldVerifyAsync(sandbox);

        Task<Came> WithKeyAsync() =>
            sandbox.Door.SendAsync(HttpMethod.Post, "/v1/customers/carl/packs", """{"pack": "hundred"}""", ("Idempotency-Key", "basket-1"));
    }

    [Fact]
    public async Task Many_at_once_on_two_servers_are_one_purchase_and_one_grant()
    {
        var sandbox = await StartAsync();
        await using var second = await TestServer.StartAsync(running.ConnectionString);
        Door[] doors = [running.DoorWith(running.Server.AdminKey), new(second.NewClient(running.Server.AdminKey), null)];
        var came = await Task.WhenAll(Enumerable.Range(0, 16).Select(n =>
            SendAsync(doors[n % 2], "/v1/customers/anna/packs", """{"pack": "hundred", "id": "order-1"}""")));
        came.Count(static one => one.Status == HttpStatusCode.Created).ShouldBe(1);
        came.Count(static one => one.Status == HttpStatusCode.OK).ShouldBe(15);
        var invoice = came.Select(InvoiceOf).Distinct().ShouldHaveSingleItem();

        var paid = await Task.WhenAll(Enumerable.Range(0, 16).Select(n => SendAsync(doors[n % 2], $"/v1/invoices/{invoice}/pay", "{}")));
        paid.ShouldAllBe(static one => one.Status == HttpStatusCode.OK);
        (await sandbox.Door.GetAsync("/v1/customers/anna/grants"))["data"].AsArray().ShouldHaveSingleItem()!["amount"]!.GetValue<decimal>()
            .ShouldBe(100);
        (await sandbox.InvoicesAsync("anna")).ShouldBe(["000001 one_off 400 = credit_pack 400"]);

        // Simultaneous orders of one customer: each has its own number.
        await Task.WhenAll(Enumerable.Range(0, 8)
            .Select(n => SendAsync(doors[n % 2], "/v1/customers/bert/packs", """{"pack": "hundred"}""")));
        (await sandbox.InvoicesAsync("bert")).ShouldBe(Enumerable.Range(2, 8)
            .Select(static n => $"00000{n} one_off 400 = credit_pack 400"));
        await ShouldVerifyAsync(sandbox);

        Task<Came> SendAsync(Door door, string path, string json) =>
            door.SendAsync(HttpMethod.Post, path, json, ("X-Project", sandbox.Code));
    }

    [Fact]
    public async Task A_pack_that_is_not_sold_is_refused_and_changes_nothing()
    {
        var sandbox = await StartAsync();
        await RefusedAsync("""{"pack": "none"}""", HttpStatusCode.UnprocessableEntity, "pack_refused");
        await RefusedAsync("""{"pack": "old"}""", HttpStatusCode.UnprocessableEntity, "pack_refused");
        await RefusedAsync("""{"pack": "first"}""", HttpStatusCode.UnprocessableEntity, "pack_refused");
        await RefusedAsync("""{"pack": "hundred", "currency": "JPY"}""", HttpStatusCode.UnprocessableEntity, "pack_refused");
        await RefusedAsync("""{"pack": "hundred", "currency": "DOL"}""", HttpStatusCode.UnprocessableEntity, "validation_failed");
        await RefusedAsync("""{"pack": "hundred", "quantity": 0}""", HttpStatusCode.UnprocessableEntity, "validation_failed");
        await RefusedAsync("""{"pack": "hundred", "quantity": 10001}""", HttpStatusCode.UnprocessableEntity, "validation_failed");
        await RefusedAsync("""{"quantity": 1}""", HttpStatusCode.UnprocessableEntity, "validation_failed");
        await RefusedAsync("""{"pack": "hundred", "coupon": "TEN"}""", HttpStatusCode.UnprocessableEntity, "unknown_field");
        (await sandbox.Door.GetAsync("/v1/customers/anna")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await sandbox.Door.GetAsync("/v1/customers/anna/packs"))["code"].GetValue<string>().ShouldBe("customer_not_found");

        // The currency of the first purchase is kept.
        await BuyAsync(sandbox, "anna", """{"pack": "ten", "currency": "JPY"}""");
        (await sandbox.Door.GetAsync("/v1/customers/anna"))["currency"].GetValue<string>().ShouldBe("JPY");
        await RefusedAsync("""{"pack": "ten", "currency": "USD"}""", HttpStatusCode.Conflict, "currency_fixed");
        await RefusedAsync("""{"pack": "hundred"}""", HttpStatusCode.UnprocessableEntity, "pack_refused");
        (await BuyAsync(sandbox, "anna", """{"pack": "ten"}"""))["invoice"]["total"]!.GetValue<long>().ShouldBe(700);
        await sandbox.Door.PutAsync("/v1/invoice-settings", """{"largest_total": 1000}""");
        await RefusedAsync("""{"pack": "ten", "quantity": 2}""", HttpStatusCode.Conflict, "invoice_implausible");
        (await sandbox.InvoicesAsync("anna")).Length.ShouldBe(2);
        (await sandbox.Door.DeleteAsync("/v1/customers/anna"))["code"].GetValue<string>().ShouldBe("conflict", "Invoices name it.");

        async Task RefusedAsync(string json, HttpStatusCode status, string code) =>
            (await BuyAsync(sandbox, "anna", json, status))["code"].GetValue<string>().ShouldBe(code, json);
    }

    [Fact]
    public async Task An_ordered_pack_keeps_its_terms_when_the_catalogue_changes()
    {
        var sandbox = await StartAsync();
        var bought = await BuyAsync(sandbox, "anna", """{"pack": "ten"}""");
        using var smaller = new StringContent(
            WithPacks.Replace("quantity: 10, prices: [{ amount: 500 }", "quantity: 1, prices: [{ amount: 900 }", StringComparison.Ordinal)
                .Replace(", expires_after_days: 30", ", priority: 3", StringComparison.Ordinal),
            Encoding.UTF8,
            "application/yaml");
        (await sandbox.PutCatalogAsync(smaller)).ShouldBe(HttpStatusCode.OK);
        await sandbox.Door.PostAsync($"/v1/invoices/{InvoiceOf(bought)}/pay");
        var grant = (await sandbox.Door.GetAsync("/v1/customers/anna/grants"))["data"][0]!;
        (grant["amount"]!.GetValue<decimal>(), grant["priority"]!.GetValue<int>(),
            grant["expires_at"]!.GetValue<string>()).ShouldBe((10, 100, "2027-05-01T00:00:00Z"));
        (await BuyAsync(sandbox, "anna", """{"pack": "ten"}"""))["invoice"]["total"]!.GetValue<long>().ShouldBe(900);
    }

    [Fact]
    public async Task The_invoice_is_listed_explained_and_a_file_like_others_and_only_in_its_project()
    {
        var sandbox = await StartAsync();
        var bought = await BuyAsync(sandbox, "anna", """{"pack": "hundred", "quantity": 2}""");
        var id = InvoiceOf(bought);
        await sandbox.Door.PostAsync($"/v1/invoices/{id}/pay");
        (await sandbox.Door.GetAsync($"/v1/invoices/{id}"))["kind"].GetValue<string>().ShouldBe("one_off");
        var explained = await sandbox.Door.GetAsync($"/v1/invoices/{id}/lines/1/explain");
        (explained["line"]["kind"]!.GetValue<string>(), explained["line"]["unit_price"]!.GetValue<string>(),
            explained.Json!["usage"]).ShouldBe(("credit_pack", "4", null));
        explained["steps"].AsArray().Select(static step => step!.GetValue<string>())
            .ShouldBe(["2 × 4.00 USD = 8.00 USD", "200 units of calls in all"]);
        (await (await sandbox.FetchAsync($"/v1/invoices/{id}.pdf")).Content.ReadAsByteArrayAsync())[..5].ShouldBe("%PDF-"u8.ToArray());
        (await (await sandbox.FetchAsync($"/v1/invoices/{id}.html")).Content.ReadAsStringAsync()).ShouldContain("A hundred calls");
        (await (await sandbox.FetchAsync("/v1/invoices.csv")).Content.ReadAsStringAsync()).ShouldContain(
            ",credit_pack,A hundred calls,calls,2,4,");
        (await sandbox.Door.GetAsync("/v1/customers/anna/statement"))["entries"].AsArray()
            .Select(static entry => $"{entry!["kind"]} {entry["amount"]} {entry["balance"]}")
            .ShouldBe(["invoice 800 800", "payment -800 0"]);

        await sandbox.AdvanceAsync("2027-04-02T00:00:00Z");
        await BuyAsync(sandbox, "anna", """{"pack": "ten"}""");
        var page = await sandbox.Door.GetAsync("/v1/customers/anna/packs?limit=1");
        (page["data"][0]!["pack"]!.GetValue<string>(), page["has_more"].GetValue<bool>()).ShouldBe(("ten", true));
        page = await sandbox.Door.GetAsync($"/v1/customers/anna/packs?limit=1&starting_after={page["data"][0]!["id"]!.GetValue<string>()}");
        (page["data"][0]!["pack"]!.GetValue<string>(), page["has_more"].GetValue<bool>()).ShouldBe(("hundred", false));

        var other = await StartAsync();
        (await other.Door.GetAsync("/v1/customers/anna/packs")).Status.ShouldBe(HttpStatusCode.NotFound);
        await BuyAsync(other, "anna", """{"pack": "first"}""", HttpStatusCode.UnprocessableEntity);
        (await other.Door.PostAsync($"/v1/invoices/{id}/pay")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData(
        "DELETE FROM grants t USING pack_purchases k WHERE t.partition = k.partition AND t.account = k.account AND t.id = k.grant_id", 1)]
    [InlineData(
        "UPDATE grants t SET amount = amount + 1 FROM pack_purchases k WHERE t.partition = k.partition AND t.account = k.account AND t.id "
            + "= k.grant_id",
        1)]
    [InlineData(
        "UPDATE invoices t SET status = 'void' FROM pack_purchases k WHERE t.partition = k.partition AND t.account = k.account AND t.id = "
            + "k.invoice AND t.status = 'paid'",
        1)]
    [InlineData("UPDATE pack_purchases k SET unit_amount = unit_amount - 1 WHERE true", 2)]
    public async Task Books_that_were_tampered_with_are_found(string sql, int rows)
    {
        var sandbox = await StartAsync();
        await sandbox.Door.PostAsync($"/v1/invoices/{InvoiceOf(await BuyAsync(sandbox, "anna", """{"pack": "hundred"}"""))}/pay");
        await BuyAsync(sandbox, "anna", """{"pack": "ten"}""");
        await ShouldVerifyAsync(sandbox);
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var tamper = new NpgsqlCommand(
            $"{sql} AND k.project_id = (SELECT id FROM projects WHERE code = '{sandbox.Code}')", connection);
        (await tamper.ExecuteNonQueryAsync()).ShouldBe(rows);
        (await BrokenAsync(sandbox)).ShouldContain("packs");
    }

    private Task<BillingSandbox> StartAsync() => BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", WithPacks);

    private static async Task<Came> BuyAsync(
        BillingSandbox sandbox, string customer, string json, HttpStatusCode expected = HttpStatusCode.Created)
    {
        var came = await sandbox.Door.PostAsync($"/v1/customers/{customer}/packs", json);
        came.Status.ShouldBe(expected, came.Json?.ToJsonString());
        return came;
    }

    private static string InvoiceOf(Came came) => came["invoice"]["id"]!.GetValue<string>();

    private static async Task<decimal> LimitAsync(BillingSandbox sandbox, string customer, string feature) =>
        (await sandbox.Door.GetAsync($"/v1/customers/{customer}/usage"))["features"][feature]!["limit"]!.GetValue<decimal>();

    /// <summary><c>allowed</c>, or the code of the denial.</summary>
    private static async Task<string> ConsumeAsync(BillingSandbox sandbox, string customer, string feature, int amount)
    {
        var came = await sandbox.Door.PostAsync(
            "/v1/consume", $$"""{"customer": "{{customer}}", "feature": "{{feature}}", "amount": {{amount}}}""");
        return came.Status == HttpStatusCode.OK ? "allowed" : came["code"].GetValue<string>();
    }

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
