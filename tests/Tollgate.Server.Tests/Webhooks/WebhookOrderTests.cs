using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.Webhooks;

/// <summary>The published facts, their order, and the ways to list them.</summary>
[Collection(RunningServerTests.Webhooks)]
public sealed class WebhookOrderTests(RunningServer running)
{
    /// <summary>
    /// A batch over several customers begins, another transaction changes one of them and ends, and then the batch reaches that customer:
    /// the batch has the lower number and the later fact. A third transaction between the two still runs when the batch ends.
    /// </summary>
    [Fact]
    public async Task Facts_are_published_in_the_order_in_which_they_became_true()
    {
        await using var host = await WebhookHost.StartAsync(running);
        var id = await host.Sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false}""");
        await host.TakenAsync(2);

        await using var batch = await BeginAsync(host);
        await using var between = await BeginAsync(host);
        await host.Sandbox.UseAsync("anna", "calls", 85);
        (await host.Door.PostAsync($"/v1/subscriptions/{id}/cancel")).Status.ShouldBe(HttpStatusCode.OK);
        await OnAsync(batch,
            """
            INSERT INTO threshold_crossings (partition, account, feature, period_start, percent, used, granted, crossed_at)
            SELECT t.partition, t.account, t.feature, t.period_start, 90, 95, t.granted, t.crossed_at FROM threshold_crossings t
                   WHERE (t.partition, t.account) = (SELECT partition, account FROM held)
            """);
        await OnAsync(batch,
            """
            INSERT INTO subscription_facts (partition, account, subscription, sequence, verb, at, actor, cause, invoice, after)
            SELECT f.partition, f.account, f.subscription, f.sequence + 1, 'renew', f.at, f.actor, f.cause, f.invoice, f.after
              FROM subscription_facts f
             WHERE (f.partition, f.account) = (SELECT partition, account FROM held)
             ORDER BY f.sequence DESC
             LIMIT 1
            """);
        await OnAsync(batch, "COMMIT");
        await Task.Delay(2500, TestContext.Current.CancellationToken);
        (await host.EventsAsync()).Count.ShouldBe(2, "The earlier fact is not published yet.");
        await OnAsync(between, "ROLLBACK");

        await UntilAsync(async () => (await host.EventsAsync()).Count == 6, static () => "Not all were told.");
        var events = await host.EventsAsync();
        events.Where(static one => one!["object_type"]!.GetValue<string>() == "quota")
            .Select(static one => (one!["sequence"]!.GetValue<long>(), one["data"]!["quota"]!["percent"]!.GetValue<int>()))
            .ShouldBe([(1, 80), (2, 90)]);
        events.Where(one => one!["object"]!.GetValue<string>() == id)
            .Select(static one =>
                (one!["sequence"]!.GetValue<long>(), one["data"]!["change"]!["sequence"]!.GetValue<int>(), one["type"]!.GetValue<string>()))
            .ShouldBe([(1, 1, "subscription.created"), (2, 2, "subscription.updated"), (3, 3, "subscription.renewed")]);

        async Task<NpgsqlConnection> BeginAsync(WebhookHost on)
        {
            var connection = await on.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
            await OnAsync(connection,
                "CREATE TEMP TABLE held AS SELECT c.partition, c.account FROM customers c JOIN projects p ON p.id = c.project_id WHERE "
                    + $"p.code = '{on.Sandbox.Code}' AND c.id = 'anna'");
            await OnAsync(connection, "BEGIN; SELECT pg_current_xact_id()");
            return connection;
        }
    }

    [Fact]
    public async Task An_invoice_that_a_credit_note_settles_is_reported_as_paid()
    {
        await using var host = await WebhookHost.StartAsync(running, "invoice.*");
        await host.SubscribeAsync(1);
        var invoice = (await host.Door.GetAsync("/v1/invoices?customer=c0"))["data"][0]!["id"]!.GetValue<string>();
        await CreditAsync("""{"amount": 900, "reason": "goodwill"}""");
        await CreditAsync("""{"reason": "goodwill"}""");
        await host.TakenAsync(4);
        await host.SettledAsync();
        (await host.Door.GetAsync($"/v1/invoices/{invoice}"))["status"].GetValue<string>().ShouldBe("paid");
        (await host.EventsAsync("?type=invoice.paid")).Count.ShouldBe(1);
        (await host.EventsAsync($"?object={invoice}")).Select(static one =>
                (one!["sequence"]!.GetValue<long>(), one["type"]!.GetValue<string>(), one["data"]!["change"]!["type"]!.GetValue<string>(),
                    one["data"]!["change"]!["amount"]!.GetValue<long>()))
            .ShouldBe(
                [(1, "invoice.finalized", "finalize", 2900), (2, "invoice.credited", "credit", 900),
                    (3, "invoice.credited", "credit", 2000), (4, "invoice.paid", "credit", 2000)]);

        async Task CreditAsync(string order) =>
            ((int)(await host.Door.PostAsync($"/v1/invoices/{invoice}/credit-notes", order)).Status).ShouldBeInRange(200, 201);
    }

    [Fact]
    public async Task Payments_refunds_and_disputes_are_told_as_the_API_shows_them()
    {
        await using var host = await WebhookHost.StartAsync(running, "payment.*");
        await host.SubscribeAsync(1);
        await DoneAsync("/v1/customers/c0/payment-methods", """{"token": "pm_sandbox_visa"}""");
        var invoice = (await host.Door.GetAsync("/v1/invoices?customer=c0"))["data"][0]!["id"]!.GetValue<string>();
        await DoneAsync("/v1/sandbox/payment-behavior", """{"customer": "c0", "outcome": "decline"}""");
        var failed = await DoneAsync("/v1/payments", $$"""{"invoice": "{{invoice}}"}""");
        var payment = await DoneAsync("/v1/payments", $$"""{"invoice": "{{invoice}}"}""");
        await host.TakenAsync(2);
        await DoneAsync($"/v1/payments/{payment}/refunds", """{"amount": 900}""");
        await host.TakenAsync(3);
        await DoneAsync("/v1/sandbox/events", $$"""{"type": "dispute.opened", "payment": "{{payment}}", "amount": 2000}""");
        await host.TakenAsync(4);
        await DoneAsync("/v1/sandbox/events", $$"""{"type": "dispute.lost", "payment": "{{payment}}", "amount": 2000}""");
        await host.TakenAsync(5);
        await host.SettledAsync();

        var told = (await host.EventsAsync($"?object={payment}")).ToList();
        told.Select(
            static one =>
                (one!["sequence"]!.GetValue<long>(), one["type"]!.GetValue<string>(), one["data"]!["change"]!["amount"]!.GetValue<long>()))
                .ShouldBe(
            [(1, "payment.succeeded", 2900), (2, "payment.refunded", 900), (3, "payment.disputed", 2000),
                (4, "payment.dispute_lost", 2000)]);
        told.Select(static one => one!["data"]!["payment"]!["amount_refunded"]!.GetValue<long>()).Take(2).ShouldBe([0, 900]);
        JsonNode.DeepEquals(told[3]!["data"]!["payment"], (await host.Door.GetAsync($"/v1/payments/{payment}")).Json)
            .ShouldBeTrue(told[3]!.ToJsonString());
        var refused = (await host.EventsAsync($"?object={failed}")).ShouldHaveSingleItem()!;
        (refused["type"]!.GetValue<string>(),
            refused["data"]!["payment"]!["failure"]!.GetValue<string>()).ShouldBe(("payment.failed", "declined"));

        async Task<string?> DoneAsync(string path, string body)
        {
            var came = await host.Door.PostAsync(path, body);
            ((int)came.Status).ShouldBeInRange(200, 204, came.Json?.ToJsonString());
            return came.Json?["id"]?.GetValue<string>();
        }
    }

    [Fact]
    public async Task Deliveries_and_events_are_found_by_what_they_are()
    {
        await using var host = await WebhookHost.StartAsync(running, "subscription.*");
        var other = (await WebhookHost.AddAsync(host.Sandbox, host.Receiver))["id"].GetValue<string>();
        await host.SubscribeAsync(4);
        await host.SettledAsync();
        await using (var fail = host.Database.CreateCommand(
            "UPDATE webhook_deliveries SET state = 'failed' WHERE number IN (SELECT number FROM webhook_deliveries WHERE endpoint = "
                + $"'{other}' AND object_type = 'invoice' ORDER BY number LIMIT 3)"))
        {
            await fail.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        (await PagesAsync("status=failed")).Count.ShouldBe(3);
        (await PagesAsync($"status=failed&endpoint={host.Endpoint}")).ShouldBeEmpty();
        (await PagesAsync($"status=delivered&endpoint={other}")).Count.ShouldBe(5);
        (await PagesAsync($"endpoint={other}")).Count.ShouldBe(8);
        (await PagesAsync("")).Count.ShouldBe(12);
        var created = (await host.EventsAsync("?type=subscription.created"))[1]!;
        (await PagesAsync($"event={created["id"]}")).Count.ShouldBe(2);
        (await host.EventsAsync($"?type=subscription.created&object={created["object"]}")).Count.ShouldBe(1);
        (await host.EventsAsync($"?type=invoice.paid&object={created["object"]}")).ShouldBeEmpty();
        (await host.EventsAsync($"?after={created["id"]}&object={created["object"]}")).ShouldBeEmpty();

        async Task<List<string>> PagesAsync(string query)
        {
            var found = new List<string>();
            for (var more = true; more;)
            {
                var page = await host.Door.GetAsync(
                    $"/v1/deliveries?limit=2&{query}{(found.Count == 0 ? "" : "&starting_after=" + found[^1])}");
                found.AddRange(page["data"].AsArray().Select(static one => one!["id"]!.GetValue<string>()));
                more = page["has_more"].GetValue<bool>();
            }

            found.Distinct().Count().ShouldBe(found.Count);
            return found;
        }
    }

    private static async Task OnAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
