using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.Subscriptions;

[Collection(RunningServerTests.Others)]
public sealed class SubscriptionsApiTests(RunningServer running)
{
    [Fact]
    public async Task Nobody_holds_the_clock_any_more_when_an_advance_has_answered()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-31T00:00:00Z");
        await using var database = NpgsqlDataSource.Create(running.ConnectionString);
        await using var holders = database.CreateCommand(
            "SELECT count(*) FROM pg_locks JOIN projects ON id = objid::integer WHERE locktype = 'advisory' AND classid = 7234002 AND code "
                + "= $1 "
            + "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
        holders.Parameters.Add(new() { Value = sandbox.Code });
        for (var second = 1; second < 30; second++)
        {
            await sandbox.AdvanceAsync($"2027-01-31T00:00:{second:00}Z");
            (await holders.ExecuteScalarAsync()).ShouldBe(0L);
        }
    }

    [Fact]
    public async Task From_the_31st_of_January_with_an_upgrade_and_overage_for_a_year_the_invoices_are_those_of_a_hand_calculation()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-31T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-02-14T00:00:00Z");
        var preview = await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/preview", """{"plan": "enterprise"}""");
        BillingSandbox.Told(preview["invoice"]).ShouldBe("change 13500 = proration_credit -1450, proration_charge 14950");
        BillingSandbox.Told(preview["next_invoice"]).ShouldBe("renewal 29900 = subscription 29900");
        (await sandbox.InvoicesAsync("acme")).Length.ShouldBe(1, "A preview writes nothing.");

        var change = await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise"}""");
        BillingSandbox.Told(change["invoice"]).ShouldBe("000002 change 13500 = proration_credit -1450, proration_charge 14950");
        (await sandbox.Door.GetAsync("/v1/customers/acme/usage"))["features"]["calls"]!["limit"]!.GetValue<decimal>()
            .ShouldBe(1000, "Quotas follow at once.");
        await sandbox.UseAsync("acme", "calls", 1250);

        var report = await sandbox.AdvanceAsync("2028-01-31T00:00:00Z");
        report["processed"]["renewals"]!.GetValue<int>().ShouldBe(12);
        (await sandbox.InvoicesAsync("acme")).ShouldBe(
        [
            "000001 start 2900 = subscription 2900", "000002 change 13500 = proration_credit -1450, proration_charge 14950",
            "000003 renewal 30150 = subscription 29900, usage 250",
            .. Enumerable.Range(4, 11).Select(n => $"0000{n:00} renewal 29900 = subscription 29900"),
        ]);
        var all = (await sandbox.Door.GetAsync("/v1/invoices?customer=acme&order=asc&limit=100"))["data"].AsArray();
        all.Select(invoice => invoice!["period_start"]!.GetValue<string>()[5..10])
            .ShouldBe(
                ["01-31", "02-14", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31", "11-30", "12-31",
                    "01-31"]);

        var explained = await sandbox.Door.GetAsync($"/v1/invoices/{all[2]!["id"]!.GetValue<string>()}/lines/2/explain");
        explained["steps"].AsArray().Select(step => step!.GetValue<string>()).ShouldBe(["250 units × 0.01 USD = 2.5 USD"]);
        (explained["usage"]["included"]!.GetValue<decimal>(), explained["usage"]["used"]!.GetValue<decimal>(),
            explained["usage"]["event_count"]!.GetValue<int>())
            .ShouldBe((1000, 1250, 1));
    }

    // 150 of 100 are billed and voided; late usage within the quota is voided too. It costs nobody another cent.
    [Fact]
    public async Task An_explanation_tells_the_usage_of_the_period_as_it_is_now_also_where_no_amount_changed()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.UseAsync("acme", "calls", 150, id: "mistake");
        await sandbox.AdvanceAsync("2027-02-05T00:00:00Z");
        (await sandbox.Door.PostAsync("/v1/events/mistake/void", """{"customer": "acme"}""")).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.UseAsync("acme", "calls", 36, at: "2027-01-20T00:00:00Z", id: "late");
        await sandbox.AdvanceAsync("2027-03-05T00:00:00Z");
        (await ExplainedAsync()).ShouldBe(36);
        (await sandbox.Door.PostAsync("/v1/events/late/void", """{"customer": "acme"}""")).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.AdvanceAsync("2027-04-05T00:00:00Z");
        (await ExplainedAsync()).ShouldBe(0);

        async Task<decimal> ExplainedAsync()
        {
            var february = (await sandbox.Door.GetAsync("/v1/invoices?customer=acme&order=asc&limit=100"))["data"].AsArray()[1]!;
            BillingSandbox.Told(february).ShouldBe("000002 renewal 3000 = subscription 2900, usage 100");
            var explained = await sandbox.Door.GetAsync($"/v1/invoices/{february["id"]!.GetValue<string>()}/lines/2/explain");
            return explained["usage"]["parts"]!.AsArray().Single()!["used"]!.GetValue<decimal>();
        }
    }

    [Fact]
    public async Task A_trial_is_had_once_and_hangs_on_its_end()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-03-20T10:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "trying", "plan": "pro", "trial_fingerprint": "card-1"}""");
        await sandbox.UseAsync("trying", "calls", 500);
        await sandbox.AdvanceAsync("2027-04-03T10:00:00Z");
        (await sandbox.InvoicesAsync("trying")).ShouldBe(["000001 start 2900 = subscription 2900"], "Usage of a trial is free.");
        var paid = await sandbox.Door.GetAsync($"/v1/subscriptions/{id}");
        (paid["status"].GetValue<string>(), paid["anchor_day"].GetValue<int>(),
            paid["current_period_end"].GetValue<string>()).ShouldBe(("active", 3, "2027-05-03T10:00:00Z"));

        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"at": "now", "reason": "too_expensive"}""");
        (await sandbox.Door.PostAsync(
            "/v1/subscriptions", """{"customer": "trying", "plan": "pro", "trial": true}"""))["code"].GetValue<string>()
            .ShouldBe("trial_used");
        (await sandbox.Door.PostAsync(
            "/v1/subscriptions",
            """{"customer": "again", "plan": "pro", "trial": true, "trial_fingerprint": "card-1"}"""))["code"].GetValue<string>()
            .ShouldBe("trial_used");

        await sandbox.SubscribeAsync("""{"customer": "leaving", "plan": "pro", "trial_end_behavior": "expire"}""");
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        (await sandbox.Door.GetAsync("/v1/subscriptions?customer=leaving"))["data"][0]!["status"]!.GetValue<string>().ShouldBe("expired");
        (await sandbox.Door.GetAsync("/v1/customers/leaving"))["plan"].GetValue<string>().ShouldBe("free");
        (await sandbox.InvoicesAsync("leaving")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Late_usage_is_corrected_on_the_next_invoice_at_the_price_of_its_period()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-03-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "late", "plan": "pro", "trial": false}""");
        await sandbox.UseAsync("late", "calls", 150);
        await sandbox.AdvanceAsync("2027-04-02T00:00:00Z");
        await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise", "proration": "none"}""");
        await sandbox.UseAsync("late", "calls", 30, "2027-03-31T23:00:00Z");
        await sandbox.AdvanceAsync("2027-06-02T00:00:00Z");
        (await sandbox.InvoicesAsync("late")).ShouldBe(
        [
            "000001 start 2900 = subscription 2900", "000002 renewal 3000 = subscription 2900, usage 100",
            "000003 renewal 29960 = subscription 29900, usage 60",
            "000004 renewal 29900 = subscription 29900",
        ]);
    }

    [Fact]
    public async Task Credit_beyond_the_charges_pays_the_next_invoices()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "down", "plan": "enterprise"}""");
        await sandbox.Door.PostAsync($"/v1/invoices/{(await sandbox.Door.GetAsync("/v1/invoices?customer=down"))["data"][0]!["id"]}/pay");
        var change = await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "pro", "when": "now"}""");
        BillingSandbox.Told(change["invoice"]).ShouldBe("000002 change 0 = proration_credit -29900, proration_charge 2900");
        change["invoice"]["status"]!.GetValue<string>().ShouldBe("paid");
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        var renewal = (await sandbox.Door.GetAsync("/v1/invoices?customer=down"))["data"][0]!;
        (renewal["total"]!.GetValue<long>(), renewal["paid_from_credits"]!.GetValue<long>(), renewal["amount_due"]!.GetValue<long>(),
            renewal["status"]!.GetValue<string>())
            .ShouldBe((2900, 2900, 0, "paid"));
    }

    [Fact]
    public async Task Coupons_taxes_and_seats_stand_on_invoices_in_their_order()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.Door.PutAsync("/v1/tax-rates", """{"rates": [{"country": "DE", "name": "VAT", "percent": 19}]}""");
        await sandbox.Door.PostAsync("/v1/coupons", """{"code": "HALF", "percent_off": 50, "duration": "repeating", "months": 2}""");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "team", "country": "DE"}""");
        await sandbox.SubscribeAsync("""{"customer": "team", "plan": "team", "quantity": 5, "coupon": "HALF"}""");
        await sandbox.AdvanceAsync("2027-06-01T00:00:00Z");
        (await sandbox.InvoicesAsync("team")).ShouldBe(
        [
            "000001 start 4165 = subscription 5000, seat 2000, discount -3500, tax 665",
            "000002 renewal 4165 = subscription 5000, seat 2000, discount -3500, tax 665",
            "000003 renewal 8330 = subscription 5000, seat 2000, tax 1330",
        ]);
        (await sandbox.Door.PostAsync(
            "/v1/subscriptions", """{"customer": "x", "plan": "pro", "coupon": "NONE"}"""))["code"].GetValue<string>()
            .ShouldBe("coupon_refused");
    }

    [Fact]
    public async Task A_paused_subscription_gives_nothing_costs_nothing_and_goes_on_by_itself()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "pausing", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/pause", """{"until": "2027-06-10T00:00:00Z"}""");
        (await sandbox.Door.GetAsync("/v1/customers/pausing"))["plan"].GetValue<string>().ShouldBe("free");
        await sandbox.AdvanceAsync("2027-06-30T00:00:00Z");
        (await sandbox.InvoicesAsync("pausing")).ShouldBe(
            ["000001 start 2900 = subscription 2900", "000002 change 1450 = proration_credit -1450, subscription 2900"]);
        (await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/resume"))["code"].GetValue<string>().ShouldBe("subscription_state");
    }

    [Fact]
    public async Task A_finalised_invoice_is_paid_once_credited_up_to_its_total_and_never_void_when_paid()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "paying", "plan": "pro", "trial": false}""");
        var id = (await sandbox.Door.GetAsync("/v1/invoices?customer=paying"))["data"][0]!["id"]!.GetValue<string>();
        var credited = await sandbox.Door.PostAsync($"/v1/invoices/{id}/credit-notes", """{"amount": 900, "reason": "outage"}""");
        (credited.Status, credited["amount_due"].GetValue<long>()).ShouldBe((HttpStatusCode.Created, 2000));
        var paid = await sandbox.Door.PostAsync($"/v1/invoices/{id}/pay", """{"note": "bank"}""");
        (paid["status"].GetValue<string>(), paid["amount_paid"].GetValue<long>(),
            paid["amount_due"].GetValue<long>()).ShouldBe(("paid", 2000, 0));
        JsonNode.DeepEquals((await sandbox.Door.PostAsync($"/v1/invoices/{id}/pay")).Json, paid.Json).ShouldBeTrue();
        (await sandbox.Door.PostAsync($"/v1/invoices/{id}/void"))["code"].GetValue<string>().ShouldBe("invoice_state");
        (await sandbox.Door.PostAsync(
            $"/v1/invoices/{id}/credit-notes", """{"amount": 2001, "reason": "more"}"""))["code"].GetValue<string>()
            .ShouldBe("credit_refused");

        // The credit note is a document of its own.
        var note = credited["credit_notes"].AsArray().Single()!;
        var page =
            await (await sandbox.FetchAsync(
                $"/v1/invoices/{id}/credit-notes/{note["id"]!.GetValue<string>()}.html")).Content.ReadAsStringAsync();
        page.ShouldContain(note["number"]!.GetValue<string>());
        page.ShouldContain("9.00");
        (await sandbox.FetchAsync(
            $"/v1/invoices/{id}/credit-notes/{note["id"]!.GetValue<string>()}.pdf")).Content.Headers.ContentType!.MediaType.ShouldBe(
            "application/pdf");
        (await sandbox.FetchAsync($"/v1/invoices/{id}/credit-notes/{Guid.NewGuid()}.pdf")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        // A statement without a start begins with the first invoice.
        (await sandbox.Door.GetAsync("/v1/customers/paying/statement"))["from"].GetValue<DateTimeOffset>()
            .ShouldBe(DateTimeOffset.Parse("2027-04-01T00:00:00Z", CultureInfo.InvariantCulture));

        // A credit on a paid invoice pays the next one.
        await sandbox.Door.PostAsync($"/v1/invoices/{id}/credit-notes", """{"amount": 500, "reason": "sorry"}""");
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        (await sandbox.Door.GetAsync("/v1/invoices?customer=paying"))["data"][0]!["paid_from_credits"]!.GetValue<long>().ShouldBe(500);
    }

    [Fact]
    public async Task An_invoice_that_looks_impossible_is_held_back_and_the_others_are_not()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.Door.PutAsync("/v1/invoice-settings", """{"largest_total": 100}""");
        var id = await sandbox.SubscribeAsync("""{"customer": "huge", "plan": "pro", "trial": false}""");
        await sandbox.SubscribeAsync("""{"customer": "plain", "plan": "pro", "trial": false}""");
        await sandbox.UseAsync("huge", "calls", 100_000);
        var report = await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        (report["processed"]["parked"]!.GetValue<int>(), report["processed"]["invoices"]!.GetValue<int>()).ShouldBe((1, 1));
        var parked = (await sandbox.Door.GetAsync("/v1/billing/parked"))["data"][0]!;
        (parked["customer"]!.GetValue<string>(),
            parked["reason"]!.GetValue<string>()).ShouldBe(
                ("huge", "The invoice would total 2027.00 USD, more than the limit of 100 USD."));

        await sandbox.Door.PutAsync("/v1/invoice-settings", """{"largest_total": 10000}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/unpark");
        await sandbox.Door.PostAsync("/v1/billing/run");
        (await sandbox.InvoicesAsync("huge"))[^1].ShouldBe("000004 renewal 202700 = subscription 2900, usage 199800");
    }

    [Fact]
    public async Task Two_runs_at_once_make_each_invoice_once()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(n => sandbox.SubscribeAsync($$"""{"customer": "c{{n}}", "plan": "pro", "trial": false}""")));
        await Task.WhenAll(
            sandbox.AdvanceAsync("2027-08-15T00:00:00Z"),
            Task.WhenAll(Enumerable.Range(0, 20).Select(_ => sandbox.Door.PostAsync("/v1/billing/run"))));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(n => sandbox.Door.PostAsync("/v1/billing/run" + (n % 2 == 0 ? "?limit=3" : ""))));
        (await sandbox.Door.PostAsync("/v1/billing/run?limit=1"))["remaining"].GetValue<int>().ShouldBe(0);
        var all = (await sandbox.Door.GetAsync("/v1/invoices?order=asc&limit=100"))["data"].AsArray();
        all.Select(invoice => invoice!["number"]!.GetValue<string>()[^6..]).ShouldBe(Enumerable.Range(1, 100).Select(n => $"{n:000000}"));
        all.GroupBy(invoice => invoice!["customer"]!.GetValue<string>())
            .ShouldAllBe(own => own.Select(invoice => invoice!["period_start"]!.GetValue<string>()).Distinct().Count() == 5);
    }

    [Fact]
    public async Task Refusals_say_why_and_change_nothing()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "one", "plan": "pro", "trial": false, "id": "sub-1"}""");
        id.ShouldBe("sub-1");
        (await sandbox.Door.PostAsync(
            "/v1/subscriptions", """{"customer": "one", "plan": "pro", "trial": false, "id": "sub-1"}""")).Status.ShouldBe(
            HttpStatusCode.OK);
        await Refused(
            "POST", "/v1/subscriptions", """{"customer": "one", "plan": "enterprise", "id": "sub-1"}""", HttpStatusCode.Conflict,
            "idempotency_key_reused");
        await Refused(
            "POST", "/v1/subscriptions", """{"customer": "two", "plan": "pro", "id": "sub-1"}""", HttpStatusCode.Conflict,
            "idempotency_key_reused");
        await Refused("DELETE", "/v1/customers/one", null, HttpStatusCode.Conflict, "conflict");
        await Refused(
            "POST", "/v1/subscriptions", """{"customer": "one", "plan": "pro"}""", HttpStatusCode.Conflict, "subscription_exists");
        await Refused("POST", "/v1/subscriptions", """{"customer": "two", "plan": "none"}""", HttpStatusCode.NotFound, "plan_not_found");
        await Refused(
            "POST", "/v1/subscriptions", """{"customer": "two", "plan": "pro", "period": "weekly"}""", HttpStatusCode.UnprocessableEntity,
            "price_not_found");
        await Refused(
            "POST", "/v1/subscriptions", """{"customer": "two", "plan": "pro", "quantity": 0}""", HttpStatusCode.UnprocessableEntity,
            "validation_failed");
        await Refused(
            "POST", "/v1/subscriptions", """{"customer": "two", "plan": "pro", "start_at": "2027-04-02T00:00:00Z"}""",
            HttpStatusCode.UnprocessableEntity, "validation_failed");
        await Refused("PATCH", "/v1/subscriptions/none", """{"plan": "pro"}""", HttpStatusCode.NotFound, "subscription_not_found");
        await Refused("PATCH", "/v1/subscriptions/sub-1", """{"when": "soon"}""", HttpStatusCode.UnprocessableEntity, "validation_failed");
        await Refused("POST", "/v1/subscriptions/sub-1/resume", null, HttpStatusCode.Conflict, "subscription_state");
        await Refused("PUT", "/v1/customers/one/plan", """{"plan": "free"}""", HttpStatusCode.Conflict, "subscription_exists");
        await Refused("GET", "/v1/invoices/none", null, HttpStatusCode.NotFound, "invoice_not_found");
        await Refused("POST", "/v1/billing/run?limit=0", null, HttpStatusCode.UnprocessableEntity, "validation_failed");
        await Refused("POST", "/v1/billing/run?limit=100001&dry_run=true", null, HttpStatusCode.UnprocessableEntity, "validation_failed");
        await Refused("POST", "/v1/billing/run?limit=some", null, HttpStatusCode.UnprocessableEntity, "validation_failed");
        await Refused(
            "POST", "/v1/test-clock", """{"advance_to": "2020-01-01T00:00:00Z"}""", HttpStatusCode.UnprocessableEntity,
            "validation_failed");
        (await running.DoorOf("trendit")
            .PostAsync("/v1/test-clock", """{"advance_to": "2099-01-01T00:00:00Z"}"""))["code"].GetValue<string>().ShouldBe("sandbox_only");
        (await sandbox.InvoicesAsync("two")).ShouldBeEmpty();

        async Task Refused(string method, string path, string? body, HttpStatusCode status, string code)
        {
            var came = await sandbox.Door.SendAsync(new(method), path, body);
            (came.Status, came["code"].GetValue<string>()).ShouldBe((status, code), came.Json!.ToJsonString());
        }
    }
}
