using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.Subscriptions;

/// <summary>Orders that are refused before they do harm, and the records of an order in the timeline and in a repeat.</summary>
[Collection(RunningServerTests.Others)]
public sealed class OrdersApiTests(RunningServer running)
{
    private static readonly string Catalog = BillingSandbox.Catalog.Replace(
        "plans:", """
        add_ons:
          - { code: boost, name: Boost, prices: [{ interval: monthly, amount: 500 }], entitlements: [{ feature: exports, quota: 5 }] }
          - { code: palace, name: Palace, prices: [{ interval: monthly, amount: 1000000000000 }], entitlements: [{ feature: exports, quota: 1 }] }
        plans:
          - code: dong
            name: Dong
            prices: [{ interval: monthly, amount: 2500000, currency: VND }]
            entitlements: [{ feature: calls, quota: 100 }]
        """,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"customer": "big", "plan": "pro", "trial": false, "amount": 10000000000000, "quantity": 1000000}""")]
    [InlineData("""{"customer": "big", "plan": "pro", "trial": true, "amount": 10000000000000, "quantity": 1000000}""")]
    [InlineData("""{"customer": "big", "plan": "pro", "trial": true, "amount": 10000000000000, "quantity": 1000000, "preview": true}""")]
    [InlineData("""{"customer": "big", "plan": "pro", "trial": true, "add_ons": [{"code": "palace", "quantity": 1000000}]}""")]
    public async Task A_subscription_that_nobody_can_pay_is_refused_and_no_fault_of_the_server(string body)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", Catalog);
        var came = await sandbox.Door.PostAsync("/v1/subscriptions", body);
        (came.Status, came["code"].GetValue<string>()).ShouldBe((HttpStatusCode.Conflict, "invoice_implausible"));
    }

    [Theory]
    [InlineData("""{"quantity": 1000000, "amount": 10000000000000}""")]
    [InlineData("""{"quantity": 1000000, "amount": 10000000000000, "when": "period_end"}""")]
    [InlineData("""{"add_ons": [{"code": "palace", "quantity": 1000000}]}""")]
    public async Task Nor_can_one_be_changed_to_such(string body)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", Catalog);
        var id = await sandbox.SubscribeAsync("""{"customer": "grows", "plan": "pro", "trial": false}""");
        (await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", body))["code"].GetValue<string>().ShouldBe("invoice_implausible");
        (await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/preview", body))["code"].GetValue<string>().ShouldBe("invoice_implausible");
    }

    [Fact]
    public async Task A_million_of_a_small_unit_is_an_ordinary_invoice()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", Catalog);
        await sandbox.SubscribeAsync("""{"customer": "hanoi", "plan": "dong", "currency": "VND"}""");
        (await sandbox.InvoicesAsync("hanoi")).ShouldBe(["000001 start 2500000 = subscription 2500000"]);
        (await sandbox.Door.GetAsync("/v1/invoice-settings"))["largest_total"].ShouldBeNull();
    }

    [Fact]
    public async Task A_customer_keeps_the_currency_of_its_invoices()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "keeps", "currency": "EUR"}""");
        (await sandbox.Door.PatchAsync("/v1/customers/keeps", """{"currency": "USD"}""")).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.SubscribeAsync("""{"customer": "keeps", "plan": "pro", "trial": false}""");
        foreach (var body in (string[])["""{"currency": "EUR"}""", """{"currency": null, "name": "Keeps"}"""])
        {
            var came = await sandbox.Door.PatchAsync("/v1/customers/keeps", body);
            (came.Status, came["code"].GetValue<string>()).ShouldBe((HttpStatusCode.Conflict, "currency_fixed"));
        }

        var known = await sandbox.Door.PatchAsync("/v1/customers/keeps", """{"currency": "USD", "name": "Keeps"}""");
        (known.Status, known["currency"].GetValue<string>(),
            known["name"].GetValue<string>()).ShouldBe((HttpStatusCode.OK, "USD", "Keeps"));
    }

    [Fact]
    public async Task A_repeat_is_the_same_order_or_refused()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", Catalog);
        await sandbox.Door.PostAsync("/v1/coupons", """{"code": "TEN", "percent_off": 10, "duration": "forever"}""");
        const string Order =
            """ "customer": "again", "plan": "pro", "trial": false, "amount": 1900, "coupon": "TEN", "add_ons": [{"code": "boost", "quantity": 2}], "id": "again-1" """;
        await sandbox.SubscribeAsync($$"""{{{Order}}}""");
        (await sandbox.Door.PostAsync("/v1/subscriptions", $$"""{{{Order}}}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await sandbox.Door.PostAsync("/v1/subscriptions", $$"""{{{Order}}, "currency": "USD"}""")).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.Door.PatchAsync("/v1/subscriptions/again-1", """{"amount": 2900, "add_ons": []}""");
        (await sandbox.Door.PostAsync("/v1/subscriptions", $$"""{{{Order}}}""")).Status.ShouldBe(
            HttpStatusCode.OK, "It is the order that counts, not what became of it.");

        foreach (var other in (string[])
        [
            Order.Replace("TEN", "OTHER", StringComparison.Ordinal), Order.Replace(""" "coupon": "TEN",""", "", StringComparison.Ordinal),
            Order.Replace("1900", "2900", StringComparison.Ordinal), Order.Replace(""" "amount": 1900,""", "", StringComparison.Ordinal),
            Order.Replace("\"quantity\": 2", "\"quantity\": 1", StringComparison.Ordinal),
            Order.Replace("\"trial\": false", "\"trial\": true", StringComparison.Ordinal),
            Order + """, "currency": "JPY" """,
        ])
        {
            var came = await sandbox.Door.PostAsync("/v1/subscriptions", $$"""{{{other}}}""");
            (came.Status, came["code"].GetValue<string>()).ShouldBe((HttpStatusCode.Conflict, "idempotency_key_reused"), other);
        }

        await sandbox.SubscribeAsync("""{"customer": "tries", "plan": "pro", "trial_end_behavior": "expire", "id": "tries-1"}""");
        (await sandbox.Door.PostAsync(
            "/v1/subscriptions",
            """{"customer": "tries", "plan": "pro", "trial_end_behavior": "expire", "trial": true, "id": "tries-1"}""")).Status.ShouldBe(
            HttpStatusCode.OK);
        (await sandbox.Door.PostAsync("/v1/subscriptions", """{"customer": "tries", "plan": "pro", "id": "tries-1"}""")).Status.ShouldBe(
            HttpStatusCode.Conflict);
        (await sandbox.Door.PostAsync(
            "/v1/subscriptions", """{"customer": "tries", "plan": "pro", "trial": false, "id": "tries-1"}""")).Status.ShouldBe(
            HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Each_step_says_who_and_why()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "told", "plan": "pro", "trial": false}""");
        await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"quantity": 2}""");
        using (var dearer = new StringContent(
            BillingSandbox.Catalog.Replace("amount: 2900,", "amount: 3900,", StringComparison.Ordinal), System.Text.Encoding.UTF8,
            "application/yaml"))
        {
            (await sandbox.PutCatalogAsync(dearer)).ShouldBe(HttpStatusCode.OK);
        }

        await sandbox.Door.PostAsync("/v1/plans/pro/migrate");
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"reason": "too_expensive"}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"comment": "Really."}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/uncancel");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"reason": "moved"}""");
        await sandbox.AdvanceAsync("2027-06-01T00:00:00Z");
        var facts = (await sandbox.Door.GetAsync($"/v1/subscriptions/{id}/events"))["data"].AsArray();
        facts.Select(
            static fact =>
                $"{fact!["type"]} {(fact["actor"]!.GetValue<string>().StartsWith("key ", StringComparison.Ordinal) ? "key" : fact["actor"])}: {fact["cause"]}")
                .ShouldBe(
        [
            "start key: request", "change key: request", "schedule key: migration to version 2", "renew system: due",
            "schedule_cancel key: too_expensive",
            "schedule_cancel key: too_expensive", "uncancel key: request", "schedule_cancel key: moved", "cancel system: moved",
        ]);
        (await sandbox.Door.GetAsync($"/v1/subscriptions/{id}"))["cancel_comment"].ShouldBeNull(
            "It was about the cancellation that was taken back.");
    }

    [Fact]
    public async Task Due_work_that_a_call_performs_is_recorded_as_due()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-06-15T00:00:00Z");
        var id = await sandbox.SubscribeAsync(
            """{"customer": "back", "plan": "pro", "trial": false, "start_at": "2027-04-01T00:00:00Z"}""");
        var facts = (await sandbox.Door.GetAsync($"/v1/subscriptions/{id}/events"))["data"].AsArray();
        facts.Select(static fact => $"{fact!["type"]} {fact["cause"]} {fact["actor"]!.GetValue<string>() == "system"}")
            .ShouldBe(["start request False", "renew due True", "renew due True"]);
    }

    [Fact]
    public async Task A_reason_is_kept_when_the_end_comes_sooner()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "sooner", "plan": "pro", "trial": false}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"reason": "too_expensive", "comment": "Sorry."}""");
        var now = await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"at": "now"}""");
        (now["status"].GetValue<string>(), now["cancel_reason"].GetValue<string>(),
            now["cancel_comment"].GetValue<string>()).ShouldBe(("canceled", "too_expensive", "Sorry."));
    }

    [Fact]
    public async Task A_credit_for_unused_time_is_only_for_now_and_costs_what_its_preview_says()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "leaves", "plan": "pro", "trial": false}""");
        await sandbox.Door.PostAsync($"/v1/invoices/{(await sandbox.Door.GetAsync("/v1/invoices?customer=leaves"))["data"][0]!["id"]}/pay");
        foreach (var body in (string[])["""{"credit": true}""", """{"at": "period_end", "credit": true}"""])
        {
            var came = await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", body);
            (came.Status, came["param"].GetValue<string>()).ShouldBe((HttpStatusCode.UnprocessableEntity, "credit"));
        }

        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        await sandbox.UseAsync("leaves", "calls", 150);
        var preview = await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"at": "now", "credit": true, "preview": true}""");
        BillingSandbox.Told(preview["invoice"]).ShouldBe("final 0 = proration_credit -1450, usage 100");
        (await sandbox.Door.GetAsync($"/v1/subscriptions/{id}"))["status"].GetValue<string>().ShouldBe("active");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"at": "now", "credit": true}""");
        (await sandbox.InvoicesAsync("leaves"))[^1].ShouldBe("000002 final 0 = proration_credit -1450, usage 100");
        await sandbox.SubscribeAsync("""{"customer": "leaves", "plan": "pro", "trial": false}""");
        (await sandbox.Door.GetAsync("/v1/invoices?customer=leaves"))["data"][0]!["paid_from_credits"]!.GetValue<long>().ShouldBe(1350);
    }

    [Fact]
    public async Task A_change_that_waits_for_the_end_of_a_pause_says_so()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "rests", "plan": "pro", "trial": false}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/pause");
        (await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise", "when": "now"}"""))["code"].GetValue<string>()
            .ShouldBe("subscription_state");
        var changed = await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise"}""");
        var waits = changed["subscription"]["scheduled_change"]!;
        (waits["plan"]!.GetValue<string>(), waits["amount"]!.GetValue<long>(), waits["at"]).ShouldBe(("enterprise", 29900, null));
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/resume");
        (await sandbox.Door.GetAsync($"/v1/subscriptions/{id}"))["plan"].GetValue<string>().ShouldBe("enterprise");
    }
}
