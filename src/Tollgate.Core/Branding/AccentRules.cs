namespace Tollgate.Core.Branding;

/// <summary>The colours of one theme that a page derives from a project's accent. Each pair is readable (WCAG 2.2, AA).</summary>
/// <param name="Button">The surface of a primary button.</param>
/// <param name="ButtonText">The text on it: white or black.</param>
/// <param name="ButtonOver">The surface under the pointer.</param>
/// <param name="ButtonEdge">The border, which separates a very light or very dark button from the page.</param>
/// <param name="Text">Links, marks and the focus ring.</param>
/// <param name="Tint">The background of a selected item.</param>
public sealed record AccentShade(Colour Button, Colour ButtonText, Colour ButtonOver, Colour ButtonEdge, Colour Text, Colour Tint);

/// <summary>The accent in both themes.</summary>
public sealed record AccentShades(AccentShade Light, AccentShade Dark);

/// <summary>
/// Derives readable colours from any accent, so that Tollgate refuses no brand and no page becomes unreadable: the button keeps the accent
/// and gets white or black text, and text in the accent's colour gets the nearest shade that is readable on every surface.
/// </summary>
public static class AccentRules
{
    /// <summary>The contrast of text in hundredths (WCAG 1.4.3).</summary>
    public const int TextContrast = 450;

    /// <summary>The contrast of the parts of a control in hundredths (WCAG 1.4.11).</summary>
    public const int PartContrast = 300;

    /// <summary>The accent of a project that has set none.</summary>
    public static readonly Colour Default = new(0x0b, 0x5c, 0xad);

    /// <summary>The surfaces of the style sheet on which text of the accent stands, the most difficult of each theme.</summary>
    public static readonly Colour LightGround = new(0xf3, 0xf3, 0xf1);

    /// <inheritdoc cref="LightGround"/>
    public static readonly Colour DarkGround = new(0x22, 0x25, 0x29);

    private static readonly Colour DarkSurface = new(0x1a, 0x1c, 0x1f);

    /// <summary>The share of the accent in a tint, in percent.</summary>
    private const int TintShare = 9, DarkTintShare = 16;

    private const int OverShare = 14;

    public static AccentShades Of(Colour accent) =>
        new(
            Shade(accent, LightGround, Colour.White.Mix(accent, TintShare), Colour.Black),
            Shade(accent, DarkGround, DarkSurface.Mix(accent, DarkTintShare), Colour.White));

    /// <param name="toward">The colour toward which a shade gains contrast on both grounds.</param>
    private static AccentShade Shade(Colour accent, Colour ground, Colour tint, Colour toward)
    {
        var text = Nearest(accent, toward, shade => Math.Min(shade.ContrastWith(ground), shade.ContrastWith(tint)) >= TextContrast);
        var isWhite = accent.ContrastWith(Colour.White) >= TextContrast;
        return new(
            accent, isWhite ? Colour.White : Colour.Black, accent.Mix(isWhite ? Colour.Black : Colour.White, OverShare),
            accent.ContrastWith(ground) >= PartContrast ? accent : text, text, tint);
    }

    private static Colour Nearest(Colour accent, Colour toward, Func<Colour, bool> isEnough) =>
        Enumerable.Range(0, 101).Select(percent => accent.Mix(toward, percent)).First(isEnough);
}
