using System.Text.Json;

namespace Tollgate.Server.Tests.Http;

/// <summary>Every answer forbids type sniffing, and forbids caching unless anyone may see it.</summary>
[Collection(FrontDoorTests.Name)]
public sealed class AnswerHeadersTests(RunningServer server)
{
    private const string Project = "resume-ats";

    private static readonly string[] WithBody = ["POST", "PUT", "PATCH"];

    /// <summary>Nothing is changed: the ids lead nowhere, and the bodies are empty objects in a project of the test's own.</summary>
    [Fact]
    public async Task Every_operation_of_the_document_says_nosniff_and_no_store_unless_anybody_may_see_it()
    {
        var key = await OwnKeyAsync();
        List<string> faults = [];
        var kept = 0;
        foreach (var (method, path) in await OperationsAsync())
        {
            foreach (var caller in (string?[])[null, "tg_sk_unknown", server.Public(Project), key])
            {
                var reply = await server.SendAsync(method, path, caller, WithBody.Contains(method) ? "{}" : null);
                var isPublic = reply.Header("Cache-Control") == "public, max-age=60";
                kept += isPublic ? 1 : 0;
                var isRight = isPublic
                    ? (int)reply.Status == 200 && method == "GET" && (caller is null || caller == server.Public(Project))
                    && reply.Header("Vary") == "Authorization,X-Api-Key"
                    : reply.Header("Cache-Control") == "no-store";
                if (!isRight || reply.Header("X-Content-Type-Options") != "nosniff")
                {
                    faults.Add(
                        $"{method} {path} as {caller?[..6] ?? "nobody"}: {(int)reply.Status}, {reply.Header("Cache-Control")}, "
                            + $"{reply.Header("X-Content-Type-Options")}");
                }
            }
        }

        faults.ShouldBeEmpty();
        kept.ShouldBeGreaterThan(4);
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "no-store")]
    [InlineData("PUT", "/v1/consume", 405, "no-store")]
    [InlineData("GET", "/health/live", 200, "no-store")]
    [InlineData("GET", "/", 200, "no-store")]
    [InlineData("GET", "/portal/nothing", 404, "no-store")]
    [InlineData("GET", "/checkout/nothing", 404, "no-store")]
    [InlineData("GET", "/portal/nothing/invoices/nothing.pdf", 404, "no-store")]
    [InlineData("GET", "/v1/mail/unsubscribe?token=nothing", 400, "no-store")]
    [InlineData("GET", "/docs/errors/nothing", 404, "no-store")]
    [InlineData("GET", "/docs/errors/not_found", 200, "public, max-age=300")]
    [InlineData("GET", "/docs/errors", 200, "public, max-age=300")]
    [InlineData("GET", "/docs/index.html", 200, "max-age=0, private")]
    [InlineData("GET", "/openapi/v1.json", 200, "public, max-age=300")]
    [InlineData("GET", "/openapi/v2.json", 404, "no-store")]
    public async Task Pages_documents_and_errors_say_it_too(string method, string path, int status, string cache)
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(server.Server.Url, path));
        using var reply = await client.SendAsync(request, TestContext.Current.CancellationToken);
        ((int)reply.StatusCode).ShouldBe(status);
        string.Join(", ", reply.Headers.GetValues("Cache-Control")).ShouldBe(cache);
        reply.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
    }

    [Theory]
    [InlineData("/v1/events.csv?customer=a")]
    [InlineData("/v1/invoices.csv")]
    public async Task Files_say_it_too(string path)
    {
        var reply = (await server.SendAsync("GET", path, server.Secret(Project))).ShouldBe(200);
        (reply.Header("Cache-Control"), reply.Header("X-Content-Type-Options")).ShouldBe(("no-store", "nosniff"));
    }

    /// <summary>A failure clears headers that were set before it.</summary>
    [Fact]
    public async Task A_body_that_is_too_large_says_it_too()
    {
        var reply = (await server.SendAsync("POST", "/v1/check", server.Secret(Project), new string(' ', 2 * 1024 * 1024))).ShouldBe(413);
        (reply.Header("Cache-Control"), reply.Header("X-Content-Type-Options")).ShouldBe(("no-store", "nosniff"));
    }

    private async Task<string> OwnKeyAsync()
    {
        var made =
            (await server.SendAsync(
                "POST", "/v1/projects", server.Admin, """{"code": "headers", "name": "Headers", "mode": "sandbox"}""")).ShouldBe(201).Json;
        return made.GetProperty("secret_key").GetString()!;
    }

    private async Task<IReadOnlyList<(string Method, string Path)>> OperationsAsync()
    {
        var document = (await server.SendAsync("GET", "/openapi/v1.json", null)).ShouldBe(200).Json;
        return
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
               from method in path.Value.EnumerateObject()
               select (method.Name.ToUpperInvariant(),
                   string.Join(
                       '/', path.Name.Split('/').Select(static part => part.Contains('{', StringComparison.Ordinal) ? "unknown" : part))),
        ];
    }
}
