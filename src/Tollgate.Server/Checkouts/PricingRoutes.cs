using Microsoft.Extensions.Options;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Http.Pages;
using Tollgate.Web.Layout;
using Tollgate.Web.Pricing;

namespace Tollgate.Server.Checkouts;

/// <summary>
/// Maps the public pricing pages: <c>/{project}/pricing</c>, and <c>/pricing</c> for the project of <c>/p/{code}</c>, of the host name, or
/// the server's default project.
/// </summary>
internal static class PricingRoutes
{
    private const string Public = "The page shows what everybody may see: the plans on offer.";

    private static readonly string[] Reading = ["GET", "HEAD"];

    public static void MapPricingPages(this WebApplication app)
    {
        var pages = app.Services.GetRequiredService<PricingPages>();
        var directory = app.Services.GetRequiredService<ProjectDirectory>();
        var options = app.Services.GetRequiredService<IOptions<HttpOptions>>();
        Map("/pricing", context => ShowAsync(context, pages, PublicProject.Of(context, directory, options.Value)));
        Map("/{project}/pricing", context => ShowNamedAsync(context, pages, directory));

        void Map(string path, RequestDelegate run) =>
            app.MapMethods(path, Reading, run).OpenToAll(Public).WithLoad(Load.Ordinary).ExcludeFromDescription();
    }

    private static Task ShowAsync(HttpContext context, PricingPages pages, ProjectSnapshot? project) => project is null
        ? WithoutProjectAsync(context)
        : pages.ShowAsync(
            context, project,
            AddressOf(context, context.Features.Get<ProjectOfPath>() is null ? "/pricing" : $"/{project.Code}/pricing"));

    private static Task ShowNamedAsync(HttpContext context, PricingPages pages, ProjectDirectory directory)
    {
        // With a project in front as well, the address names two.
        var isOne = context.Features.Get<ProjectOfPath>() is null;
        return isOne && directory.Find((string)context.Request.RouteValues["project"]!) is { } project
            ? pages.ShowAsync(context, project, AddressOf(context, $"/{project.Code}/pricing"))
            : StartPages.WriteNotFoundAsync(context);
    }

    private static Uri AddressOf(HttpContext context, string path) => new(PublicAddress.Of(context), path);

    /// <summary>Answers a visitor of <c>/pricing</c> if neither the host name nor an option selects a project.</summary>
    private static Task WithoutProjectAsync(HttpContext context) => Pages.WriteAsync<NoticePage>(
        context, StatusCodes.Status200OK, new Dictionary<string, object?>
        {
            ["Title"] = "Choose a plan in your app",
            ["Text"] =
                "Go back to the app that you came from. It lists its plans and takes you to the checkout. If you run the app: the plans of "
                    + "your project are at /<project>/pricing. Set upgrade_url in its catalogue to that address, or to a page of your app.",
            ["Seller"] = Seller.Unknown,
        });
}
