using System.Text.Json;

namespace Tollgate.Server.Tests.Http;

/// <summary>
/// Input that no client should send, at every operation of the document: it never causes a server fault, and is never misread.
/// </summary>
[Collection(FrontDoorTests.Name)]
public sealed class StrayInputTests(RunningServer server)
{
    private const string Project = "resume-ats";

    /// <summary>PostgreSQL's text cannot hold U+0000, so an unchecked one would cause a 500.</summary>
    [Fact]
    public async Task A_NUL_in_any_parameter_of_any_list_is_no_fault_of_the_server()
    {
        List<string> broken = [];
        var asked = 0;
        foreach (var (path, operation) in await OperationsAsync("get"))
        {
            foreach (var name in QueryOf(operation))
            {
                var reply = await server.SendAsync("GET", $"{Filled(path)}?{name}=%00", server.Secret(Project));
                asked++;
                if ((int)reply.Status >= 500)
                {
                    broken.Add($"{path}?{name}: {(int)reply.Status}");
                }
            }
        }

        broken.ShouldBeEmpty();
        asked.ShouldBeGreaterThan(100);
        (await server.SendAsync("GET", "/v1/provider-invoices?customer=%00&subscription=%00", server.Secret(Project))).ShouldBeProblem(
            422, "validation_failed")
            .Faults.Keys.ShouldBe(["customer", "subscription"]);
    }

    [Theory]
    [InlineData("{bad", 400, "malformed_json")]
    [InlineData("[]", 422, "invalid_type")]
    [InlineData("\"x\"", 422, "invalid_type")]
    [InlineData("""{"limit": 3}""", 422, "unknown_field")]
    public async Task A_body_where_none_is_read_is_refused_and_not_passed_over(string body, int status, string code)
    {
        var without = (await OperationsAsync("post")).Where(static one => !one.Operation.TryGetProperty("requestBody", out _)
            && IsGuarded(one.Operation)).ToList();
        without.Select(static one => one.Path).ShouldContain("/v1/provider-events/retry-parked");
        foreach (var (path, _) in without)
        {
            var reply = await server.SendAsync(
                "POST", Filled(path), server.Secret(Project), body, ("Idempotency-Key", Guid.NewGuid().ToString()));
            ((int)reply.Status, path, reply.Json.GetProperty("code").GetString()).ShouldBe((status, path, code));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    public async Task Nothing_and_an_empty_object_say_nothing(string? body) =>
        (await server.SendAsync("POST", "/v1/provider-events/retry-parked", server.Secret(Project), body)).ShouldBe(200);

    /// <summary>Kestrel removes dot segments before it chooses an endpoint; ids are read from the path as sent.</summary>
    [Theory]
    [InlineData("GET", "/v1/invoices/x/../a.pdf", "'..'")]
    [InlineData("GET", "/v1/invoices/x/%2e%2E/a.pdf?x=1", "'%2e%2E'")]
    [InlineData("GET", "http://x/v1/invoices/./a.pdf", "'.'")]
    [InlineData("GET", "/v1/customers/.%2E", "'.%2E'")]
    [InlineData("GET", "/nowhere/./", "'.'")]
    [InlineData("GET", "/v1/customers/a..b", null)]
    [InlineData("GET", "/v1/customers/...?x=/../y", null)]
    [InlineData("GET", "/v1/customers/..%2Fa", null)]
    [InlineData("OPTIONS", "*", null)]
    public async Task A_dot_segment_is_refused_before_an_endpoint_runs(string method, string target, string? segment)
    {
        using var tcp = new System.Net.Sockets.TcpClient();
        await tcp.ConnectAsync(server.Server.Url.Host, server.Server.Port, TestContext.Current.CancellationToken);
        await using var stream = tcp.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(
            $"{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.Secret(Project)}\r\nConnection: close\r\n\r\n"),
            TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        var answer = (await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        answer.ShouldStartWith(segment is null ? "HTTP/1.1 4" : "HTTP/1.1 400");
        answer.Contains("The path has the segment " + segment, StringComparison.Ordinal).ShouldBe(segment is not null, answer);
    }

    /// <summary>
    /// Kestrel accepts these host names, but no address can contain them, and links to pages begin with the address that the caller used.
    /// </summary>
    [Theory]
    [InlineData("x:99999")]
    [InlineData("x..y")]
    [InlineData("~")]
    [InlineData("a!b")]
    [InlineData("xn--")]
    [InlineData("[::1")]
    [InlineData("")]
    public async Task A_Host_that_is_no_address_is_refused_where_a_link_is_made(string host)
    {
        await server.SendAsync("POST", "/v1/customers", server.Secret(Project), """{"id":"hosted"}""");
        foreach (var (path, body) in new[]
        {
            ("/v1/portal-sessions", """{"customer":"hosted"}"""),
            ("/v1/checkouts",
                """{"customer":"hosted","plan":"pro","success_url":"https://a.example/","cancel_url":"https://a.example/"}"""),
        })
        {
            using var tcp = new System.Net.Sockets.TcpClient();
            await tcp.ConnectAsync(server.Server.Url.Host, server.Server.Port, TestContext.Current.CancellationToken);
            await using var stream = tcp.GetStream();
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {server.Secret(Project)}\r\nContent-Type: "
                    + $"application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"),
                TestContext.Current.CancellationToken);
            using var reader = new StreamReader(stream);
            (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldStartWith("HTTP/1.1 400", customMessage: path);
        }
    }

    /// <summary>The operations of <c>/v1</c>: a seed door follows its own product's contract.</summary>
    private async Task<IReadOnlyList<(string Path, JsonElement Operation)>> OperationsAsync(string method)
    {
        var document = (await server.SendAsync("GET", "/openapi/v1.json", null)).ShouldBe(200).Json;
        return
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
               where path.Name.StartsWith("/v1/", StringComparison.Ordinal)
               from one in path.Value.EnumerateObject()
               where one.Name == method
               select (path.Name, one.Value),
        ];
    }

    private static IEnumerable<string> QueryOf(JsonElement operation) => operation.TryGetProperty("parameters", out var all)
        ? all.EnumerateArray().Where(static one => one.GetProperty("in").GetString() == "query")
            .Select(static one => one.GetProperty("name").GetString()!)
        : [];

    private static bool IsGuarded(JsonElement operation) =>
        operation.TryGetProperty("security", out var needed) && needed.EnumerateArray().Any(static one => one.EnumerateObject().Any());

    private static string Filled(string path) => string.Join('/', path.Split('/').Select(static part => part.StartsWith('{') ? "x" : part));
}
