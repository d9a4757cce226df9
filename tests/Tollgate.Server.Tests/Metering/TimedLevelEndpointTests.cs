using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Tollgate.Server.Tests.Metering;

/// <summary>A time-weighted feature, over the wire. Invoices: <c>TimedLives</c>.</summary>
public sealed class TimedLevelEndpointTests(SharedMeteringHost host) : IClassFixture<SharedMeteringHost>
{
    private const string Catalogue =
        """
        code: timed
        name: Timed
        default_plan: free
        features:
          - {code: credits, name: Credits}
          - {code: storage, name: Storage, meters: [{event_type: stored, aggregate: weighted_sum, value_property: gb}]}
        plans:
          - code: free
            name: Free
            entitlements:
              - {feature: credits, quota: 10}
              - {feature: storage, quota: 5, hard_cap: false}
        """;

    [Fact]
    public async Task Stored_gigabytes_are_reported_read_explained_and_verified_and_nothing_else()
    {
        using var http = await ProjectAsync("timed");
        await SendAsync(http, "/v1/test-clock", """{"advance_to":"2031-04-01T00:00:00Z"}""", 200);
        await SendAsync(http, "/v1/events", """[{"id":"a","customer":"ann","type":"stored","properties":{"gb":40}}]""", 200);
        await SendAsync(http, "/v1/test-clock", """{"advance_to":"2031-04-16T00:00:00Z"}""", 200);
        var usage = await UsageAsync(http);
        (Of(usage, "used"), Of(usage, "projected"), Of(usage, "limit"), Of(usage, "remaining"), Of(usage, "percent"))
            .ShouldBe((20, 40, 5, 0, 400));
        await SendAsync(
            http, "/v1/events",
            """[{"id":"b","customer":"ann","type":"stored","properties":{"gb":10},"occurred_at":"2031-04-10T00:00:00Z"}]""",
            200);
        usage = await UsageAsync(http);
        (Of(usage, "used"), Of(usage, "projected")).ShouldBe((14, 19), "9 days of 40, then 10");
        var check = await SendAsync(http, "/v1/check", """{"customer":"ann","feature":"storage","amount":1}""", 200);
        (check.GetProperty("allowed").GetBoolean(), check.GetProperty("used").GetDecimal()).ShouldBe((true, 14));
        foreach (var (path, body) in ((string, string)[])[
            ("/v1/consume", """{"customer":"ann","feature":"storage"}"""),
            ("/v1/reservations", """{"customer":"ann","feature":"storage","amount":1}""")])
        {
            var refused = await SendAsync(http, path, body, 422);
            (refused.GetProperty("code").GetString(), refused.GetProperty("detail").GetString()).ShouldBe(
                ("level_not_consumed", "The feature 'storage' is a level: report its value as an event of the type 'stored'."), path);
        }

        (await SendAsync(http, "/v1/customers/ann/grants", """{"feature":"storage","amount":1}""", 422)).ToString()
            .ShouldContain("is a level");
        (await SendAsync(http, "/v1/customers/ann/overrides", """{"storage":{"overage_limit":5}}""", 422, HttpMethod.Put)).ToString()
            .ShouldContain("usage grows with time");
        JsonElement.Parse(await http.GetStringAsync("/v1/decisions/b")).ToString().ShouldContain("storage");
        (await SendAsync(http, "/v1/events/b/void", """{"customer":"ann"}""", 200)).ToString().ShouldContain("20");
        await SendAsync(http, "/v1/test-clock", """{"advance_to":"2031-07-04T00:00:00Z"}""", 200);
        (Of(await UsageAsync(http), "used"), Of(await UsageAsync(http), "projected")).ShouldBe(
            (decimal.Round(40m * 3 / 31, 9), 40), "nobody has reported it for three months");
        (await SendAsync(http, "/v1/verify", "{}", 200)).GetProperty("clean").GetBoolean().ShouldBeTrue();
    }

