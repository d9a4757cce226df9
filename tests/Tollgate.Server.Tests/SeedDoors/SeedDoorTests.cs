using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.SeedDoors;

/// <summary>The doors against the seeds' own contracts: paths, status codes and bodies, member by member.</summary>
[Collection(RunningServerTests.Commands)]
public sealed class SeedDoorTests(RunningServer running)
{
    // ---- A ----------------------------------------------------------------------------------------------------

    [Fact]
    public async Task A_over_quota_is_402_with_the_seeds_detail()
    {
        var door = running.DoorOf("career-coach", "a-1");
        (await door.PostAsync("/cv/generate", """{"whatever": "the app sends"}""")).ShouldBe(
            HttpStatusCode.OK,
            """{"status": "ok", "feature_code": "cv_generate", "plan": "free", "monthly_quota": 2, "used_count": 1, "remaining": 1}""");
        (await door.PostAsync("/cv/generate")).Status.ShouldBe(HttpStatusCode.OK);
        (await door.PostAsync("/cv/generate")).ShouldBe(
            HttpStatusCode.PaymentRequired,
            """
            {"detail": {"error": "Quota exceeded", "message": "Quota exceeded for cv_generate: 2 of 2 used on the free plan.", "upgrade_url": "/pricing"}}
            """);
    }

    [Theory]
    [InlineData("/cv/upload", "cv_analyze")]
    [InlineData("/cv/analyze", "cv_analyze")]
    [InlineData("/rewriter/cover-letter", "cover_letter_generate")]
    [InlineData("/interview/start", "mock_interview")]
    [InlineData("/career/chat", "career_chat_messages")]
    public async Task A_every_metered_route_has_its_guard(string path, string feature) =>
        (await running.DoorOf("career-coach", "a-2-" + path).PostAsync(path))["feature_code"].GetValue<string>().ShouldBe(feature);

    [Fact]
    public async Task A_database_health_wants_the_admin_key_and_is_Forbidden_without()
    {
        (await running.DoorWith(null).GetAsync("/admin/health/database")).ShouldBe(HttpStatusCode.Forbidden, """{"detail": "Forbidden"}""");
        foreach (var wrong in new[] { "nonsense", running.Server.Keys["TOLLGATE_PUBLIC_KEY_CAREER_COACH"] })
        {
            (await AdminAsync(wrong)).ShouldBe(HttpStatusCode.Forbidden, """{"detail": "Forbidden"}""");
        }

        var healthy = await AdminAsync(running.Server.AdminKey);
        healthy.Status.ShouldBe(HttpStatusCode.OK);
        (healthy["status"].GetValue<string>(), healthy["database"].GetValue<string>()).ShouldBe(("healthy", "connected"));
    }

    // ---- B ----------------------------------------------------------------------------------------------------

    [Fact]
    public async Task B_tracking_counts_and_the_readings_agree()
    {
        var door = running.DoorOf("email-assistant");
        var month = (await door.GetAsync("/api/usage/current?user_id=b-1"))["month_year"].GetValue<string>();
        month.Length.ShouldBe(7);
        (await door.PostAsync("/api/usage/track", """{"user_id": "b-1", "metric_type": "ai_responses", "count": 15}""")).ShouldBe(
            HttpStatusCode.OK,
            $$"""
            {"user_id": "b-1", "tier": "free", "metric_type": "ai_responses", "month_year": "{{month}}", "count": 15, "usage_limit": 20,
             "remaining": 5, "within_limit": true}
            """);
        (await door.GetAsync("/api/usage/current?user_id=b-1")).ShouldBe(
            HttpStatusCode.OK,
            $$"""{"user_id": "b-1", "tier": "free", "month_year": "{{month}}", "usage": {"emails_processed": 0, "ai_responses": 15, "leads_created": 0} }""");

        await door.PostAsync("/api/usage/track", """{"user_id": "b-1", "metric_type": "ai_responses", "count": 15}""");
        var limits = await door.GetAsync("/api/usage/limits?user_id=b-1");
        JsonNode.DeepEquals(
            limits["limits"]["ai_responses"], JsonNode.Parse("""{"usage_limit": 20, "count": 30, "remaining": 0, "within_limit": false}"""))
            .ShouldBeTrue("tracking is a report of what was done, so it counts beyond the limit: " + limits.Json!.ToJsonString());
    }

