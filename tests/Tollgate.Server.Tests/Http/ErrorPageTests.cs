using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Contracts.Http;

namespace Tollgate.Server.Tests.Http;

public sealed class ErrorPageTests
{
    private static readonly string Folder = FindFolder();

    [Fact]
    public void Every_code_is_listed_once()
    {
        var declared = typeof(ErrorCode).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.FieldType == typeof(ErrorCode)).Select(field => (ErrorCode)field.GetValue(null)!).ToList();
        ErrorCode.All.ShouldBe(declared, ignoreOrder: true);
        ErrorCode.All.Select(error => error.Code).Distinct().Count().ShouldBe(ErrorCode.All.Count);
        ErrorCode.All.ShouldAllBe(error => error.Code.All(c => char.IsAsciiLetterLower(c) || c == '_'));
    }

    [Fact]
    public void Every_code_has_a_page_and_every_page_a_code()
    {
        var pages = Directory.GetFiles(Folder, "*.md").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal);
        pages.ShouldBe(ErrorCode.All.Select(error => error.Code).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_page_shows_the_body_that_the_server_sends(string code)
    {
        var error = ErrorCode.All.Single(error => error.Code == code);
        var page = File.ReadAllText(Path.Combine(Folder, code + ".md"));
        page.ShouldStartWith($"# {code}\n\n**{error.Status} · {error.Title}**\n");
        page.ShouldContain(error.Description);
        page.ShouldContain("## What to do\n\n" + error.HowToFix);

        var start = page.IndexOf("{\n", StringComparison.Ordinal);
        var example = page[start..(page.IndexOf("\n}\n", start, StringComparison.Ordinal) + 2)];
        var problem = JsonSerializer.Deserialize(example, WireJson.WithoutNulls.Problem)!;
        problem.Code.ShouldBe(code);
        problem.Status.ShouldBe(error.Status);
        problem.Title.ShouldBe(error.Title);
        problem.Type.ShouldBe(error.Page);
        JsonNode.DeepEquals(JsonNode.Parse(example), JsonNode.Parse(JsonSerializer.Serialize(problem, WireJson.WithoutNulls.Problem)))
            .ShouldBeTrue();
    }

    public static TheoryData<string> Codes() => [.. ErrorCode.All.Select(error => error.Code)];

    private static string FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var found = Path.Combine(folder.FullName, "docs", "reference", "errors");
            if (Directory.Exists(found))
            {
                return found;
            }
        }

        throw new InvalidOperationException("docs/reference/errors was not found.");
    }
}
