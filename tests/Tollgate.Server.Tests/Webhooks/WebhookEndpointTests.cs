using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Webhooks;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Server.Webhooks;

namespace Tollgate.Server.Tests.Webhooks;

/// <summary>Creation, change and deletion of endpoints; the rights for it; and the events to choose from.</summary>
[Collection(RunningServerTests.Webhooks)]
public sealed class WebhookEndpointTests(RunningServer running)
{
    [Fact]
    public async Task An_endpoint_is_made_changed_and_deleted_and_its_secret_is_shown_once()
    {
        var door = (await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z")).Door;
        var made = await door.PostAsync(
            "/v1/webhook-endpoints", """{"url": "https://app.example.com/hooks", "events": ["invoice.*"], "description": "books"}""");
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        made["secret"].GetValue<string>().ShouldStartWith("whsec_");
        Convert.FromBase64String(made["secret"].GetValue<string>()["whsec_".Length..]).Length.ShouldBe(32);
        var path = $"/v1/webhook-endpoints/{made["id"]}";
        var shown = await door.GetAsync(path);
        shown.Json!["secret"].ShouldBeNull();
        JsonNode.DeepEquals(shown.Json, made["endpoint"]).ShouldBeTrue();
        (await door.GetAsync("/v1/webhook-endpoints"))["data"].AsArray().ShouldHaveSingleItem();

        var changed = await door.PatchAsync(path, """{"events": ["*"], "enabled": false}""");
        (changed["status"].GetValue<string>(), changed["disabled_reason"].GetValue<string>(), changed["description"].GetValue<string>(),
            changed["url"].GetValue<string>())
            .ShouldBe(("disabled", "manual", "books", "https://app.example.com/hooks"));
        (await door.DeleteAsync(path)).Status.ShouldBe(HttpStatusCode.NoContent);
        (await door.DeleteAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await door.GetAsync(path))["code"].GetValue<string>().ShouldBe("webhook_endpoint_not_found");
        (await door.GetAsync("/v1/webhook-endpoints"))["data"].AsArray().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{}""", "url", "events")]
    [InlineData("""{"url": "http://app.example.com/", "events": ["*"]}""", "url")]
    [InlineData("""{"url": "https://127.0.0.1/", "events": ["*"]}""", "url")]
    [InlineData("""{"url": "https://[::ffff:10.0.0.1]/", "events": ["*"]}""", "url")]
    [InlineData("""{"url": "https://169.254.169.254/", "events": ["*"]}""", "url")]
    [InlineData("""{"url": "https://localhost/", "events": []}""", "url", "events")]
    [InlineData("""{"url": "https://app.example.com/", "events": ["invoice.payed", null]}""", "events")]
    [InlineData("""{"url": "https://app.example.com/", "events": ["*"], "description": ""}""", "description")]
    public async Task A_live_project_reaches_only_the_public_internet_and_hears_all_faults_at_once(string body, params string[] wrong)
    {
        var came = await running.DoorOf("resume-ats").PostAsync("/v1/webhook-endpoints", body);
        came.Status.ShouldBe(HttpStatusCode.UnprocessableEntity, came.Json?.ToJsonString());
        came["errors"].AsArray().Select(static one => one!["param"]!.GetValue<string>().Split('[', '/')[0]).Distinct()
            .ShouldBe(wrong, ignoreOrder: true);
    }

    [Theory]
    [InlineData("GET", "/v1/deliveries?status=lost&endpoint=1&event=x", null, 422)]
    [InlineData("GET", "/v1/deliveries?starting_after=019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", null, 422)]
    [InlineData("GET", "/v1/deliveries/019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", null, 404)]
    [InlineData("GET", "/v1/deliveries/x", null, 404)]
    [InlineData("GET", "/v1/webhook-events?after=x", null, 422)]
    [InlineData("GET", "/v1/webhook-events?after=019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", null, 422)]
    [InlineData("GET", "/v1/webhook-events?type=nothing&limit=0", null, 422)]
    [InlineData("GET", "/v1/webhook-events/x", null, 404)]
    [InlineData("GET", "/v1/webhook-endpoints?starting_after=x", null, 422)]
    [InlineData("PATCH", "/v1/webhook-endpoints/x", """{"enabled": true}""", 404)]
    [InlineData("PATCH", "/v1/webhook-endpoints/x", """{"secret": "whsec_"}""", 422)]
    [InlineData("POST", "/v1/webhook-endpoints/x/rotate-secret", """{"grace_seconds": -1}""", 422)]
    [InlineData("POST", "/v1/webhook-endpoints/x/rotate-secret", null, 404)]
    [InlineData("POST", "/v1/webhook-endpoints/x/redeliver", "{}", 422)]
    [InlineData("POST", "/v1/webhook-endpoints/x/redeliver", """{"from": "2031-01-02T00:00:00Z", "to": "2031-01-01T00:00:00Z"}""", 422)]
    [InlineData("POST", "/v1/webhook-endpoints/x/redeliver", """{"from": "yesterday"}""", 422)]
    [InlineData("POST", "/v1/deliveries/x/redeliver", null, 404)]
    public async Task Bad_input_is_told_apart_and_never_our_fault(string method, string path, string? body, int status)
    {
        var came = await running.DoorOf("resume-ats").SendAsync(new(method), path, body);
        ((int)came.Status).ShouldBe(status, came.Json?.ToJsonString());
    }

    [Fact]
    public async Task A_repeat_with_the_same_key_makes_no_second_endpoint_and_shows_the_same_secret()
    {
        var door = (await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z")).Door;
        const string Body = """{"url": "https://app.example.com/hooks", "events": ["*"]}""";
        var first = await door.SendAsync(HttpMethod.Post, "/v1/webhook-endpoints", Body, ("Idempotency-Key", "one"));
        var again = await door.SendAsync(HttpMethod.Post, "/v1/webhook-endpoints", Body, ("Idempotency-Key", "one"));
        again.ShouldBe(HttpStatusCode.Created, first.Json!.ToJsonString());
        (await door.GetAsync("/v1/webhook-endpoints"))["data"].AsArray().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_project_has_a_bounded_number_of_endpoints()
    {
        var door = (await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z")).Door;
        var all = await Task.WhenAll(Enumerable.Range(0, 53)
            .Select(_ => door.PostAsync("/v1/webhook-endpoints", """{"url": "https://app.example.com/", "events": ["*"]}""")));
        all.Count(static one => one.Status == HttpStatusCode.Created).ShouldBe(50);
        all.Where(static one => one.Status != HttpStatusCode.Created)
            .ShouldAllBe(static one => one["code"].GetValue<string>() == "webhook_endpoint_state");
    }

    [Theory]
    [InlineData("webhooks:read", "GET", "/v1/webhook-endpoints", 200)]
    [InlineData("webhooks:read", "GET", "/v1/deliveries", 200)]
    [InlineData("webhooks:read", "GET", "/v1/webhook-events", 200)]
    [InlineData("webhooks:read", "GET", "/v1/webhook-event-types", 200)]
    [InlineData("webhooks:read", "POST", "/v1/webhook-endpoints", 403)]
    [InlineData("webhooks:read", "POST", "/v1/deliveries/x/redeliver", 403)]
    [InlineData("webhooks:read", "DELETE", "/v1/webhook-endpoints/x", 403)]
    [InlineData("webhooks:write", "DELETE", "/v1/webhook-endpoints/x", 404)]
    [InlineData("webhooks:write", "GET", "/v1/webhook-events", 403)]
    [InlineData("billing:read", "GET", "/v1/webhook-events", 403)]
    [InlineData("keys:write", "POST", "/v1/webhook-endpoints/x/rotate-secret", 403)]
    public async Task A_restricted_key_does_what_its_scopes_say(string scope, string method, string path, int status)
    {
        var key =
            (await running.DoorOf("resume-ats")
                .PostAsync("/v1/api-keys", $$"""{"kind": "restricted", "scopes": ["{{scope}}"]}"""))["key"].GetValue<string>();
        var came = await running.DoorWith(key).SendAsync(new(method), path, method == "POST" ? "{}" : null);
        ((int)came.Status).ShouldBe(status, came.Json?.ToJsonString());
    }

    [Fact]
    public async Task The_catalogue_has_a_schema_and_a_true_example_of_each_type()
    {
        var types = (await running.DoorOf("resume-ats").GetAsync("/v1/webhook-event-types"))["data"].AsArray();
        types.Select(static one => one!["type"]!.GetValue<string>())
            .ShouldBe(Core.Webhooks.WebhookEventType.All.Select(static one => one.Name));
        foreach (var type in types)
        {
            var (example, schema) = (type!["example"]!.ToJsonString(), type["schema"]!);
            object? read = type["object_type"]!.GetValue<string>() switch
            {
                "subscription" => JsonSerializer.Deserialize(example, WireJson.Default.SubscriptionWebhook),
                "invoice" => JsonSerializer.Deserialize(example, WireJson.Default.InvoiceWebhook),
                "checkout" => JsonSerializer.Deserialize(example, WireJson.Default.CheckoutWebhook),
                "payment" => JsonSerializer.Deserialize(example, WireJson.Default.PaymentWebhook),
                "alert" => JsonSerializer.Deserialize(example, WireJson.Default.AlertWebhook),
                "webhook_endpoint" => JsonSerializer.Deserialize(example, WireJson.Default.WebhookEndpointWebhook),
                _ => JsonSerializer.Deserialize(example, WireJson.Default.QuotaWebhook),
            };
            read.ShouldNotBeNull();
            schema["properties"]!["timestamp"]!["format"]!.GetValue<string>().ShouldBe("date-time");
            (schema["properties"]!["data"]!["properties"]!["customer"]
                ?? schema["properties"]!["data"]!["properties"]!["endpoint"]
                ?? schema["properties"]!["data"]!["properties"]!["alert"])!["properties"]!.AsObject().Count.ShouldBeGreaterThan(5);
            WebhookCatalog.All.ShouldContain(one => one.Type == type["type"]!.GetValue<string>());
        }
    }
}
