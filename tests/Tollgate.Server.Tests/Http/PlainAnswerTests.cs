using System.Text;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Http;

/// <summary>Readers can copy text from answers and commands unchanged: nothing is escaped that JSON allows.</summary>
[Collection(FrontDoorTests.Name)]
public sealed class PlainAnswerTests(RunningServer server)
{
    private const string Name = "Müller & Söhne <AG> 'x' + 🚀 日本";

    [Fact]
    public async Task An_answer_is_printed_as_it_is()
    {
        var made = await SendAsync("POST", "/v1/customers", $$$"""{"id": "plain", "name": "{{{Name}}}", "metadata": {"K & Ü": "<b>"}}""");
        Text(made.ShouldBe(201)).ShouldContain($"\"name\":\"{Name}\"");
        Text(made).ShouldContain("\"K & Ü\":\"<b>\"");
        Text(await SendAsync("GET", "/v1/customers/plain")).ShouldContain($"\"name\":\"{Name}\"");
    }

    /// <summary>Half of all secrets contain a plus sign or a slash; twenty are enough to include some.</summary>
    [Fact]
    public async Task A_webhook_secret_is_printed_as_it_verifies()
    {
        var printed = new StringBuilder();
        for (var i = 0; i < 20; i++)
        {
            var made =
                (await SendAsync("POST", "/v1/webhook-endpoints", """{"url": "https://hooks.example.com/a", "events": ["*"]}""")).ShouldBe(
                    201);
            Text(made).ShouldContain($"\"{made.Json.GetProperty("secret").GetString()}\"");
            printed.Append(Text(made));
            (await SendAsync("DELETE", "/v1/webhook-endpoints/" + made.Json.GetProperty("id").GetString())).ShouldBe(204);
        }

        printed.ToString().ShouldContain("+");
        printed.ToString().ShouldNotContain("\\u");
    }

    [Fact]
    public async Task A_problem_and_a_catalogue_are_printed_as_they_are()
    {
        Text(await SendAsync("POST", "/v1/consume", """{"customer": "u", "feature": "Größe & <x> '🚀'"}"""))
            .ShouldContain("Unknown feature 'Größe & <x> '🚀''.");
        var body = System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["code"] = "plain-names", ["name"] = Name, ["mode"] = "live",
            ["catalog"] = $"code: plain-names\nname: \"{Name}\"\ndefault_plan: free\nplans:\n  - {{code: free, name: \"{Name}\"}}\n",
        });
        var made = (await server.SendAsync("POST", "/v1/projects", server.Admin, body)).ShouldBe(201);
        Text(await server.SendAsync("GET", "/v1/catalog", made.Json.GetProperty("secret_key").GetString()))
            .ShouldContain($"\"name\":\"{Name}\"");
        var (code, output) = await ServerProcess.RunAsync(["projects", "list", "--json", "--data", server.Server.Data]);
        code.ShouldBe(0, output);
        output.ShouldContain($"\"name\": \"{Name}\"");
    }

    /// <summary>The text of a problem is no HTML, and no browser takes it for some.</summary>
    [Fact]
    public async Task An_answer_with_angle_brackets_is_no_page()
    {
        var reply = (await server.SendAsync("GET", "/v1/%3Cscript%3Ealert(1)%3C/script%3E", null)).ShouldBeProblem(404, "not_found");
        Text(reply).ShouldContain("<script>");
        reply.Header("X-Content-Type-Options").ShouldBe("nosniff");
    }

    private Task<Reply> SendAsync(string method, string path, string? body = null) =>
        server.SendAsync(method, path, server.Secret("resume-ats"), body);

    private static string Text(Reply reply) => Encoding.UTF8.GetString(reply.Body);
}
