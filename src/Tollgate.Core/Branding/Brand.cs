namespace Tollgate.Core.Branding;

/// <summary>A project's logo, which the server serves itself: pages load nothing from other servers.</summary>
/// <param name="Hash">A hash of the picture; part of its address.</param>
/// <param name="Extension"><c>png</c> or <c>jpg</c>.</param>
public sealed record BrandLogo(string Hash, string Extension)
{
    /// <summary>The most bytes of a logo.</summary>
    public const int LargestLogo = 256 * 1024;

    /// <summary>Returns the file extension of a PNG or JPEG, which every browser shows and which contains no script; null: another
    /// format.</summary>
    public static string? ExtensionOf(ReadOnlySpan<byte> picture) =>
        picture.StartsWith<byte>([0x89, (byte)'P', (byte)'N', (byte)'G']) ? "png"
        : picture.StartsWith<byte>([0xFF, 0xD8, 0xFF]) ? "jpg"
        : null;
}

/// <summary>The look of a project's pages to its customers.</summary>
/// <param name="Name">Null: the project's name.</param>
/// <param name="Accent">Null: Tollgate's own.</param>
/// <param name="Radius">The radius of corners in pixels.</param>
public sealed record Brand(string? Name, Colour? Accent, int Radius, BrandLogo? Logo)
{
    public const int DefaultRadius = 8;

    /// <summary>A larger radius leaves no straight side of a button.</summary>
    public const int LargestRadius = 20;

    public const int LongestName = 100;

    public static readonly Brand Default = new(null, null, DefaultRadius, null);
}
