using System.Globalization;
using System.Text.Json;
using Tollgate.Testing;
using static Tollgate.Server.Tests.Projects.IssuingHost;

namespace Tollgate.Server.Tests.Projects;

/// <summary>
/// Credentials only narrow: every operation that issues one × networks, expiry, scopes and revocation. A new operation needs a row in
/// <see cref="Operations"/>; <c>IssuingRowTests</c> of Tollgate.Tidy checks this.
/// </summary>
public sealed class IssuingTests(IssuingHost host) : IClassFixture<IssuingHost>
{
    private const string Back = "\"success_url\": \"https://app.example.com/\", \"cancel_url\": \"https://app.example.com/\"";
    private const string Checkout = $$"""{"plan": "pro", "period": "monthly", {{Back}}""";
    private const string SeedCheckout = $$"""{"plan": "pro", {{Back}}}""";

    /// <summary>An issued credential, the way to use it, and its end according to the answer or the database.</summary>
    private sealed record Issued(string? Key, string? Page, string Table, string Id);

    /// <summary>A row: the way to issue a credential with an issuer's key, for a customer, by a caller inside of its networks.</summary>
    private sealed record Operation(
        string Name, bool ByAdmin, Func<IssuingHost, string, string, Task<Issued>> IssueAsync,
        Func<IssuingHost, string, string, Task<int>> ExceedAsync);

    private static readonly Operation[] Table =
    [
        new("POST /v1/api-keys", false,
            async (host, issuer, _) =>
                Key(await host.SendAsync(
                    "POST", "/v1/api-keys", issuer, """{"kind": "restricted", "scopes": ["catalog:read"]}""", 201, Inside)),
            async (host, issuer, _) =>
                (await host.TryAsync(
                    "POST", "/v1/api-keys", issuer, """{"kind": "restricted", "scopes": ["usage:read"]}""", Inside)).Status),
        new("POST /v1/api-keys/{id}/rotate", false,
            async (host, issuer, _) =>
            {
                var child = Text(
                    await host.SendAsync(
                        "POST", "/v1/api-keys", issuer, """{"kind": "restricted", "scopes": ["catalog:read"]}""", 201, Inside), "id");
                return Key(await host.SendAsync("POST", $"/v1/api-keys/{child}/rotate", issuer, null, 201, Inside));
            },
            async (host, issuer, _) =>
            {
                var stronger = Text(
                    await host.SendAsync(
                        "POST", "/v1/api-keys", host.Secret,
                        """{"kind": "restricted", "scopes": ["usage:read"], "networks": ["127.0.0.2"]}""", 201), "id");
                return (await host.TryAsync("POST", $"/v1/api-keys/{stronger}/rotate", issuer, null, Inside)).Status;
            }),
        new("POST /v1/customers/{id}/tokens", false,
            TokenAsync,
            async (host, issuer, customer) =>
                (await host.TryAsync("GET", "/me/usage", (await TokenAsync(host, issuer, customer)).Key, null, Inside)).Status),
        new("POST /v1/portal-sessions", false,
            (host, issuer, customer) => PortalAsync(host, issuer, customer),
            async (host, issuer, customer) => await WeakAsync(host, issuer, customer, "/v1/portal-sessions", "{}")),
        new("POST /v1/portal-sessions with a token", false,
            async (host, issuer, customer) => await PortalAsync(host, (await TokenAsync(host, issuer, customer)).Key!, customer),
            async (host, issuer, customer) => await WeakAsync(host, issuer, customer, "/v1/portal-sessions", "{}")),
        new("POST /v1/checkouts", false,
            async (host, issuer, customer) =>
                Page("checkouts",
                    await host.SendAsync("POST", "/v1/checkouts", issuer, $$"""{{Checkout}}, "customer": "{{customer}}"}""", 201, Inside)),
            async (host, issuer, customer) =>
                (await host.TryAsync(
                    "POST", "/v1/checkouts", await NarrowerAsync(host, issuer), $$"""{{Checkout}}, "customer": "{{customer}}"}""",
                    Inside)).Status),
        new("POST /billing/create-checkout-session", false,
            async (host, issuer, customer) => await SeedCheckoutAsync(host, (await TokenAsync(host, issuer, customer)).Key!),
            async (host, issuer, customer) => await WeakAsync(host, issuer, customer, "/billing/create-checkout-session", SeedCheckout)),
        new("POST /billing/create-portal-session", false,
            async (host, issuer, customer) =>
            {
                var token = (await TokenAsync(host, issuer, customer)).Key!;
                var url = Text(await host.SendAsync("POST", "/billing/create-portal-session", token, "{}", 200, Inside), "portal_url");
                return new(
                    null, new Uri(url).AbsolutePath, "portal_sessions",
                    await host.Database.ScalarAsync<Guid>("SELECT id FROM portal_sessions ORDER BY id DESC LIMIT 1") + "");
            },
            async (host, issuer, customer) => await WeakAsync(host, issuer, customer, "/billing/create-portal-session", "{}")),
        new("POST /portal/{token}/cards", false,
            async (host, issuer, customer) =>
            {
                var portal = await PortalAsync(host, issuer, customer);
                var led = await host.SendAsync("POST", portal.Page + "/cards", null, "do=add", 303, Inside);
                return new(null, new Uri(new Uri("http://x/"), Text(led, "url")).AbsolutePath, "checkouts",
                    await host.Database.ScalarAsync<Guid>("SELECT id FROM checkouts ORDER BY sequence DESC LIMIT 1") + "");
            },
            async (host, issuer, customer) => await WeakAsync(host, issuer, customer, "/v1/portal-sessions", "{}")),
        new("POST /v1/projects", true,
            async (host, issuer, customer) =>
            {
                var made = await host.SendAsync(
                    "POST", "/v1/projects", issuer, $$"""{"code": "made-{{customer}}", "name": "Made", "mode": "sandbox"}""", 201, Inside);
                return new(
                    Text(made, "secret_key"), null, "api_keys",
                    await host.Database.ScalarAsync<Guid>("SELECT id FROM api_keys WHERE kind = 'secret' ORDER BY created_at DESC LIMIT 1")
                        + "");
            },
            async (host, issuer, _) =>
                (await host.TryAsync("POST", "/v1/projects", host.Secret, """{"code": "x", "name": "x", "mode": "live"}""")).Status),
    ];

