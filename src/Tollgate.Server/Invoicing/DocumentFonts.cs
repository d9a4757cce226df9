using System.Globalization;
using System.Reflection;
using System.Text;
using Tollgate.Server.Invoicing.Pdf;

namespace Tollgate.Server.Invoicing;

/// <summary>
/// The two weights of Inter that the program includes (<c>Fonts/README.md</c>), so that documents look the same on every machine. A file
/// contains only the characters that it uses.
/// </summary>
internal static class DocumentFonts
{
    /// <summary>Replaces characters that the fonts do not have: other scripts, emoji.</summary>
    private const char Missing = '\u25A1';

    private static readonly TypeFace Regular = Load("Inter-Regular");

    private static readonly TypeFace SemiBold = Load("Inter-SemiBold");

    /// <param name="size">In points.</param>
    public static PdfFont Plain(double size) => new(Regular, size);

    /// <inheritdoc cref="Plain"/>
    public static PdfFont Strong(double size) => new(SemiBold, size);

    /// <summary>
    /// Makes a text drawable on one line: composed, without control and direction characters, and with a box for each character that the
    /// fonts lack.
    /// </summary>
    public static string Drawable(string text)
    {
        // Replaces lone surrogates first, because they would make the composition throw.
        var whole = string.Concat(text.EnumerateRunes()).Normalize(NormalizationForm.FormC);
        var drawn = new StringBuilder(whole.Length);
        foreach (var rune in whole.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.Format)
            {
                drawn.Append(
                    Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 ? ' '
                    : Regular.GlyphOf(rune.Value) == 0 ? Missing
                    : (char)rune.Value);
            }
        }

        return drawn.ToString();
    }

    private static TypeFace Load(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"fonts/{name}.ttf")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new(name, bytes);
    }
}
