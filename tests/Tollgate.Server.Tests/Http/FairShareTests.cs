using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Http;

/// <summary>The resources that one project cannot take from the others.</summary>
public sealed class FairShareTests(FairShareHost host) : IClassFixture<FairShareHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_project_that_uses_its_share_waits_and_is_refused_and_nobody_else_notices()
    {
        using var busy = host.Server.ClientFor("resume-ats");
        using var other = host.Server.ClientFor("trendit");
        await using var holder = new NpgsqlConnection(host.Database.ConnectionString);
        await holder.OpenAsync(Cancel);
        await using var locked = await holder.BeginTransactionAsync(Cancel);
        await using (var both = new NpgsqlCommand("LOCK TABLE revenue_days, coupons IN ACCESS EXCLUSIVE MODE", holder))
        {
            await both.ExecuteNonQueryAsync(Cancel);
        }

        var heavy = GetAsync(busy, "/v1/analytics/revenue-vs-cost.csv");
        await UntilHeldAsync(1);
        await ShouldBeRefusedAsync(busy, "/v1/customers/a/statement.csv", "TOLLGATE_PROJECT_HEAVY");
        await ShouldBeRefusedAsync(busy, "/v1/events", "TOLLGATE_PROJECT_HEAVY");
        (await GetAsync(busy, "/v1/events?customer=a")).StatusCode.ShouldBe(
            HttpStatusCode.OK, "whoever names a customer looks through its events only");
        (await GetAsync(busy, "/v1/customers")).StatusCode.ShouldBe(HttpStatusCode.OK, "an ordinary request waits for no heavy one");

        var ordinary = GetAsync(busy, "/v1/coupons");
        await UntilHeldAsync(2);
        await ShouldBeRefusedAsync(busy, "/v1/customers", "TOLLGATE_PROJECT_REQUESTS");
        using var consumed = await busy.PostAsJsonAsync(
            "/v1/consume", new JsonObject { ["customer"] = "a", ["feature"] = "ats_scan" }, Cancel);
        consumed.StatusCode.ShouldBe(HttpStatusCode.OK, "what the lanes decide takes no place");
        (await GetAsync(other, "/v1/customers")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await GetAsync(host.Server.Http, "/health/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await locked.RollbackAsync(Cancel);
        (await heavy).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ordinary).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await GetAsync(busy, "/v1/customers")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var admin = host.Server.NewClient(host.Server.AdminKey);
        (await admin.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancel)).ShouldContain(
            """tollgate_share_refused_total{load="heavy"} 2""");
    }

    [Fact]
    public async Task A_body_that_never_comes_holds_no_place()
    {
        var sockets = new List<Socket>();
        try
        {
            for (var at = 0; at < 4 * FairShareHost.Requests; at++)
            {
                sockets.Add(await HalfAsync("POST /v1/customers", host.Server.Keys["TOLLGATE_KEY_RESUME_ATS"]));
                sockets.Add(await HalfAsync("POST /portal/nobody/cancel", null));
            }

            using var same = host.Server.ClientFor("resume-ats");
            (await GetAsync(same, "/v1/customers")).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await GetAsync(host.Server.Http, "/portal/nobody")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
        finally
        {
            sockets.ForEach(static socket => socket.Dispose());
        }
    }

    /// <summary>Pages need no key: without their own shares, one visitor would delay all pages and webhooks.</summary>
    [Fact]
    public async Task A_stranger_who_uses_the_share_of_one_address_leaves_room_for_another()
    {
        using var stranger = host.Server.ClientFrom("127.0.0.2");
        await using var holder = new NpgsqlConnection(host.Database.ConnectionString);
        await holder.OpenAsync(Cancel);
        await using var locked = await holder.BeginTransactionAsync(Cancel);
        await using (var sessions = new NpgsqlCommand("LOCK TABLE portal_sessions IN ACCESS EXCLUSIVE MODE", holder))
        {
            await sessions.ExecuteNonQueryAsync(Cancel);
        }

        var held = Enumerable.Range(0, FairShareHost.Requests).Select(_ => GetAsync(stranger, "/portal/nobody")).ToList();
        await UntilHeldAsync(FairShareHost.Requests);
        using var refused = await GetAsync(stranger, "/pay/nobody");
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await refused.Content.ReadAsStringAsync(Cancel)).ShouldContain("This address has 2 requests in progress");
        (await GetAsync(host.Server.Http, "/pay/nobody")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        await locked.RollbackAsync(Cancel);
        foreach (var answer in await Task.WhenAll(held))
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
    }

    /// <summary>Two addresses that keep pages busy would otherwise take all places of strangers, and those of webhooks.</summary>
    [Fact]
    public async Task A_page_that_knows_its_project_takes_of_its_visitors_share_and_webhooks_have_places_of_their_own()
    {
        using var project = host.Server.ClientFor("alwrity");
        (await project.PostAsJsonAsync("/v1/customers", new JsonObject { ["id"] = "visitor" }, Cancel)).StatusCode.ShouldBe(
            HttpStatusCode.Created);
        using var opened = await project.PostAsJsonAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "visitor" }, Cancel);
        var portal = new Uri((string)JsonNode.Parse(await opened.Content.ReadAsStringAsync(Cancel))!["url"]!).AbsolutePath;
        await using var holder = new NpgsqlConnection(host.Database.ConnectionString);
        await holder.OpenAsync(Cancel);
        await using (var invoices = await LockAsync(holder, "invoices"))
        {
            using var stranger = host.Server.ClientFrom("127.0.0.4");
            var held = GetAsync(stranger, portal);
            await UntilHeldAsync(1);
            (await GetAsync(stranger, "/pay/nobody")).StatusCode.ShouldBe(
                HttpStatusCode.NotFound, "the places of the address are free again");
            await ShouldBeRefusedAsync(stranger, portal, "TOLLGATE_PROJECT_REQUESTS");

            // Anybody may ask for any number of calculations, so customers who pay and visitors who calculate have different places.
            (await GetAsync(stranger, "/alwrity/pricing?hours=1")).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await GetAsync(stranger, "/p/alwrity/billing/upgrade?hours=1")).StatusCode.ShouldBe(HttpStatusCode.OK);
            await invoices.RollbackAsync(Cancel);
            (await held).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await using var sessions = await LockAsync(holder, "portal_sessions");
        using var one = host.Server.ClientFrom("127.0.0.5");
        using var other = host.Server.ClientFrom("127.0.0.6");
        var all = Enumerable.Range(0, 2 * FairShareHost.Requests).Select(at => GetAsync(at % 2 == 0 ? one : other, "/portal/nobody"))
            .ToList();
        await UntilHeldAsync(2 * FairShareHost.Requests);
        using var webhook = await one.PostAsJsonAsync("/v1/webhooks/stripe", new JsonObject(), Cancel);
        webhook.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await sessions.RollbackAsync(Cancel);
        (await Task.WhenAll(all)).ShouldAllBe(static answer => answer.StatusCode == HttpStatusCode.NotFound);
    }

    /// <summary>A public key is in every browser: a loop with it must not keep the back end waiting.</summary>
    [Fact]
    public async Task Public_keys_and_customer_tokens_leave_the_share_of_the_back_end_alone()
    {
        using var project = host.Server.ClientFor("email-assistant");
        (await project.PostAsJsonAsync("/v1/customers", new JsonObject { ["id"] = "visitor" }, Cancel)).StatusCode.ShouldBe(
            HttpStatusCode.Created);
        using var made = await project.PostAsJsonAsync("/v1/customers/visitor/tokens", new JsonObject(), Cancel);
        using var visitor = host.Server.NewClient((string)JsonNode.Parse(await made.Content.ReadAsStringAsync(Cancel))!["token"]!);
        await using var holder = new NpgsqlConnection(host.Database.ConnectionString);
        await holder.OpenAsync(Cancel);
        await using var sessions = await LockAsync(holder, "portal_sessions");
        var held = Enumerable.Range(0, 4).Select(_ => visitor.PostAsJsonAsync("/v1/portal-sessions", new JsonObject(), Cancel)).ToList();
        await UntilHeldAsync(1);
        (await GetAsync(project, "/v1/coupons")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await HeldAsync("")).ShouldBe(1, "visitors have half of the project's two");
        await sessions.RollbackAsync(Cancel);
        (await Task.WhenAll(held)).ShouldContain(static answer => answer.StatusCode == HttpStatusCode.Created);
    }

    [Fact]
    public async Task Bodies_have_a_size_a_time_and_together_a_room()
    {
        (await PostAsync("/portal/nobody/cancel", 70_000)).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await PostAsync("/v1/webhooks/stripe", 200_000)).ShouldBe(HttpStatusCode.BadRequest);
        (await PostAsync("/v1/webhooks/stripe", 300_000)).ShouldBe(HttpStatusCode.RequestEntityTooLarge);

        var sockets = new List<Socket>();
        try
        {
            for (var at = 0; at < 36; at++)
            {
                sockets.Add(await HalfAsync("POST /v1/customers", host.Server.Keys["TOLLGATE_KEY_TRENDIT"], length: 1_000_000));
            }

            var answers = await Task.WhenAll(sockets.Select(StatusOfAsync));
            answers.Count(static status => status == 429).ShouldBe(3, "33 bodies of a million bytes fit into 32 MiB");
            answers.Count(static status => status == 400).ShouldBe(33, "the time is over");
        }
        finally
        {
            sockets.ForEach(static socket => socket.Dispose());
        }
    }

    /// <summary>
    /// The lanes decide these requests, so they take no turn; the memory that they hold until they arrive has the same limit and the same
    /// time.
    /// </summary>
    [Fact]
    public async Task Light_bodies_that_are_not_small_have_the_same_time_and_room()
    {
        var sockets = new List<Socket>();
        try
        {
            for (var at = 0; at < 130; at++)
            {
                sockets.Add(await HalfAsync("POST /v1/check", host.Server.Keys["TOLLGATE_KEY_ALWRITY"], length: 262_144));
            }

            var answers = await Task.WhenAll(sockets.Select(StatusOfAsync));
            answers.Count(static status => status == 429).ShouldBe(2, "128 bodies of 256 KiB fit into 32 MiB");
            answers.Count(static status => status == 400).ShouldBe(128, "the time is over");
        }
        finally
        {
            sockets.ForEach(static socket => socket.Dispose());
        }

        // The server decides a complete body as before, and frees its memory.
        using var project = host.Server.ClientFor("alwrity");
        using var padded = new StringContent(
            new string(' ', 200_000) + """{"customer": "a", "feature": "no_such_feature"}""", Encoding.UTF8, "application/json");
        using var answer = await project.PostAsync(new Uri("/v1/check", UriKind.Relative), padded, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    /// <summary>Requests about holds take no place of a share, and readiness needs no key: neither may use up the pool.</summary>
    [Fact]
    public async Task Requests_without_a_turn_take_few_connections()
    {
        using var project = host.Server.ClientFor("trendit");
        await using var holder = new NpgsqlConnection(host.Database.ConnectionString);
        await holder.OpenAsync(Cancel);
        await using (var holds = await LockAsync(holder, "holds"))
        {
            var sought = Enumerable.Range(0, 10)
                .Select(at => project.PostAsJsonAsync($"/v1/reservations/unknown-{at}/extend", new JsonObject(), Cancel)).ToList();
            await UntilHeldAsync(3);
            await Task.Delay(300, Cancel);
            (await HeldAsync("h.id = $2")).ShouldBe(3, "the sweeper of holds waits too, and is none of them");
            await holds.RollbackAsync(Cancel);
            (await Task.WhenAll(sought)).ShouldAllBe(static answer => answer.StatusCode == HttpStatusCode.NotFound);
        }

        await using var schema = await LockAsync(holder, "schema_migrations");
        await Task.Delay(1_100, Cancel);
        var asked = Enumerable.Range(0, 20).Select(_ => GetAsync(host.Server.Http, "/health/ready")).ToList();
        await UntilHeldAsync(1);
        await Task.Delay(300, Cancel);
        (await HeldAsync("schema_migrations")).ShouldBe(1);
        await schema.RollbackAsync(Cancel);
        await Task.WhenAll(asked);
        await Eventually.UntilAsync(async () => (await GetAsync(host.Server.Http, "/health/ready")).StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_client_that_disconnects_while_it_waits_leaves_its_place()
    {
        using var busy = host.Server.ClientFor("email-assistant");
        await using var holder = new NpgsqlConnection(host.Database.ConnectionString);
        await holder.OpenAsync(Cancel);
        await using var locked = await holder.BeginTransactionAsync(Cancel);
        await using (var coupons = new NpgsqlCommand("LOCK TABLE coupons IN ACCESS EXCLUSIVE MODE", holder))
        {
            await coupons.ExecuteNonQueryAsync(Cancel);
        }

        using var gone = new CancellationTokenSource();
        var leaving = Enumerable.Range(0, 3 * FairShareHost.Requests)
            .Select(_ => busy.GetAsync(new Uri("/v1/coupons", UriKind.Relative), gone.Token)).ToList();
        await UntilHeldAsync(FairShareHost.Requests);
        await gone.CancelAsync();
        foreach (var one in leaving)
        {
            await Should.ThrowAsync<OperationCanceledException>(one);
        }

        await locked.RollbackAsync(Cancel);
        await Eventually.UntilAsync(async () => (await GetAsync(busy, "/v1/customers")).StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_project_has_only_so_many_keys_coupons_and_tokens()
    {
        using var project = host.Server.ClientFor("career-coach");
        (string Path, Func<int, JsonObject> Body, string Knob)[] things =
        [
            ("/v1/api-keys", static _ => new() { ["kind"] = "secret" }, "TOLLGATE_MOST_KEYS"),
            ("/v1/coupons",
                static at =>
                    new() { ["code"] = $"c{at.ToString(CultureInfo.InvariantCulture)}", ["percent_off"] = 10, ["duration"] = "once" },
                    "TOLLGATE_MOST_COUPONS"),
            ("/v1/customers/somebody/tokens", static _ => new(), "TOLLGATE_MOST_TOKENS"),
        ];
        foreach (var (path, body, knob) in things)
        {
            var made = 0;
            HttpResponseMessage answer;
            while ((answer = await project.PostAsJsonAsync(new Uri(path, UriKind.Relative), body(made), Cancel)).IsSuccessStatusCode
                && made <= FairShareHost.Things)
            {
                made++;
            }

            made.ShouldBeInRange(1, FairShareHost.Things, path);
            answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity, path);
            var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!;
            ((string?)problem["code"]).ShouldBe("limit_reached");
            ((string?)problem["detail"])!.ShouldContain(knob);
        }

        using var other = host.Server.ClientFor("alwrity");
        using var theirs = await other.PostAsJsonAsync(
            new Uri("/v1/api-keys", UriKind.Relative), new JsonObject { ["kind"] = "secret" }, Cancel);
        theirs.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_customer_token_uses_only_so_many_new_idempotency_keys_a_day()
    {
        using var project = host.Server.ClientFor("resume-ats");
        using var created = await project.PostAsJsonAsync(
            new Uri("/v1/customers", UriKind.Relative), new JsonObject { ["id"] = "keys-1" }, Cancel);
        using var issued = await project.PostAsJsonAsync(
            new Uri("/v1/customers/keys-1/tokens", UriKind.Relative), new JsonObject(), Cancel);
        using var customer = host.Server.NewClient((string?)JsonNode.Parse(await issued.Content.ReadAsStringAsync(Cancel))!["token"]);
        using var first = await OpenAsync("key-1");
        first.StatusCode.ShouldBe(HttpStatusCode.Created);
        using var refused = await OpenAsync("key-2");
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        (await refused.Content.ReadAsStringAsync(Cancel)).ShouldContain("TOLLGATE_CUSTOMER_IDEMPOTENCY_KEYS");
        using var again = await OpenAsync("key-1");
        again.StatusCode.ShouldBe(HttpStatusCode.Created);

        async Task<HttpResponseMessage> OpenAsync(string key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/portal-sessions", UriKind.Relative))
            {
                Content = JsonContent.Create(new JsonObject()),
            };
            request.Headers.Add("Idempotency-Key", key);
            return await customer.SendAsync(request, Cancel);
        }
    }

    private static async Task<HttpResponseMessage> GetAsync(HttpClient client, string path) =>
        await client.GetAsync(new Uri(path, UriKind.Relative), Cancel);

    private static async Task ShouldBeRefusedAsync(HttpClient client, string path, string knob)
    {
        using var refused = await GetAsync(client, path);
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter.ShouldNotBeNull();
        var problem = JsonNode.Parse(await refused.Content.ReadAsStringAsync(Cancel))!;
        ((string?)problem["code"]).ShouldBe("project_busy");
        ((string?)problem["detail"])!.ShouldContain(knob);
    }

    /// <summary>Waits until <paramref name="count"/> of the server's statements wait for a lock of the test.</summary>
    private Task UntilHeldAsync(int count) => Eventually.UntilAsync(async () => await HeldAsync("") >= count);

    /// <param name="table">Counts only statements with this table; empty: any.</param>
    private async Task<int> HeldAsync(string table)
    {
        await using var waiting = host.Database.Source.CreateCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tollgate' AND "
                + "wait_event_type = 'Lock' AND strpos(query, $1) > 0");
        waiting.Parameters.Add(new() { Value = table });
        return Convert.ToInt32(await waiting.ExecuteScalarAsync(Cancel), CultureInfo.InvariantCulture);
    }

    private static async Task<NpgsqlTransaction> LockAsync(NpgsqlConnection holder, string table)
    {
        var transaction = await holder.BeginTransactionAsync(Cancel);
        await using var command = new NpgsqlCommand($"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", holder);
        await command.ExecuteNonQueryAsync(Cancel);
        return transaction;
    }

    private async Task<HttpStatusCode> PostAsync(string path, int bytes)
    {
        using var body = new StringContent(new string('x', bytes), Encoding.UTF8, "application/json");
        using var answer = await host.Server.Http.PostAsync(new Uri(path, UriKind.Relative), body, Cancel);
        return answer.StatusCode;
    }

    private static async Task<int> StatusOfAsync(Socket socket)
    {
        var (answer, read) = (new byte[12], 0);
        while (read < answer.Length && await socket.ReceiveAsync(answer.AsMemory(read), Cancel) is > 0 and var more)
        {
            read += more;
        }

        return read == answer.Length ? int.Parse(Encoding.ASCII.GetString(answer)[9..], CultureInfo.InvariantCulture) : 0;
    }

    private async Task<Socket> HalfAsync(string request, string? key, int length = 1_000)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(host.Server.Url.Host, host.Server.Port, Cancel);
        var authorization = key is null ? "" : $"Authorization: Bearer {key}\r\n";
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(
                $"{request} HTTP/1.1\r\nHost: localhost\r\n{authorization}Content-Type: application/json\r\nContent-Length: "
                    + $"{length}\r\n\r\n{{\"id\":"),
                Cancel);
        return socket;
    }
}

/// <summary>A server on which a project has very few simultaneous requests.</summary>
public sealed class FairShareHost(TestPostgres postgres) : IAsyncLifetime
{
    public const int Requests = 2;

    /// <summary>The limit of each kind; a new project has two keys.</summary>
    public const int Things = 3;

    private TestDatabase? _database;
    private TestServer? _server;

    public TestDatabase Database => _database!;

    public TestServer Server => _server!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _server = await TestServer.StartAsync(_database.ConnectionString, environment: new Dictionary<string, string>
        {
            ["TOLLGATE_PROJECT_REQUESTS"] = Requests.ToString(CultureInfo.InvariantCulture),
            ["TOLLGATE_PROJECT_HEAVY"] = "1",
            ["TOLLGATE_PROJECT_WAIT_SECONDS"] = "2",
            ["TOLLGATE_BODY_SECONDS"] = "3",
            ["TOLLGATE_MOST_KEYS"] = "3",
            ["TOLLGATE_MOST_COUPONS"] = "3",
            ["TOLLGATE_MOST_TOKENS"] = "3",
            ["TOLLGATE_CUSTOMER_IDEMPOTENCY_KEYS"] = "1",
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }
}
