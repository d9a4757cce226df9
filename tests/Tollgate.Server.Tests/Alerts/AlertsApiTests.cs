using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Gateway;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Server.Tests.Webhooks;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Alerts;

/// <summary>A server on which a project may have few rules.</summary>
public sealed class AlertServer(TestPostgres postgres) : IAsyncLifetime
{
    public const int MostRules = 12;

    public RunningServer Running { get; } = new(postgres)
    {
        Environment = new Dictionary<string, string> { ["TOLLGATE_MOST_ALERT_RULES"] = "12" },
    };

    public ValueTask InitializeAsync() => Running.InitializeAsync();

    public ValueTask DisposeAsync() => Running.DisposeAsync();
}

/// <summary>Alerts and their rules over HTTP. Each test has a project of its own.</summary>
public sealed class AlertsApiTests(AlertServer server) : IClassFixture<AlertServer>
{
    private readonly RunningServer _running = server.Running;

    [Fact]
    public async Task A_new_project_has_alerts_without_configuration_and_their_state_is_stored()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-01T00:00:00Z");
        await ConsumeAsync(sandbox, "acme", 8);
        var alert = (await AlertsAsync(sandbox, 1)).Single();
        (Word(alert, "kind"), Word(alert, "severity"), Word(alert, "title"), Word(alert, "subject"), Word(alert, "customer"))
            .ShouldBe(("usage_threshold", "warning", "acme: Calls 80% used", "acme/calls", "acme"));
        (Word(alert, "detail"), alert["read_at"], alert["test"]!.GetValue<bool>()).ShouldBe(("acme has used 8 of 10 Calls.", null, false));

