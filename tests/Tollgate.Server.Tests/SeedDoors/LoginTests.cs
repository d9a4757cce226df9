using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Projects;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.SeedDoors;

/// <summary>
/// C's <c>POST /auth/login</c>, and the verification commands of the seed, as written, on a server without a default project.
/// </summary>
public sealed class LoginTests(RunningServer running) : IClassFixture<RunningServer>
{
    private const string Password = "testpass123";

    /// <summary>The seed's own answer.</summary>
    private const string Usage =
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
        """;

    /// <summary>The seed's own answer.</summary>
    private const string Exceeded =
        """
        {
          "detail": {
            "error": "quota_exceeded",
            "feature": "ats_scan",
            "plan": "free",
            "limit": 2,
            "used": 2,
            "remaining": 0
          }
        }
        """;

    /// <summary>The seed's own answer.</summary>
    private const string NoStripe =
        """
        {
          "detail": {
            "error": "billing_error",
            "detail": "Invalid plan type. Must be 'pro' or 'elite'."
          }
        }
        """;

    [Fact]
    public async Task A_project_that_compares_many_passwords_at_once_is_refused_and_another_one_waits_for_few_of_them()
    {
        using var passwords = new Passwords();
        var many = Enumerable.Range(0, 40).Select(_ => passwords.IsRightAsync(1, null, "wrong", CancellationToken.None)).ToArray();
        var other = await passwords.IsRightAsync(2, null, "wrong", CancellationToken.None);
        var answers = await Task.WhenAll(many);

        other.ShouldBe(false);
        answers.Count(static answer => answer is null).ShouldBe(32);
        (await passwords.IsRightAsync(1, null, "wrong", CancellationToken.None)).ShouldBe(false, "Nothing of them stays.");
    }

    [Fact]
    public async Task C_the_seeds_verification_commands_give_the_seeds_answers()
    {
        await SetAsync("resume-ats", "test@example.com", Password);

        // 1. Login, and GET /me/usage.
        var login = await LogInAsync("username=test@example.com&password=testpass123");
        login.Status.ShouldBe(HttpStatusCode.OK, login.Json?.ToJsonString());
        login.Json!.AsObject().Select(static member => member.Key).ShouldBe(["access_token", "token_type", "expires_in"]);
        var mine = running.DoorWith(login["access_token"].GetValue<string>());
        var usage = await mine.GetAsync("/me/usage");
        usage.Json!["month_key"] = "2026-01";
        usage.ShouldBe(
            HttpStatusCode.OK,
            Usage);

        // 2. Three scans of a free plan with two.
        Came? last = null;
        for (var i = 0; i < 3; i++)
        {
            last = await mine.PostAsync("/ats/score", """{"resume_text": "Test", "jd_text": "Test"}""");
        }

        last!.ShouldBe(
            HttpStatusCode.TooManyRequests,
            Exceeded);

        // 3. A checkout without Stripe keys.
        (await mine.PostAsync(
            "/billing/create-checkout-session",
            """
            {
              "plan": "pro",
              "success_url": "http://localhost:3000/dashboard?success=true",
              "cancel_url": "http://localhost:3000/billing?canceled=true"
            }
            """)).ShouldBe(
            HttpStatusCode.BadRequest,
            NoStripe);
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_user_get_the_same_answer()
    {
        await SetAsync("resume-ats", "grace", "grace-password");
        foreach (var form in (string[])["username=grace&password=wrong", "username=nobody&password=grace-password"])
        {
            (await LogInAsync(form)).ShouldBe(HttpStatusCode.Unauthorized, """{"detail": "Incorrect username or password"}""");
        }

        foreach (var (form, status) in ((string, HttpStatusCode)[])[
            ("username=grace", HttpStatusCode.UnprocessableEntity), ("password=x", HttpStatusCode.UnprocessableEntity),
            ("", HttpStatusCode.UnprocessableEntity),
            ("username=grace&password=" + new string('x', 5000), HttpStatusCode.RequestEntityTooLarge)])
        {
            var refused = await LogInAsync(form);
            (refused.Status, refused.Json!.AsObject().Select(static one => one.Key).Single()).ShouldBe((status, "detail"), form);
        }

        (await running.DoorWith(null).PostAsync("/auth/login", """{"username": "grace", "password": "grace-password"}""")).Status
            .ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task An_account_waits_after_ten_failed_attempts_whatever_is_tried_next()
    {
        await SetAsync("trendit", "heidi", "heidi-password");
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 12; i++)
        {
            statuses.Add((await LogInAsync($"username=heidi&password=guess-{i}", "/p/trendit/auth/login")).Status);
        }

        statuses.Count(static one => one == HttpStatusCode.Unauthorized).ShouldBeInRange(10, 11);
        statuses[^1].ShouldBe(HttpStatusCode.TooManyRequests);
        var right = await LogInAsync("username=heidi&password=heidi-password", "/p/trendit/auth/login");
        (right.Status, right.Message.Headers.RetryAfter).ShouldSatisfyAllConditions(
            () => right.Status.ShouldBe(HttpStatusCode.TooManyRequests), () => right.Message.Headers.RetryAfter.ShouldNotBeNull());
    }

    [Fact]
    public async Task A_login_belongs_to_one_project_and_its_name_to_one_customer()
    {
        await SetAsync("alwrity", "u-1", "first-password", "ivan@example.com");
        (await LogInAsync("username=ivan@example.com&password=first-password")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        var login = await LogInAsync("username=ivan%40example.com&password=first-password", "/p/alwrity/auth/login");
        login.Status.ShouldBe(HttpStatusCode.OK, login.Json?.ToJsonString());
        var mine = running.DoorWith(login["access_token"].GetValue<string>());
        (await mine.GetAsync("/api/subscription/usage/u-1")).Status.ShouldBe(HttpStatusCode.OK);
        (await mine.GetAsync("/api/subscription/usage/u-2")).Status.ShouldBe(HttpStatusCode.Forbidden);

        var taken = await running.DoorOf("alwrity").PutAsync(
            "/v1/customers/u-2/login", """{"username": "ivan@example.com", "password": "other-password"}""");
        (taken.Status, taken["param"].GetValue<string>()).ShouldBe((HttpStatusCode.Conflict, "username"));
        await SetAsync("alwrity", "u-1", "second-password", "ivan@example.com");
        (await LogInAsync("username=ivan@example.com&password=first-password", "/p/alwrity/auth/login")).Status
            .ShouldBe(HttpStatusCode.Unauthorized);
        (await LogInAsync("username=ivan@example.com&password=second-password", "/p/alwrity/auth/login")).Status
            .ShouldBe(HttpStatusCode.OK);
        (await running.DoorOf("alwrity").DeleteAsync("/v1/customers/u-1/login")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await LogInAsync("username=ivan@example.com&password=second-password", "/p/alwrity/auth/login")).Status
            .ShouldBe(HttpStatusCode.Unauthorized);
        (await running.DoorOf("alwrity").PutAsync("/v1/customers/u-1/login", """{"password": "short"}""")).Status
            .ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task A_login_ends_with_the_key_that_set_it()
    {
        var app = running.DoorOf("email-assistant");
        var key = await app.PostAsync("/v1/api-keys", """{"kind": "secret", "name": "logins"}""");
        (await running.DoorWith(key["key"].GetValue<string>()).PutAsync("/v1/customers/judy/login", $$"""{"password": "{{Password}}"}"""))
            .Status.ShouldBe(HttpStatusCode.OK);
        var login = await LogInAsync("username=judy&password=" + Password, "/p/email-assistant/auth/login");
        var mine = running.DoorWith(login["access_token"].GetValue<string>());
        (await mine.GetAsync("/api/usage/current")).Status.ShouldBe(HttpStatusCode.OK);

        (await app.DeleteAsync("/v1/api-keys/" + key["id"].GetValue<string>())).Status.ShouldBe(HttpStatusCode.NoContent);
        (await mine.GetAsync("/api/usage/current")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await LogInAsync("username=judy&password=" + Password, "/p/email-assistant/auth/login")).Status
            .ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_database_holds_no_text_of_a_password()
    {
        await SetAsync("trendit", "mallory", "mallory-password");
        await using var database = NpgsqlDataSource.Create(running.ConnectionString);
        await using var command = database.CreateCommand("SELECT to_jsonb(l)::text FROM customer_logins l");
        await using var rows = await command.ExecuteReaderAsync();
        var seen = 0;
        while (await rows.ReadAsync())
        {
            rows.GetString(0).ShouldNotContain("-password");
            seen++;
        }

        seen.ShouldBeGreaterThan(0);
    }

    private async Task SetAsync(string project, string customer, string password, string? username = null)
    {
        var set = await running.DoorOf(project).PutAsync(
            $"/v1/customers/{Uri.EscapeDataString(customer)}/login",
            new JsonObject { ["username"] = username, ["password"] = password }.ToJsonString());
        set.Status.ShouldBe(HttpStatusCode.OK, set.Json?.ToJsonString());
        set.Json!.AsObject().Select(static member => member.Key).ShouldBe(["customer", "username", "updated_at"]);
    }

    private async Task<Came> LogInAsync(string form, string path = "/auth/login")
    {
        using var http = running.Server.NewClient(null);
        using var content = new StringContent(form, System.Text.Encoding.UTF8, "application/x-www-form-urlencoded");
        var answer = await http.PostAsync(new Uri(path, UriKind.Relative), content);
        var text = await answer.Content.ReadAsStringAsync();
        return new(answer.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text), answer);
    }
}
