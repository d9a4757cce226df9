using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Npgsql;
using Tollgate.Core.Outbound;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Http;

/// <summary>
/// An address that guesses, and its neighbours. Three failures a minute are allowed here; addresses of 127.0.0.0/8 stand for clients of the
/// network.
/// </summary>
public sealed class GuessTests(GuessTests.TestHost host) : IClassFixture<GuessTests.TestHost>
{
    /// <summary>One attempt returns every twenty seconds: so slowly that even a slow machine returns none during a test.</summary>
    private const int PerMinute = 3;

    private const string WebhookSecret = "whsec_of_the_guessed";

    private TestServer Server => host.Server;

    private TestDatabase Database => host.Database;

    private string Secret => Server.Keys["TOLLGATE_KEY_RESUME_ATS"];

    public sealed class TestHost(TestPostgres postgres) : IAsyncLifetime
    {
        private TestDatabase? _database;
        private TestServer? _server;

        public TestServer Server => _server!;

        public TestDatabase Database => _database!;

        public async ValueTask InitializeAsync()
        {
            _database = await postgres.CreateDatabaseAsync();
            _server = await TestServer.StartAsync(_database.ConnectionString, environment: new Dictionary<string, string>
            {
                ["TOLLGATE_FAILED_ATTEMPTS_PER_MINUTE"] = "3", ["TOLLGATE_TRUSTED_PROXIES"] = "127.0.0.99", ["TOLLGATE_LOG_LEVEL"] = "info",
            });
        }

        public async ValueTask DisposeAsync()
        {
            await _server!.DisposeAsync();
            await _database!.DisposeAsync();
        }
    }

    [Fact]
    public async Task Wrong_keys_of_one_address_get_429_and_valid_ones_go_on()
    {
        var revoked = await RevokedKeyAsync();
        string[] wrong = [
            KeyText.Create(KeyKind.Secret), KeyText.Create(KeyKind.Admin), "nonsense", new('x', 500), revoked,
            KeyText.Create(KeyKind.CustomerToken)];
        var (first, limited) = (0, 0);
        for (var i = 0; i < 6 * PerMinute; i++)
        {
            var (status, code, retryAfter) = await AskAsync("127.0.0.2", wrong[i % wrong.Length]);
            if (status == 401)
            {
                first++;
                code.ShouldBeOneOf("key_invalid", "key_revoked");
            }
            else
            {
                (status, code).ShouldBe((429, "rate_limited"));
                retryAfter.ShouldNotBeNull().ShouldBeInRange(1, 60);
                limited++;
            }

            (await AskAsync("127.0.0.2", Secret)).Status.ShouldBe(200);
        }

        first.ShouldBeInRange(PerMinute, 3 * PerMinute);
        limited.ShouldBeGreaterThanOrEqualTo(PerMinute);
        (await AskAsync("127.0.0.3", wrong[0])).ShouldBe((401, "key_invalid", null));

        // Behind a proxy that is trusted, the address is the client's.
        await UseUpAsync("127.0.0.99", "203.0.113.7");
        (await AskAsync("127.0.0.99", wrong[0], "203.0.113.7")).Status.ShouldBe(429);
        (await AskAsync("127.0.0.99", wrong[0], "203.0.113.8")).Status.ShouldBe(401);

        var metrics = await MetricsAsync();
        metrics.ShouldContain("tollgate_guesses_total{what=\"key_invalid\"}");
        metrics.ShouldContain("tollgate_guesses_total{what=\"key_revoked\"}");
        metrics.ShouldContain("tollgate_guesses_limited_total{what=\"key_invalid\"}");
        Server.Log.Split('\n').Count(static line => line.Contains("were answered with 429", StringComparison.Ordinal))
            .ShouldBeInRange(1, 4);
    }

