using System.Collections.Frozen;
using System.Net;
using System.Reflection;
using System.Text;
using Markdig;
using Tollgate.Contracts.Http;

namespace Tollgate.Server.Http;

/// <summary>Serves <c>docs/reference/errors/*.md</c>, which are built into the program, where a problem's <c>type</c> points.</summary>
internal static class ErrorPages
{
    private const string Prefix = "errors/";

    public static void Map(WebApplication app)
    {
        var pages = Load();
        app.MapGet("/docs/errors/{code}", context => ShowAsync(context, pages))
            .OpenToAll("Documentation.")
            .ExcludeFromDescription();
    }

    private static Task ShowAsync(HttpContext context, FrozenDictionary<string, byte[]> pages) =>
        pages.TryGetValue((string)context.Request.RouteValues["code"]!, out var page)
            ? Answer.Bytes(context, StatusCodes.Status200OK, page, "text/html; charset=utf-8")
            : Problems.WriteAsync(context, ErrorCode.NotFound, "No error has this code.");

    /// <summary>Code to page, rendered once.</summary>
    private static FrozenDictionary<string, byte[]> Load()
    {
        var program = Assembly.GetExecutingAssembly();
        var pipeline = new MarkdownPipelineBuilder().UsePipeTables().Build();
        return program.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(
                name => Path.GetFileNameWithoutExtension(name[Prefix.Length..]),
                name => Render(program, name, pipeline));
    }

    private static byte[] Render(Assembly program, string name, MarkdownPipeline pipeline)
    {
        using var reader = new StreamReader(program.GetManifestResourceStream(name)!);
        var title = WebUtility.HtmlEncode(Path.GetFileNameWithoutExtension(name[Prefix.Length..]));
        return Encoding.UTF8.GetBytes(
            $$"""
              <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
              <title>{{title}} · Tollgate</title>
              <style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1b1b1f}
              code,pre{font:14px/1.45 ui-monospace,monospace}pre{background:#f4f4f6;padding:1rem;overflow:auto}</style>
              </head><body>{{Markdown.ToHtml(reader.ReadToEnd(), pipeline)}}</body></html>
              """);
    }
}
