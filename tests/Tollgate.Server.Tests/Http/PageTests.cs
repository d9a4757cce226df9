using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Tollgate.Contracts.Http;

namespace Tollgate.Server.Tests.Http;

/// <summary>The pages: /docs and the errors.</summary>
[Collection(FrontDoorTests.Name)]
public sealed partial class PageTests(RunningServer server)
{
    [Theory]
    [InlineData("/", "Start · Tollgate")]
    [InlineData("/pricing", "Choose a plan in your app · Tollgate")]
    [InlineData("/docs/index.html", "API · Tollgate")]
    [InlineData("/docs/errors", "Errors · Tollgate")]
    [InlineData("/docs/errors/quota_exceeded", "quota_exceeded · Tollgate")]
    [InlineData("/docs/errors/internal", "internal · Tollgate")]
    public async Task A_page_has_language_title_and_viewport_and_takes_nothing_from_elsewhere(string path, string title)
    {
        var page = (await server.SendAsync("GET", path, null)).ShouldBe(200);
        page.ContentType.ShouldBe("text/html");
        var html = WebUtility.HtmlDecode(Encoding.UTF8.GetString(page.Body));
        html.ShouldContain("<html lang=\"en\">");
        html.ShouldContain($"<title>{title}</title>");
        html.ShouldContain("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        Address().Matches(html).Select(match => match.Groups[1].Value).ShouldAllBe(
            address => address.StartsWith('#') || address.StartsWith("data:", StringComparison.Ordinal)
                || (address.StartsWith('/') && !address.StartsWith("//", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Every_link_of_a_page_leads_somewhere()
    {
        HashSet<string> seen = ["/", "/pricing", "/docs/index.html", "/docs/errors"];
        var open = new Queue<string>(seen);
        while (open.TryDequeue(out var path))
        {
            var page = (await server.SendAsync("GET", path, null)).ShouldBe(200);
            if (page.ContentType != "text/html")
            {
                continue;
            }

            foreach (Match match in Address().Matches(Encoding.UTF8.GetString(page.Body)))
            {
                var next = match.Groups[1].Value.Split('#')[0];
                if (next.StartsWith('/') && seen.Add(next))
                {
                    open.Enqueue(next);
                }
            }
        }

        ErrorCode.All.Select(error => error.Page).ShouldBeSubsetOf(seen);
    }

    [Fact]
    public async Task The_list_of_errors_names_every_code_and_title()
    {
        var html = WebUtility.HtmlDecode(Encoding.UTF8.GetString((await server.SendAsync("GET", "/docs/errors", null)).ShouldBe(200).Body));
        ErrorCode.All.ShouldAllBe(error => html.Contains($">{error.Code}</a><span>{error.Title}</span>", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_code_is_a_page_for_people_and_a_problem_for_programs()
    {
        var page = await server.SendAsync("GET", "/docs/errors/nope", null, null, ("Accept", "text/html,application/xhtml+xml;q=0.9"));
        page.Status.ShouldBe(HttpStatusCode.NotFound);
        page.ContentType.ShouldBe("text/html");
        Encoding.UTF8.GetString(page.Body).ShouldContain("<h1>No error has this code</h1>");
        (await server.SendAsync("GET", "/docs/errors/nope", null)).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task The_start_page_is_small_and_links_to_no_demo_where_there_is_none()
    {
        var page = (await server.SendAsync("GET", "/", null)).ShouldBe(200);

        page.Body.Length.ShouldBeLessThan(10_000);
        Encoding.UTF8.GetString(page.Body).ShouldNotContain("/demo/portal");
        (await server.SendAsync("GET", "/demo/portal", null)).ShouldBeProblem(404, "not_found").Json.GetProperty("detail")
            .GetString()!.ShouldContain("./tollgate up --demo");
        var none = await server.SendAsync("GET", "/demo/portal", null, null, ("Accept", "text/html"));
        none.Status.ShouldBe(HttpStatusCode.NotFound);
        Encoding.UTF8.GetString(none.Body).ShouldContain(">No demo here</h1>");
    }

    [Theory]
    [InlineData("/nothing")]
    [InlineData("/v1/nothing")]
    public async Task An_unknown_path_is_a_page_for_people_and_a_problem_for_programs(string path)
    {
        var page = await server.SendAsync("GET", path, null, null, ("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"));
        (page.Status, page.ContentType).ShouldBe((HttpStatusCode.NotFound, "text/html"));
        Encoding.UTF8.GetString(page.Body).ShouldContain(">Page not found</h1>");

        (await server.SendAsync("GET", path, null, null, ("Accept", "*/*"))).ShouldBeProblem(404, "not_found");
        (await server.SendAsync("POST", path, null, null, ("Accept", "text/html"))).ShouldBeProblem(404, "not_found");
    }

    [Theory]
    [InlineData("/", "style-src 'self'; font-src 'self'")]
    [InlineData("/docs/index.html", "script-src 'self'")]
    [InlineData("/docs/index.js", "script-src 'self'")]
    [InlineData("/docs/errors", "script-src 'self'")]
    public async Task The_browser_is_told_to_stay_on_this_server(string path, string allowed)
    {
        using var answer = await server.Server.Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        answer.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'; " + allowed);
    }

    [GeneratedRegex("(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Address();
}
