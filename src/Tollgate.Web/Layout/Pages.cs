using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tollgate.Web.Layout;

/// <summary>Writes whole pages, with headers that allow only content of this server and forbid caches.</summary>
public static class Pages
{
    /// <summary>The icon, a gate: two posts and a bar.</summary>
    public const string Icon =
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M3 2v12M13 2v12M3 6h10' "
        + "stroke='%230b5cad' stroke-width='2.4' stroke-linecap='round'/%3E%3C/svg%3E";

    internal const string ContentType = "text/html; charset=utf-8";

    /// <summary>Writes a page.</summary>
    /// <param name="leadsTo">External addresses to which a form of the page may redirect, since browsers check the final target of a
    /// form.</param>
    public static async Task WriteAsync<TPage>(
        HttpContext context, int status, IReadOnlyDictionary<string, object?> parameters, params IReadOnlyList<string?> leadsTo)
        where TPage : IComponent
    {
        var bytes = await RenderAsync<TPage>(context.RequestServices, parameters);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = ContentType;
        response.ContentLength = bytes.Length;
        Protect(response, leadsTo);
        response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(bytes, context.RequestAborted);
        }
    }

    /// <summary>Returns a whole page.</summary>
    public static async Task<byte[]> RenderAsync<TPage>(IServiceProvider services, IReadOnlyDictionary<string, object?> parameters)
        where TPage : IComponent
    {
        await using var renderer = new HtmlRenderer(services, services.GetRequiredService<ILoggerFactory>());
        var html = await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var page = await renderer.RenderComponentAsync<TPage>(
                ParameterView.FromDictionary(new Dictionary<string, object?>(parameters)));
            return page.ToHtmlString();
        });
        return Encoding.UTF8.GetBytes(html);
    }

    /// <summary>Sets the headers of every page: only content of this server, no frames, no address of the page for other sites.</summary>
    /// <param name="hasModule">True: a module of this server runs in the page, and may ask this server.</param>
    public static void Protect(HttpResponse response, IReadOnlyList<string?> leadsTo, bool hasModule = false)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy =
            $"default-src 'none'; {(hasModule ? "script-src 'self'; connect-src 'self'; " : "")}"
                + "style-src 'self'; font-src 'self'; img-src 'self' data:; "
                + $"form-action 'self'{Origins(leadsTo)}; base-uri 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }

    /// <summary>Converts an address to ASCII for a header: host names in Punycode, paths escaped.</summary>
    private static string OnTheWire(string address) =>
        Ascii.IsValid(address) || !Uri.TryCreate(address, UriKind.Absolute, out var uri)
            ? address
            : new UriBuilder(uri) { Host = uri.IdnHost }.Uri.AbsoluteUri;

    /// <summary>Redirects to an address with GET, whatever the method of this request.</summary>
    public static Task LeadToAsync(HttpContext context, string address)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = OnTheWire(address);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return Task.CompletedTask;
    }

    private static string Origins(IReadOnlyList<string?> addresses) => string.Concat(addresses
        .Select(static address => address is not null && Uri.TryCreate(OnTheWire(address), UriKind.Absolute, out var url)
            ? url.GetLeftPart(UriPartial.Authority)
            : null)
        .OfType<string>().Distinct(StringComparer.Ordinal).Select(static origin => " " + origin));
}