    public static TheoryData<string> Operations => [.. Table.Select(static row => row.Name)];

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Issued_credentials_work_only_from_the_issuers_networks(string operation)
    {
        var (row, issuer, customer) = await GivenAsync(operation, """, "networks": ["127.0.0.2/32"]""");
        var issued = await row.IssueAsync(host, issuer.Key!, customer);
        (await UseAsync(issued, Inside)).ShouldBe(200);
        (await UseAsync(issued, Here)).ShouldBe(403);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Issued_credentials_end_when_their_issuer_expires(string operation)
    {
        var end = DateTime.UtcNow.AddMinutes(10);
        var (row, issuer, customer) = await GivenAsync(operation,
            $$""", "expires_at": "{{end.ToString("o", CultureInfo.InvariantCulture)}}" """);
        var issued = await row.IssueAsync(host, issuer.Key!, customer);
        var until = await host.Database.ScalarAsync<DateTime>($"SELECT expires_at FROM {issued.Table} WHERE id = '{issued.Id}'");
        until.ShouldBeLessThanOrEqualTo(end.AddSeconds(2), "The clock of the server and of this process differ by less.");

        // Both reach their expiry. A key keeps an expiry of its own; the other credentials check their issuer too.
        (await UseAsync(issued, Inside)).ShouldBe(200);
        await host.Database.ExecuteAsync(
            $"UPDATE api_keys SET expires_at = now() WHERE id = '{issuer.Id}' OR (id::text = '{issued.Id}' AND expires_at IS NOT NULL)");
        await Eventually.UntilAsync(async () => await UseAsync(issued, Inside) is 401 or 410);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Issued_credentials_can_do_no_more_than_their_issuer(string operation)
    {
        var (row, issuer, customer) = await GivenAsync(operation, "");
        (await row.ExceedAsync(host, issuer.Key!, customer)).ShouldBe(403);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Issued_credentials_are_revoked_with_their_issuer_on_every_server(string operation)
    {
        var (row, issuer, customer) = await GivenAsync(operation, "");
        var issued = await row.IssueAsync(host, issuer.Key!, customer);
        await Eventually.UntilAsync(async () => await UseAsync(issued, Here, "second") == 200);
        await host.SendAsync(
            "DELETE", "/v1/api-keys/" + issuer.Id, row.ByAdmin ? host.First.AdminKey : host.Secret, null, 204, server: "second");
        (await UseAsync(issued, Here, "second")).ShouldBeOneOf(401, 410);
        await Eventually.UntilAsync(async () => await UseAsync(issued, Here) is 401 or 410);
    }

    [Fact]
    public async Task All_excesses_beyond_the_issuer_are_named_at_once()
    {
        var end = DateTime.UtcNow.AddMinutes(10);
        var issuer = await IssuerAsync(
            $$""", "networks": ["127.0.0.0/8"], "expires_at": "{{end.ToString("o", CultureInfo.InvariantCulture)}}" """);
        var late = end.AddMinutes(1).ToString("o", CultureInfo.InvariantCulture);
        var refused = await host.SendAsync(
            "POST", "/v1/api-keys", issuer.Key,
            $$"""{"kind": "restricted", "scopes": ["catalog:read"], "networks": ["127.0.0.2", "0.0.0.0/0", "::/0"], "expires_at": "{{late}}"}""",
            403);
        Text(refused, "code").ShouldBe("exceeds_issuer");
        refused.GetProperty("errors").EnumerateArray().Select(static one => Text(one, "param"))
            .ShouldBe(["networks[1]", "networks[2]", "expires_at"]);
        Text(await host.SendAsync("POST", "/v1/customers/c/tokens", issuer.Key, """{"ttl_seconds": 3600}""", 403), "param")
            .ShouldBe("ttl_seconds");
        await host.SendAsync("POST", "/v1/customers/c/tokens", issuer.Key, """{"ttl_seconds": 60}""", 201);
        Text(await host.SendAsync("POST", "/v1/api-keys", issuer.Key, """{"kind": "secret"}""", 403), "code").ShouldBe("scope_missing");
    }

    [Fact]
    public async Task A_narrow_key_does_not_get_the_text_of_a_wider_one_by_rotating_it()
    {
        var wide = await IssuerAsync("");
        var narrow = await IssuerAsync(""", "networks": ["127.0.0.0/8"]""");
        Text(await host.SendAsync("POST", $"/v1/api-keys/{wide.Id}/rotate", narrow.Key, null, 403), "code").ShouldBe("exceeds_issuer");

        // It rotates itself, and remains as narrow as before.
        var fresh = await host.SendAsync("POST", $"/v1/api-keys/{narrow.Id}/rotate", narrow.Key, null, 201);
        fresh.GetProperty("networks")[0].GetString().ShouldBe("127.0.0.0/8");
        Text(fresh, "name").ShouldBe("issuer");
    }

    [Fact]
    public async Task A_key_that_rotates_another_gets_no_key_that_outlives_it()
    {
        var (one, other) = (await IssuerAsync(""), await IssuerAsync(""));
        var rotated = Text(await host.SendAsync("POST", $"/v1/api-keys/{other.Id}/rotate", one.Key, null, 201), "key");
        await host.SendAsync("DELETE", "/v1/api-keys/" + one.Id, host.Secret, null, 204);
        (await host.TryAsync("GET", "/v1/plans", rotated)).Status.ShouldBe(401);
    }

    [Fact]
    public async Task A_rotation_hands_on_what_was_issued_before_it_and_ends_what_the_old_key_issues_after_it()
    {
        var (old, customer) = (await IssuerAsync(""), await host.CustomerAsync());
        var before = await TokenAsync(host, old.Key!, customer, Here);
        var fresh = await host.SendAsync("POST", $"/v1/api-keys/{old.Id}/rotate", host.Secret, """{"grace_seconds": 600}""", 201);
        var after = await TokenAsync(host, old.Key!, customer, Here);
        (await host.SendAsync("GET", $"/v1/customers/{customer}/tokens", host.Secret, null, 200)).GetProperty("data").EnumerateArray()
            .Select(static one => Text(one, "issued_by")).ShouldBe([old.Id, Text(fresh, "id")]);

        await host.SendAsync("DELETE", "/v1/api-keys/" + old.Id, host.Secret, null, 204);
        (await UseAsync(after, Here)).ShouldBe(401);
        (await UseAsync(before, Here)).ShouldBe(200);
        await host.SendAsync("DELETE", "/v1/api-keys/" + Text(fresh, "id"), host.Secret, null, 204);
        (await UseAsync(before, Here)).ShouldBe(401);
    }

    [Fact]
    public async Task A_chain_of_keys_tokens_sessions_and_checkouts_ends_with_its_first_link()
    {
        var (first, customer) = (await IssuerAsync(""), await host.CustomerAsync());
        var child = await host.SendAsync("POST", "/v1/api-keys", first.Key, $$"""{"kind": "restricted", "scopes": {{Scopes}}}""", 201);
        var token = await TokenAsync(host, Text(child, "key"), customer, Here);
        var portal = await PortalAsync(host, token.Key!, customer, Here);
        var checkout = new Uri(
            new Uri("http://x/"), Text(await host.SendAsync("POST", portal.Page + "/cards", null, "do=add", 303), "url")).AbsolutePath;
        (await UseAsync(new(null, checkout, "", ""), Here)).ShouldBe(200);

        await host.SendAsync("DELETE", "/v1/api-keys/" + first.Id, host.Secret, null, 204);
        (await host.TryAsync("GET", "/v1/plans", Text(child, "key"))).Status.ShouldBe(401);
        (await UseAsync(token, Here)).ShouldBe(401);
        (await UseAsync(portal, Here)).ShouldBe(410);
        (await host.TryAsync("POST", portal.Page + "/cancel", null, "")).Status.ShouldBe(410);
        (await UseAsync(new(null, checkout, "", ""), Here)).ShouldBe(410);
        await Eventually.UntilAsync(
            async () =>
                await host.Database.ScalarAsync<long>(
                    "SELECT count(*) FROM checkouts k JOIN customers c USING (partition, account) WHERE k.status = 'open' AND c.id = $1",
                    customer) == 0);
    }

    [Fact]
    public async Task A_revoked_token_ends_what_it_opened_and_is_listed_without_its_text()
    {
        var customer = await host.CustomerAsync();
        var (token, other) = (await TokenAsync(host, host.Secret, customer, Here), await TokenAsync(host, host.Secret, customer, Here));
        var portal = await PortalAsync(host, token.Key!, customer, Here);
        var page = (await SeedCheckoutAsync(host, token.Key!, Here));
        (await UseAsync(page, Here)).ShouldBe(200);
        var list = await host.SendAsync("GET", $"/v1/customers/{customer}/tokens?limit=1", host.Secret, null, 200);
        list.GetProperty("has_more").GetBoolean().ShouldBeTrue();
        Text(list.GetProperty("data")[0], "id").ShouldBe(other.Id);
        var rest = await host.SendAsync("GET", $"/v1/customers/{customer}/tokens?starting_after={other.Id}", host.Secret, null, 200);
        rest.GetProperty("data").EnumerateArray().Select(static one => Text(one, "id")).ShouldBe([token.Id]);
        (list.ToString() + rest).ShouldNotContain(token.Key![12..]);

        (await host.TryAsync("DELETE", $"/v1/customers/somebody-else/tokens/{token.Id}", host.Secret)).Status.ShouldBe(404);
        for (var i = 0; i < 2; i++)
        {
            await host.SendAsync("DELETE", $"/v1/customers/{customer}/tokens/{token.Id}", host.Secret, null, 204, server: "second");
        }

        (await UseAsync(token, Here)).ShouldBe(401, "At once on every server: tokens are looked up.");
        (await UseAsync(portal, Here)).ShouldBe(410);
        (await UseAsync(page, Here)).ShouldBe(410);
        (await UseAsync(other, Here)).ShouldBe(200);
        rest = await host.SendAsync("GET", $"/v1/customers/{customer}/tokens", host.Secret, null, 200);
        rest.GetProperty("data").EnumerateArray().Select(static one => Text(one, "status")).ShouldBe(["active", "revoked"]);
    }

    [Fact]
    public async Task A_portal_session_is_listed_shown_and_revoked()
    {
        var customer = await host.CustomerAsync();
        var portal = await PortalAsync(host, host.Secret, customer, Here);
        var checkout = new Uri(
            new Uri("http://x/"), Text(await host.SendAsync("POST", portal.Page + "/cards", null, "do=add", 303), "url")).AbsolutePath;
        var list = await host.SendAsync("GET", "/v1/portal-sessions?customer=" + customer, host.Secret, null, 200);
        var row = list.GetProperty("data").EnumerateArray().Single();
        (Text(row, "id"), Text(row, "status"), Text(row, "customer")).ShouldBe((portal.Id, "active", customer));
        list.ToString().ShouldNotContain(portal.Page![9..]);
        await host.SendAsync("DELETE", "/v1/portal-sessions/" + portal.Id, host.Secret, null, 204);
        Text(await host.SendAsync("GET", "/v1/portal-sessions/" + portal.Id, host.Secret, null, 200), "status").ShouldBe("revoked");
        (await UseAsync(portal, Here)).ShouldBe(410);
        (await UseAsync(new(null, checkout, "", ""), Here)).ShouldBe(410);
        var stranger = host.First.Keys["TOLLGATE_KEY_TRENDIT"];
        (await host.TryAsync("DELETE", "/v1/portal-sessions/" + portal.Id, stranger)).Status.ShouldBe(404);
        (await host.TryAsync("GET", "/v1/portal-sessions/" + portal.Id, stranger)).Status.ShouldBe(404);
        (await host.TryAsync("GET", "/v1/portal-sessions/none", host.Secret)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Rows_of_an_older_version_work_until_they_expire()
    {
        var customer = await host.CustomerAsync();
        var (token, portal) = (await TokenAsync(host, host.Secret, customer, Here), await PortalAsync(host, host.Secret, customer, Here));
        await host.Database.ExecuteAsync($"UPDATE customer_tokens SET issuer = NULL WHERE id = '{token.Id}'");
        await host.Database.ExecuteAsync($"UPDATE portal_sessions SET issuer = NULL WHERE id = '{portal.Id}'");
        (await UseAsync(token, Here)).ShouldBe(200);
        (await UseAsync(portal, Here)).ShouldBe(200);
        await host.SendAsync("DELETE", $"/v1/customers/{customer}/tokens/{token.Id}", host.Secret, null, 204);
        (await UseAsync(token, Here)).ShouldBe(401);

        var lost = await TokenAsync(host, host.Secret, customer, Here);
        await host.Database.ExecuteAsync($"UPDATE customer_tokens SET issuer = gen_random_uuid() WHERE id = '{lost.Id}'");
        (await UseAsync(lost, Here)).ShouldBe(401, "The key that issued it does not exist any more.");
    }

    [Fact]
    public async Task A_customer_who_was_deleted_does_not_come_back_through_a_token()
    {
        var customer = await host.CustomerAsync();
        var token = await TokenAsync(host, host.Secret, customer, Here);
        await host.SendAsync("DELETE", "/v1/customers/" + customer, host.Secret, null, 204);
        (await UseAsync(token, Here)).ShouldBe(401);
        (await host.TryAsync("GET", "/v1/customers/" + customer, host.Secret)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Keys_of_one_another_that_are_made_and_revoked_at_once_leave_nothing_behind()
    {
        var root = await IssuerAsync("");
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            var server = i % 2 == 0 ? "first" : "second";
            if (i == 6)
            {
                await host.SendAsync("DELETE", "/v1/api-keys/" + root.Id, host.Secret, null, 204);
            }
            else if ((await host.TryAsync(
                "POST", "/v1/api-keys", root.Key, $$"""{"kind": "restricted", "scopes": {{Scopes}}, "name": "child"}""", Here,
                server)) is (201, var child))
            {
                await host.TryAsync(
                    "POST", "/v1/api-keys", Text(child, "key"),
                    """{"kind": "restricted", "scopes": ["catalog:read"], "name": "grandchild"}""", Here, server);
            }
        }));
        (await host.Database.ScalarAsync<long>(
            "SELECT count(*) FROM api_keys WHERE name IN ('child', 'grandchild') AND revoked_at IS NULL")).ShouldBe(0);
    }

    [Fact]
    public async Task An_admin_key_that_made_all_others_is_not_revoked()
    {
        var made = await host.SendAsync("POST", "/v1/api-keys", host.First.AdminKey, """{"kind": "admin"}""", 201);
        var first = (await host.SendAsync("GET", "/v1/api-keys", host.First.AdminKey, null, 200)).GetProperty("data").EnumerateArray()
            .Last();
        Text(await host.SendAsync("DELETE", "/v1/api-keys/" + Text(first, "id"), host.First.AdminKey, null, 409), "code")
            .ShouldBe("last_key");
        await host.SendAsync("DELETE", "/v1/api-keys/" + Text(made, "id"), host.First.AdminKey, null, 204);
    }

    [Fact]
    public async Task A_key_that_writes_keys_does_not_change_where_money_and_calls_go()
    {
        var key = Text(
            await host.SendAsync(
                "POST", "/v1/api-keys", host.Secret, """{"kind": "restricted", "scopes": ["keys:write", "keys:read"]}""", 201), "key");
        foreach (var (method, path, body) in ((string, string, string?)[])
            [("PUT", "/v1/payment-settings", """{"provider": "sandbox"}"""), ("PUT", "/v1/upstreams/openai", """{"api_key": "x"}"""),
                ("DELETE", "/v1/upstreams/openai", null), ("GET", "/v1/upstreams", null)])
        {
            Text(await host.SendAsync(method, path, key, body, 403), "code").ShouldBe("scope_missing");
        }
    }

    private async Task<(Operation Row, (string? Key, string Id) Issuer, string Customer)> GivenAsync(string operation, string limits)
    {
        var row = Table.Single(one => one.Name == operation);
        return (row, row.ByAdmin ? await AdminAsync(limits) : await IssuerAsync(limits), await host.CustomerAsync());
    }

    private async Task<(string? Key, string Id)> IssuerAsync(string limits)
    {
        var made = await host.SendAsync(
            "POST", "/v1/api-keys", host.Secret, $$"""{"kind": "restricted", "name": "issuer", "scopes": {{Scopes}}{{limits}}}""", 201);
        return (Text(made, "key"), Text(made, "id"));
    }

    private async Task<(string? Key, string Id)> AdminAsync(string limits)
    {
        var made = await host.SendAsync("POST", "/v1/api-keys", host.First.AdminKey, $$"""{"kind": "admin"{{limits}}}""", 201);
        return (Text(made, "key"), Text(made, "id"));
    }

    private async Task<int> UseAsync(Issued issued, string from, string server = "first") =>
        (await host.TryAsync("GET", issued.Page ?? "/v1/plans", issued.Key, null, from, server)).Status;

    private static Issued Key(JsonElement made) => new(Text(made, "key"), null, "api_keys", Text(made, "id"));

    private static Issued Page(string table, JsonElement made) =>
        new(null, new Uri(Text(made, "url")).AbsolutePath, table, Text(made, "id"));

    private static Task<Issued> TokenAsync(IssuingHost host, string issuer, string customer) => TokenAsync(host, issuer, customer, Inside);

    private static async Task<Issued> TokenAsync(IssuingHost host, string issuer, string customer, string from)
    {
        var made = await host.SendAsync("POST", $"/v1/customers/{customer}/tokens", issuer, null, 201, from);
        return new(Text(made, "token"), null, "customer_tokens", Text(made, "id"));
    }

    private static async Task<Issued> PortalAsync(IssuingHost host, string key, string customer, string from = Inside) =>
        Page("portal_sessions", await host.SendAsync("POST", "/v1/portal-sessions", key, $$"""{"customer": "{{customer}}"}""", 201, from));

    private static async Task<Issued> SeedCheckoutAsync(IssuingHost host, string token, string from = Inside)
    {
        var made = await host.SendAsync("POST", "/billing/create-checkout-session", token, SeedCheckout, 200, from);
        return new(null, new Uri(Text(made, "checkout_url")).AbsolutePath, "checkouts", Text(made, "session_id"));
    }

    /// <summary>With a token of a key that cannot bill.</summary>
    private static async Task<int> WeakAsync(IssuingHost host, string issuer, string customer, string path, string body) =>
        (await host.TryAsync("POST", path, (await TokenAsync(host, await NarrowerAsync(host, issuer), customer)).Key, body, Inside)).Status;

    private static async Task<string> NarrowerAsync(IssuingHost host, string issuer) =>
        Text(await host.SendAsync("POST", "/v1/api-keys", issuer, """{"kind": "restricted", "scopes": ["customers:write"]}""", 201, Inside),
            "key");
}
