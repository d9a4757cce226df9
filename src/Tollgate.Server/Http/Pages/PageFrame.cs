using System.Collections.Frozen;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Tollgate.Contracts.Http;

namespace Tollgate.Server.Http.Pages;

/// <summary>The parts of the documentation in the navigation bar.</summary>
internal enum DocsPart
{
    None,
    Api,
    Errors,
}

/// <summary>The shared part of all HTML pages: the frame, the style sheets, and headers that allow only content of this server.</summary>
internal static class PageFrame
{
    public const string HtmlType = "text/html; charset=utf-8";

    /// <summary>Link checkers use HEAD.</summary>
    public static readonly string[] Reading = ["GET", "HEAD"];

    /// <summary>Allows only own scripts and styles. Swagger UI styles some elements inline and includes its own pictures.</summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>The icon, a gate: two posts and a bar.</summary>
    private const string Icon =
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M3 2v12M13 2v12M3 6h10' "
        + "stroke='%230b5cad' stroke-width='2.4' stroke-linecap='round'/%3E%3C/svg%3E";

    /// <summary>The version of the program, without the commit of its build.</summary>
    public static string Version { get; } =
        (Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "0").Split('+')[0];

    private sealed record Sheet(byte[] Bytes, string Tag);

    private static readonly FrozenDictionary<string, Sheet> Sheets =
        new[] { "pages.css", "swagger.css" }.ToFrozenDictionary(name => name, Load);

    public static void Map(WebApplication app)
    {
        app.MapMethods("/docs/styles/{name}", Reading, ShowSheetAsync)
            .OpenToAll("Documentation.")
            .ExcludeFromDescription();
    }

    /// <summary>Sets the headers of everything under <c>/docs</c>, also of Swagger UI's files.</summary>
    public static Task ProtectAsync(HttpContext context, RequestDelegate next)
    {
        Protect(context.Response);
        context.Response.Headers.CacheControl = AnswerHeaders.Documentation;
        return next(context);
    }

    public static void Protect(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = ContentPolicy;
        response.Headers["Referrer-Policy"] = "no-referrer";
    }

    /// <summary>Returns a whole page.</summary>
    /// <param name="title">Plain text, which the method encodes.</param>
    /// <param name="main">HTML.</param>
    /// <param name="part">The page's part of the documentation.</param>
    public static byte[] Page(string title, string main, DocsPart part = DocsPart.Errors) => Encoding.UTF8.GetBytes(
        $"""
         <!doctype html>
         <html lang="en">
         <head>
         {Head}
         <title>{WebUtility.HtmlEncode(title)} · Tollgate</title>
         </head>
         <body>
         <a class="skip" href="#main">Skip to the content</a>
         {Bar(part)}
         <main id="main" class="prose">
         {main}
         </main>
         </body>
         </html>

         """);

    /// <summary>The page of Swagger UI, which replaces the names in <c>%(…)</c>.</summary>
    public static Stream Swagger() => new MemoryStream(Encoding.UTF8.GetBytes(
        $"""
         <!doctype html>
         <html lang="en">
         <head>
         <link rel="stylesheet" href="/docs/swagger-ui.css">
         {Head}
         <link rel="stylesheet" href="/docs/styles/swagger.css">
         <title>%(DocumentTitle)</title>
         </head>
         <body>
         {Bar(DocsPart.Api)}
         <main id="swagger-ui"></main>
         <noscript>This page needs JavaScript. The document that it shows is <a href="/openapi/v1.json">/openapi/v1.json</a>.</noscript>
         <script src="/docs/swagger-ui-bundle.js"></script>
         <script src="/docs/swagger-ui-standalone-preset.js"></script>
         <script src="/docs/index.js"></script>
         </body>
         </html>

         """));

    private const string Head =
        $"""
         <meta charset="utf-8">
         <meta name="viewport" content="width=device-width, initial-scale=1">
         <meta name="color-scheme" content="light dark">
         <link rel="icon" href="{Icon}">
         <link rel="stylesheet" href="/docs/styles/pages.css">
         """;

    private static string Bar(DocsPart part)
    {
        var (api, errors) = (part == DocsPart.Api ? " aria-current=\"page\"" : "", part == DocsPart.Errors ? " aria-current=\"true\"" : "");
        return $"""
                <header class="bar"><nav aria-label="Documentation">
                <a class="name" href="/">Tollgate</a>
                <a href="/docs/index.html"{api}>API</a>
                <a href="/docs/errors"{errors}>Errors</a>
                <a href="/openapi/v1.json">OpenAPI</a>
                </nav></header>
                """;
    }

    private static Task ShowSheetAsync(HttpContext context)
    {
        if (!Sheets.TryGetValue((string)context.Request.RouteValues["name"]!, out var sheet))
        {
            return Problems.WriteAsync(context, ErrorCode.NotFound);
        }

        // Browsers revalidate it each time, so that a new release never has an old style.
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.ETag = sheet.Tag;
        if (context.Request.Headers.IfNoneMatch == sheet.Tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        return Answer.Bytes(context, StatusCodes.Status200OK, sheet.Bytes, "text/css; charset=utf-8");
    }

    private static Sheet Load(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("pages/" + name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new(bytes, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\"");
    }
}