    [Fact]
    public async Task B_a_repeated_track_with_the_same_key_counts_once()
    {
        var door = running.DoorOf("email-assistant");
        for (var i = 0; i < 3; i++)
        {
            var tracked = await door.SendAsync(
                HttpMethod.Post, "/api/usage/track", """{"user_id": "b-2", "metric_type": "leads_created"}""",
                ("Idempotency-Key", "lead-9"));
            tracked["count"].GetValue<int>().ShouldBe(1);
        }
    }

    [Fact]
    public async Task B_features_follow_the_tier()
    {
        var door = running.DoorOf("email-assistant");
        (await door.GetAsync("/api/features/available?user_id=b-3")).ShouldBe(
            HttpStatusCode.OK,
            """{"user_id": "b-3", "tier": "free", "features": ["emails_processed", "ai_responses", "leads_created", "connected_mailboxes"]}""");
        (await door.PostAsync("/api/features/check", """{"user_id": "b-3", "feature_name": "crm_sync"}""")).ShouldBe(
            HttpStatusCode.OK, """{"user_id": "b-3", "tier": "free", "feature_name": "crm_sync", "enabled": false, "usage_limit": null}""");

        await door.PutAsync("/v1/customers/b-3/plan", """{"plan": "professional"}""");
        (await door.PostAsync("/api/features/check", """{"user_id": "b-3", "feature_name": "crm_sync"}"""))["enabled"].GetValue<bool>()
            .ShouldBeTrue();
        (await door.PostAsync("/api/features/check", """{"user_id": "b-3", "feature_name": "nothing"}""")).Json!.AsObject()
            .Select(m => m.Key).ShouldBe(["detail"]);
    }

