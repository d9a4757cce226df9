using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Engine.Secrets;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Server.Tests.Webhooks;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Clocks;

/// <summary>
/// A row that its loop cannot process, in every loop: the server lives, the row is listed, the others are processed, and so is the row
/// after its repair.
/// </summary>
public sealed class ParkedWorkTests(RunningServer running) : IClassFixture<RunningServer>, IAsyncLifetime
{
    private const string Month = "2031-02-02T00:00:00Z";

    private readonly List<WebhookHost> _stages = [];
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(running.ConnectionString);

    /// <param name="Work">The name in the list.</param>
    /// <param name="Poison">Makes a row that fails and one that does not.</param>
    /// <param name="Mend">Repairs the first one.</param>
    /// <param name="Others">True if the good one is done; <paramref name="Own"/>: true if the bad one is.</param>
    public sealed record Case(string Work, Func<Task> Poison, Func<Task<bool>> Others, Func<Task> Mend, Func<Task<bool>> Own);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _stages)
        {
            await host.DisposeAsync();
        }

        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_poisoned_row_in_every_loop_is_listed_keeps_nobody_waiting_and_is_done_once_it_is_mended()
    {
        await ExecuteAsync(
            "CREATE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'This row is poisoned.'; END$$");
        var process = running.Server.ProcessId;
        Case[] cases =
        [
            await SandboxWebhooksAsync(), await InboxAsync(), await CollectionsAsync(), await SubscriptionsAsync(), await CheckoutsAsync(),
            await HoldsAsync(), await MailsAsync(),
            await MailEventsAsync(), await PaymentsAsync(), await CallCostsAsync(), await WebhookEventsAsync(),
            await WebhookDeliveriesAsync(), await ProjectsAsync(),
        ];

        await Task.WhenAll(cases.Select(async one =>
        {
            await one.Poison();
            await Eventually.UntilAsync(async () => await ListedAsync(one.Work) is not null, () => $"{one.Work} is not listed:\n{Tail}");
            await Eventually.UntilAsync(one.Others, () => $"The others of {one.Work} are not done:\n{Tail}");
        }));
        var all = (await AdminAsync(HttpMethod.Get, "/v1/parked?limit=100"))["data"].AsArray();
        cases.Select(static one => one.Work).Except(all.Select(static row => row!["work"]!.GetValue<string>())).ShouldBeEmpty();
        all.ShouldAllBe(static row => row!["error"]!["message"]!.GetValue<string>().Length > 0 && row["attempts"]!.GetValue<int>() > 0);
        var metrics = await MetricsAsync();
        cases.ShouldAllBe(one => metrics.Contains($"tollgate_loop_failures_total{{loop=\"{one.Work}\"}}"), metrics);

        await Task.WhenAll(cases.Select(async one =>
        {
            await one.Mend();
            var id = (await ListedAsync(one.Work))!["id"]!.GetValue<string>();
            (await AdminAsync(HttpMethod.Post, $"/v1/parked/{id}/retry")).Status.ShouldBe(HttpStatusCode.OK);
            await Eventually.UntilAsync(one.Own, () => $"{one.Work} is not done:\n{Tail}");
            await Eventually.UntilAsync(async () => await ListedAsync(one.Work) is null, () => $"{one.Work} is still listed.");
        }));
        running.Server.ProcessId.ShouldBe(process);
        (await running.DoorWith(null).GetAsync("/health/live")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_list_is_filtered_paged_and_shows_a_project_its_own()
    {
        var (mine, other) =
            (await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z"),
                await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z"));
        foreach (var number in Enumerable.Range(1, 3))
        {
            await ExecuteAsync($"""
                INSERT INTO parked_work (id, work, project_id, subject, attempts, error_type, error, next_attempt_at)
                     VALUES (gen_random_uuid(), 'refunds', {await ProjectAsync(mine)}, 'r{number}', {number}, 'TimeoutException',
                       'Too late.', now() + interval '1 hour')
                """);
        }

        var first = (await mine.Door.GetAsync("/v1/parked?work=refunds&limit=2"));
        var second = await mine.Door.GetAsync($"/v1/parked?work=refunds&limit=2&starting_after={first["data"][1]!["id"]}");
        (first["data"].AsArray().Count, first["has_more"].GetValue<bool>()).ShouldBe((2, true));
        (second["data"].AsArray().Count, second["has_more"].GetValue<bool>()).ShouldBe((1, false));
        (await mine.Door.GetAsync("/v1/parked?work=mails"))["data"].AsArray().ShouldBeEmpty();
        (await other.Door.GetAsync("/v1/parked"))["data"].AsArray().ShouldBeEmpty();
        (await mine.Door.GetAsync("/v1/parked?work=knitting")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await mine.Door.GetAsync("/v1/parked?starting_after=x")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);

        var id = first["data"][0]!["id"]!.GetValue<string>();
        (await other.Door.PostAsync($"/v1/parked/{id}/retry")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await mine.Door.PostAsync("/v1/parked/nonsense/retry")).Status.ShouldBe(HttpStatusCode.NotFound);
        var retried = await mine.Door.PostAsync($"/v1/parked/{id}/retry");
        retried["next_attempt_at"].GetValue<DateTimeOffset>().ShouldBeLessThan(DateTimeOffset.UtcNow.AddMinutes(1));

        var (code, output) = await CliAsync("parked", "list", "--work", "refunds", "--project", mine.Code);
        (code, output).ShouldBe((0, output));
        output.ShouldContain("TimeoutException: Too late.");
        (await CliAsync("parked", "retry", "--project", mine.Code)).Output.ShouldContain("Tollgate retries 3 entries");
        await ExecuteAsync("DELETE FROM parked_work WHERE work = 'refunds'");
    }

    [Fact]
    public async Task Work_that_needs_an_operator_is_on_the_same_list()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z");
        var subscription = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await ExecuteAsync($"UPDATE subscriptions SET parked_at = now(), parked_reason = 'Too large.' WHERE id = '{subscription}'");
        await ExecuteAsync($"""
            INSERT INTO provider_events (project_id, provider, id, type, body, state, attempts, due_at, reason)
                 VALUES ({await ProjectAsync(sandbox)}, 'sandbox', 'evt_1', 'nothing', '', 'parked', 9, NULL, 'Unknown.')
            """);

        var listed = (await sandbox.Door.GetAsync("/v1/parked"))["data"].AsArray();
        listed.Select(static row => $"{row!["work"]} {row["error"]!["message"]} {row["next_attempt_at"] is null}").Order()
            .ShouldBe(["inbox Unknown. True", "subscriptions Too large. True"]);
        foreach (var row in listed)
        {
            (await sandbox.Door.PostAsync($"/v1/parked/{row!["id"]}/retry")).Status.ShouldBe(HttpStatusCode.OK);
        }

        await Eventually.UntilAsync(async () => (await sandbox.Door.GetAsync("/v1/parked"))["data"].AsArray().Count == 0);
        (await sandbox.Door.GetAsync("/v1/subscriptions/" + subscription))["parked_reason"].ShouldBeNull();
    }

    [Fact]
    public async Task Empty_credentials_of_the_sandbox_drop_no_secret_and_a_row_without_one_is_survived()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        (await sandbox.Door.PostAsync("/v1/sandbox/webhook-behavior", """{"copies": 1}""")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await sandbox.Door.PutAsync("/v1/payment-settings", """{"provider": "sandbox", "credentials": {}}""")).Status.ShouldBe(
            HttpStatusCode.OK);
        await PayAsync(sandbox);
        await Eventually.UntilAsync(() =>
            IsAsync($"SELECT count(*) = 1 FROM provider_events WHERE project_id = {ProjectAsync(sandbox).Result} AND state = 'done'"));

        // As an older version wrote it, or with a lost key.
        await ExecuteAsync(
            "UPDATE provider_credentials SET secrets = 'x', version = nextval('payment_setup_versions') WHERE project_id = "
                + $"{await ProjectAsync(sandbox)}");
        (await sandbox.Door.PutAsync("/v1/payment-settings", """{"provider": "sandbox"}""")).Status.ShouldBe(HttpStatusCode.OK);
        await ExecuteAsync($"""
            INSERT INTO sandbox_webhooks (id, project_id, type, body, due_at, is_forged)
                 VALUES (gen_random_uuid(), {await ProjectAsync(sandbox)}, 'nothing', '{EventOf("evt_after")}', now(), false)
            """);
        await Eventually.UntilAsync(() => IsAsync("SELECT count(*) = 1 FROM provider_events WHERE id = 'evt_after'"));
    }

    [Fact]
    public async Task A_project_with_many_webhooks_of_the_sandbox_delays_no_other_and_asks_for_no_more()
    {
        var (busy, other) =
            (await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z"),
                await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z"));
        await busy.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await PayAsync(busy);
        await ExecuteAsync($"""
            INSERT INTO sandbox_webhooks (id, project_id, type, body, due_at, is_forged)
            SELECT gen_random_uuid(), {await ProjectAsync(busy)}, 'nothing', '{EventOf("evt_many")}', now() - interval '1 hour', false
              FROM generate_series(1, 10000)
            """);
        await ExecuteAsync($"""
            INSERT INTO sandbox_webhooks (id, project_id, type, body, due_at, is_forged)
                 VALUES (gen_random_uuid(), {await ProjectAsync(other)}, 'nothing', '{EventOf("evt_of_other")}', now(), false)
            """);
        await Eventually.UntilAsync(() => IsAsync("SELECT count(*) = 1 FROM provider_events WHERE id = 'evt_of_other'"));
        (await IsAsync($"SELECT count(*) > 5000 FROM sandbox_webhooks WHERE project_id = {await ProjectAsync(busy)}")).ShouldBeTrue(
            "It waited for a project that was first.");

        var payment = (await busy.Door.GetAsync("/v1/payments"))["data"][0]!["id"]!.GetValue<string>();
        var refused = await busy.Door.PostAsync("/v1/sandbox/events", $$"""{"type": "dispute.opened", "payment": "{{payment}}"}""");
        (refused.Status, refused["code"].GetValue<string>()).ShouldBe((HttpStatusCode.UnprocessableEntity, "limit_reached"));
        await ExecuteAsync($"DELETE FROM sandbox_webhooks WHERE project_id = {await ProjectAsync(busy)}");
    }

    private static async Task PayAsync(BillingSandbox sandbox)
    {
        (await sandbox.Door.PostAsync("/v1/customers/acme/payment-methods", """{"token": "pm_sandbox_visa"}""")).Status.ShouldBe(
            HttpStatusCode.Created);
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=acme"))["data"][0]!["id"]!.GetValue<string>();
        (await sandbox.Door.PostAsync("/v1/payments", $$"""{"invoice": "{{invoice}}"}""")).Status.ShouldBe(HttpStatusCode.Created);
    }

    private async Task<Case> SandboxWebhooksAsync()
    {
        var project = await ProjectAsync(await SandboxAsync());
        return new(
            "sandbox_webhooks",
            () => ExecuteAsync($"""
                INSERT INTO sandbox_webhooks (id, project_id, type, body, due_at, is_forged)
                     VALUES ('00000000-0000-0000-0000-00000000000a', {project}, 'nothing', 'no event', now(), false),
                            ('00000000-0000-0000-0000-00000000000b', {project}, 'nothing', '{EventOf("evt_good")}', now(), false)
                """),
            () => IsAsync("SELECT count(*) = 1 FROM provider_events WHERE id = 'evt_good'"),
            () => ExecuteAsync(
                $"UPDATE sandbox_webhooks SET body = '{EventOf("evt_bad")}' WHERE id = '00000000-0000-0000-0000-00000000000a'"),
            () => IsAsync("SELECT count(*) = 1 FROM provider_events WHERE id = 'evt_bad'"));
    }

    private async Task<Case> InboxAsync()
    {
        var project = await ProjectAsync(await SandboxAsync());
        string Sealed(string provider, string id, string body) => TestSecrets.Seal(body, SecretPlace.ProviderEvent(project, provider, id));
        return new(
            "inbox",
            () => ExecuteAsync($"""
                INSERT INTO provider_events (project_id, provider, id, type, body)
                     VALUES ({project}, 'of-a-newer-version', 'evt_n', 'nothing', ''),
                            ({project}, 'sandbox', 'evt_p', 'dispute.opened', '{Sealed("sandbox", "evt_p", EventOf("evt_p", "dispute.opened", "??"))}'),
                            ({project}, 'sandbox', 'evt_q', 'nothing', '{Sealed("sandbox", "evt_q", EventOf("evt_q"))}')
                """),
            () => IsAsync("SELECT count(*) = 1 FROM provider_events WHERE id = 'evt_q' AND state = 'ignored'"),
            () => ExecuteAsync($"""
                UPDATE provider_events
                   SET provider = 'sandbox', body = CASE id WHEN 'evt_p' THEN '{Sealed("sandbox", "evt_p", EventOf("evt_p"))}'
                                                            ELSE '{Sealed("sandbox", "evt_n", EventOf("evt_n"))}' END
                 WHERE id IN ('evt_p', 'evt_n')
                """),
            async () =>
            {
                await RetryAllAsync("inbox");
                return await IsAsync("SELECT count(*) = 2 FROM provider_events WHERE id IN ('evt_p', 'evt_n') AND state = 'ignored'")
                    && await RemoveAsync("DELETE FROM parked_work WHERE subject = 'of-a-newer-version:evt_n'");
            });
    }

    private async Task<Case> CollectionsAsync()
    {
        var sandbox = await TwoSubscribersAsync("pm_sandbox_visa");
        var bad = await AccountAsync(sandbox, "bad");
        return new(
            "collections",
            async () =>
            {
                await PoisonAsync("collecting", "payments", $"NEW.account = {bad}");
                await sandbox.AdvanceAsync(Month);
            },
            async () => await PaidAsync(sandbox, "good") == 2 && await PaidAsync(sandbox, "bad") == 1,
            () => MendAsync("collecting", "payments"),
            async () => await PaidAsync(sandbox, "bad") == 2);
    }

    private async Task<Case> SubscriptionsAsync()
    {
        var sandbox = await TwoSubscribersAsync(null);
        var bad = await AccountAsync(sandbox, "bad");
        return new(
            "subscriptions",
            async () =>
            {
                await PoisonAsync("renewing", "subscriptions", $"NEW.account = {bad}");
                (await sandbox.AdvanceAsync(Month))["processed"]["parked"]!.GetValue<int>().ShouldBe(1);
            },
            async () => (await sandbox.InvoicesAsync("good")).Length == 2 && (await sandbox.InvoicesAsync("bad")).Length == 1,
            () => MendAsync("renewing", "subscriptions"),
            async () => (await sandbox.InvoicesAsync("bad")).Length == 2);
    }

    private async Task<Case> CheckoutsAsync()
    {
        var sandbox = await SandboxAsync();
        foreach (var customer in new[] { "bad", "good" })
        {
            (await sandbox.Door.PostAsync(
                "/v1/checkouts",
                $$"""{"customer": "{{customer}}", "plan": "pro", "success_url": "https://app.example/", "cancel_url": "https://app.example/"}""")).Status
                .ShouldBe(HttpStatusCode.Created);
        }

        var bad = await AccountAsync(sandbox, "bad");
        return new(
            "checkouts",
            async () =>
            {
                await PoisonAsync("expiring", "checkouts", $"NEW.account = {bad} AND NEW.status = 'expired'");
                await ExecuteAsync($"UPDATE checkouts SET expires_at = created_at WHERE project_id = {await ProjectAsync(sandbox)}");
            },
            async () => await StatusAsync("good") == "expired" && await StatusAsync("bad") == "open",
            () => MendAsync("expiring", "checkouts"),
            async () => await StatusAsync("bad") == "expired");

        async Task<string> StatusAsync(string customer) =>
            (await sandbox.Door.GetAsync($"/v1/checkouts?customer={customer}"))["data"][0]!["status"]!.GetValue<string>();
    }

    private async Task<Case> HoldsAsync()
    {
        var sandbox = await SandboxAsync();
        foreach (var customer in new[] { "bad", "good" })
        {
            ((int)(await sandbox.Door.PostAsync(
                "/v1/reservations", $$"""{"customer": "{{customer}}", "feature": "calls", "amount": 1}""")).Status).ShouldBeLessThan(300);
        }

        var bad = await AccountAsync(sandbox, "bad");
        return new(
            "holds",
            async () =>
            {
                await PoisonAsync("freeing", "holds", $"NEW.account = {bad}");
                await sandbox.AdvanceAsync(Month);
            },
            () => IsAsync($"SELECT count(*) = 1 FROM holds WHERE project_id = {ProjectAsync(sandbox).Result} AND state = 'expired'"),
            () => MendAsync("freeing", "holds"),
            () => IsAsync($"SELECT count(*) = 2 FROM holds WHERE project_id = {ProjectAsync(sandbox).Result} AND state = 'expired'"));
    }

    private async Task<Case> MailsAsync()
    {
        const string Good =
            """{"from": "free", "plan": "pro", "amount": 2900, "currency": "USD", "interval": "monthly", "subscription": "00000000-0000-0000-0000-000000000001"}""";
        var sandbox = await SandboxAsync();
        foreach (var customer in new[] { "bad", "good" })
        {
            (await sandbox.Door.PostAsync(
                "/v1/customers", $$"""{"id": "{{customer}}", "email": "{{customer}}@acme.example"}""")).Status.ShouldBe(
                HttpStatusCode.Created);
        }

        var project = await ProjectAsync(sandbox);
        return new(
            "mails",
            () => ExecuteAsync($$"""
                INSERT INTO mails (project_id, customer, type, cause, data, at, due_at)
                     VALUES ({{project}}, 'bad', 'plan_changed', 'a', '[]', now(), now()),
                       ({{project}}, 'good', 'plan_changed', 'b', '{{Good}}', now(), now())
                """),
            () => IsAsync($"SELECT count(*) = 1 FROM mails WHERE project_id = {project} AND state = 'sent'"),
            () => ExecuteAsync($"UPDATE mails SET data = '{Good}' WHERE project_id = {project}"),
            () => IsAsync($"SELECT count(*) = 2 FROM mails WHERE project_id = {project} AND state = 'sent'"));
    }

    private async Task<Case> MailEventsAsync()
    {
        var sandbox = await TwoSubscribersAsync("pm_sandbox_visa");
        var project = await ProjectAsync(sandbox);
        return new(
            "mail_events",
            async () =>
            {
                await Eventually.UntilAsync(() => IsAsync($"SELECT count(*) >= 2 FROM mails WHERE project_id = {project}"));
                await PoisonAsync("deriving", "mails", $"NEW.project_id = {project} AND NEW.customer = 'bad' AND NEW.type = 'canceled'");
                foreach (var customer in new[] { "bad", "good" })
                {
                    var id = (await sandbox.Door.GetAsync($"/v1/subscriptions?customer={customer}"))["data"][0]!["id"]!.GetValue<string>();
                    (await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", "{}")).Status.ShouldBe(HttpStatusCode.OK);
                }
            },
            () => IsAsync($"SELECT count(*) = 1 FROM mails WHERE project_id = {project} AND type = 'canceled' AND customer = 'good'"),
            () => MendAsync("deriving", "mails"),
            () => IsAsync($"SELECT count(*) = 1 FROM mails WHERE project_id = {project} AND type = 'canceled' AND customer = 'bad'"));
    }

    private async Task<Case> PaymentsAsync()
    {
        var sandbox = await SandboxAsync();
        foreach (var customer in new[] { "bad", "good" })
        {
            await sandbox.SubscribeAsync($$"""{"customer": "{{customer}}", "plan": "pro", "trial": false}""");
            (await sandbox.Door.PostAsync(
                $"/v1/customers/{customer}/payment-methods", """{"token": "pm_sandbox_timeout"}""")).Status.ShouldBe(
                HttpStatusCode.Created);
            var invoice = (await sandbox.Door.GetAsync($"/v1/invoices?customer={customer}"))["data"][0]!["id"]!.GetValue<string>();
            (await sandbox.Door.PostAsync("/v1/payments", $$"""{"invoice": "{{invoice}}"}"""))["status"].GetValue<string>()
                .ShouldBe("pending");
        }

        var bad = await AccountAsync(sandbox, "bad");
        return new(
            "payments",
            async () =>
            {
                await PoisonAsync("asking", "payments", $"NEW.account = {bad} AND NEW.settled_at IS NOT NULL");
                await AskAsync();
            },
            async () => await PaidAsync(sandbox, "good") == 1 && await PaidAsync(sandbox, "bad") == 0,
            () => MendAsync("asking", "payments"),
            async () =>
            {
                await AskAsync();
                return await PaidAsync(sandbox, "bad") == 1;
            });

        async Task AskAsync() =>
            await ExecuteAsync(
                $"UPDATE payments SET asked_at = now() - interval '1 hour' WHERE project_id = {await ProjectAsync(sandbox)} AND settled_at "
                    + "IS NULL");
    }

    private async Task<Case> CallCostsAsync()
    {
        var sandbox = await SandboxAsync();
        foreach (var customer in new[] { "bad", "good" })
        {
            (await sandbox.Door.PostAsync("/v1/customers", $$"""{"id": "{{customer}}"}""")).Status.ShouldBe(HttpStatusCode.Created);
        }

        var bad = await AccountAsync(sandbox, "bad");
        return new(
            "call_costs",
            async () =>
            {
                await PoisonAsync("folding", "call_customer_days", $"NEW.account = {bad}");
                foreach (var customer in new[] { "bad", "good" })
                {
                    (await sandbox.Door.PostAsync(
                        "/v1/llm-calls",
                        $$"""{"customer": "{{customer}}", "model": "m", "input_tokens": 1}""")).Message.EnsureSuccessStatusCode();
                }
            },
            () => IsAsync(
                $"SELECT count(*) = 1 FROM call_customer_days WHERE project_id = {ProjectAsync(sandbox).Result} AND account <> {bad}"),
            () => MendAsync("folding", "call_customer_days"),
            () => IsAsync($"SELECT count(*) = 1 FROM call_customer_days WHERE account = {bad}"));
    }

    private async Task<Case> WebhookEventsAsync()
    {
        var (bad, good) = (await WebhookHost.StartAsync(running), await WebhookHost.StartAsync(running));
        _stages.AddRange([bad, good]);
        var project = await ProjectAsync(bad.Sandbox);
        return new(
            "webhook_events",
            async () =>
            {
                await PoisonAsync("publishing", "webhook_events", $"NEW.project_id = {project}");
                await bad.SubscribeAsync(1);
                await good.SubscribeAsync(1);
            },
            () => Task.FromResult(good.Receiver.Calls.Count >= 2 && bad.Receiver.Calls.IsEmpty),
            () => MendAsync("publishing", "webhook_events"),
            () => Task.FromResult(bad.Receiver.Calls.Count >= 2));
    }

    private async Task<Case> WebhookDeliveriesAsync()
    {
        var host = await WebhookHost.StartAsync(running);
        _stages.Add(host);
        await WebhookHost.AddAsync(host.Sandbox, host.Receiver.Url + "/poisoned");
        return new(
            "webhook_deliveries",
            async () =>
            {
                await PoisonAsync("delivering", "webhook_attempts", $"NEW.url = '{host.Receiver.Url}/poisoned'");
                await host.SubscribeAsync(1);
            },
            () => IsAsync($"SELECT count(*) = 2 FROM webhook_deliveries WHERE endpoint = '{host.Endpoint}' AND state = 'delivered'"),
            () => MendAsync("delivering", "webhook_attempts"),
            async () =>
            {
                await RetryAllAsync("webhook_deliveries");
                return await IsAsync(
                    $"SELECT count(*) = 4 FROM webhook_deliveries WHERE project_id = {ProjectAsync(host.Sandbox).Result} AND state = "
                        + "'delivered'");
            });
    }

    private async Task<Case> ProjectsAsync()
    {
        var (bad, good) = (await SandboxAsync(), await SandboxAsync());
        return new(
            "projects",
            () => ExecuteAsync($"UPDATE projects SET time_zone = 'Mars/Base' WHERE code = '{bad.Code}'"),
            async () => (await good.Door.GetAsync("/v1/customers")).Status == HttpStatusCode.OK
                && (await bad.Door.GetAsync("/v1/customers")).Status == HttpStatusCode.OK,
            () => ExecuteAsync($"UPDATE projects SET time_zone = 'Etc/UTC' WHERE code = '{bad.Code}'"),
            async () => (await bad.Door.GetAsync("/v1/customers")).Status == HttpStatusCode.OK);
    }

    private async Task<BillingSandbox> SandboxAsync() => await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z");

    private async Task<BillingSandbox> TwoSubscribersAsync(string? card)
    {
        var sandbox = await SandboxAsync();
        foreach (var customer in new[] { "bad", "good" })
        {
            (await sandbox.Door.PostAsync(
                "/v1/customers", $$"""{"id": "{{customer}}", "email": "{{customer}}@acme.example"}""")).Status.ShouldBe(
                HttpStatusCode.Created);
            if (card is not null)
            {
                (await sandbox.Door.PostAsync($"/v1/customers/{customer}/payment-methods", $$"""{"token": "{{card}}"}""")).Status.ShouldBe(
                    HttpStatusCode.Created);
            }

            await sandbox.SubscribeAsync($$"""{"customer": "{{customer}}", "plan": "pro", "trial": false}""");
        }

        if (card is not null)
        {
            // Tollgate collects a first invoice an hour after it was issued.
            await sandbox.AdvanceAsync("2031-01-01T02:00:00Z");
            (await PaidAsync(sandbox, "bad"), await PaidAsync(sandbox, "good")).ShouldBe((1, 1));
        }

        return sandbox;
    }

    private static string EventOf(string id, string type = "nothing", string? currency = null) => new SandboxEvent
    {
        Id = id, Type = type, Created = DateTimeOffset.UtcNow,
        Data = new("ref", Guid.CreateVersion7(), null, "ch_1", 100, currency ?? "USD"),
    }.Write();

    private static async Task<int> PaidAsync(BillingSandbox sandbox, string customer) =>
        (await sandbox.Door.GetAsync($"/v1/invoices?customer={customer}"))["data"].AsArray()
            .Count(static one => one!["status"]!.GetValue<string>() == "paid");

    private Task PoisonAsync(string name, string table, string when) =>
        ExecuteAsync(
            $"CREATE TRIGGER poison_{name} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION poisoned()");

    private Task MendAsync(string name, string table) => ExecuteAsync($"DROP TRIGGER poison_{name} ON {table}");

    private async Task<int> ProjectAsync(BillingSandbox sandbox) =>
        await ScalarAsync<int>($"SELECT id FROM projects WHERE code = '{sandbox.Code}'");

    private async Task<int> AccountAsync(BillingSandbox sandbox, string customer) =>
        await ScalarAsync<int>($"SELECT account FROM customers WHERE project_id = {await ProjectAsync(sandbox)} AND id = '{customer}'");

    private string Tail => running.Server.Log is { Length: > 4_000 } log ? log[^4_000..] : running.Server.Log;

    private Task<bool> IsAsync(string sql) => ScalarAsync<bool>(sql);

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<bool> RemoveAsync(string sql)
    {
        await ExecuteAsync(sql);
        return true;
    }

    private async Task<JsonNode?> ListedAsync(string work) =>
        (await AdminAsync(HttpMethod.Get, $"/v1/parked?work={work}"))["data"].AsArray().FirstOrDefault();

    private async Task RetryAllAsync(string work)
    {
        foreach (var row in (await AdminAsync(HttpMethod.Get, $"/v1/parked?work={work}"))["data"].AsArray())
        {
            await AdminAsync(HttpMethod.Post, $"/v1/parked/{row!["id"]}/retry");
        }
    }

    private Task<Came> AdminAsync(HttpMethod method, string path) =>
        running.DoorWith(running.Server.AdminKey).SendAsync(method, path, null);

    private async Task<string> MetricsAsync()
    {
        using var client = running.Server.NewClient(running.Server.AdminKey);
        return await client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
    }

    private Task<(int ExitCode, string Output)> CliAsync(params string[] arguments) =>
        ServerProcess.RunAsync([.. arguments, "--url", running.Server.Url.ToString(), "--key", running.Server.AdminKey]);
}
