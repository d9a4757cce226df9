using System.Net.Http.Headers;
using System.Text.Json;
using Tollgate.Server.Http;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Http;

/// <summary>
/// A server with limits on the requests of a key and an address. Addresses of 127.0.0.0/8 stand for clients of the network.
/// </summary>
public sealed class RequestLimitTests(RequestLimitTests.TestHost host) : IClassFixture<RequestLimitTests.TestHost>
{
    private const int OfKey = 20;
    private const int OfAddress = 50;
    private const int OfCustomer = 10;

    public sealed class TestHost(TestPostgres postgres) : IAsyncLifetime
    {
        private TestDatabase? _database;
        private TestServer? _server;

        public TestServer Server => _server!;

        public async ValueTask InitializeAsync()
        {
            _database = await postgres.CreateDatabaseAsync();
            _server = await TestServer.StartAsync(_database.ConnectionString, environment: new Dictionary<string, string>
            {
                ["TOLLGATE_KEY_REQUESTS_PER_MINUTE"] = "20", ["TOLLGATE_ADDRESS_REQUESTS_PER_MINUTE"] = "50",
                ["TOLLGATE_CUSTOMER_REQUESTS_PER_MINUTE"] = "10", ["TOLLGATE_TRUSTED_PROXIES"] = "127.0.0.99",
            });
        }

        public async ValueTask DisposeAsync()
        {
            await _server!.DisposeAsync();
            await _database!.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_key_has_its_requests_of_a_minute_on_any_address_and_other_keys_go_on()
    {
        var key = host.Server.Keys["TOLLGATE_KEY_RESUME_ATS"];
        var answers = new List<int>();
        for (var n = 0; n < 3 * OfKey; n++)
        {
            var (status, code, pause) = await AskAsync(n % 2 == 0 ? "127.0.0.2" : "127.0.0.3", key);
            answers.Add(status);
            if (status != 200)
            {
                (status, code).ShouldBe((429, "rate_limited"));
                pause.ShouldNotBeNull().TotalSeconds.ShouldBeInRange(1, 60);
            }
        }

        // Some return while the test runs.
        answers.Take(OfKey).ShouldAllBe(static status => status == 200);
        answers.Count(static status => status == 429).ShouldBeGreaterThanOrEqualTo(OfKey);
        (await AskAsync("127.0.0.4", host.Server.Keys["TOLLGATE_KEY_TRENDIT"])).Status.ShouldBe(200);
        (await MetricsAsync()).ShouldContain("tollgate_requests_limited_total{by=\"key\"}");
    }

    [Fact]
    public async Task A_customer_has_its_requests_of_a_minute_with_all_its_tokens_and_other_customers_go_on()
    {
        var key = host.Server.Keys["TOLLGATE_KEY_ALWRITY"];
        string[] mine = [await TokenAsync(key, "greedy"), await TokenAsync(key, "greedy")];
        var other = await TokenAsync(key, "modest");
        var answers = new List<int>();
        for (var n = 0; n < 3 * OfCustomer; n++)
        {
            var (status, code, pause) = await AskAsync("127.0.0.99", mine[n % 2], path: "/v1/customers/greedy/alerts");
            answers.Add(status);
            if (status != 200)
            {
                (status, code).ShouldBe((429, "rate_limited"));
                pause.ShouldNotBeNull().TotalSeconds.ShouldBeInRange(1, 60);
            }
        }

        answers.Take(OfCustomer).ShouldAllBe(static status => status == 200);
        answers.Count(static status => status == 429).ShouldBeGreaterThanOrEqualTo(OfCustomer);
        (await AskAsync("127.0.0.99", other, path: "/v1/customers/modest/alerts")).Status.ShouldBe(200);
        (await AskAsync("127.0.0.99", key, path: "/v1/customers/greedy/alerts")).Status.ShouldBe(200, "The app's own key is not the customer's.");
        (await MetricsAsync()).ShouldContain("tollgate_requests_limited_total{by=\"customer\"}");
    }

    [Fact]
    public void A_million_customers_are_not_kept_and_nobody_gets_the_budget_of_another()
    {
        var (budgets, now) = (new CustomerBudgets(1), TimeSpan.FromHours(1));
        for (var n = 0; n < 1_000_000; n++)
        {
            now += TimeSpan.FromMilliseconds(2);
            budgets.Take(1, $"c{n}", now).ShouldBeNull();
        }

        budgets.Count.ShouldBeLessThanOrEqualTo(100_000);
        budgets.Take(1, "c999999", now).ShouldNotBeNull("Its one request of the minute is used.");
        budgets.Take(2, "c999999", now).ShouldBeNull("Another project's customer of the same name.");
    }

    [Fact]
    public void A_project_with_very_many_customers_gives_no_budget_back_to_those_of_another()
    {
        var (budgets, now) = (new CustomerBudgets(1), TimeSpan.FromHours(1));
        budgets.Take(2, "greedy", now).ShouldBeNull();
        for (var n = 0; n < 250_000; n++)
        {
            budgets.Take(1, $"c{n}", now).ShouldBeNull();
        }

        budgets.Count.ShouldBeLessThanOrEqualTo(100_000);
        budgets.Take(2, "greedy", now + TimeSpan.FromSeconds(1)).ShouldNotBeNull("Its one request of the minute is used.");
    }

    private async Task<string> TokenAsync(string key, string customer)
    {
        using var http = host.Server.ClientFrom("127.0.0.99");
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        using var answer = await http.PostAsync(
            new Uri($"/v1/customers/{customer}/tokens", UriKind.Relative),
            new StringContent("{}", System.Text.Encoding.UTF8, "application/json"));
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("token").GetString()!;
    }

    [Fact]
    public async Task An_address_has_its_requests_of_a_minute_with_any_key_or_none_and_the_operator_goes_on()
    {
        var refused = 0;
        for (var n = 0; n < 2 * OfAddress; n++)
        {
            var (status, code, _) = await AskAsync("127.0.0.5", n % 2 == 0 ? null : "nonsense");
            refused += (status, code) == (429, "rate_limited") ? 1 : 0;
            if (n < OfAddress)
            {
                status.ShouldBe(401);
            }
        }

        refused.ShouldBeGreaterThan(OfAddress / 2);
        for (var n = 0; n < 2 * OfAddress; n++)
        {
            (await AskAsync("127.0.0.99", host.Server.AdminKey)).Status.ShouldBe(200, "A trusted proxy and the admin key have no limit.");
        }

        (await AskAsync("127.0.0.99", null, "203.0.113.9")).Status.ShouldBe(401);
        (await MetricsAsync()).ShouldContain("tollgate_requests_limited_total{by=\"address\"}");
    }

    private async Task<(int Status, string? Code, TimeSpan? Pause)> AskAsync(
        string from, string? key, string? client = null, string path = "/v1/customers")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        if (key == host.Server.AdminKey)
        {
            request.Headers.Add("X-Project", "resume-ats");
        }

        if (client is not null)
        {
            request.Headers.Add("X-Forwarded-For", client);
        }

        using var http = host.Server.ClientFrom(from);
        using var answer = await http.SendAsync(request);
        var code = answer.IsSuccessStatusCode
            ? null
            : JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("code").GetString();
        return ((int)answer.StatusCode, code, answer.Headers.RetryAfter?.Delta);
    }

    private async Task<string> MetricsAsync()
    {
        using var http = host.Server.ClientFrom("127.0.0.99");
        http.DefaultRequestHeaders.Authorization = new("Bearer", host.Server.AdminKey);
        return await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
    }
}
