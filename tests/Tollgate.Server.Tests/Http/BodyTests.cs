namespace Tollgate.Server.Tests.Http;

[Collection(FrontDoorTests.Name)]
public sealed class BodyTests(RunningServer server)
{
    [Theory]
    [InlineData("{", 1)]
    [InlineData("{\"kind\": \"secret\"", 1)]
    [InlineData("{\"kind\": \"secret\",\n \"name\": nope}", 2)]
    [InlineData("{} {}", 1)]
    [InlineData("", null)]
    [InlineData("{\"kind\": \"secret\",}", 1)]
    [InlineData("not json", 1)]
    public async Task Malformed_json_is_a_400_with_its_position(string body, int? line)
    {
        var reply = (await PostAsync(body)).ShouldBeProblem(400, "malformed_json");
        if (line is not null)
        {
            reply.Json.GetProperty("detail").GetString().ShouldStartWith($"Line {line}, byte ");
        }
    }

    [Fact]
    public async Task All_unknown_fields_are_named()
    {
        var reply = (await PostAsync("""{"kind": "secret", "nam": "x", "extra": {"a": 1}}""")).ShouldBeProblem(422, "unknown_field");
        reply.Faults.ShouldBe(new Dictionary<string, string> { ["nam"] = "unknown_field", ["extra"] = "unknown_field" }, ignoreOrder: true);
    }

    [Fact]
    public async Task All_wrong_types_are_named_with_their_paths()
    {
        var reply = (await PostAsync("""{"kind": 7, "scopes": ["gate:write", 8], "expires_at": "tomorrow", "networks": {}, "x": 1}"""))
            .ShouldBeProblem(422, "invalid_type");
        reply.Faults.ShouldBe(
            new Dictionary<string, string>
            {
                ["kind"] = "invalid_type",
                ["scopes[1]"] = "invalid_type",
                ["expires_at"] = "invalid_type",
                ["networks"] = "invalid_type",
                ["x"] = "unknown_field",
            },
            ignoreOrder: true);
    }

    [Theory]
    [InlineData("""{"kind": "secret", "kind": "public"}""", "unknown_field", "kind")]
    [InlineData("null", "invalid_type", "")]
    [InlineData("[]", "invalid_type", "")]
    [InlineData("\"x\"", "invalid_type", "")]
    [InlineData("{\"kind\": \"secret\", \"name\": \"\\ud800\"}", "invalid_type", "name")]
    [InlineData(
        """{"kind": "restricted", "name": "x", "scopes": ["gate:write"], "networks": ["10.0.0.0/8", null]}""", "invalid_type",
        "networks[1]")]
    [InlineData("""{"kind": "secret", "expires_at": "2030-01-01T00:00:00"}""", "invalid_type", "expires_at")]
    public async Task Other_shapes_are_422(string body, string code, string param)
    {
        var reply = (await PostAsync(body)).ShouldBeProblem(422, code);
        reply.Json.GetProperty("param").GetString().ShouldBe(param);
    }

    [Fact]
    public async Task All_faults_of_the_values_come_at_once()
    {
        var reply = (await PostAsync("""
            {"kind": "restricted", "name": "a\u0000b", "scopes": ["gate:write", "moon:write"], "networks": ["10.0.0.0/8", "nope"],
             "expires_at": "2020-01-01T00:00:00Z"}
            """)).ShouldBeProblem(422, "validation_failed");
        reply.Faults.ShouldBe(
            new Dictionary<string, string>
            {
                ["name"] = "invalid_format",
                ["scopes[1]"] = "invalid_value",
                ["networks[1]"] = "invalid_format",
                ["expires_at"] = "out_of_range",
            },
            ignoreOrder: true);
    }

    [Fact]
    public async Task A_body_above_the_limit_is_a_413()
    {
        var body = $$"""{"kind": "secret", "name": "{{new string('x', 1024 * 1024)}}"}""";
        (await PostAsync(body)).ShouldBeProblem(413, "payload_too_large");
    }

    [Fact]
    public async Task Nesting_without_end_is_malformed()
    {
        (await PostAsync(string.Concat(Enumerable.Repeat("""{"name":""", 10_000)))).ShouldBeProblem(400, "malformed_json");
    }

    [Fact]
    public async Task Another_media_type_is_a_415()
    {
        (await server.SendAsync(
            "POST", "/v1/api-keys", server.Secret("resume-ats"), """{"kind": "secret"}""",
            ("Content-Type", "application/x-www-form-urlencoded")))
            .ShouldBeProblem(415, "unsupported_media_type");
    }

    [Fact]
    public async Task Unknown_paths_and_methods_are_problems_too()
    {
        (await server.SendAsync("GET", "/v1/nope", null)).ShouldBeProblem(404, "not_found");
        (await server.SendAsync("DELETE", "/v1/projects", server.Admin)).ShouldBeProblem(405, "method_not_allowed");
        var reply = await server.SendAsync("GET", "/v1/nope", null, null, ("X-Request-Id", "my-own.id:7"));
        reply.Header("X-Request-Id").ShouldBe("my-own.id:7");
        (await server.SendAsync("GET", "/v1/nope", null, null, ("X-Request-Id", "a b<c>"))).Header("X-Request-Id").ShouldNotBe("a b<c>");
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    [InlineData("limit=x")]
    [InlineData("limit=-1")]
    [InlineData("limit=99999999999999999999")]
    [InlineData("starting_after=nope")]
    public async Task A_page_that_cannot_be_is_a_422(string query) =>
        (await server.SendAsync("GET", "/v1/api-keys?" + query, server.Secret("resume-ats"))).ShouldBeProblem(422, "validation_failed");

    private Task<Reply> PostAsync(string body) => server.SendAsync("POST", "/v1/api-keys", server.Secret("resume-ats"), body);
}