    [Fact]
    public async Task B_bad_input_is_a_detail_that_names_every_fault()
    {
        var door = running.DoorOf("email-assistant");
        var refused = await door.PostAsync("/api/usage/track", """{"user_id": "b-4", "metric_type": "crm_sync", "count": 0}""");
        refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        refused["detail"].GetValue<string>().ShouldContain("metric_type");
        refused["detail"].GetValue<string>().ShouldContain("count");
        (await door.GetAsync("/api/usage/current")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    // ---- C ----------------------------------------------------------------------------------------------------

    [Fact]
    public async Task C_my_usage_has_exactly_the_seeds_body()
    {
        var fresh = await running.DoorOf("resume-ats", "c-1").GetAsync("/me/usage");
        fresh["month_key"].GetValue<string>().Length.ShouldBe(7);
        fresh.Json!["month_key"] = "2026-01";
        fresh.ShouldBe(
            HttpStatusCode.OK,
            """
            {
              "plan": "free",
              "month_key": "2026-01",
              "features": {
                "ats_scan": {"limit": 2, "used": 0, "remaining": 2, "unlimited": false},
                "resume_tailor": {"limit": 3, "used": 0, "remaining": 3, "unlimited": false},
                "cover_letter": {"limit": 3, "used": 0, "remaining": 3, "unlimited": false},
                "jd_parse": {"limit": 5, "used": 0, "remaining": 5, "unlimited": false}
              }
            }
            """);
    }

    [Fact]
    public async Task C_the_third_scan_of_a_free_user_is_429_with_exactly_the_seeds_body()
    {
        var door = running.DoorOf("resume-ats", "c-2");
        const string body = """{"resume_text": "Test", "jd_text": "Test"}""";
        (await door.PostAsync("/ats/score", body)).Status.ShouldBe(HttpStatusCode.OK);
        (await door.PostAsync("/ats/score", body)).ShouldBe(
            HttpStatusCode.OK, """{"status": "ok", "feature": "ats_scan", "plan": "free", "limit": 2, "used": 2, "remaining": 0}""");
        (await door.PostAsync("/ats/score", body)).ShouldBe(
            HttpStatusCode.TooManyRequests,
            """{"detail": {"error": "quota_exceeded", "feature": "ats_scan", "plan": "free", "limit": 2, "used": 2, "remaining": 0}}""");
    }

    [Fact]
    public async Task C_a_repeat_with_the_same_key_is_not_a_second_scan()
    {
        var door = running.DoorOf("resume-ats", "c-3");
        for (var i = 0; i < 4; i++)
        {
            (await door.SendAsync(
                HttpMethod.Post, "/ats/score", "{}", ("Idempotency-Key", "scan-1"), ("X-Request-Id", $"r{i}"))).Status.ShouldBe(
                HttpStatusCode.OK);
        }

        (await door.GetAsync("/me/usage"))["features"]["ats_scan"]!["used"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public async Task C_elite_is_unlimited()
    {
        var door = running.DoorOf("resume-ats", "c-4");
        await door.PutAsync("/v1/customers/c-4/plan", """{"plan": "elite"}""");
        var usage = await door.GetAsync("/me/usage");
        JsonNode.DeepEquals(
            usage["features"]["ats_scan"], JsonNode.Parse("""{"limit": null, "used": 0, "remaining": null, "unlimited": true}"""))
            .ShouldBeTrue(usage.Json!.ToJsonString());
    }

    [Fact]
    public async Task C_a_customer_token_speaks_for_its_customer_only()
    {
        var app = running.DoorOf("resume-ats");
        var token = (await app.PostAsync("/v1/customers/c-5/tokens", """{"ttl_seconds": 600}"""))["token"].GetValue<string>();
        var mine = running.DoorWith(token);
        (await mine.PostAsync("/ats/score")).Status.ShouldBe(HttpStatusCode.OK);
        (await mine.GetAsync("/me/usage"))["features"]["ats_scan"]!["used"]!.GetValue<int>().ShouldBe(1);
        (await running.DoorOf("resume-ats", "c-5").GetAsync("/me/usage"))["features"]["ats_scan"]!["used"]!.GetValue<int>().ShouldBe(1);

        var asOther = await running.DoorWith(token, "c-1").GetAsync("/me/usage");
        (asOther.Status, asOther.Json!.AsObject().Count).ShouldBe((HttpStatusCode.Forbidden, 1));
        (await mine.GetAsync("/v1/customers/c-5")).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task C_nobody_and_no_key_are_refused_in_the_seeds_shape()
    {
        var nobody = await running.DoorOf("resume-ats").GetAsync("/me/usage");
        (nobody.Status,
            nobody["detail"].GetValue<string>()).ShouldBe(
                (HttpStatusCode.UnprocessableEntity, "X-Tollgate-Customer: A value is required."));
        var stranger = await running.DoorWith(null, "c-1").GetAsync("/me/usage");
        (stranger.Status, stranger.Json!.AsObject().Select(m => m.Key).Single()).ShouldBe((HttpStatusCode.Unauthorized, "detail"));
        stranger.Message.Headers.WwwAuthenticate.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task C_a_project_without_the_feature_says_so()
    {
        var other = await running.DoorOf("trendit", "c-6").PostAsync("/ats/score");
        (other.Status, other.Json!.AsObject().Select(m => m.Key).Single()).ShouldBe((HttpStatusCode.NotFound, "detail"));
    }

    // ---- D ----------------------------------------------------------------------------------------------------

    [Fact]
    public async Task D_usage_speaks_the_words_of_the_dashboard()
    {
        var door = running.DoorOf("alwrity");
        await door.PutAsync("/v1/customers/d%2F1/plan", """{"plan": "pro"}""");
        await door.PutAsync("/v1/customers/d%2F1/overrides", """{"gemini_calls": {"quota": 10}}""");
        var usage = await door.GetAsync("/api/subscription/usage/d%2F1");
        usage.Status.ShouldBe(HttpStatusCode.OK);
        usage.Json!.AsObject().Select(m => m.Key).ShouldBe(["user_id", "billing_period", "current_usage", "limits", "usage_percentages"]);
        usage["user_id"].GetValue<string>().ShouldBe("d/1");
        var current = usage["current_usage"];
        current.AsObject().Select(m => m.Key).ShouldBe(["total_calls", "total_cost", "usage_status", "provider_breakdown"]);
        current["usage_status"]!.GetValue<string>().ShouldBe("active");
        current["provider_breakdown"]!["gemini"]!.AsObject().Select(m => m.Key).ShouldBe(["calls", "cost", "tokens"]);
        usage["limits"]["plan_name"]!.GetValue<string>().ShouldBe("Pro");
        usage["limits"]["limits"]!["gemini_calls"]!.GetValue<int>().ShouldBe(10);
        usage["limits"]["limits"]!["monthly_cost"]!.GetValue<int>().ShouldBe(150);
        usage["usage_percentages"]["gemini_calls"]!.GetValue<int>().ShouldBe(0);
        usage["usage_percentages"]["cost"]!.GetValue<int>().ShouldBe(0);
    }

    [Fact]
    public async Task D_a_token_reads_its_own_usage_and_nobody_elses()
    {
        var token = (await running.DoorOf("alwrity").PostAsync("/v1/customers/d-2/tokens", "{}"))["token"].GetValue<string>();
        var mine = running.DoorWith(token);
        (await mine.GetAsync("/api/subscription/usage/d-2")).Status.ShouldBe(HttpStatusCode.OK);
        (await mine.GetAsync("/api/subscription/usage/d-3")).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    // ---- E ----------------------------------------------------------------------------------------------------

    [Fact]
    public async Task E_the_sixth_export_of_a_free_user_is_429_with_exactly_the_seeds_body()
    {
        var door = running.DoorOf("trendit", "e-1");
        for (var i = 1; i <= 5; i++)
        {
            (await door.PostAsync("/export/posts/csv")).ShouldBe(
                HttpStatusCode.OK, $$"""{"status": "ok", "usage_type": "export", "cost_units": 1, "current_usage": {{i}}, "limit": 5}""");
        }

        (await door.PostAsync("/export/posts/csv")).ShouldBe(
            HttpStatusCode.TooManyRequests,
            """
            {"detail": {"error": "rate_limit_exceeded", "message": "Monthly export limit exceeded", "current_usage": 5, "limit": 5,
             "upgrade_url": "http://localhost:8000/billing/upgrade"}}
            """);
    }

    [Fact]
    public async Task E_a_batch_costs_as_many_units_as_it_has_texts_and_is_refused_whole()
    {
        var door = running.DoorOf("trendit", "e-2");
        (await door.PostAsync("/sentiment/analyze-batch", Batch(30)))["current_usage"].GetValue<int>().ShouldBe(30);
        var refused = await door.PostAsync("/sentiment/analyze-batch", Batch(30));
        refused.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        refused["detail"]["message"]!.GetValue<string>().ShouldBe("Monthly sentiment_analysis limit exceeded");
        refused["detail"]["current_usage"]!.GetValue<int>().ShouldBe(30);
        (await door.PostAsync("/sentiment/analyze-batch", Batch(20)))["current_usage"].GetValue<int>().ShouldBe(50);
        (await door.PostAsync("/sentiment/analyze-batch", """{"texts": []}""")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await door.PostAsync("/sentiment/analyze-batch", """{"texts": "one"}""")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    private static string Batch(int texts) =>
        $$"""{"texts": [{{string.Join(", ", Enumerable.Repeat("\"fine\"", texts))}}], "language": "en"}""";

    private Task<Came> AdminAsync(string key) =>
        running.DoorWith(null).SendAsync(HttpMethod.Get, "/admin/health/database", null, ("X-Admin-Key", key));
}
