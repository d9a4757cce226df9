namespace Tollgate.Contracts.Branding;

/// <summary>Body and answer of <c>/v1/branding</c>: the look of the project's pages.</summary>
public sealed record BrandingBody
{
    /// <summary>The name at the top of pages, at most 100 characters. Default: the project's name.</summary>
    public string? Name { get; init; }

    /// <summary>The colour of buttons, links and marks: <c>#0b5cad</c>, six hex digits. Default: Tollgate's blue.</summary>
    public string? Accent { get; init; }

    /// <summary>The radius of corners in pixels: 0 to 20, default 8.</summary>
    public int? Radius { get; init; }

    /// <summary>
    /// PNG or JPEG in base64, at most 256 KB. Left out: the stored logo stays. Empty: removes it. An answer has only its path.
    /// </summary>
    public string? Logo { get; init; }

    /// <summary>The path of the logo on this server; null: there is none. Only in answers.</summary>
    public string? LogoUrl { get; init; }

    /// <summary>The shades that pages derive from the accent, so that everybody can read them. Only in answers.</summary>
    public AccentShadesView? Shades { get; init; }
}

/// <summary>The shades of an accent in both themes.</summary>
public sealed record AccentShadesView(AccentShadeView Light, AccentShadeView Dark);

/// <summary>The shades of an accent in one theme, with the contrasts of WCAG 2.2. Each contrast is at least 4.5.</summary>
/// <param name="Button">The surface of a primary button: the accent itself.</param>
/// <param name="ButtonText">The text on it: white or black.</param>
/// <param name="ButtonContrast">The contrast of a button's text with its surface.</param>
/// <param name="Text">Links and marks: the accent, or the nearest readable shade.</param>
/// <param name="TextContrast">The lowest contrast of links with a background of the page.</param>
public sealed record AccentShadeView(string Button, string ButtonText, decimal ButtonContrast, string Text, decimal TextContrast);