    [Theory]
    [InlineData("hard_cap: false}", "hard_cap: true}", "plans[0].entitlements[1].hard_cap", "a hard cap cannot stop it")]
    [InlineData("quota: 5, hard_cap: false}", "quota: 5}", "plans[0].entitlements[1].hard_cap", "a hard cap cannot stop it")]
    [InlineData(
        "hard_cap: false}", "hard_cap: false, overage_limit: 7}", "plans[0].entitlements[1].overage_limit", "an overage limit cannot stop it")]
    [InlineData("hard_cap: false}", "hard_cap: false, period: day}", "plans[0].entitlements[1].period", "billing_month")]
    [InlineData("hard_cap: false}", "hard_cap: false, period: lifetime}", "plans[0].entitlements[1].period", "billing_month")]
    [InlineData(
        "hard_cap: false}", "hard_cap: false, rate_limits: [{limit: 5, per: minute}]}", "plans[0].entitlements[1].rate_limits",
        "rate limits have no effect")]
    [InlineData("hard_cap: false}", "hard_cap: false, pool: {feature: credits, rate: 1}}", "plans[0].entitlements[1].pool", "is a level")]
    [InlineData("hard_cap: false}", "hard_cap: false, rollover: {max: 1}}", "plans[0].entitlements[1].rollover", "is a level")]
    [InlineData("quota: 10}", "quota: 10, pool: {feature: storage, rate: 1}}", "plans[0].entitlements[0].pool.feature", "is a level")]
    [InlineData("value_property: gb}]", "value_property: gb}, {event_type: scan}]", "features[1].meters[1]", "cannot share a feature with")]
    [InlineData(
        "value_property: gb}]",
        "value_property: gb}, {event_type: stored, aggregate: weighted_sum, filters: [{property: n, any_of: [1]}]}]",
        "features[1].meters[1]", "different types")]
    [InlineData("aggregate: weighted_sum", "aggregate: latest", "features[1].meters", "cannot be changed to latest")]
    [InlineData(
        "plans:\n", "packs: [{code: p, name: P, feature: storage, quantity: 1, prices: [{amount: 100}]}]\nplans:\n", "packs[0].feature",
        "Use an add-on to raise")]
    public async Task Settings_that_it_cannot_have_are_refused_with_their_path(
        string before, string after, string path, string detail)
    {
        using var http = await ProjectAsync("t" + Guid.NewGuid().ToString("N")[..12]);
        using var body = new StringContent(
            Catalogue.Replace(before, after, StringComparison.Ordinal), Encoding.UTF8, new MediaTypeHeaderValue("application/yaml"));
        using var answer = await http.PutAsync("/v1/catalog?dry_run=true", body);
        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        ((int)answer.StatusCode, problem.GetProperty("code").GetString()).ShouldBe((422, "catalog_invalid"), problem.ToString());
        problem.GetProperty("errors").EnumerateArray().ShouldContain(
            one => one.GetProperty("param").GetString() == path
                && one.GetProperty("detail").GetString()!.Contains(detail, StringComparison.Ordinal), problem.ToString());
    }

    private static decimal Of(JsonElement usage, string member) => usage.GetProperty(member).GetDecimal();

    private static async Task<JsonElement> UsageAsync(HttpClient http) =>
        JsonElement.Parse(await http.GetStringAsync("/v1/customers/ann/usage")).GetProperty("features").GetProperty("storage");

    private async Task<HttpClient> ProjectAsync(string code)
    {
        using var admin = host.Server.NewClient(host.Server.AdminKey);
        using var made = await admin.PostAsync("/v1/projects", MeteringHost.Text(JsonSerializer.Serialize(
            new Dictionary<string, string> { ["code"] = code, ["name"] = code, ["mode"] = "sandbox", ["catalog"] = Catalogue })));
        var body = JsonElement.Parse(await made.Content.ReadAsStringAsync());
        ((int)made.StatusCode).ShouldBe(201, body.ToString());
        return host.Server.NewClient(body.GetProperty("secret_key").GetString());
    }

    private static async Task<JsonElement> SendAsync(HttpClient http, string path, string body, int status, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Post, path) { Content = MeteringHost.Text(body) };
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(status, $"{path}: {text}");
        return JsonElement.Parse(text);
    }
}