    /// <summary>The table is locked, so a query about a token would wait for thirty seconds and return 503.</summary>
    [Fact]
    public async Task The_database_is_not_asked_about_tokens_of_an_address_that_guesses_except_about_those_that_were_issued()
    {
        await UseUpAsync("127.0.0.4");
        var (token, over) = (await TokenAsync(3_600), await TokenAsync(60));
        await Database.ExecuteAsync(
            "UPDATE customer_tokens SET expires_at = now() - interval '1 minute' WHERE hash = $1", KeyHash.Of(over).ToBytes());

        // A token that is new to this server and expired, from an address that guesses: it is looked up once.
        (await PlansAsync("127.0.0.4", over)).ShouldBe(429);
        Task<int> looked;
        await using (var connection = await Database.Source.OpenConnectionAsync(TestContext.Current.CancellationToken))
        await using (var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await using (var freeze = new NpgsqlCommand("LOCK TABLE customer_tokens IN ACCESS EXCLUSIVE MODE", connection))
            {
                await freeze.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            }

            for (var i = 0; i < 50; i++)
            {
                (await PlansAsync("127.0.0.4", KeyText.Create(KeyKind.CustomerToken))).ShouldBe(429);
                (await PlansAsync("127.0.0.4", over)).ShouldBe(429);
            }

            looked = PlansAsync("127.0.0.4", token);
        }

        (await looked).ShouldBe(200);
    }

    [Fact]
    public async Task Pages_that_lead_nowhere_get_429_and_those_of_customers_behind_the_same_address_open()
    {
        var portal = await PortalAsync();
        foreach (var path in (string[])["/portal/", "/checkout/", "/pay/", "/v1/mail/unsubscribe?token="])
        {
            for (var i = 0; i < PerMinute; i++)
            {
                (await PageAsync("127.0.0.5", path + Guid.NewGuid().ToString("N"))).ShouldBeOneOf(400, 404, 429);
            }

            (await PageAsync("127.0.0.5", path + Guid.NewGuid().ToString("N"))).ShouldBe(429, path);
        }

        (await PageAsync("127.0.0.5", portal)).ShouldBe(200);
        (await PageAsync("127.0.0.6", portal[..^1] + "!")).ShouldBe(404);
    }

    /// <summary>
    /// Each costs a hash of its body for every project with keys. A provider's own address may continue longer, because the secret of one
    /// project may be wrong; not for ever, because the owner of any project can send a good one.
    /// </summary>
    [Fact]
    public async Task Forged_webhooks_of_an_address_get_429_and_ten_times_later_if_a_good_one_came_from_it()
    {
        await SendAsync(
            "PUT", "/v1/payment-settings",
            $$"""{"provider": "stripe", "credentials": {"secret_key": "sk_live_1", "webhook_secret": "{{WebhookSecret}}"} }""");
        (await WebhookAsync("127.0.0.17", WebhookSecret)).ShouldBe(200);
        for (var i = 0; i < PerMinute; i++)
        {
            (await WebhookAsync("127.0.0.17", "whsec_forged")).ShouldBe(400);
            (await WebhookAsync("127.0.0.18", "whsec_forged")).ShouldBe(400);
        }

        (await WebhookAsync("127.0.0.18", "whsec_forged")).ShouldBe(429);
        (await WebhookAsync("127.0.0.18", WebhookSecret)).ShouldBe(429);
        (await WebhookAsync("127.0.0.17", "whsec_forged")).ShouldBe(400);
        (await WebhookAsync("127.0.0.17", WebhookSecret)).ShouldBe(200);
        var forged = PerMinute + 1;
        while (await WebhookAsync("127.0.0.17", "whsec_forged") == 400 && forged < 20 * PerMinute)
        {
            forged++;
        }

        forged.ShouldBeInRange(10 * PerMinute, 20 * PerMinute - 1);

        // A secret can also sign a body that is no event: this does not make the address a provider's.
        (await WebhookAsync("127.0.0.19", WebhookSecret, "{}")).ShouldBe(400);
        for (var i = 0; i < PerMinute; i++)
        {
            (await WebhookAsync("127.0.0.19", "whsec_forged")).ShouldBe(400);
        }

        (await WebhookAsync("127.0.0.19", "whsec_forged")).ShouldBe(429);
        Server.Log.Split('\n').Count(static line => line.Contains("Security: a webhook for stripe", StringComparison.Ordinal))
            .ShouldBeInRange(1, 3);
    }

