using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Tollgate.Core.Branding;

/// <summary>An opaque sRGB colour.</summary>
public readonly record struct Colour(byte Red, byte Green, byte Blue)
{
    private const int HexDigits = 6;

    /// <summary>Luminances are whole billionths, so that a contrast is the same on every machine.</summary>
    private const long Whole = 1_000_000_000;

    /// <summary>Newton's method reaches the last digit of a decimal in fewer steps for every channel.</summary>
    private const int RootSteps = 24;

    private static readonly long[] Light = [.. Enumerable.Range(0, 256).Select(LightOf)];

    public static readonly Colour White = new(255, 255, 255);

    public static readonly Colour Black = new(0, 0, 0);

    /// <summary>Reads <c>#0b5cad</c>, in any case.</summary>
    public static bool TryRead([NotNullWhen(true)] string? text, out Colour colour)
    {
        colour = default;
        if (text is not { Length: HexDigits + 1 } || text[0] != '#'
            || !int.TryParse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var rgb))
        {
            return false;
        }

        colour = new((byte)(rgb >> 16), (byte)(rgb >> 8 & byte.MaxValue), (byte)(rgb & byte.MaxValue));
        return true;
    }

    /// <summary>Returns a colour between two: 0 percent is this one, 100 percent the other.</summary>
    public Colour Mix(Colour other, int percent)
    {
        return new(Between(Red, other.Red), Between(Green, other.Green), Between(Blue, other.Blue));

        byte Between(byte from, byte to) => (byte)(((from * (100 - percent)) + (to * percent) + 50) / 100);
    }

    /// <summary>The contrast of WCAG 2.2 in hundredths, rounded down: 100 for the same colour, 2100 for black on white.</summary>
    public int ContrastWith(Colour other)
    {
        const long flare = Whole / 20;
        var (a, b) = (Luminance + flare, other.Luminance + flare);
        return (int)(Math.Max(a, b) * 100 / Math.Min(a, b));
    }

    /// <summary><c>#0b5cad</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"#{Red:x2}{Green:x2}{Blue:x2}");

    private long Luminance => ((Light[Red] * 2126) + (Light[Green] * 7152) + (Light[Blue] * 722)) / 10_000;

    /// <summary>
    /// The light of a channel: its value to the power of 2.4 (WCAG 2.2), as the fifth root of its square times its square.
    /// </summary>
    private static long LightOf(int channel)
    {
        var value = channel / 255m;
        if (value <= 0.04045m)
        {
            return (long)(value / 12.92m * Whole);
        }

        var scaled = (value + 0.055m) / 1.055m;
        var (square, root) = (scaled * scaled, 1m);
        for (var step = 0; step < RootSteps; step++)
        {
            root = ((4 * root) + (square / (root * root * root * root))) / 5;
        }

        return (long)(square * root * Whole);
    }
}
