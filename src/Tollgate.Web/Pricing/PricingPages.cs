using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Tollgate.Core.Branding;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Branding;
using Tollgate.Engine.Projects;
using Tollgate.Web.Layout;

namespace Tollgate.Web.Pricing;

/// <summary>
/// The public pricing page of a project. It needs no database: a visitor's page is a function of the project in memory. It caches
/// the answers without a calculation, so ten thousand hits cost as much as one.
/// </summary>
public sealed class PricingPages(EnterProject enter)
{
    /// <summary>As long as the public reads of the API: a new price is on all pages a minute after its publication.</summary>
    private const string CacheControl = "public, max-age=60";

    /// <summary>
    /// The most kept pages, of some 100 kB each: three intervals in three currencies for thirty projects. A Host header or a query that a
    /// stranger invents can only fill this number.
    /// </summary>
    private const int MostKept = 256;

    /// <summary>Larger pages, of catalogues with hundreds of features, are rendered for each hit, in the turns of their project.</summary>
    private const int LargestKept = 256 * 1024;

    private readonly ConcurrentDictionary<(int Project, string Variant), Kept> _kept = new();

    /// <summary>A page with the state that it shows.</summary>
    private sealed record Kept(
        PublishedCatalog Catalog, Brand Brand, string Name, ProjectMode Mode, byte[] Plain, byte[] Packed, string ETag)
    {
        public bool IsOf(ProjectSnapshot project) => ReferenceEquals(Catalog, project.Catalog) && Brand == project.Brand
            && Name == project.PublicName && Mode == project.Mode;
    }

    /// <param name="page">The address of the page without a query.</param>
    /// <param name="isOfAddress">False: the caller's key chooses the project, so that no cache may keep the answer.</param>
    public async Task ShowAsync(HttpContext context, ProjectSnapshot project, Uri page, bool isOfAddress = true)
    {
        var query = new PricingQuery(context.Request.Query);
        if (query.IsCalculated)
        {
            if (await enter(context, project))
            {
                await WriteAsync(context, await RenderAsync(context, project, query, page), isOfAddress);
            }

            return;
        }

        var key = (project.Id, $"{query.CurrencyCode} {query.Interval} {page}");
        if (!_kept.TryGetValue(key, out var kept) || !kept.IsOf(project))
        {
            if (!await enter(context, project))
            {
                return;
            }

            kept = await RenderAsync(context, project, query, page);
            Keep(key, kept);
        }

        await WriteAsync(context, kept, isOfAddress);
    }

    /// <summary>Caches a page. A full cache drops all pages: the frequent ones come back with the next hit.</summary>
    private void Keep((int, string) key, Kept page)
    {
        if (_kept.Count >= MostKept)
        {
            _kept.Clear();
        }

        if (page.Plain.Length <= LargestKept)
        {
            _kept[key] = page;
        }
    }

    private static async Task<Kept> RenderAsync(HttpContext context, ProjectSnapshot project, PricingQuery query, Uri page)
    {
        var html = await Pages.RenderAsync<PlansPage>(
            context.RequestServices, new Dictionary<string, object?> { ["Model"] = new PricingModel(project, query, page, null) });
        return new(
            project.Catalog, project.Brand, project.PublicName, project.Mode, html, Packed.Of(html),
            $"\"{Convert.ToHexStringLower(SHA256.HashData(html).AsSpan(0, 8))}\"");
    }

    private static async Task WriteAsync(HttpContext context, Kept page, bool mayBeKept)
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
