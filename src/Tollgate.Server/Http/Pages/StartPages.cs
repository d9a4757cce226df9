using Microsoft.AspNetCore.Components;
using Tollgate.Contracts.Http;
using Tollgate.Web.Layout;
using Tollgate.Web.Start;

namespace Tollgate.Server.Http.Pages;

/// <summary>The pages of the server itself: <c>/</c>, and the page that a browser gets for an unknown path.</summary>
internal static class StartPages
{
    public const string DemoPortal = "/demo/portal";

    private const string NoDemo = "This server has no demo customers. Start another server that has them:";

    private const string WithDemo = "./tollgate up --demo --data .demo --port 8081";

    /// <summary>Rendered once: strangers ask for many paths that do not exist.</summary>
    private static readonly Rendered<NoticePage> NotFound = new(new()
    {
        ["Title"] = "Page not found",
        ["Text"] = "Nothing is at this address. It may be incomplete or too old.",
        ["Seller"] = Seller.Unknown,
        ["Link"] = "/",
        ["LinkText"] = "Start page",
    });

    private static readonly Rendered<NoticePage> DemoNotFound = new(new()
    {
        ["Title"] = "No demo here", ["Text"] = NoDemo, ["Code"] = WithDemo, ["Seller"] = Seller.Unknown, ["Link"] = "/",
        ["LinkText"] = "Start page",
    });

    /// <param name="hasDemo">True: there are demo customers, one of whom everybody may see.</param>
    public static void Map(WebApplication app, bool hasDemo)
    {
        var start = new Rendered<StartPage>(new()
        {
            ["Version"] = PageFrame.Version, ["DemoPortal"] = hasDemo ? DemoPortal : null, ["DemoCommand"] = WithDemo,
        });
        app.MapMethods("/", PageFrame.Reading, context => start.WriteAsync(context, StatusCodes.Status200OK))
            .OpenToAll("It links to public pages only.")
            .ExcludeFromDescription();
    }

    /// <summary>Answers an unknown path: a browser gets a page, a program an error.</summary>
    public static Task WriteNotFoundAsync(HttpContext context) => IsBrowser(context.Request)
        ? NotFound.WriteAsync(context, StatusCodes.Status404NotFound)
        : Problems.WriteAsync(context, ErrorCode.NotFound);

    /// <summary>Answers if the server has no demo data, or the customer to show is not a demo customer.</summary>
    public static Task WriteNoDemoAsync(HttpContext context) => IsBrowser(context.Request)
        ? DemoNotFound.WriteAsync(context, StatusCodes.Status404NotFound)
        : Problems.WriteAsync(context, ErrorCode.NotFound, $"{NoDemo} {WithDemo}");

    /// <summary>True for a browser: only browsers request HTML.</summary>
    public static bool IsBrowser(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    /// <summary>A page that is the same for everybody.</summary>
    private sealed class Rendered<TPage>(Dictionary<string, object?> parameters)
        where TPage : IComponent
    {
        private byte[]? _page;

        public async Task WriteAsync(HttpContext context, int status)
        {
            // Two first requests may both render it, with the same result.
            _page ??= await Web.Layout.Pages.RenderAsync<TPage>(context.RequestServices, parameters);
            Web.Layout.Pages.Protect(context.Response, []);
            context.Response.Headers["X-Request-Id"] = context.RequestId();
            await Answer.Bytes(context, status, _page, PageFrame.HtmlType);
        }
    }
}