    private async Task<int> WebhookAsync(string from, string secret, string? sent = null)
    {
        var body = sent
            ?? $$"""{"id": "evt_{{Guid.NewGuid():N}}", "object": "event", "livemode": true, "type": "payout.paid", "created": 1700000000, "data": {"object": {"id": "po_1", "object": "payout"} } }""";
        var signature = StripeSignature.Sign(
            Encoding.UTF8.GetBytes(body), secret, Instant.FromUnixSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        using var client = Server.ClientFrom(from);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/webhooks/stripe", UriKind.Relative));
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.TryAddWithoutValidation("Stripe-Signature", signature);
        using var answer = await client.SendAsync(request);
        return (int)answer.StatusCode;
    }

    /// <summary>A token from a server version without checksums.</summary>
    [Fact]
    public async Task Tokens_without_a_checksum_work_from_addresses_that_do_not_guess()
    {
        var old = KeyText.Create(KeyKind.CustomerToken);
        var issued = await TokenAsync(3_600);
        await Database.ExecuteAsync(
            "UPDATE customer_tokens SET hash = $1 WHERE hash = $2", KeyHash.Of(old).ToBytes(), KeyHash.Of(issued).ToBytes());

        (await PlansAsync("127.0.0.7", old)).ShouldBe(200);
        await UseUpAsync("127.0.0.7");
        (await PlansAsync("127.0.0.7", old)).ShouldBe(429);
        (await PlansAsync("127.0.0.8", old)).ShouldBe(200);
    }

    private async Task UseUpAsync(string from, string? forwarded = null)
    {
        for (var i = 0; i < PerMinute + 3; i++)
        {
            await AskAsync(from, "nonsense", forwarded);
        }
    }

    private async Task<string> RevokedKeyAsync()
    {
        var made = await SendAsync("POST", "/v1/api-keys", """{"kind": "restricted", "scopes": ["usage:read"]}""");
        await SendAsync("DELETE", "/v1/api-keys/" + made.GetProperty("id").GetString(), null);
        return made.GetProperty("key").GetString()!;
    }

    private async Task<string> TokenAsync(int seconds)
    {
        await SendAsync("POST", "/v1/customers", """{"id": "guessed"}""");
        return (await SendAsync("POST", "/v1/customers/guessed/tokens", $$"""{"ttl_seconds": {{seconds}}}""")).GetProperty("token")
            .GetString()!;
    }

    private async Task<string> PortalAsync()
    {
        await SendAsync("POST", "/v1/customers", """{"id": "guessed"}""");
        var session = await SendAsync("POST", "/v1/portal-sessions", """{"customer": "guessed"}""");
        return new Uri(session.GetProperty("url").GetString()!).AbsolutePath;
    }

    private async Task<JsonElement> SendAsync(string method, string path, string? json)
    {
        using var client = Server.NewClient(Secret);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    private async Task<int> PlansAsync(string from, string token)
    {
        using var client = Server.ClientFrom(from);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.GetAsync(new Uri("/v1/plans", UriKind.Relative));
        return (int)answer.StatusCode;
    }

    private async Task<int> PageAsync(string from, string path)
    {
        using var client = Server.ClientFrom(from);
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
        if ((int)answer.StatusCode == 429)
        {
            answer.Headers.RetryAfter.ShouldNotBeNull();
        }

        return (int)answer.StatusCode;
    }

    private async Task<(int Status, string? Code, int? RetryAfter)> AskAsync(string from, string key, string? forwarded = null)
    {
        using var client = Server.ClientFrom(from);
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer " + key);
        if (forwarded is not null)
        {
            client.DefaultRequestHeaders.Add("X-Forwarded-For", forwarded);
        }

        using var answer = await client.GetAsync(new Uri("/v1/plans", UriKind.Relative));
        var code = answer.IsSuccessStatusCode
            ? null
            : JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("code").GetString();
        return ((int)answer.StatusCode, code, (int?)answer.Headers.RetryAfter?.Delta?.TotalSeconds);
    }

    private async Task<string> MetricsAsync()
    {
        using var client = Server.NewClient(Server.AdminKey);
        return await client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
    }
}
