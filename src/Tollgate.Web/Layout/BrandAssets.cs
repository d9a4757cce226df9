using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tollgate.Core.Branding;
using Tollgate.Engine.Projects;

namespace Tollgate.Web.Layout;

/// <summary>
/// The files of a project's branding. The style's name contains all that determines it (accent, radius, and the hash of the style sheet
/// whose release computes it), so that it needs no storage and browsers may keep it for ever.
/// </summary>
public static class BrandAssets
{
    private const string Start = "/assets/brand";

    public static string StylePattern => $"{Start}.{PageAssets.Style.Hash}.{{look}}.css";

    public const string LogoPattern = "/assets/logo/{file}";

    /// <returns>Null: the project has no look of its own.</returns>
    public static string? StylePath(Brand brand) =>
        brand is { Accent: null, Radius: Brand.DefaultRadius }
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Start}.{PageAssets.Style.Hash}.{(brand.Accent ?? AccentRules.Default).ToString()[1..]}-{brand.Radius}.css");

    /// <returns>Null: the project has no logo.</returns>
    public static string? LogoPath(ProjectSnapshot project, Brand brand) =>
        brand.Logo is { } logo ? $"/assets/logo/{project.Code}.{logo.Hash}.{logo.Extension}" : null;

    /// <summary>The project's code and the hash of <see cref="LogoPattern"/>; null: a path that Tollgate does not write.</summary>
    public static (string Project, string Hash)? ReadLogo(HttpContext context) =>
        (context.Request.RouteValues["file"] as string)?.Split('.') is [var code, var hash, "png" or "jpg"] ? (code, hash) : null;

    public static Task WriteLogoAsync(HttpContext context, BrandLogo logo, byte[] picture) =>
        Asset.WriteAsync(context, logo.Extension == "png" ? "image/png" : "image/jpeg", picture, null);

    public static Task WriteStyleAsync(HttpContext context)
    {
        if ((context.Request.RouteValues["look"] as string)?.Split('-') is not [var hex, var pixels]
            || !Colour.TryRead("#" + hex, out var accent)
            || !int.TryParse(pixels, NumberStyles.None, CultureInfo.InvariantCulture, out var radius) || radius > Brand.LargestRadius)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        return Asset.WriteAsync(context, "text/css; charset=utf-8", Encoding.UTF8.GetBytes(StyleOf(accent, radius)), null);
    }

    /// <summary>The tokens that depend on the branding; the style sheet has the same for <see cref="Brand.Default"/>.</summary>
    public static string StyleOf(Colour accent, int radius)
    {
        var (light, dark) = AccentRules.Of(accent);
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""
              :root {
                --radius: {{radius}}px;
                --brand: light-dark({{light.Button}}, {{dark.Button}});
                --brand-ink: light-dark({{light.ButtonText}}, {{dark.ButtonText}});
                --brand-over: light-dark({{light.ButtonOver}}, {{dark.ButtonOver}});
                --brand-edge: light-dark({{light.ButtonEdge}}, {{dark.ButtonEdge}});
                --brand-text: light-dark({{light.Text}}, {{dark.Text}});
                --tint: light-dark({{light.Tint}}, {{dark.Tint}});
              }

              """);
    }
}
