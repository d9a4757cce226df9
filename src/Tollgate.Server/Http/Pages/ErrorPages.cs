using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text;
using Markdig;
using Tollgate.Contracts.Http;

namespace Tollgate.Server.Http.Pages;

/// <summary>
/// Serves <c>docs/reference/errors/*.md</c>, which the program contains, at the URL of a problem's <c>type</c>, and a list of them at
/// <c>/docs/errors</c>.
/// </summary>
internal static class ErrorPages
{
    private const string Resources = "errors/";

    public static void Map(WebApplication app)
    {
        var list = PageFrame.Page("Errors", List());
        var unknown = PageFrame.Page("No such error", Unknown);
        var pages = Load();
        app.MapMethods(
            "/docs/errors", PageFrame.Reading, context => Answer.Bytes(context, StatusCodes.Status200OK, list, PageFrame.HtmlType))
            .OpenToAll("Documentation.")
            .ExcludeFromDescription();
        app.MapMethods("/docs/errors/{code}", PageFrame.Reading, context => ShowAsync(context, pages, unknown))
            .OpenToAll("Documentation.")
            .ExcludeFromDescription();
    }

    private static Task ShowAsync(HttpContext context, FrozenDictionary<string, byte[]> pages, byte[] unknown)
    {
        if (pages.TryGetValue((string)context.Request.RouteValues["code"]!, out var page))
        {
            return Answer.Bytes(context, StatusCodes.Status200OK, page, PageFrame.HtmlType);
        }

        context.Response.Headers.CacheControl = AnswerHeaders.Private;

        // A browser gets a page, a program the error of every unknown path.
        return StartPages.IsBrowser(context.Request)
            ? Answer.Bytes(context, StatusCodes.Status404NotFound, unknown, PageFrame.HtmlType)
            : Problems.WriteAsync(context, ErrorCode.NotFound, "No error has this code.");
    }

    /// <summary>Renders the page of each code once.</summary>
    private static FrozenDictionary<string, byte[]> Load()
    {
        var pipeline = new MarkdownPipelineBuilder().UsePipeTables().Build();
        return ErrorCode.All.ToFrozenDictionary(error => error.Code, error => Render(error, pipeline));
    }

    private static byte[] Render(ErrorCode error, MarkdownPipeline pipeline)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream($"{Resources}{error.Code}.md")!);

        // Replaces the heading and the line below it, which have the code, its status and its title, by the frame's own.
        var text = reader.ReadToEnd();
        var body = Markdown.ToHtml(text[text.IndexOf("\n## ", StringComparison.Ordinal)..], pipeline)

            // Makes scrolling blocks reachable by keyboard.
            .Replace("<pre>", "<pre tabindex=\"0\">", StringComparison.Ordinal);
        return PageFrame.Page(error.Code,
            $"""
             <p class="where"><a href="/docs/errors">Errors</a> / {error.Code}</p>
             <h1 class="code">{error.Code}</h1>
             <p class="title">{Badge(error.Status)}{WebUtility.HtmlEncode(error.Title)}</p>
             {body}{Also(error)}
             """);
    }

    /// <summary>Lists the other codes with the same status, for callers that switch only on the status.</summary>
    private static string Also(ErrorCode error)
    {
        var others = ErrorCode.All.Where(other => other.Status == error.Status && other != error).ToList();
        return others.Count == 0
            ? ""
            : $"<h2>Also {Text(error.Status)}</h2>\n<ul class=\"also\">\n{string.Concat(others.Select(Entry))}</ul>";
    }

    private static string List()
    {
        var html = new StringBuilder(
            """
            <h1>Errors</h1>
            <p class="lead">Every error under <code>/v1</code> is <code>application/problem+json</code>. Its <code>code</code> never changes:
            switch on it. Its <code>type</code> is the address of one of these pages. The server logs its own faults (500, 503)
            under its <code>request_id</code>.</p>

            """);
        foreach (var group in ErrorCode.All.GroupBy(error => error.Status).OrderBy(group => group.Key))
        {
            html.Append(CultureInfo.InvariantCulture,
                $"<section class=\"group\"><h2>{Badge(group.Key)}</h2>\n<ul>\n{string.Concat(group.Select(Entry))}</ul></section>\n");
        }

        return html.ToString();
    }

    private static string Entry(ErrorCode error) =>
        $"<li><a href=\"{error.Page}\">{error.Code}</a><span>{WebUtility.HtmlEncode(error.Title)}</span></li>\n";

    private static string Badge(int status) => $"<span class=\"status{(status >= 500 ? " server" : "")}\">{Text(status)}</span>";

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);

    private const string Unknown =
        """
        <p class="where"><a href="/docs/errors">Errors</a></p>
        <h1>No error has this code</h1>
        <p class="lead">The address names a code that this server never sends. It may come from another release.</p>
        <p><a href="/docs/errors">All errors</a> · <a href="/docs/index.html">The API</a></p>
        """;
}