        var path = "/v1/alerts/" + Word(alert, "id");
        var read = (await sandbox.Door.PostAsync(path + "/read"))["read_at"].GetValue<DateTimeOffset>();
        await sandbox.AdvanceAsync("2027-01-02T00:00:00Z");
        (await sandbox.Door.PostAsync(path + "/read"))["read_at"].GetValue<DateTimeOffset>().ShouldBe(read);
        var acknowledged = await sandbox.Door.PostAsync(path + "/acknowledge");
        (await sandbox.Door.PostAsync(path + "/acknowledge")).ShouldBe(HttpStatusCode.OK, acknowledged.Json!.ToJsonString());
        (await sandbox.Door.PostAsync(path + "/mute", """{"until": "2027-01-01T00:00:00Z"}""")).Status
            .ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await sandbox.Door.PostAsync(path + "/mute"))["muted_until"].GetValue<DateTimeOffset>()
            .ShouldBe(DateTimeOffset.Parse("2027-01-09T00:00:00Z", null));
        (await sandbox.Door.GetAsync("/v1/alerts?unread=true"))["data"].AsArray().ShouldBeEmpty();
        (await sandbox.Door.GetAsync("/v1/alerts?customer=nobody"))["data"].AsArray().ShouldBeEmpty();
        (await sandbox.Door.GetAsync("/v1/alerts?unread=maybe")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await sandbox.Door.GetAsync("/v1/alerts/" + Guid.NewGuid())).Status.ShouldBe(HttpStatusCode.NotFound);
        using var client = _running.Server.ClientFor("alwrity");
        (await client.GetStringAsync(new Uri("/v1/alerts.csv", UriKind.Relative))).ShouldBe(
            "id,rule,kind,severity,title,detail,recommendation,customer,subject,at,read_at,acknowledged_at,muted_until,test\r\n",
            "The price book of the first start is no change of prices.");

        var other = await BillingSandbox.StartAsync(_running, "2027-01-01T00:00:00Z");
        (await other.Door.GetAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await other.Door.PostAsync(path + "/read")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_customer_reads_its_own_alerts_once_each_and_marks_them_without_the_operator()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-01T00:00:00Z");
        (await sandbox.Door.PostAsync("/v1/alert-rules", """{"kind": "usage_threshold", "threshold": 80}""")).Status
            .ShouldBe(HttpStatusCode.Created);
        await ConsumeAsync(sandbox, "acme", 8);
        await AlertsAsync(sandbox, 2);
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.Door.PostAsync("/v1/subscriptions/" + await SubscriptionAsync(sandbox) + "/cancel", """{"at": "period_end"}""");
        await AlertsAsync(sandbox, 3);
        var token = (await sandbox.Door.PostAsync("/v1/customers/acme/tokens", "{}"))["token"].GetValue<string>();
        var own = _running.DoorWith(token);

        var alert = (await own.GetAsync("/v1/customers/acme/alerts"))["data"].AsArray().ShouldHaveSingleItem()!;
        (Word(alert, "title"), Word(alert, "detail"), Word(alert, "feature"), alert["percent"]!.GetValue<int>())
            .ShouldBe(("Calls: 80% used", "You have used 8 of 10 Calls", "calls", 80));
        var path = $"/v1/customers/acme/alerts/{Word(alert, "id")}/read";
        (await own.PostAsync(path))["read_at"].ShouldNotBeNull();
        (await own.GetAsync("/v1/customers/acme/alerts?unread=true"))["data"].AsArray().ShouldBeEmpty();
        (await sandbox.Door.GetAsync("/v1/alerts?unread=true"))["data"].AsArray().Count.ShouldBe(3, "The operator has read none.");

        (await own.GetAsync("/v1/customers/other/alerts")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await own.GetAsync("/v1/alerts")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await sandbox.Door.PostAsync($"/v1/customers/other/alerts/{Word(alert, "id")}/read")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await sandbox.Door.GetAsync("/v1/customers/nobody/alerts"))["data"].AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_rule_is_created_replaced_and_deleted_and_says_what_is_wrong_with_it()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-01T00:00:00Z");
        var first = (await sandbox.Door.GetAsync("/v1/alert-rules"))["data"].AsArray();
        first.Select(static rule => Word(rule!, "kind")).ShouldContain("payment_failed");
        first.ShouldAllBe(static rule => rule!["mail_to"]!.AsArray().Count == 0);

        var made = await sandbox.Door.PostAsync(
            "/v1/alert-rules",
            """
            {"kind": "usage_threshold", "threshold": 90, "severity": "critical", "channels": ["mail"], "mail_to": ["ops@example.com"],
             "quiet_hours": {"from": "22:00", "until": "07:00"}, "repeat": "daily"}
            """);
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        made["channels"].ToJsonString().ShouldBe("""["in_app","mail"]""");
        var path = "/v1/alert-rules/" + Word(made.Json!, "id");
        (await sandbox.Door.PutAsync(path, """{"kind": "payment_failed", "enabled": false}"""))["quiet_hours"].ShouldBeNull();
        (await sandbox.Door.GetAsync(path))["kind"].GetValue<string>().ShouldBe("payment_failed");

        foreach (var (body, param) in new[]
        {
            ("{}", "kind"), ("""{"kind": "everything"}""", "kind"), ("""{"kind": "payment_failed", "threshold": 1}""", "threshold"),
            ("""{"kind": "usage_threshold", "threshold": 0}""", "threshold"), ("""{"kind": "budget"}""", "threshold"),
            ("""{"kind": "margin_below", "threshold": 101}""", "threshold"),
            ("""{"kind": "usage_threshold", "threshold": 900}""", "threshold"),
            ("""{"kind": "usage_threshold", "channels": []}""", "channels"),
            ("""{"kind": "usage_threshold", "channels": ["pigeon"]}""", "channels"),
            ("""{"kind": "usage_threshold", "channels": ["slack"]}""", "channels"),
            ("""{"kind": "usage_threshold", "channels": ["mail"]}""", "mail_to"),
            ("""{"kind": "usage_threshold", "channels": ["mail"], "mail_to": ["no address"]}""", "mail_to"),
            ("""{"kind": "usage_threshold", "mail_to": ["ops@example.com"]}""", "mail_to"),
            ("""{"kind": "usage_threshold", "quiet_hours": {"from": "22:00", "until": "22:00"}}""", "quiet_hours"),
            ("""{"kind": "usage_threshold", "quiet_hours": {"from": "25:00", "until": "07:00"}}""", "quiet_hours"),
            ("""{"kind": "usage_threshold", "repeat": "sometimes"}""", "repeat"),
            ("""{"kind": "usage_threshold", "severity": "loud"}""", "severity"),
        })
        {
            var refused = await sandbox.Door.PostAsync("/v1/alert-rules", body);
            refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity, body);
            refused["errors"].AsArray().Select(static one => Word(one!, "param")).ShouldContain(param, body);
        }

        for (var rules = first.Count + 1; rules < AlertServer.MostRules; rules++)
        {
            (await sandbox.Door.PostAsync("/v1/alert-rules", """{"kind": "payment_failed"}""")).Status.ShouldBe(HttpStatusCode.Created);
        }

        var more = await sandbox.Door.PostAsync("/v1/alert-rules", """{"kind": "payment_failed"}""");
        (more.Status, Word(more.Json!, "code")).ShouldBe((HttpStatusCode.UnprocessableEntity, "limit_reached"));
        (await sandbox.Door.DeleteAsync(path)).Status.ShouldBe(HttpStatusCode.NoContent);
        (await sandbox.Door.GetAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await sandbox.Door.PutAsync("/v1/alert-rules/x", """{"kind": "payment_failed"}""")).Status
            .ShouldBe(HttpStatusCode.NotFound);
        (await sandbox.Door.PostAsync("/v1/alert-rules/x/test")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Mail_Slack_and_webhooks_get_an_alert_once_with_any_name_in_it()
    {
        const string name = """محمد "أبو" <علي> & co""";
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-01T00:00:00Z");
        await using var slack = await FakeUpstream.StartAsync();
        await using var hook = await FakeUpstream.StartAsync();
        slack.AnswersWith("ok");
        hook.AnswersWith("ok");
        (await sandbox.Door.PostAsync(
            "/v1/webhook-endpoints", $$"""{"url": "{{slack.Url}}/s", "events": ["*"], "format": "slack"}""")).Status
            .ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await sandbox.Door.PostAsync(
            "/v1/webhook-endpoints", $$"""{"url": "{{slack.Url}}/s", "events": ["alert.fired"], "format": "slack"}""")).Status
            .ShouldBe(HttpStatusCode.Created);
        (await sandbox.Door.PostAsync("/v1/webhook-endpoints", $$"""{"url": "{{hook.Url}}/h", "events": ["alert.fired"]}""")).Status
            .ShouldBe(HttpStatusCode.Created);
        var rule = await sandbox.Door.PostAsync(
            "/v1/alert-rules",
            """
            {"kind": "usage_threshold", "threshold": 80, "channels": ["mail", "slack", "webhook", "log"], "mail_to": ["ops@example.com"]}
            """);
        rule.Status.ShouldBe(HttpStatusCode.Created, rule.Json?.ToJsonString());
        await sandbox.Door.PostAsync("/v1/customers", new JsonObject { ["id"] = "acme", ["name"] = name }.ToJsonString());

        await ConsumeAsync(sandbox, "acme", 8);

        var said = (await WebhookHost.TakenAsync(slack, 1))[0].Body;
        Word(said, "text").ShouldBe(
            "*[warning] محمد \"أبو\" &lt;علي&gt; &amp; co (acme): Calls 80% used*\nمحمد \"أبو\" &lt;علي&gt; &amp; co (acme) has used 8 of 10 Calls.");
        var told = (await WebhookHost.TakenAsync(hook, 1))[0].Body;
        (Word(told, "type"), Word(told["data"]!["alert"]!, "title")).ShouldBe(("alert.fired", $"{name} (acme): Calls 80% used"));
        await UntilAsync(async () => (await MailsAsync(sandbox)).Any(static mail => Word(mail!, "status") == "sent"));
        var mail = (await MailsAsync(sandbox)).ShouldHaveSingleItem()!;
        (Word(mail, "subject"), Word(mail, "to"), mail["customer"])
            .ShouldBe(($"[warning] {name} (acme): Calls 80% used", "o…@example.com", null));

        var test = await sandbox.Door.PostAsync($"/v1/alert-rules/{Word(rule.Json!, "id")}/test");
        (test.Status, test["test"].GetValue<bool>()).ShouldBe((HttpStatusCode.Created, true));
        (await WebhookHost.TakenAsync(hook, 2))[1].Body.ToJsonString().ShouldContain("This is a test.");
        await WebhookHost.TakenAsync(slack, 2);
        await UntilAsync(async () => (await MailsAsync(sandbox)).Count == 2);
        (slack.Calls.Count, hook.Calls.Count).ShouldBe((2, 2));
        (await sandbox.Door.GetAsync("/v1/customers/acme/alerts"))["data"].AsArray().ShouldHaveSingleItem("A test is no customer's.");
    }

    [Fact]
    public async Task Money_that_fails_and_customers_who_leave_are_told()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "acme"}""");
        await sandbox.Door.PostAsync("/v1/customers/acme/payment-methods", """{"token": "pm_sandbox_visa"}""");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-02-01T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/sandbox/payment-behavior", """{"customer": "acme", "outcome": "decline", "times": 5}""");
        await sandbox.AdvanceAsync("2027-03-10T00:00:00Z");

        var alerts = await AlertsAsync(sandbox, 2);

        var failed = alerts.Single(static one => Word(one, "kind") == "payment_failed");
        Word(failed, "title").ShouldBe("acme: payment of $29.00 failed");
        Word(failed, "detail").ShouldEndWith("could not be collected: declined. The next attempt is on 1 Mar 2027.");
        var ended = alerts.Single(static one => Word(one, "kind") == "subscription_canceled");
        Word(ended, "detail").ShouldBe("The subscription of acme to Pro ended on 7 Mar 2027. Reason: payment failed.");
    }

    [Fact]
    public async Task An_alert_recommends_the_plan_that_the_rating_makes_cheapest()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-01T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/alert-rules", """{"kind": "usage_below", "threshold": 20}""");
        await ConsumeAsync(sandbox, "free", 10);
        await sandbox.SubscribeAsync("""{"customer": "busy", "plan": "pro", "trial": false}""");
        await sandbox.SubscribeAsync("""{"customer": "idle", "plan": "enterprise", "trial": false}""");
        await sandbox.UseAsync("busy", "calls", 50_000);
        await sandbox.UseAsync("idle", "calls", 90);
        await sandbox.AdvanceAsync("2027-02-01T00:00:00Z");

        await UntilAsync(async () => (await sandbox.Door.GetAsync("/v1/alerts?kind=usage_below"))["data"].AsArray().Count > 0);

        // Pro: $29.00 and 49,900 calls at $0.02. Enterprise: $299.00 and 49,000 at $0.01.
        (await AdviceAsync("busy")).ShouldBe("Enterprise would be $238.00 a month cheaper at this pace.");
        (await AdviceAsync("free")).ShouldBe("Pro has 100 Calls, for $29.00 more a month.");
        (await AdviceAsync("idle")).ShouldBe("Pro would be $270.00 a month cheaper at this use.");
        (await sandbox.Door.GetAsync("/v1/alerts?kind=usage_below"))["data"].AsArray().ShouldHaveSingleItem()!["detail"]!
            .GetValue<string>().ShouldBe("idle used at most 9% of any limit of Enterprise in the month that ended on 1 Feb 2027.");

        async Task<string?> AdviceAsync(string customer) =>
            (await sandbox.Door.GetAsync($"/v1/alerts?customer={customer}"))["data"].AsArray()
                .Select(static one => one!["recommendation"]?.GetValue<string>()).FirstOrDefault(static one => one is not null);
    }

    [Fact]
    public async Task A_live_projects_Slack_address_must_be_on_the_public_internet()
    {
        var refused = await _running.DoorOf("alwrity").PostAsync(
            "/v1/webhook-endpoints", """{"url": "https://127.0.0.1/services/T0", "events": ["alert.fired"], "format": "slack"}""");
        (refused.Status, Word(refused["errors"].AsArray()[0]!, "param")).ShouldBe((HttpStatusCode.UnprocessableEntity, "url"));
    }

    [Fact]
    public async Task Pace_refusals_margins_of_customers_and_churn_fire_at_their_thresholds_and_once()
    {
        const string name = "\"شركة\" النور";
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-01T00:00:00Z");
        for (var n = 0; n < 11; n++)
        {
            await sandbox.SubscribeAsync($$"""{"customer": "payer-{{n}}", "plan": "pro", "trial": false}""");
        }

        await sandbox.AdvanceAsync("2027-02-08T00:00:00Z");
        (await sandbox.Door.PostAsync("/v1/customers", new JsonObject { ["id"] = "fast", ["name"] = name }.ToJsonString())).Status
            .ShouldBe(HttpStatusCode.Created);
        await ConsumeAsync(sandbox, "fast", 4);
        await ConsumeAsync(sandbox, "slow", 3);
        await ConsumeAsync(sandbox, "full", 10);
        for (var n = 0; n < 3; n++)
        {
            (await sandbox.Door.PostAsync("/v1/consume", """{"customer": "full", "feature": "calls", "amount": 1}""")).Status
                .ShouldBe(HttpStatusCode.PaymentRequired);
        }

        // $7.25 of February's $29.00 are earned by the end of the 7th; with the 8th $8.29.
        (await sandbox.Door.PostAsync(
            "/v1/llm-calls", """{"id": "c1", "customer": "payer-3", "provider": "openai", "model": "gpt-4o", "output_tokens": 900000}""")).Status
            .ShouldBe(HttpStatusCode.OK);
        var gone = Word((await sandbox.Door.GetAsync("/v1/subscriptions?customer=payer-7"))["data"].AsArray()[0]!, "id");
        (await sandbox.Door.PostAsync($"/v1/subscriptions/{gone}/cancel", """{"at": "now"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await sandbox.Door.PostAsync($"/v1/subscriptions/{await OfAsync("payer-8")}/cancel", """{"at": "now"}""")).Status
            .ShouldBe(HttpStatusCode.OK);

        // The first look at a rule follows within seconds, and the next one ten minutes later.
        foreach (var rule in (string[])[
            """{"kind": "projected_overrun", "threshold": 150}""", """{"kind": "decisions_refused", "threshold": 3}""",
            """{"kind": "customer_margin_below", "threshold": 0}""", """{"kind": "churn_above", "threshold": 10}"""])
        {
            (await sandbox.Door.PostAsync("/v1/alert-rules", rule)).Status.ShouldBe(HttpStatusCode.Created);
        }

        await UntilAsync(async () => (await FiguresAsync()).Length >= 5);

        (await FiguresAsync()).ShouldBe(
        [
            "churn_above: Churn of 18.2% in 2027-02",
            "customer_margin_below: payer-3: margin of -8.6% in 2027-02",
            "decisions_refused: full: 3 refused uses of Calls",
            $"projected_overrun: {name} (fast): Calls will reach 160% of the quota",
            "projected_overrun: full: Calls will reach 400% of the quota",
        ]);

        async Task<string> OfAsync(string customer) =>
            Word((await sandbox.Door.GetAsync($"/v1/subscriptions?customer={customer}"))["data"].AsArray()[0]!, "id");

        async Task<string[]> FiguresAsync() =>
        [
            .. (await sandbox.Door.GetAsync("/v1/alerts?limit=100"))["data"].AsArray()
                .Where(static one => Word(one!, "kind") is "churn_above" or "customer_margin_below" or "decisions_refused" or "projected_overrun")
                .Select(static one => $"{Word(one!, "kind")}: {Word(one!, "title")}").Order(StringComparer.Ordinal),
        ];
    }

    private static async Task ConsumeAsync(BillingSandbox sandbox, string customer, int amount) =>
        (await sandbox.Door.PostAsync("/v1/consume", $$"""{"customer": "{{customer}}", "feature": "calls", "amount": {{amount}}}"""))
            .Status.ShouldBe(HttpStatusCode.OK);

    private static async Task<string> SubscriptionAsync(BillingSandbox sandbox) =>
        Word((await sandbox.Door.GetAsync("/v1/subscriptions?customer=acme"))["data"].AsArray()[0]!, "id");

    private static async Task<JsonArray> MailsAsync(BillingSandbox sandbox) =>
        (await sandbox.Door.GetAsync("/v1/mails?type=alert"))["data"].AsArray();

    /// <summary>Returns the alerts, once there are as many.</summary>
    private static async Task<IReadOnlyList<JsonNode>> AlertsAsync(BillingSandbox sandbox, int count)
    {
        IReadOnlyList<JsonNode> alerts = [];
        await UntilAsync(async () =>
            (alerts = [.. (await sandbox.Door.GetAsync("/v1/alerts"))["data"].AsArray().Select(static one => one!)]).Count >= count);
        alerts.Count.ShouldBe(count);
        return alerts;
    }

    private static string Word(JsonNode node, string member) => node[member]!.GetValue<string>();
}
