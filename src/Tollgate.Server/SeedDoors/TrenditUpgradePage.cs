using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Web.Pricing;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// E: <c>/billing/upgrade</c>, to which the seed's 429 sends a user: the pricing page of the project. It sells nothing; the product begins
/// a checkout.
/// </summary>
internal static class TrenditUpgradePage
{
    public const string Path = "/billing/upgrade";

    public static void MapTrenditUpgradePage(this WebApplication app)
    {
        var pages = app.Services.GetRequiredService<PricingPages>();
        app.MapGet(Path, (RequestDelegate)(context => ShowAsync(context, pages)))
            .RequireKey(Access.Public | Access.Secret | Access.CustomerToken | Access.Keyless, Scope.CatalogRead)
            .WithLoad(Load.Light)
            .OfProduct(TrenditDoor.Product)
            .WithSeedErrors()
            .Describe(Shown);
    }

    private static Task ShowAsync(HttpContext context, PricingPages pages)
    {
        var project = context.Project();
        return pages.ShowAsync(context, project, new Uri(PublicAddress.Of(context), $"/{project.Code}/pricing"), isOfAddress: false);
    }

    private static readonly Description Shown = new(
        "Seed door: Trendit", "Upgrade page",
        "The page to which `upgrade_url` of a 429 leads: the pricing page, with the plans on offer and their prices. Without a key, the path "
            + "or the host name selects the project; otherwise it is the server's default project, or else Trendit's.")
    {
        Answers = [Example.OfText(StatusCodes.Status200OK, "An HTML page.", "text/html", "<!doctype html> …")],
    };
}
