namespace Tollgate.Server.Tests.Http;

/// <summary>A text of a fixed form ends where its form ends: a newline after it is a fault, not an invisible part of it.</summary>
[Collection(FrontDoorTests.Name)]
public sealed class TrueEndTests(RunningServer server)
{
    private const string Project = "resume-ats";

    /// <summary>Bodies that are good without the ⏎.</summary>
    [Theory]
    [InlineData("POST", "/v1/projects", "code", """{"code": "ends⏎", "name": "Ends", "mode": "sandbox"}""")]
    [InlineData(
        "POST", "/v1/projects", "time_zone", """{"code": "ends", "name": "Ends", "mode": "sandbox", "time_zone": "Europe/Berlin⏎"}""")]
    [InlineData("POST", "/v1/projects", "currency", """{"code": "ends", "name": "Ends", "mode": "sandbox", "currency": "USD⏎"}""")]
    [InlineData("POST", "/v1/projects", "mode", """{"code": "ends", "name": "Ends", "mode": "sandbox⏎"}""")]
    [InlineData("POST", "/v1/projects", "name", """{"code": "ends", "name": "Ends⏎", "mode": "sandbox"}""")]
    [InlineData("PUT", "/v1/projects/resume-ats/hosts", "hosts[0]", """{"hosts": ["ends.example⏎"]}""")]
    [InlineData("POST", "/v1/api-keys", "networks[0]", """{"kind": "restricted", "scopes": ["usage:read"], "networks": ["10.0.0.0/8⏎"]}""")]
    [InlineData("POST", "/v1/api-keys", "networks[0]", """{"kind": "restricted", "scopes": ["usage:read"], "networks": ["10.0.0.1⏎"]}""")]
    [InlineData("POST", "/v1/api-keys", "scopes[0]", """{"kind": "restricted", "scopes": ["usage:read⏎"]}""")]
    [InlineData(
        "POST", "/v1/api-keys", "expires_at",
        """{"kind": "restricted", "scopes": ["usage:read"], "expires_at": "2035-01-01T00:00:00Z⏎"}""")]
    [InlineData("POST", "/v1/coupons", "code", """{"code": "ENDS⏎", "name": "Ends", "percent_off": 10}""")]
    [InlineData("POST", "/v1/customers", "id", """{"id": "ends⏎"}""")]
    [InlineData("POST", "/v1/customers", "email", """{"id": "ends", "email": "a@example.com⏎"}""")]
    [InlineData("POST", "/v1/customers", "currency", """{"id": "ends", "currency": "USD⏎"}""")]
    [InlineData("POST", "/v1/customers", "time_zone", """{"id": "ends", "time_zone": "Europe/Berlin⏎"}""")]
    [InlineData("POST", "/v1/customers", "country", """{"id": "ends", "country": "DE⏎"}""")]
    [InlineData("POST", "/v1/consume", "id", """{"customer": "ends", "feature": "ats_scan", "id": "e⏎"}""")]
    [InlineData("POST", "/v1/webhook-endpoints", "url", """{"url": "https://example.com/hook⏎", "events": ["invoice.paid"]}""")]
    [InlineData("PUT", "/v1/upstreams/ends", "base_url", """{"base_url": "https://example.com⏎", "api_key": "k"}""")]
    public async Task A_newline_behind_a_field_is_refused(string method, string path, string field, string body)
    {
        var key = path.StartsWith("/v1/projects", StringComparison.Ordinal) ? server.Admin : server.Secret(Project);
        foreach (var end in (string[])["\\n", "\\r\\n", "\\u0000"])
        {
            var reply = await server.SendAsync(method, path, key, body.Replace("⏎", end, StringComparison.Ordinal));
            ((int)reply.Status, field, end, System.Text.Encoding.UTF8.GetString(reply.Body)).ShouldSatisfyAllConditions(
                seen => seen.Item1.ShouldBeOneOf([400, 422], $"{path}: {seen}"),
                seen => seen.Item4.ShouldContain($"\"{field}\"", Case.Sensitive, $"{path}: {seen}"));
        }
    }

    [Theory]
    [InlineData("$.code")]
    [InlineData("$.upgrade_url")]
    [InlineData("$.default_plan")]
    [InlineData("$.currency")]
    [InlineData("$.features[0].code")]
    [InlineData("$.features[0].kind")]
    [InlineData("$.features[0].meters[0].event_type")]
    [InlineData("$.plans[0].code")]
    [InlineData("$.plans[0].prices[0].interval")]
    [InlineData("$.plans[0].entitlements[0].feature")]
    public async Task A_newline_behind_a_word_of_the_catalogue_is_refused(string place)
    {
        var document = System.Text.Json.Nodes.JsonNode.Parse("""
            {
              "code": "ends", "name": "Ends", "currency": "USD", "default_plan": "free", "upgrade_url": "https://example.com/up",
              "features": [{"code": "scan", "name": "Scan", "kind": "metered", "meters": [{"event_type": "scan"}]}],
              "plans": [{"code": "free", "name": "Free", "prices": [{"interval": "monthly", "amount": 0}], "entitlements": [{"feature": "scan", "quota": 1}]}]
            }
            """)!;
        (await PreviewAsync(document)).ShouldBe(200);
        var parts = place[2..].Split('.');
        var holder = document;
        foreach (var part in parts[..^1])
        {
            holder = part.Split('[') is [var name, var index]
                ? holder[name]![int.Parse(index.TrimEnd(']'), System.Globalization.CultureInfo.InvariantCulture)]!
                : holder[part]!;
        }

        holder[parts[^1]] = holder[parts[^1]]!.GetValue<string>() + "\n";
        var reply = await PreviewAsync(document);
        ((int)reply.Status).ShouldBe(422, System.Text.Encoding.UTF8.GetString(reply.Body));
        System.Text.Encoding.UTF8.GetString(reply.Body).ShouldContain(parts[^1] is "default_plan" ? "default_plan" : parts[^1]);
    }

    private Task<Reply> PreviewAsync(System.Text.Json.Nodes.JsonNode document) =>
        server.SendAsync("PUT", "/v1/catalog?dry_run=true", server.Secret(Project), document.ToJsonString());
}
