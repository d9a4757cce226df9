using System.Globalization;
using System.Net;
using System.Text;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// E: <c>/billing/upgrade</c>, to which the seed's 429 sends a user: the tiers on offer with their prices and bullets. The page shows what
/// <c>/v1/plans</c> shows to a public key, and sells nothing; the product begins a checkout.
/// </summary>
internal static class TrenditUpgradePage
{
    public const string Path = "/billing/upgrade";

    public static void MapTrenditUpgradePage(this WebApplication app) => app
        .MapGet(Path, (RequestDelegate)ShowAsync)
        .RequireKey(Access.Public | Access.Secret | Access.CustomerToken | Access.Keyless, Scope.CatalogRead)
        .OfProduct(TrenditDoor.Product)
        .WithSeedErrors()
        .Describe(Shown);

    private static Task ShowAsync(HttpContext context)
    {
        var document = context.Project().Catalog.Document;
        var body = new StringBuilder("<p>Choose a plan in your account.</p>");
        foreach (var plan in CatalogDisplay.Offered(document))
        {
            body.Append(CultureInfo.InvariantCulture, $"<section><h2>{Html(plan.Name)}</h2>");
            foreach (var price in plan.Prices.Where(price => price.Currency == document.Currency))
            {
                body.Append(CultureInfo.InvariantCulture, $"<p>{Html(CatalogDisplay.Price(price))} {WordOf(price.Interval)}</p>");
            }

            var bullets = plan.Bullets.Select(static bullet => $"<li>{Html(bullet)}</li>");
            body.Append(CultureInfo.InvariantCulture, $"<ul>{string.Concat(bullets)}</ul></section>");
        }

        return SeedPage.WriteAsync(context, SeedPage.Of("Upgrade " + Html(document.Name), body.ToString()));
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);

    private static string WordOf(PriceInterval interval) => interval switch
    {
        PriceInterval.Weekly => "a week",
        PriceInterval.Yearly => "a year",
        _ => "a month",
    };

    private static readonly Description Shown = new(
        "Seed door: Trendit", "Upgrade page",
        "The page to which `upgrade_url` of a 429 leads: the plans on offer with their prices. Without a key, the path or the host name "
            + "selects the project; otherwise it is the server's default project, or else Trendit's.")
    {
        Answers = [Example.OfText(StatusCodes.Status200OK, "An HTML page.", "text/html", "<!doctype html> …")],
    };
}

/// <summary>A plain page of a door: without scripts, frames or forms.</summary>
internal static class SeedPage
{
    public static Task WriteAsync(HttpContext context, byte[] page)
    {
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        return Answer.Bytes(context, StatusCodes.Status200OK, page, "text/html; charset=utf-8");
    }

    /// <param name="title">HTML.</param>
    /// <param name="body">HTML.</param>
    public static byte[] Of(string title, string body) => Encoding.UTF8.GetBytes(
        $$"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{title}}</title>
        <style>
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 10vh auto 3rem; padding: 0 1.5rem }
        section { border: 1px solid color-mix(in srgb, currentcolor 25%, transparent); border-radius: .5rem; padding: 1rem; margin: 1rem 0 }
        h1 { font-size: 1.6rem; line-height: 1.2 } h2 { font-size: 1.1rem; margin: 0 }
        section p { margin: .25rem 0; font-variant-numeric: tabular-nums } ul { margin: .5rem 0 0; padding-left: 1.2rem }
        </style>
        </head>
        <body>
        <main><h1>{{title}}</h1>{{body}}</main>
        </body>
        </html>

        """);
}
