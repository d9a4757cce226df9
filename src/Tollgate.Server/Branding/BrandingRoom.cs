using Tollgate.Engine.Branding;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Web.Layout;
using Tollgate.Web.Styles;

namespace Tollgate.Server.Branding;

/// <summary>Registers the room Branding: the settings, the files of the pages, and the page that shows the design system.</summary>
internal static class BrandingRoom
{
    private static readonly string[] Reading = ["GET", "HEAD"];

    public static IServiceCollection AddBranding(this IServiceCollection services)
    {
        services.AddSingleton<IProjectPart, BrandPart>();
        services.AddSingleton<SetBranding>();
        return services;
    }

    public static void MapBrandingRoom(this WebApplication app)
    {
        app.MapBranding();
        foreach (var asset in PageAssets.All)
        {
            app.MapMethods(asset.Path, Reading, asset.WriteAsync)
                .OpenToAll("Style, fonts and scripts of the pages.").ExcludeFromDescription();
        }

        app.MapMethods(BrandAssets.StylePattern, Reading, BrandAssets.WriteStyleAsync)
            .OpenToAll("The style is computed from its own name.").ExcludeFromDescription();
        app.MapMethods(BrandAssets.LogoPattern, Reading, context => LogoAsync(context, app.Services.GetRequiredService<SetBranding>()))
            .OpenToAll("Everybody who may see a page may see its logo.").ExcludeFromDescription();
        app.MapMethods("/styles", Reading, static context => StylesPages.ShowAsync(context))
            .OpenToAll("It shows the design system with made-up content.").ExcludeFromDescription();
    }

    /// <summary>The project in memory has the hash of its logo, so a request for another picture costs no query.</summary>
    private static async Task LogoAsync(HttpContext context, SetBranding branding)
    {
        var directory = context.RequestServices.GetRequiredService<ProjectDirectory>();
        if (BrandAssets.ReadLogo(context) is not var (code, hash) || directory.Find(code) is not { } project
            || project.Brand.Logo is not { } logo || logo.Hash != hash)
        {
            await NotFoundAsync(context);
            return;
        }

        if (await context.RequestServices.GetRequiredService<FairShare>().MoveAsync(context, project.Id, Load.Ordinary))
        {
            await (await branding.FindLogoAsync(project, hash, context.RequestAborted) is { } picture
                ? BrandAssets.WriteLogoAsync(context, logo, picture)
                : NotFoundAsync(context));
        }
    }

    private static Task NotFoundAsync(HttpContext context) => Http.Pages.StartPages.WriteNotFoundAsync(context);
}
