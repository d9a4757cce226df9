using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Tollgate.Engine.Projects;
using Tollgate.Web.Layout;

namespace Tollgate.Web.Pricing;

/// <summary>
/// The public pricing page of a project. It needs no database: a visitor's page is a function of the project in memory. It caches
/// the answers without a calculation, so ten thousand hits cost as much as one.
/// </summary>
/// <param name="enter">Gives the request a place among the pricing pages of its project, before it renders one.</param>
public sealed class PricingPages(EnterProject enter)
{
    /// <summary>As long as the public reads of the API: a new price is on all pages a minute after its publication.</summary>
    private const string CacheControl = "public, max-age=60";

    /// <summary>
    /// The most bytes of a project's cached pages: a hundred of usual size, a few of a catalogue at its limits. A Host header that a
    /// stranger invents can only replace pages of the same project.
    /// </summary>
    private const long MostOfProject = 8 * 1024 * 1024;

    private const long MostOfAll = 8 * MostOfProject;

    private readonly ConcurrentDictionary<int, ProjectPages> _projects = new();
    private readonly Lock _keeping = new();

    /// <param name="page">The address of the page without a query.</param>
    /// <param name="isOfAddress">False: the caller's key chooses the project, so that no cache may keep the answer.</param>
    public async Task ShowAsync(HttpContext context, ProjectSnapshot project, Uri page, bool isOfAddress = true)
    {
        var (query, pages) = (new PricingQuery(context.Request.Query), PagesOf(project));
        PageVariant? variant = query.IsCalculated ? null : pages.VariantOf(query, page);
        if (variant is { } known && pages.Find(known) is { } kept)
        {
            await WriteAsync(context, kept, isOfAddress);
        }
        else if (await enter(context, project))
        {
            await WriteAsync(context, await RenderAsync(context, project, pages, variant, page), isOfAddress);
        }
    }

    private ProjectPages PagesOf(ProjectSnapshot project)
    {
        if (_projects.TryGetValue(project.Id, out var pages) && pages.IsOf(project))
        {
            return pages;
        }

        return _projects[project.Id] = new(project);
    }

    /// <summary>
    /// Renders a page in the turn of its project. Requests that wait for the same page get the one that the first renders.
    /// </summary>
    /// <param name="variant">Null: the page has a calculation.</param>
    private async Task<RenderedPage> RenderAsync(
        HttpContext context, ProjectSnapshot project, ProjectPages pages, PageVariant? variant, Uri page)
    {
        await pages.Turn.WaitAsync(context.RequestAborted);
        try
        {
            if (variant is not { } known)
            {
                return await RenderAsync(context, project, new(context.Request.Query), page);
            }

            if (pages.Find(known) is { } kept)
            {
                return kept;
            }

            // A cached page is everybody's, so it sees nothing of this request but the variant.
            var made = await RenderAsync(context, project, PricingQuery.Of(known.Currency, known.Interval), page);
            Keep(pages, known, made);
            return made;
        }
        finally
        {
            pages.Turn.Release();
        }
    }

    /// <summary>Caches a page. If all pages need too much memory, those of the project with the most bytes go.</summary>
    private void Keep(ProjectPages pages, PageVariant variant, RenderedPage page)
    {
        if (page.Bytes > MostOfProject)
        {
            return;
        }

        lock (_keeping)
        {
            pages.Add(variant, page, MostOfProject);
            if (_projects.Values.Sum(static one => one.Bytes) > MostOfAll)
            {
                _projects.Values.MaxBy(static one => one.Bytes)!.Clear();
            }
        }
    }

    private static async Task<RenderedPage> RenderAsync(HttpContext context, ProjectSnapshot project, PricingQuery query, Uri page)
    {
        var html = await Pages.RenderAsync<PlansPage>(
            context.RequestServices, new Dictionary<string, object?> { ["Model"] = new PricingModel(project, query, page, null) });
        return new(html, Packed.Of(html), $"\"{Convert.ToHexStringLower(SHA256.HashData(html).AsSpan(0, 8))}\"");
    }

    private static async Task WriteAsync(HttpContext context, RenderedPage page, bool mayBeKept)
    {
        var (response, headers) = (context.Response, context.Response.Headers);
        Pages.Protect(response, [], hasModule: true);
        headers.Vary = "Accept-Encoding";
        if (mayBeKept)
        {
            headers.CacheControl = CacheControl;
            headers.ETag = page.ETag;
        }

        if (mayBeKept && context.Request.Headers.IfNoneMatch == page.ETag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var isPacked = Packed.IsAccepted(context.Request);
        var bytes = isPacked ? page.Packed : page.Plain;
        if (isPacked)
        {
            headers.ContentEncoding = Packed.Name;
        }

        response.ContentType = Pages.ContentType;
        response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(bytes, context.RequestAborted);
        }
    }
}
