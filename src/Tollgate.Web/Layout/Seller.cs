using Tollgate.Core.Branding;
using Tollgate.Engine.Branding;
using Tollgate.Engine.Projects;

namespace Tollgate.Web.Layout;

/// <summary>The company behind a page: its name and look at the top of it.</summary>
/// <param name="Logo">The path of its logo; null: the first letter of the name stands there.</param>
public sealed record Seller(string Name, Brand Brand, string? Logo, bool IsSandbox)
{
    /// <summary>The seller of a page whose project is unknown.</summary>
    public static readonly Seller Unknown = new("Tollgate", Brand.Default, null, false);

    public static Seller Of(ProjectSnapshot? project) => project is null
        ? Unknown
        : new(project.PublicName, project.Brand, BrandAssets.LogoPath(project, project.Brand), project.Mode == ProjectMode.Sandbox);

    /// <summary>The first letter as people see it, which may be several characters of .NET.</summary>
    public string Letter => System.Globalization.StringInfo.GetNextTextElement(Name).ToUpperInvariant();
}
