using System.Globalization;
using Tollgate.Server.Tests.Http;

namespace Tollgate.Server.Tests.Projects;

[Collection(FrontDoorTests.Name)]
public sealed class KeysOverHttpTests(RunningServer server)
{
    private const string Keys = "/v1/api-keys";

    [Fact]
    public async Task Without_a_key_and_with_a_wrong_one_nobody_enters()
    {
        (await server.SendAsync("GET", Keys, null)).ShouldBeProblem(401, "key_missing").Header("WWW-Authenticate")
            .ShouldStartWith("Bearer");
        foreach (var wrong in (string[])["tg_sk_wrong", "x", "tg_ct_wrong", "tg_sk_" + new string('0', 43), "tg_sk_ü"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Keys, UriKind.Relative));
            (await server.SendAsync("GET", Keys, null, null, ("X-Api-Key", wrong.Replace("ü", "%", StringComparison.Ordinal))))
                .ShouldBeProblem(401, "key_invalid");
        }

        (await server.SendAsync("GET", Keys, null, null, ("Authorization", "Basic dTpw"))).ShouldBeProblem(401, "key_missing");
        (await server.SendAsync("GET", Keys + "?api_key=" + server.Secret("resume-ats"), null)).ShouldBeProblem(401, "key_missing");
    }

    [Fact]
    public async Task Both_headers_carry_a_key()
    {
        (await server.SendAsync("GET", Keys, server.Secret("resume-ats"))).ShouldBe(200);
        (await server.SendAsync("GET", Keys, null, null, ("X-Api-Key", server.Secret("resume-ats")))).ShouldBe(200);
        (await server.SendAsync("GET", Keys, null, null, ("Authorization", "bearer " + server.Secret("resume-ats")))).ShouldBe(200);
    }

    [Fact]
    public async Task A_key_is_shown_once_and_listed_by_its_prefix()
    {
        var created = await CreateAsync("""{"kind": "secret", "name": "shown once"}""");
        var text = created.GetProperty("key").GetString()!;
        var list = (await server.SendAsync("GET", Keys + "?limit=100", server.Secret("resume-ats"))).ShouldBe(200);
        System.Text.Encoding.UTF8.GetString(list.Body).ShouldNotContain(text);
        var row = list.Json.GetProperty("data").EnumerateArray()
            .Single(key => key.GetProperty("id").GetString() == created.GetProperty("id").GetString());
        row.GetProperty("prefix").GetString().ShouldBe(text[..12]);
        row.GetProperty("name").GetString().ShouldBe("shown once");
        row.GetProperty("revoked_at").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
    }

    [Fact]
    public async Task A_list_is_paged_to_its_end()
    {
        foreach (var i in Enumerable.Range(0, 5))
        {
            (await server.SendAsync("POST", Keys, server.Secret("alwrity"), $$"""{"kind": "public", "name": "n{{i}}"}""")).ShouldBe(201);
        }

        List<string> ids = [];
        for (string? after = null; ;)
        {
            var page =
                (await server.SendAsync(
                    "GET", $"{Keys}?limit=3" + (after is null ? "" : "&starting_after=" + after), server.Secret("alwrity"))).ShouldBe(200);
            ids.AddRange(page.Json.GetProperty("data").EnumerateArray().Select(key => key.GetProperty("id").GetString()!));
            if (!page.Json.GetProperty("has_more").GetBoolean())
            {
                break;
            }

            after = ids[^1];
        }

        ids.Count.ShouldBe(7);
        ids.Distinct().Count().ShouldBe(7);
    }

    [Fact]
    public async Task A_revoked_key_is_refused_from_the_next_request_on()
    {
        var created = await CreateAsync("""{"kind": "secret"}""");
        var text = created.GetProperty("key").GetString();
        var path = $"{Keys}/{created.GetProperty("id").GetString()}";
        (await server.SendAsync("GET", Keys, text)).ShouldBe(200);
        (await server.SendAsync("DELETE", path, server.Secret("resume-ats"))).ShouldBe(204);
        (await server.SendAsync("GET", Keys, text)).ShouldBeProblem(401, "key_revoked");
        (await server.SendAsync("DELETE", path, server.Secret("resume-ats"))).ShouldBe(204);
        (await server.SendAsync("POST", path + "/rotate", server.Secret("resume-ats"))).ShouldBeProblem(409, "conflict");
    }

    [Fact]
    public async Task An_expired_key_is_refused()
    {
        var soon = DateTimeOffset.UtcNow.AddSeconds(5).ToString("o", CultureInfo.InvariantCulture);
        var created = await CreateAsync($$"""{"kind": "secret", "expires_at": "{{soon}}"}""");
        var text = created.GetProperty("key").GetString();
        (await server.SendAsync("GET", Keys, text)).ShouldBe(200);
        await Task.Delay(TimeSpan.FromSeconds(5.5));
        (await server.SendAsync("GET", Keys, text)).ShouldBeProblem(401, "key_expired");
    }

    [Fact]
    public async Task A_rotated_key_gives_way_to_the_new_one()
    {
        var old = await CreateAsync("""{"kind": "restricted", "scopes": ["keys:read"], "name": "rotating"}""");
        var path = $"{Keys}/{old.GetProperty("id").GetString()}/rotate";
        var graced = (await server.SendAsync("POST", path, server.Secret("resume-ats"), """{"grace_seconds": 60}""")).ShouldBe(201).Json;
        (await server.SendAsync("GET", Keys, old.GetProperty("key").GetString())).ShouldBe(200);
        (await server.SendAsync("GET", Keys, graced.GetProperty("key").GetString())).ShouldBe(200);
        graced.GetProperty("scopes")[0].GetString().ShouldBe("keys:read");

        path = $"{Keys}/{graced.GetProperty("id").GetString()}/rotate";
        (await server.SendAsync("POST", path, server.Secret("resume-ats"))).ShouldBe(201);
        (await server.SendAsync("GET", Keys, graced.GetProperty("key").GetString())).ShouldBeProblem(401, "key_revoked");
        (await server.SendAsync("POST", path, server.Secret("resume-ats"), """{"grace_seconds": 604801}""")).ShouldBeProblem(
            422, "validation_failed");
    }

    [Fact]
    public async Task Another_projects_keys_do_not_exist()
    {
        var created = await CreateAsync("""{"kind": "secret"}""");
        var path = $"{Keys}/{created.GetProperty("id").GetString()}";
        (await server.SendAsync("DELETE", path, server.Secret("trendit"))).ShouldBeProblem(404, "key_not_found");
        (await server.SendAsync("POST", path + "/rotate", server.Secret("trendit"))).ShouldBeProblem(404, "key_not_found");
        (await server.SendAsync("DELETE", Keys + "/nonsense", server.Secret("trendit"))).ShouldBeProblem(404, "key_not_found");
        (await server.SendAsync("GET", Keys, created.GetProperty("key").GetString(), null, ("X-Project", "trendit"))).ShouldBeProblem(
            400, "malformed_request");
        (await server.SendAsync("GET", Keys, created.GetProperty("key").GetString())).ShouldBe(200)
            .Json.GetProperty("data").EnumerateArray()
            .ShouldContain(key => key.GetProperty("id").GetString() == created.GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_public_key_and_a_customer_token_manage_no_keys()
    {
        (await server.SendAsync("GET", Keys, server.Public("resume-ats"))).ShouldBeProblem(403, "key_not_allowed");
        var token =
            (await server.SendAsync("POST", "/v1/customers/u-1/tokens", server.Secret("resume-ats"), """{"ttl_seconds": 60}""")).ShouldBe(
                201);
        var text = token.Json.GetProperty("token").GetString()!;
        text.ShouldStartWith("tg_ct_");
        (DateTimeOffset.Parse(token.Json.GetProperty("expires_at").GetString()!, CultureInfo.InvariantCulture) - DateTimeOffset.UtcNow)
            .ShouldBeInRange(TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(65));
        (await server.SendAsync("GET", Keys, text)).ShouldBeProblem(403, "key_not_allowed");

        await server.Database.ExecuteAsync("UPDATE customer_tokens SET expires_at = now() - interval '1 second'");
        (await server.SendAsync("GET", Keys, text)).ShouldBeProblem(401, "key_expired");
    }

    [Fact]
    public async Task A_restricted_key_does_what_its_scopes_say()
    {
        var reader = (await CreateAsync("""{"kind": "restricted", "scopes": ["keys:read"]}""")).GetProperty("key").GetString();
        (await server.SendAsync("GET", Keys, reader)).ShouldBe(200);
        var refusal = (await server.SendAsync("POST", Keys, reader, """{"kind": "public"}""")).ShouldBeProblem(403, "scope_missing");
        refusal.Json.GetProperty("detail").GetString()!.ShouldContain("keys:write");
        (await server.SendAsync("POST", "/v1/customers/u-1/tokens", reader)).ShouldBeProblem(403, "scope_missing");
    }

    [Fact]
    public async Task A_restricted_key_makes_no_key_that_can_do_more()
    {
        var created = await CreateAsync("""{"kind": "restricted", "scopes": ["keys:read", "keys:write"]}""");
        var writer = created.GetProperty("key").GetString();
        (await server.SendAsync("POST", Keys, writer, """{"kind": "secret"}""")).ShouldBeProblem(403, "scope_missing");
        (await server.SendAsync("POST", Keys, writer, """{"kind": "restricted", "scopes": ["gate:write"]}""")).ShouldBeProblem(
            403, "scope_missing");
        (await server.SendAsync("POST", Keys, writer, """{"kind": "restricted", "scopes": ["keys:read"]}""")).ShouldBe(201);

        var strong = await CreateAsync("""{"kind": "secret"}""");
        (await server.SendAsync("POST", $"{Keys}/{strong.GetProperty("id").GetString()}/rotate", writer)).ShouldBeProblem(
            403, "scope_missing");
    }

    [Fact]
    public async Task A_key_works_from_its_networks_only()
    {
        var elsewhere = await CreateAsync(
            """{"kind": "restricted", "scopes": ["keys:read"], "networks": ["203.0.113.0/24", "2001:db8::1"]}""");
        elsewhere.GetProperty("networks")[1].GetString().ShouldBe("2001:db8::1/128");
        (await server.SendAsync("GET", Keys, elsewhere.GetProperty("key").GetString())).ShouldBeProblem(403, "network_not_allowed");
        var here = await CreateAsync("""{"kind": "restricted", "scopes": ["keys:read"], "networks": ["127.0.0.0/8"]}""");
        (await server.SendAsync("GET", Keys, here.GetProperty("key").GetString())).ShouldBe(200);
    }

    [Fact]
    public async Task The_admin_key_names_the_project_it_works_on()
    {
        (await server.SendAsync("GET", Keys, server.Admin, null, ("X-Project", "trendit"))).ShouldBe(200)
            .Json.GetProperty("data").EnumerateArray().ShouldAllBe(key => key.GetProperty("kind").GetString() != "admin");
        (await server.SendAsync("GET", Keys, server.Admin)).ShouldBe(200)
            .Json.GetProperty("data").EnumerateArray().ShouldAllBe(key => key.GetProperty("kind").GetString() == "admin");
        (await server.SendAsync("GET", Keys, server.Admin, null, ("X-Project", "nope"))).ShouldBeProblem(404, "project_not_found");
        (await server.SendAsync("POST", "/v1/customers/u-1/tokens", server.Admin)).ShouldBeProblem(400, "project_required");
        (await server.SendAsync("POST", "/v1/customers/u-1/tokens", server.Admin, null, ("X-Project", "trendit"))).ShouldBe(201);
        (await server.SendAsync("POST", Keys, server.Admin, """{"kind": "secret"}""")).ShouldBeProblem(422, "validation_failed");
    }

    [Fact]
    public async Task The_log_holds_no_secret()
    {
        var created = await CreateAsync("""{"kind": "secret", "name": "not in the log"}""");
        var text = created.GetProperty("key").GetString()!;
        await server.SendAsync("GET", Keys, text);
        await server.SendAsync("GET", "/v1/nope", text + "x");
        foreach (var key in server.Server.Keys.Values.Where(value => value.StartsWith("tg_", StringComparison.Ordinal)).Append(text))
        {
            server.Server.Log.ShouldNotContain(key[12..]);
        }
    }

    private async Task<System.Text.Json.JsonElement> CreateAsync(string body) =>
        (await server.SendAsync("POST", Keys, server.Secret("resume-ats"), body)).ShouldBe(201).Json;
}
