using Tollgate.Contracts.Http;

namespace Tollgate.Server.Http.Pages;

/// <summary>
/// The pages of the server itself: <c>/</c>, the page of the default <c>upgrade_url</c>, and the page that a browser gets for an unknown
/// path.
/// </summary>
internal static class StartPages
{
    public const string DemoPortal = "/demo/portal";

    private const string Plans =
        """
        <h1>Choose a plan in your app</h1>
        <p class="lead">Go back to the app that you came from. It lists its plans and takes you to the checkout.</p>
        <p>If you run the app: set <code>upgrade_url</code> in the catalogue to the page of your app that lists the plans. While it is not set, Tollgate sends
        customers here.</p>
        """;

    private const string Missing =
        """
        <h1>Page not found</h1>
        <p class="lead">Nothing is at this address. It may be incomplete or too old.</p>
        <p><a href="/">Start page</a> · <a href="/docs/index.html">API reference</a></p>
        """;

    private const string NoDemo = "This server shows no demo customer. Start another one that does:";

    private const string WithDemo = "./tollgate up --demo --data .demo --port 8081";

    private static readonly byte[] NotFound = PageFrame.Page("Page not found", Missing, DocsPart.None);

    private static readonly byte[] DemoNotFound = PageFrame.Page(
        "No demo",
        $"<h1>No demo here</h1><p class=\"lead\">{NoDemo}</p><pre tabindex=\"0\"><code>{WithDemo}</code></pre><p><a href=\"/\">Start "
            + "page</a></p>",
        DocsPart.None);

    /// <param name="hasDemo">True: there are demo customers, one of whom everybody may see.</param>
    public static void Map(WebApplication app, bool hasDemo)
    {
        var (start, plans) = (PageFrame.Page("Start", Start(hasDemo), DocsPart.None), PageFrame.Page("Plans", Plans, DocsPart.None));
        app.MapMethods("/", PageFrame.Reading, context => WriteAsync(context, StatusCodes.Status200OK, start))
            .OpenToAll("It links to public pages only.")
            .ExcludeFromDescription();
        app.MapMethods("/pricing", PageFrame.Reading, context => WriteAsync(context, StatusCodes.Status200OK, plans))
            .OpenToAll("Customers who reached a limit are sent here until the catalogue names a page of the app.")
            .ExcludeFromDescription();
    }

    /// <summary>Answers an unknown path: a browser gets a page, a program an error.</summary>
    public static Task WriteNotFoundAsync(HttpContext context) => IsBrowser(context.Request)
        ? WriteAsync(context, StatusCodes.Status404NotFound, NotFound)
        : Problems.WriteAsync(context, ErrorCode.NotFound);

    /// <summary>Answers if the server has no demo data, or the customer to show is not a demo customer.</summary>
    public static Task WriteNoDemoAsync(HttpContext context) => IsBrowser(context.Request)
        ? WriteAsync(context, StatusCodes.Status404NotFound, DemoNotFound)
        : Problems.WriteAsync(context, ErrorCode.NotFound, $"{NoDemo} {WithDemo}");

    /// <summary>True for a browser: only browsers request HTML.</summary>
    public static bool IsBrowser(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static Task WriteAsync(HttpContext context, int status, byte[] page)
    {
        PageFrame.Protect(context.Response);
        context.Response.Headers["X-Request-Id"] = context.RequestId();
        return Answer.Bytes(context, status, page, PageFrame.HtmlType);
    }

    private static string Start(bool hasDemo) =>
        $"""
         <h1>Tollgate {PageFrame.Version}</h1>
         <p class="lead">This server meters, gates and bills AI products.</p>
         <ul class="start">
         <li><a href="/docs/index.html">API reference</a><span>Every operation, with examples. It loads 4 MB.</span></li>
         <li><a href="/docs/errors">Errors</a><span>Every error code, with its remedy.</span></li>
         <li><a href="/openapi/v1.json">OpenAPI document</a><span>For generating clients.</span></li>
         <li><a href="/health/ready">Health</a><span>The check that the server can decide.</span></li>
         {(hasDemo ? $"<li><a href=\"{DemoPortal}\" rel=\"nofollow\">Demo portal</a><span>The page of a demo customer, with its plan and usage.</span></li>" : "")}
         </ul>
         <p>The tour is in <code>README.md</code> of the source, the guides in <code>docs/guides/</code>. The keys that the first start created are in the file that <code>./tollgate up</code> prints.</p>
         {(hasDemo ? "" : $"<p>Another server, with demo customers:</p><pre tabindex=\"0\"><code>{WithDemo}</code></pre>")}
         """;
}
