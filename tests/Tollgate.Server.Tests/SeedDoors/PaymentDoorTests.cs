using System.Net;
using System.Text;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.SeedDoors;

/// <summary>The seeds' doors to payment: C's and E's <c>/billing</c>, and the webhooks of A, C and E.</summary>
[Collection(RunningServerTests.Commands)]
public sealed class PaymentDoorTests(RunningServer running)
{
    private const string Urls =
        "\"success_url\": \"http://localhost:3000/dashboard?success=true\", \"cancel_url\": "
            + "\"http://localhost:3000/billing?canceled=true\"";

    private const string Path = "/billing/create-checkout-session";

    private async Task<(BillingSandbox Sandbox, Door Token)> UserAsync(string catalog)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", catalog);
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "u"}""");
        return (sandbox, running.DoorWith((await sandbox.Door.PostAsync("/v1/customers/u/tokens", "{}"))["token"].GetValue<string>()));
    }

    // ---- C ----------------------------------------------------------------------------------------------------

    [Fact]
    public async Task C_a_checkout_session_is_a_page_and_changes_nothing_by_itself()
    {
        var (sandbox, token) = await UserAsync("resume-ats");
        var made = await token.PostAsync(Path, $$"""{"plan": "pro", {{Urls}} }""");
        made.Status.ShouldBe(HttpStatusCode.OK, made.Json?.ToJsonString());
        made.Json!.AsObject().Select(static member => member.Key).ShouldBe(["checkout_url", "session_id"]);
        made["checkout_url"].GetValue<string>().ShouldStartWith(running.Server.Url + "checkout/");

        var checkout = await sandbox.Door.GetAsync("/v1/checkouts/" + made["session_id"].GetValue<string>());
        (checkout["customer"].GetValue<string>(), checkout["kind"].GetValue<string>(),
            checkout["status"].GetValue<string>()).ShouldBe(("u", "subscription", "open"));
        (checkout["success_url"].GetValue<string>(), checkout["cancel_url"].GetValue<string>()).ShouldBe(
            ("http://localhost:3000/dashboard?success=true", "http://localhost:3000/billing?canceled=true"));
        (await token.GetAsync("/me/usage"))["plan"].GetValue<string>().ShouldBe("free");
    }

    [Theory]
    [InlineData("gold")]
    [InlineData("free")]
    [InlineData("price_123")]
    public async Task C_a_plan_that_cannot_be_bought_is_the_seeds_billing_error(string plan)
    {
        var (_, token) = await UserAsync("resume-ats");
        (await token.PostAsync(Path, $$"""{"plan": "{{plan}}", {{Urls}} }""")).ShouldBe(
            HttpStatusCode.BadRequest,
            """{"detail": {"error": "billing_error", "detail": "Invalid plan type. Must be 'pro' or 'elite'."} }""");
    }

    /// <summary>The built-in projects are live and have chosen no provider: the seed without Stripe keys.</summary>
    [Fact]
    public async Task C_without_a_provider_everything_says_so()
    {
        var door = running.DoorOf("resume-ats", "c-unpaid");
        var refused = """
            {"detail": {"error": "billing_not_configured", "detail": "The project has no payment provider with a checkout page. Choose one with PUT /v1/payment-settings."} }
            """;
        (await door.PostAsync(Path, $$"""{"plan": "pro", {{Urls}} }""")).ShouldBe(
            HttpStatusCode.BadRequest,
            """
            {
              "detail": {
                "error": "billing_error",
                "detail": "Invalid plan type. Must be 'pro' or 'elite'."
              }
            }
            """);
        (await door.PostAsync("/billing/create-portal-session")).ShouldBe(HttpStatusCode.Conflict, refused);
        (await door.GetAsync("/billing/status")).ShouldBe(
            HttpStatusCode.OK, """{"status": "not_configured", "configured": false, "provider": "manual"}""");
        (await door.PostAsync(Path, $$"""{"plan": "gold", {{Urls}} }""")).ShouldBe(
            HttpStatusCode.BadRequest,
            """{"detail": {"error": "billing_error", "detail": "Invalid plan type. Must be 'pro' or 'elite'."} }""");
    }

    [Fact]
    public async Task C_the_status_of_a_sandbox_is_ok() =>
        (await (await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", "resume-ats")).Door.GetAsync("/billing/status")).ShouldBe(
            HttpStatusCode.OK, """{"status": "ok", "configured": true, "provider": "sandbox"}""");

    [Fact]
    public async Task C_a_portal_session_is_a_page_of_a_customer_that_is_there()
    {
        var (sandbox, token) = await UserAsync("resume-ats");
        foreach (var body in (string?[])[null, """{"return_url": "http://localhost:3000/billing"}"""])
        {
            var made = await token.PostAsync("/billing/create-portal-session", body);
            made.Status.ShouldBe(HttpStatusCode.OK, made.Json?.ToJsonString());
            made.Json!.AsObject().Select(static member => member.Key).ShouldBe(["portal_url"]);
            made["portal_url"].GetValue<string>().ShouldStartWith(running.Server.Url + "portal/");
        }

        (await sandbox.Door.SendAsync(HttpMethod.Post, "/billing/create-portal-session", null, ("X-Tollgate-Customer", "nobody"))).ShouldBe(
            HttpStatusCode.NotFound, """{"detail": {"error": "billing_error", "detail": "This project has no customer with this id."} }""");
    }

    [Fact]
    public async Task C_whoever_has_the_plan_cannot_buy_it_again()
    {
        var (sandbox, token) = await UserAsync("resume-ats");
        await sandbox.SubscribeAsync("""{"customer": "u", "plan": "pro", "trial": false}""");
        (await token.PostAsync(Path, $$"""{"plan": "pro", {{Urls}} }""")).ShouldBe(
            HttpStatusCode.Conflict, """{"detail": {"error": "billing_error", "detail": "The customer already has this plan."} }""");
        (await token.PostAsync(Path, $$"""{"plan": "elite", {{Urls}} }""")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"plan": "pro"}""", 422)]
    [InlineData("""{"success_url": "http://a.example", "cancel_url": "http://a.example"}""", 422)]
    [InlineData("""{"plan": "pro", "success_url": "javascript:alert(1)", "cancel_url": "http://a.example"}""", 422)]
    [InlineData("""{"plan": "pro", "success_url": "/dashboard", "cancel_url": "http://a.example"}""", 422)]
    [InlineData("""{"plan": "pro", "success_url": "http://a.example", "cancel_url": "http://a.example", "price": 1}""", 422)]
    [InlineData("""{"plan": """, 400)]
    [InlineData("", 400)]
    public async Task C_what_is_wrong_with_a_body_is_a_sentence(string body, int status)
    {
        var (_, token) = await UserAsync("resume-ats");
        var refused = await token.PostAsync(Path, body.Length == 0 ? null : body);
        ((int)refused.Status).ShouldBe(status, refused.Json?.ToJsonString());
        refused["detail"].GetValue<string>().ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public async Task Nobody_buys_for_somebody_else_or_without_a_key()
    {
        var (_, token) = await UserAsync("resume-ats");
        (await token.SendAsync(
            HttpMethod.Post, Path, $$"""{"plan": "pro", {{Urls}} }""", ("X-Tollgate-Customer", "other"))).Status.ShouldBe(
            HttpStatusCode.Forbidden);
        var keyless = await running.DoorWith(null).PostAsync(Path, $$"""{"plan": "pro", {{Urls}} }""");
        keyless.Status.ShouldBe(HttpStatusCode.Unauthorized);
        keyless["detail"].GetValue<string>().ShouldNotBeNullOrWhiteSpace();
    }

    // ---- E ----------------------------------------------------------------------------------------------------

    [Theory]
    [InlineData("?tier=pro", null)]
    [InlineData("?tier=enterprise", null)]
    [InlineData("", """{"tier": "pro"}""")]
    public async Task E_a_checkout_session_is_an_address_alone(string query, string? body)
    {
        var (sandbox, token) = await UserAsync("trendit");
        var made = await token.PostAsync(Path + query, body);
        made.Status.ShouldBe(HttpStatusCode.OK, made.Json?.ToJsonString());
        made.Json!.AsObject().Select(static member => member.Key).ShouldBe(["checkout_url"]);
        made["checkout_url"].GetValue<string>().ShouldStartWith(running.Server.Url + "checkout/");
        var checkout = (await sandbox.Door.GetAsync("/v1/checkouts?customer=u"))["data"].AsArray().ShouldHaveSingleItem()!;
        (checkout["success_url"]!.GetValue<string>(), checkout["cancel_url"]!.GetValue<string>()).ShouldBe(
            (running.Server.Url + "billing/success", running.Server.Url + "billing/cancel"));
    }

    [Theory]
    [InlineData("", 422)]
    [InlineData("?tier=gold", 422)]
    [InlineData("?tier=free", 400)]
    public async Task E_a_tier_that_cannot_be_bought_is_a_sentence(string query, int status)
    {
        var (_, token) = await UserAsync("trendit");
        var refused = await token.PostAsync(Path + query);
        ((int)refused.Status).ShouldBe(status, refused.Json?.ToJsonString());
        refused["detail"].GetValue<string>().ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public async Task E_without_a_provider_it_is_a_sentence_too() =>
        (await running.DoorOf("trendit", "e-unpaid").PostAsync(Path + "?tier=pro")).ShouldBe(
            HttpStatusCode.Conflict,
            """{"detail": "The project has no payment provider with a checkout page. Choose one with PUT /v1/payment-settings."}""");

    [Theory]
    [InlineData("/billing/success", "Thank you")]
    [InlineData("/billing/cancel", "Payment canceled")]
    public async Task E_where_the_page_leads_there_is_something_to_read(string path, string title)
    {
        using var http = running.Server.NewClient(null);
        using var answer = await http.GetAsync(new Uri(path + "?session=<script>", UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType).ShouldBe((HttpStatusCode.OK, "text/html"));
        text.ShouldContain($">{title}</h1>");
        text.ShouldNotContain("<script");
        answer.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'");
    }

    // ---- webhooks of A, C and E -------------------------------------------------------------------------------

    [Theory]
    [InlineData("/webhooks/stripe")]
    [InlineData("/billing/webhook")]
    [InlineData("/billing/webhooks/stripe")]
    public async Task A_webhook_that_nobody_signed_is_400_and_leaves_nothing_but_a_line_in_the_log(string path)
    {
        const string Body =
            """{"id": "evt_forged", "object": "event", "type": "customer.subscription.deleted", "data": {"object": {"id": "sub_1"}}}""";
        foreach (var signature in (string?[])[
            null, "t=1,v1=00", $"t={TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()},v1={new string('0', 64)}"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative))
            {
                Content = new StringContent(Body, Encoding.UTF8, "application/json"),
            };
            if (signature is not null)
            {
                request.Headers.TryAddWithoutValidation("Stripe-Signature", signature);
            }

            using var http = running.Server.NewClient(null);
            using var answer = await http.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            (await answer.Content.ReadAsStringAsync()).ShouldBe("""{"detail":"Invalid payload"}""");
        }

        foreach (var project in (string[])["career-coach", "resume-ats", "trendit"])
        {
            (await running.DoorOf(project).GetAsync("/v1/provider-events"))["data"].AsArray().ShouldBeEmpty();
        }

        running.Server.Log.ShouldContain("Security: a webhook for stripe"); // At most every 10 seconds.
    }
}
