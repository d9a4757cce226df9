using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Tollgate.Server.Tests.Metering;

/// <summary>A level, whose last reported value is the usage, over HTTP.</summary>
public sealed class LevelEndpointTests(SharedMeteringHost host) : IClassFixture<SharedMeteringHost>
{
    private const string Catalogue =
        """
        code: levels
        name: Levels
        default_plan: free
        features:
          - {code: credits, name: Credits}
          - {code: seats, name: Seats, meters: [{event_type: seats_counted, aggregate: latest}]}
        plans:
          - code: free
            name: Free
            entitlements:
              - {feature: credits, quota: 10}
              - {feature: seats, quota: 5}
        """;

    [Fact]
    public async Task A_level_is_reported_read_checked_and_explained_and_nothing_else()
    {
        using var http = await ProjectAsync("levels");
        await SendAsync(
            http, "/v1/events",
            """[{"id":"a","customer":"ann","type":"seats_counted","quantity":4},{"id":"b","customer":"ann","type":"seats_counted","quantity":3}]""",
            200);
        (await UsageAsync(http)).GetProperty("used").GetDecimal().ShouldBe(3);
        (await UsageAsync(http)).GetProperty("projected").GetDecimal().ShouldBe(3, "a level is no pace");
        (await SendAsync(http, "/v1/check", """{"customer":"ann","feature":"seats","amount":2}""", 200)).GetProperty("allowed").GetBoolean()
            .ShouldBeTrue();
        (await SendAsync(http, "/v1/check", """{"customer":"ann","feature":"seats","amount":3}""", 200)).GetProperty("allowed").GetBoolean()
            .ShouldBeFalse();
        foreach (var (path, body) in ((string, string)[])[
            ("/v1/consume", """{"customer":"ann","feature":"seats"}"""),
            ("/v1/reservations", """{"customer":"ann","feature":"seats","amount":1}""")])
        {
            var refused = await SendAsync(http, path, body, 422);
            (refused.GetProperty("code").GetString(), refused.GetProperty("detail").GetString()).ShouldBe(
                ("level_not_consumed", "The feature 'seats' is a level: report its value as an event of the type 'seats_counted'."), path);
        }

        (await SendAsync(http, "/v1/customers/ann/grants", """{"feature":"seats","amount":1}""", 422)).ToString()
            .ShouldContain("is a level");
        JsonElement.Parse(await http.GetStringAsync("/v1/decisions/b")).ToString().ShouldContain("seats");
        await SendAsync(http, "/v1/events/b/void", """{"customer":"ann"}""", 200);
        (await UsageAsync(http)).GetProperty("used").GetDecimal().ShouldBe(4);
    }

    private static async Task<JsonElement> UsageAsync(HttpClient http) =>
        JsonElement.Parse(await http.GetStringAsync("/v1/customers/ann/usage")).GetProperty("features").GetProperty("seats");

    [Theory]
    [InlineData("quota: 5}", "quota: 5, pool: {feature: credits, rate: 1}}", "plans[0].entitlements[1].pool", "is a level")]
    [InlineData("quota: 5}", "quota: 5, rollover: {max: 1}}", "plans[0].entitlements[1].rollover", "is a level")]
    [InlineData("quota: 10}", "quota: 10, pool: {feature: seats, rate: 1}}", "plans[0].entitlements[0].pool.feature", "is a level")]
    [InlineData("aggregate: latest}]", "aggregate: latest}, {event_type: scan}]", "features[1].meters[1]", "cannot share a feature with")]
    [InlineData(
        "aggregate: latest}]", "aggregate: latest}, {event_type: seats_counted, aggregate: latest, value_property: n}]",
        "features[1].meters[1]", "count twice")]
    [InlineData(
        "aggregate: latest}]", "aggregate: latest}, {event_type: seats_counted, aggregate: latest, filters: [{property: n, any_of: [1]}]}]",
        "features[1].meters[1]", "different types")]
    [InlineData(
        "aggregate: latest}]", "aggregate: unique, value_property: u}, {event_type: seats_counted, filters: [{property: n, any_of: [1]}]}]",
        "features[1].meters[1]", "could not tell")]
    [InlineData("aggregate: latest}]", "aggregate: sum}]", "features[1].meters", "cannot be changed to a sum")]
    [InlineData("aggregate: latest}]", "aggregate: max}]", "features[1].meters", "cannot be changed to max")]
    [InlineData(
        "plans:\n", "packs: [{code: p, name: P, feature: seats, quantity: 1, prices: [{amount: 100}]}]\nplans:\n", "packs[0].feature",
        "Use an add-on to raise")]
    public async Task Settings_that_a_level_cannot_have_are_refused_with_their_path(
        string before, string after, string path, string detail)
    {
        using var http = await ProjectAsync("l" + Guid.NewGuid().ToString("N")[..12]);
        using var body = new StringContent(
            Catalogue.Replace(before, after, StringComparison.Ordinal), Encoding.UTF8, new MediaTypeHeaderValue("application/yaml"));
        using var answer = await http.PutAsync("/v1/catalog?dry_run=true", body);
        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        ((int)answer.StatusCode, problem.GetProperty("code").GetString()).ShouldBe((422, "catalog_invalid"), problem.ToString());
        problem.GetProperty("errors").EnumerateArray().ShouldContain(
            one => one.GetProperty("param").GetString() == path
                && one.GetProperty("detail").GetString()!.Contains(detail, StringComparison.Ordinal), problem.ToString());
    }

    private async Task<HttpClient> ProjectAsync(string code)
    {
        using var admin = host.Server.NewClient(host.Server.AdminKey);
        using var made = await admin.PostAsync("/v1/projects", MeteringHost.Text(JsonSerializer.Serialize(
            new Dictionary<string, string> { ["code"] = code, ["name"] = code, ["mode"] = "live", ["catalog"] = Catalogue })));
        var body = JsonElement.Parse(await made.Content.ReadAsStringAsync());
        ((int)made.StatusCode).ShouldBe(201, body.ToString());
        return host.Server.NewClient(body.GetProperty("secret_key").GetString());
    }

    private static async Task<JsonElement> SendAsync(HttpClient http, string path, string body, int status)
    {
        using var answer = await http.PostAsync(path, MeteringHost.Text(body));
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(status, $"{path}: {text}");
        return JsonElement.Parse(text);
    }
}
