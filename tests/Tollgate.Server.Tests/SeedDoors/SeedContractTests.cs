using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.SeedDoors;

/// <summary>Rows of the seeds' contracts that need more than one door: docs/reference/seeds.md names the test of each row.</summary>
[Collection(RunningServerTests.Commands)]
public sealed class SeedContractTests(RunningServer running)
{
    // ---- A ----------------------------------------------------------------------------------------------------

    /// <summary>The seed checks the quota of an analysis on upload.</summary>
    [Fact]
    public async Task A_an_uploaded_cv_and_its_analysis_count_once()
    {
        var door = running.DoorOf("career-coach", "a-upload");
        foreach (var (path, cv, used) in ((string, string, int)[])[
            ("/cv/upload", "cv-7", 1), ("/cv/analyze", "cv-7", 1), ("/cv/analyze", "cv-8", 2), ("/cv/upload", "cv-8", 2)])
        {
            var answer = await door.SendAsync(HttpMethod.Post, path, """{"cv": "text"}""", ("Idempotency-Key", cv));
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Json?.ToJsonString());
            answer["used_count"].GetValue<int>().ShouldBe(used, $"{path} {cv}");
        }

        (await door.PostAsync("/cv/analyze")).Status.ShouldBe(HttpStatusCode.PaymentRequired, "Without a key each call is a use.");
    }

    /// <summary><c>log_token_usage(…, feature_code)</c> after the guard, also with the seed's own <c>career_chat</c>.</summary>
    [Fact]
    public async Task A_a_logged_call_after_the_guard_is_no_second_use()
    {
        var door = running.DoorOf("career-coach", "a-logs");
        foreach (var feature in (string[])["cv_generate", "career_chat"])
        {
            (await door.PostAsync("/cv/generate")).Status.ShouldBe(HttpStatusCode.OK);
            var logged = await door.PostAsync("/v1/llm-calls", $$"""
                {"customer": "a-logs", "model": "gpt-4o", "input_tokens": 100, "output_tokens": 50, "request_id": "r-{{feature}}",
                 "attribute_to": "{{feature}}"}
                """);
            (logged.Status, logged["cost_usd"].ToString()).ShouldBe((HttpStatusCode.OK, "0.00075"), logged.Json?.ToJsonString());
        }

        var usage = await door.GetAsync("/v1/customers/a-logs/usage");
        usage["features"]["cv_generate"]!["used"]!.GetValue<int>().ShouldBe(2);
        var costs = await running.DoorOf("career-coach").SendAsync(
            HttpMethod.Get, "/admin/stats/user-costs/a-logs", null, ("X-Admin-Key", running.Server.Keys["TOLLGATE_KEY_CAREER_COACH"]));
        costs["by_feature"].AsArray().Select(static one => (string?)one!["feature_code"]).Order()
            .ShouldBe(["career_chat", "cv_generate"]);
    }

    // ---- B ----------------------------------------------------------------------------------------------------

    /// <summary><c>get_available_features(tier)</c>.</summary>
    [Fact]
    public async Task B_a_tiers_features_need_no_user()
    {
        var door = running.DoorOf("email-assistant");
        (await door.GetAsync("/api/features/available?tier=free")).ShouldBe(
            HttpStatusCode.OK,
            """{"tier": "free", "features": ["emails_processed", "ai_responses", "leads_created", "connected_mailboxes"]}""");
        (await door.GetAsync("/api/features/available?tier=professional"))["features"].AsArray().Select(static one => (string?)one)
            .ShouldContain("crm_sync");
        var unknown = await door.GetAsync("/api/features/available?tier=profesional");
        (unknown.Status, unknown["detail"].GetValue<string>().Contains("professional", StringComparison.Ordinal))
            .ShouldBe((HttpStatusCode.NotFound, true), unknown.Json?.ToJsonString());
    }

    // ---- C ----------------------------------------------------------------------------------------------------

    /// <summary>"All endpoints have proper tags (AI, Usage, Billing, Billing Webhook)."</summary>
    [Theory]
    [InlineData("/ats/score", "post", "AI")]
    [InlineData("/resume/tailor", "post", "AI")]
    [InlineData("/me/usage", "get", "Usage")]
    [InlineData("/billing/create-checkout-session", "post", "Billing")]
    [InlineData("/billing/create-portal-session", "post", "Billing")]
    [InlineData("/billing/status", "get", "Billing")]
    [InlineData("/billing/webhook", "post", "Billing Webhook")]
    public async Task C_the_documentation_has_the_seeds_tags(string path, string method, string tag)
    {
        var document = (await running.DoorWith(null).GetAsync("/openapi/v1.json")).Json!;
        document["paths"]![path]![method]!["tags"]!.AsArray().Select(static one => (string?)one).ShouldBe([tag]);
    }

    // ---- D ----------------------------------------------------------------------------------------------------

    /// <summary>"Metaphor/Exa Search: $0.003 per search": one provider under one name, whatever name the call has.</summary>
    [Fact]
    public async Task D_exa_and_metaphor_have_one_name_at_every_door()
    {
        var door = running.DoorOf("alwrity");
        var recorded = await door.PostAsync("/v1/llm-calls", """
            [{"customer": "d-exa", "model": "search", "provider": "exa", "requests": 1, "searches": 1},
             {"customer": "d-exa", "model": "search", "provider": "metaphor", "requests": 1, "searches": 1}]
            """);
        recorded.Status.ShouldBe(HttpStatusCode.OK, recorded.Json?.ToJsonString());
        JsonNode?[] breakdowns =
        [
            (await door.GetAsync("/api/subscription/usage/d-exa"))["current_usage"]["provider_breakdown"],
            (await door.GetAsync("/api/subscription/dashboard/d-exa"))["current_usage"]["provider_breakdown"],
            (await door.GetAsync("/api/subscription/usage/d-exa/trends?months=1"))["trends"][0]!["provider_breakdown"],
        ];
        foreach (var breakdown in breakdowns)
        {
            breakdown!["exa"].ShouldBeNull(breakdown.ToJsonString());
            (breakdown["metaphor"]!["calls"]!.GetValue<int>(), breakdown["metaphor"]!["cost"]!.GetValue<decimal>()).ShouldBe((2, 0.006m));
        }

        foreach (var query in (string[])["", "?provider=exa", "?provider=metaphor"])
        {
            var prices = (await door.GetAsync("/api/subscription/pricing" + query))["pricing"].AsArray();
            prices.ShouldAllBe(static price => (string?)price!["provider"] != "exa");
            prices.ShouldContain(static price => (string?)price!["provider"] == "metaphor" && (decimal?)price["cost_per_search"] == 0.003m);
        }
    }

    /// <summary>"Usage Limit Enforcement: Returns 429 errors when limits exceeded", before the request is processed.</summary>
    [Fact]
    public async Task D_a_used_up_limit_is_429_at_the_gate_and_in_the_gateway()
    {
        var door = running.DoorOf("alwrity");
        await door.PutAsync("/v1/customers/d-429/overrides", """{"openai_calls": {"quota": 1}}""");
        const string Call = """{"customer": "d-429", "feature": "openai_calls"}""";
        (await door.PostAsync("/v1/consume", Call)).Status.ShouldBe(HttpStatusCode.OK);
        var refused = await door.PostAsync("/v1/consume", Call);
        (refused.Status, refused["code"].GetValue<string>(), refused["status"].GetValue<int>(), refused["limit"].GetValue<int>(),
            refused["suggested_plan"].GetValue<string>()).ShouldBe(
                (HttpStatusCode.TooManyRequests, "quota_exceeded", 429, 1, "basic"), refused.Json?.ToJsonString());
        var left = refused["resets_at"].GetValue<DateTimeOffset>() - TimeProvider.System.GetUtcNow();
        refused.Message.Headers.RetryAfter!.Delta!.Value.ShouldBe(left, TimeSpan.FromMinutes(1));
        refused.Message.Headers.GetValues("X-Should-Retry").ShouldBe(["false"]);

        (await door.PutAsync("/v1/upstreams/openai", """{"api_key": "k"}""")).Status.ShouldBe(HttpStatusCode.OK);
        var call = await door.SendAsync(
            HttpMethod.Post, "/gateway/openai/v1/chat/completions", """{"model": "gpt-4o", "max_tokens": 5, "messages": []}""",
            ("X-Tollgate-Customer", "d-429"));
        (call.Status, call["error"]["type"]!.GetValue<string>(), call["error"]["code"]!.GetValue<string>()).ShouldBe(
            (HttpStatusCode.TooManyRequests, "insufficient_quota", "quota_exceeded"), call.Json?.ToJsonString());

        var other = await running.DoorOf("trendit").PostAsync(
            "/v1/consume", """{"customer": "d-402", "feature": "export", "amount": 6}""");
        other.Status.ShouldBe(HttpStatusCode.PaymentRequired, "402 is the default.");
    }

    // ---- E ----------------------------------------------------------------------------------------------------

    /// <summary>The columns <c>endpoint</c>, <c>usage_type</c>, <c>cost_units</c>, <c>request_id</c>, <c>ip_address</c>,
    /// <c>user_agent</c> of the seed's <c>usage_records</c>.</summary>
    [Fact]
    public async Task E_a_usage_record_keeps_the_request_behind_it()
    {
        var door = running.DoorOf("trendit", "e-origin");
        (await door.SendAsync(
            HttpMethod.Post, "/export/posts/csv", null, ("Idempotency-Key", "export-1"), ("X-Request-Id", "req-1"),
            ("X-Tollgate-User-Address", "2001:db8::7"), ("X-Tollgate-User-Agent", "Trendit/1.0"))).Status.ShouldBe(HttpStatusCode.OK);
        (await door.SendAsync(
            HttpMethod.Post, "/export/posts/csv", null, ("Idempotency-Key", "export-1"), ("X-Request-Id", "req-2")))
            ["current_usage"].GetValue<int>().ShouldBe(1, "A repeat from elsewhere is the same use.");
        var token = (await running.DoorOf("trendit").PostAsync("/v1/customers/e-origin/tokens", "{}"))["token"].GetValue<string>();
        (await running.DoorWith(token).SendAsync(
            HttpMethod.Post, "/sentiment/analyze-batch", """{"texts": ["a", "b"]}""", ("User-Agent", "Mozilla/5.0"),
            ("X-Request-Id", "req-3"), ("X-Tollgate-User-Address", "203.0.113.9"))).Status.ShouldBe(HttpStatusCode.OK);

        var records = (await running.DoorOf("trendit").GetAsync("/v1/events?customer=e-origin"))["data"].AsArray();
        records.Select(static one => $"{one!["properties"]!["endpoint"]} {one["type"]} {one["quantity"]} {one["origin"]!.ToJsonString()}")
            .ShouldBe(
            [
                """/sentiment/analyze-batch sentiment_analysis 2 {"request_id":"req-3","ip_address":"127.0.0.1","user_agent":"Mozilla/5.0"}""",
                """/export/posts/csv export 1 {"request_id":"req-1","ip_address":"2001:db8::7","user_agent":"Trendit/1.0"}""",
            ]);

        var erased = await running.DoorOf("trendit").PostAsync("/v1/customers/e-origin/erase");
        erased.Status.ShouldBe(HttpStatusCode.OK, erased.Json?.ToJsonString());
        await using var database = NpgsqlDataSource.Create(running.ConnectionString);
        await using var left = database.CreateCommand(
            "SELECT count(*) FROM events WHERE data::text LIKE '%2001:db8::7%' OR data::text LIKE '%Mozilla/5.0%'");
        (await left.ExecuteScalarAsync()).ShouldBe(0L, "Erasing takes the person's address and agent away.");
    }

    /// <summary><c>require_active_subscription_with_usage_tracking</c>: not active and not free.</summary>
    [Fact]
    public async Task E_a_paused_an_unpaid_and_a_canceled_subscription_are_402_with_exactly_the_seeds_body()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", "trendit");
        var ids = new Dictionary<string, string>();
        foreach (var user in (string[])["paused", "unpaid", "canceled"])
        {
            (await ExportAsync(user)).Status.ShouldBe(HttpStatusCode.OK, "The free tier needs no subscription.");
            await sandbox.Door.PostAsync($"/v1/customers/{user}/payment-methods", """{"token": "pm_sandbox_visa"}""");
            ids[user] = await sandbox.SubscribeAsync($$"""{"customer": "{{user}}", "plan": "pro", "period": "monthly"}""");
            (await ExportAsync(user))["limit"].GetValue<int>().ShouldBe(100);
        }

        await sandbox.Door.PostAsync($"/v1/subscriptions/{ids["paused"]}/pause", "{}");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{ids["canceled"]}/cancel", """{"at": "now"}""");
        await sandbox.Door.PostAsync(
            "/v1/sandbox/payment-behavior", """{"customer": "unpaid", "outcome": "decline", "times": 100}""");
        await sandbox.AdvanceAsync("2027-06-15T00:00:00Z");
        foreach (var user in ids.Keys)
        {
            (await ExportAsync(user)).ShouldBe(HttpStatusCode.PaymentRequired, """{"detail": "Active subscription required"}""");
        }

        Task<Came> ExportAsync(string user) =>
            sandbox.Door.SendAsync(HttpMethod.Post, "/export/posts/csv", null, ("X-Tollgate-Customer", user));
    }

    /// <summary><c>get_current_user_from_api_key</c>: a key of the user that lives for years.</summary>
    [Fact]
    public async Task E_a_user_has_an_api_key_for_years_until_it_is_revoked()
    {
        var app = running.DoorOf("trendit");
        var made = await app.PostAsync("/v1/customers/e-key/tokens", """{"ttl_seconds": 315360000}""");
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        DateTimeOffset.Parse(made["expires_at"].GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture)
            .ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().AddDays(3_649));
        var key = made["token"].GetValue<string>();
        (await running.DoorWith(key).PostAsync("/export/posts/csv"))["current_usage"].GetValue<int>().ShouldBe(1);
        (await running.DoorWith(null).SendAsync(HttpMethod.Post, "/export/posts/csv", null, ("X-Api-Key", key)))
            ["current_usage"].GetValue<int>().ShouldBe(2);
        (await app.DeleteAsync($"/v1/customers/e-key/tokens/{made["id"].GetValue<string>()}")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await running.DoorWith(key).PostAsync("/export/posts/csv")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await app.PostAsync("/v1/customers/e-key/tokens", """{"ttl_seconds": 315360001}""")).Status
            .ShouldBe(HttpStatusCode.UnprocessableEntity);
    }
}
