using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Gateway;

namespace Tollgate.Server.Tests.Webhooks;

/// <summary>Deliveries to a receiver: complete, signed, in order, repeated, and none for others.</summary>
[Collection(RunningServerTests.Webhooks)]
public sealed class WebhookDeliveryTests(RunningServer running)
{
    [Fact]
    public async Task An_event_is_sent_once_signed_and_as_the_API_shows_it()
    {
        await NpmClients.InstallAsync();
        await using var host = await WebhookHost.StartAsync(running);
        var id = await host.Sandbox.SubscribeAsync("""{"customer": "anna", "plan": "pro", "trial": false}""");
        await host.Sandbox.UseAsync("anna", "calls", 85);
        await host.TakenAsync(3);
        var invoice = (await host.Door.GetAsync("/v1/invoices?customer=anna"))["data"][0]!["id"]!.GetValue<string>();
        (await host.Door.PostAsync($"/v1/invoices/{invoice}/pay", """{"note": "bank"}""")).Status.ShouldBe(HttpStatusCode.OK);
        var messages = await host.TakenAsync(5);
        await host.SettledAsync();
        var payment = (await host.Door.GetAsync("/v1/payments"))["data"][0]!;

        messages.Select(static one => (one.Type, one.Sequence, one.Subject)).ShouldBe(
            [
                ("subscription.created", 1, id), ("invoice.finalized", 1, invoice), ("quota.threshold_reached", 1, "anna/calls"),
                ("invoice.paid", 2, invoice),
                ("payment.succeeded", 1, payment["id"]!.GetValue<string>()),
            ],
            ignoreOrder: true);
        host.Receiver.Calls.Count.ShouldBe(5);
        var created = messages.Single(static one => one.Type == "subscription.created").Body["data"]!;
        JsonNode.DeepEquals(created["subscription"], (await host.Door.GetAsync($"/v1/subscriptions/{id}")).Json)
            .ShouldBeTrue(created.ToJsonString());
        JsonNode.DeepEquals(created["customer"], (await host.Door.GetAsync("/v1/customers/anna")).Json)
            .ShouldBeTrue(created.ToJsonString());
        var paid = messages.Single(static one => one.Type == "invoice.paid").Body["data"]!;
        JsonNode.DeepEquals(paid["invoice"], (await host.Door.GetAsync($"/v1/invoices/{invoice}")).Json).ShouldBeTrue(paid.ToJsonString());
        (paid["change"]!["type"]!.GetValue<string>(),
            paid["change"]!["note"]!.GetValue<string>()).ShouldBe(("pay", $"payment {payment["id"]}"));
        var came = messages.Single(static one => one.Type == "payment.succeeded").Body["data"]!["payment"];
        JsonNode.DeepEquals(came, payment).ShouldBeTrue(came!.ToJsonString());
        var quota = messages.Single(static one => one.Type == "quota.threshold_reached").Body["data"]!["quota"]!;
        (quota["percent"]!.GetValue<int>(), quota["used"]!.GetValue<int>(), quota["granted"]!.GetValue<int>()).ShouldBe((80, 85, 100));
        foreach (var message in messages)
        {
            message.Seen.Headers["content-type"].ShouldStartWith("application/json");
            (await NpmClients.VerifiesAsync(host.Secret, message.Seen)).ShouldBeTrue();
        }

        var tampered = messages[0].Seen with { Body = [.. messages[0].Seen.Body, (byte)' '] };
        (await NpmClients.VerifiesAsync(host.Secret, tampered)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_refund_is_told_with_its_credit_note()
    {
        await using var host = await WebhookHost.StartAsync(running, "invoice.*");
        await host.SubscribeAsync(1);
        var invoice = (await host.Door.GetAsync("/v1/invoices?customer=c0"))["data"][0]!["id"]!.GetValue<string>();
        (await host.Door.PostAsync($"/v1/invoices/{invoice}/pay", """{"note": "bank"}""")).Status.ShouldBe(HttpStatusCode.OK);
        var payment = (await host.Door.GetAsync("/v1/payments"))["data"][0]!["id"]!.GetValue<string>();
        var refunded = await host.Door.PostAsync($"/v1/payments/{payment}/refunds", """{"amount": 900, "reason": "outage"}""");
        ((int)refunded.Status).ShouldBeInRange(200, 201, refunded.Json?.ToJsonString());
        await host.SettledAsync();
        var told = (await host.EventsAsync()).Where(static one => one!["object_type"]!.GetValue<string>() == "invoice")
            .Select(static one => (one!["type"]!.GetValue<string>(), one["data"]!["change"]!["amount"]!.GetValue<long>()))
            .ToList();
        told.Take(2).ShouldBe([("invoice.finalized", 2900), ("invoice.paid", 2900)]);
        told.Skip(2).ShouldBe([("invoice.credited", 900), ("invoice.refunded", 900)], ignoreOrder: true);
    }

    [Fact]
    public async Task A_receiver_that_fails_gets_every_event_of_an_object_in_order_and_without_a_gap()
    {
        await using var host = await WebhookHost.StartAsync(running);
        var (chance, gate) = (new Random(7), new Lock());
        var taken = new List<Message>();
        host.Receiver.Answer = (context, seen) =>
        {
            lock (gate)
            {
                var isGood = chance.Next(3) != 0;
                context.Response.StatusCode = isGood ? 200 : chance.Next(2) == 0 ? 500 : 302;
                if (isGood)
                {
                    taken.Add(new(seen));
                }
            }

            return Task.CompletedTask;
        };
        await host.SubscribeAsync(4);
        await host.Sandbox.AdvanceAsync("2031-06-15T00:00:00Z");
        await host.SettledAsync(hurry: true);

        var events = await host.EventsAsync();
        events.Count.ShouldBe(4 * (6 + 6), "A start and five renewals, each with its invoice.");
        (await host.DeliveriesAsync("?status=failed")).ShouldBeEmpty();
        var bySubject = taken.GroupBy(static one => one.Subject).ToList();
        bySubject.Count.ShouldBe(4 + (4 * 6));
        foreach (var subject in bySubject)
        {
            // At least once: a repeat of the last message is no disorder.
            subject.Select(static one => one.Sequence).Distinct()
                .ShouldBe(Enumerable.Range(1, subject.Select(static one => one.Sequence).Distinct().Count())
                    .Select(static one => (long)one));
        }

        taken.Select(static one => one.Id).Distinct()
            .ShouldBe(events.Select(static one => one!["id"]!.GetValue<string>()), ignoreOrder: true);
        taken.Where(static one => one.Type == "subscription.renewed")
            .ShouldAllBe(static one => one.Body["data"]!["previous_attributes"]!["period_start"] != null);
    }

    [Fact]
    public async Task A_later_event_waits_for_the_earlier_one_of_its_object_and_no_other_does()
    {
        await using var host = await WebhookHost.StartAsync(running, "subscription.*");
        host.Receiver.Answer = (context, seen) =>
        {
            context.Response.StatusCode = seen.Text.Contains("\"id\":\"slow0\"", StringComparison.Ordinal) ? 500 : 200;
            return Task.CompletedTask;
        };
        await host.SubscribeAsync(1, "slow");
        await host.TakenAsync(1);
        await host.Sandbox.AdvanceAsync("2031-02-15T00:00:00Z");
        await host.SubscribeAsync(3, "quick");
        await UntilAsync(
            async () => (await host.DeliveriesAsync("?status=delivered")).Count == 3, static () => "The quick ones were held up.");
        var waiting = await host.DeliveriesAsync("?status=waiting");
        waiting.Select(static one => (one!["sequence"]!.GetValue<long>(), one["next_attempt_at"] is null))
            .ShouldBe([(2, true), (1, false)]);
        host.Receiver.Calls.Select(static seen => new Message(seen))
            .Where(static one => one.Body["data"]!["customer"]!["id"]!.GetValue<string>() == "slow0")
            .ShouldAllBe(static one => one.Sequence == 1);
    }

    [Fact]
    public async Task A_receiver_that_hangs_keeps_nobody_else_waiting()
    {
        await using var host = await WebhookHost.StartAsync(running);
        await using var dead = await FakeUpstream.StartAsync();
        using var release = new CancellationTokenSource();
        var ended = 0;
        dead.Answer = async (context, _) =>
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(release.Token, context.RequestAborted);
            await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Interlocked.Increment(ref ended);
        };
        for (var number = 0; number < 5; number++)
        {
            await WebhookHost.AddAsync(host.Sandbox, dead);
        }

        await host.SubscribeAsync(20);
        await host.TakenAsync(40);
        var over = Volatile.Read(ref ended);
        (dead.Calls.Count - over).ShouldBeInRange(1, 5 * 4, "Each has a few places and no more.");
        over.ShouldBeLessThanOrEqualTo(5 * 4, "All of the healthy one's came before the requests to the others had timed out twice.");
        await release.CancelAsync();
    }

    [Fact]
    public async Task A_receiver_that_asks_for_time_is_left_alone_until_then()
    {
        await using var host = await WebhookHost.StartAsync(running, "subscription.*");
        host.Receiver.Answer = (context, _) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "120";
            return Task.CompletedTask;
        };
        await host.SubscribeAsync(1);
        await UntilAsync(async () => (await EndpointAsync(host))["paused_until"] is not null, static () => "It was not paused.");
        var delivery = (await host.DeliveriesAsync())[0]!;
        (delivery["next_attempt_at"]!.GetValue<DateTimeOffset>()
            - delivery["last_attempt_at"]!.GetValue<DateTimeOffset>()).ShouldBeGreaterThan(TimeSpan.FromSeconds(119));
        var before = host.Receiver.Calls.Count;
        await host.SubscribeAsync(1, "other");
        await UntilAsync(async () => (await host.DeliveriesAsync()).Count == 2, static () => "The second event was not published.");
        await Task.Delay(1500, TestContext.Current.CancellationToken);
        host.Receiver.Calls.Count.ShouldBe(before);
        host.Receiver.AnswersWith("taken");
        await host.SettledAsync(hurry: true);
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_disabled_and_what_waits_goes_out_when_it_is_back()
    {
        await using var host = await WebhookHost.StartAsync(running, "subscription.*");
        host.Receiver.AnswersWith("gone", 410);
        await host.SubscribeAsync(1);
        await UntilAsync(
            async () => (await EndpointAsync(host))["status"]!.GetValue<string>() == "disabled", static () => "It is still enabled.");
        (await EndpointAsync(host))["disabled_reason"]!.GetValue<string>().ShouldBe("gone");
        host.Receiver.Calls.Count.ShouldBe(1);
        var waiting = (await host.DeliveriesAsync("?status=waiting")).ShouldHaveSingleItem()!;
        (await host.Door.PostAsync($"/v1/deliveries/{waiting["id"]}/redeliver"))["code"].GetValue<string>()
            .ShouldBe("webhook_endpoint_state");

        host.Receiver.AnswersWith("taken");
        (await host.Door.PatchAsync($"/v1/webhook-endpoints/{host.Endpoint}", """{"enabled": true}"""))["status"].GetValue<string>()
            .ShouldBe("enabled");
        await host.SettledAsync();
        (await host.TakenAsync(2))[1].Id.ShouldBe(waiting["event"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(410, "gone")]
    [InlineData(500, "failing")]
    public async Task A_disabled_endpoint_is_reported_to_the_others_once(int status, string reason)
    {
        await using var host = await WebhookHost.StartAsync(running, "subscription.*");
        await using var other = await FakeUpstream.StartAsync();
        other.AnswersWith("taken");
        await WebhookHost.AddAsync(host.Sandbox, other, "webhook_endpoint.*");
        host.Receiver.AnswersWith("no", status);
        await host.SubscribeAsync(2);
        // One 410 is enough: the second event may find the endpoint disabled.
        await host.TakenAsync(1);
        await host.FailForAsync(TimeSpan.FromDays(5));
        await UntilAsync(
            async () =>
            {
                await host.HurryAsync();
                return (await EndpointAsync(host))["status"]!.GetValue<string>() == "disabled";
            },
            static () => "It is still enabled.");
        (await EndpointAsync(host))["disabled_reason"]!.GetValue<string>().ShouldBe(reason);

        var told = (await WebhookHost.TakenAsync(other, 1)).ShouldHaveSingleItem();
        (told.Type, told.Sequence,
            told.Body["data"]!["change"]!["reason"]!.GetValue<string>()).ShouldBe(("webhook_endpoint.disabled", 1, reason));
        JsonNode.DeepEquals(told.Body["data"]!["endpoint"], await EndpointAsync(host)).ShouldBeTrue(told.Body.ToJsonString());
        (await host.EventsAsync("?type=webhook_endpoint.disabled")).ShouldHaveSingleItem()!["object"]!.GetValue<string>()
            .ShouldBe(host.Endpoint);

        // A change that the user requests causes no event.
        (await host.Door.PatchAsync($"/v1/webhook-endpoints/{host.Endpoint}", """{"enabled": true}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await host.Door.PatchAsync($"/v1/webhook-endpoints/{host.Endpoint}", """{"enabled": false}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await host.EventsAsync("?type=webhook_endpoint.disabled")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Each_attempt_is_shown_with_what_was_sent_and_what_came_back()
    {
        await using var host = await WebhookHost.StartAsync(running, "subscription.*");
        host.Receiver.AnswersWith(new string('x', 5000), 500);
        await host.SubscribeAsync(1);
        await UntilAsync(
            async () => (await host.DeliveriesAsync()).Any(static one => one!["attempts"]!.GetValue<int>() == 1),
            static () => "It was not tried.");
        host.Receiver.AnswersWith("taken");
        await host.SettledAsync(hurry: true);
        var id = (await host.DeliveriesAsync()).ShouldHaveSingleItem()!["id"]!.GetValue<string>();
        var detail = await host.Door.GetAsync($"/v1/deliveries/{id}");
        var messages = await host.TakenAsync(2);
        detail["request_body"].GetValue<string>().ShouldBe(messages[0].Seen.Text);
        var history = detail["history"].AsArray();
        history.Select(
            static one => (one!["attempt"]!.GetValue<int>(), one["status"]!.GetValue<int>(), one["response"]!.GetValue<string>().Length))
            .ShouldBe([(1, 500, 2048), (2, 200, 5)]);
        foreach (var (attempt, message) in history.Zip(messages))
        {
            attempt!["request_headers"]!["webhook-signature"]!.GetValue<string>().ShouldBe(message.Signature);
            attempt["request_headers"]!["webhook-timestamp"]!.GetValue<string>().ShouldBe(message.Seen.Headers["webhook-timestamp"]);
        }

        messages.Select(static one => one.Id).Distinct().ShouldHaveSingleItem();
        detail["delivery"]["status"]!.GetValue<string>().ShouldBe("delivered");
    }

    [Fact]
    public async Task While_a_secret_is_rotated_both_sign()
    {
        await NpmClients.InstallAsync();
        await using var host = await WebhookHost.StartAsync(running, "subscription.*");
        var rotated = await host.Door.PostAsync($"/v1/webhook-endpoints/{host.Endpoint}/rotate-secret", """{"grace_seconds": 3600}""");
        rotated.Status.ShouldBe(HttpStatusCode.OK, rotated.Json?.ToJsonString());
        var secret = rotated["secret"].GetValue<string>();
        secret.ShouldNotBe(host.Secret);
        await host.SubscribeAsync(1, "during");
        var during = (await host.TakenAsync(1))[0];
        (await NpmClients.VerifiesAsync(secret, during.Seen)).ShouldBeTrue();
        (await NpmClients.VerifiesAsync(host.Secret, during.Seen)).ShouldBeTrue();

        var ended =
            (await host.Door.PostAsync(
                $"/v1/webhook-endpoints/{host.Endpoint}/rotate-secret", """{"grace_seconds": 0}"""))["secret"].GetValue<string>();
        await host.SubscribeAsync(1, "after");
        var after = (await host.TakenAsync(2))[1];
        (await NpmClients.VerifiesAsync(ended, after.Seen)).ShouldBeTrue();
        (await NpmClients.VerifiesAsync(secret, after.Seen)).ShouldBeFalse();
        (await NpmClients.VerifiesAsync(host.Secret, after.Seen)).ShouldBeFalse();
    }

    [Fact]
    public async Task One_delivery_or_a_range_is_sent_again()
    {
        await using var host = await WebhookHost.StartAsync(running, "subscription.*");
        await host.SubscribeAsync(3);
        await host.TakenAsync(3);
        await host.SettledAsync();
        var one = (await host.DeliveriesAsync())[0]!;
        var again = await host.Door.PostAsync($"/v1/deliveries/{one["id"]}/redeliver");
        (again.Status, again["redelivery"].GetValue<bool>(),
            again["event"].GetValue<string>()).ShouldBe((HttpStatusCode.Created, true, one["event"]!.GetValue<string>()));
        (await host.TakenAsync(4))[3].Id.ShouldBe(one["event"]!.GetValue<string>());
        await host.SettledAsync();

        // A new receiver gets the events that it missed, of its types, once.
        await using var late = await FakeUpstream.StartAsync();
        late.AnswersWith("taken");
        var added = (await WebhookHost.AddAsync(host.Sandbox, late, "subscription.created"))["id"].GetValue<string>();
        var events = await host.EventsAsync();
        var path = $"/v1/webhook-endpoints/{added}/redeliver";

        // Events of one object are in order; the invoice of the first subscription may be published before it.
        var first = events.First(static one => one!["type"]!.GetValue<string>() == "subscription.created")!;
        var range = await host.Door.PostAsync(path, $$"""{"after": "{{first["id"]}}"}""");
        (range.Status, range["deliveries"].GetValue<int>(), range["has_more"].GetValue<bool>()).ShouldBe(
            (HttpStatusCode.OK, 2, false), events.ToJsonString());
        (await WebhookHost.TakenAsync(late, 2)).Select(static message => message.Id).ShouldBe(
            events.Where(static one => one!["type"]!.GetValue<string>() == "subscription.created").Skip(1)
                .Select(static one => one!["id"]!.GetValue<string>()), ignoreOrder: true);
        await host.SettledAsync();
        (await host.Door.PostAsync(path, """{"from": "2020-01-01T00:00:00Z"}"""))["deliveries"].GetValue<int>()
            .ShouldBe(1, "Existing events are left out.");
        await host.SettledAsync();
        (await host.Door.PostAsync(path, """{"from": "2020-01-01T00:00:00Z", "only_missing": false}"""))["deliveries"].GetValue<int>()
            .ShouldBe(3);
        await WebhookHost.TakenAsync(late, 6);
    }

    [Fact]
    public async Task A_consumer_that_was_away_reads_on_where_it_was()
    {
        await using var host = await WebhookHost.StartAsync(running);
        await host.SubscribeAsync(5);
        await host.SettledAsync();
        var all = (await host.EventsAsync()).Select(static one => one!["id"]!.GetValue<string>()).ToList();
        all.Count.ShouldBe(10);
        var read = new List<string>();
        for (var after = ""; ;)
        {
            var came = await host.Door.GetAsync($"/v1/webhook-events?limit=3{(after.Length == 0 ? "" : "&after=" + after)}");
            read.AddRange(came["data"].AsArray().Select(static one => one!["id"]!.GetValue<string>()));
            if (!came["has_more"].GetValue<bool>())
            {
                break;
            }

            after = read[^1];
        }

        read.ShouldBe(all);
        (await host.EventsAsync($"?after={all[^1]}")).ShouldBeEmpty();
        (await host.EventsAsync("?type=invoice.finalized")).Count.ShouldBe(5);
        var shown = await host.Door.GetAsync($"/v1/webhook-events/{all[0]}");
        JsonNode.DeepEquals(shown.Json, (await host.EventsAsync())[0]).ShouldBeTrue();
        (await host.EventsAsync($"?object={Uri.EscapeDataString(shown["object"].GetValue<string>())}")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_project_sees_and_gets_nothing_of_another()
    {
        await using var mine = await WebhookHost.StartAsync(running);
        await using var theirs = await WebhookHost.StartAsync(running);
        await theirs.SubscribeAsync(2);
        await theirs.SettledAsync();
        var (delivery, told) = ((await theirs.DeliveriesAsync())[0]!["id"], (await theirs.EventsAsync())[0]!["id"]);
        (await mine.EventsAsync()).ShouldBeEmpty();
        (await mine.DeliveriesAsync($"?endpoint={theirs.Endpoint}")).ShouldBeEmpty();
        mine.Receiver.Calls.ShouldBeEmpty();
        string[] unseen =
        [
            $"/v1/webhook-endpoints/{theirs.Endpoint}", $"/v1/webhook-events/{told}", $"/v1/deliveries/{delivery}",
        ];
        foreach (var path in unseen)
        {
            (await mine.Door.GetAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound, path);
            (await theirs.Door.GetAsync(path)).Status.ShouldBe(HttpStatusCode.OK, path);
        }

        (await mine.Door.PostAsync($"/v1/deliveries/{delivery}/redeliver")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await mine.Door.PostAsync($"/v1/webhook-endpoints/{theirs.Endpoint}/rotate-secret")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await mine.Door.PostAsync(
            $"/v1/webhook-endpoints/{theirs.Endpoint}/redeliver", """{"from": "2020-01-01T00:00:00Z"}""")).Status.ShouldBe(
            HttpStatusCode.NotFound);
        (await mine.Door.PatchAsync($"/v1/webhook-endpoints/{theirs.Endpoint}", """{"enabled": false}""")).Status.ShouldBe(
            HttpStatusCode.NotFound);
        (await mine.Door.DeleteAsync($"/v1/webhook-endpoints/{theirs.Endpoint}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await mine.Door.PostAsync($"/v1/webhook-endpoints/{mine.Endpoint}/redeliver", $$"""{"after": "{{told}}"}""")).Status.ShouldBe(
            HttpStatusCode.UnprocessableEntity);
    }

    private static async Task<JsonNode> EndpointAsync(WebhookHost host) =>
        (await host.Door.GetAsync($"/v1/webhook-endpoints/{host.Endpoint}")).Json!;
}
