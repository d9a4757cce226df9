using Tollgate.Server.Invoicing;
using Tollgate.Server.Invoicing.Pdf;

namespace Tollgate.Server.Tests.Invoicing;

/// <summary>The parts that a reader of the finished file cannot see, or only as a picture.</summary>
public sealed class PdfPartsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_filter_of_a_picture_is_undone(byte filter)
    {
        const int side = 9;
        const int row = side * 3;
        var plain = new byte[side * row];
        new Random(filter).NextBytes(plain);
        var header = new byte[13];
        (header[3], header[7], header[8], header[9]) = (side, side, 8, 2);
        var picture = PdfPicture.TryRead(Papers.Png(header, Filtered(plain, row, filter)));
        picture!.Colours.ShouldBe(plain);
        (picture.Width, picture.Height, picture.Opacity).ShouldBe((side, side, null));
    }

    [Fact]
    public void Opacity_and_colours_are_told_apart()
    {
        var picture = PdfPicture.TryRead(Papers.Png(20))!;
        (picture.Colours.Length, picture.Opacity!.Length).ShouldBe((1_200, 400));
        (picture.Opacity[0], picture.Opacity[210]).ShouldBe(((byte)0, (byte)255));
        picture.Colours[60..63].ShouldBe([240, 160, 40]);
        picture.Colours[54..57].ShouldBe([11, 92, 173]);
    }

    [Fact]
    public void A_letter_with_an_accent_brings_its_parts_along()
    {
        var face = DocumentFonts.Plain(9).Face;
        var (plain, composed, both) = (Subset("e"), Subset("é"), Subset("eé"));
        composed.ShouldBeGreaterThan(plain);
        both.ShouldBe(composed);
        Subset("").ShouldBeLessThan(plain);

        int Subset(string letters) => face.Subset(letters.Select(letter => face.GlyphOf(letter))).Length;
    }

    [Fact]
    public void Figures_are_of_one_width()
    {
        foreach (var face in (TypeFace[])[DocumentFonts.Plain(9).Face, DocumentFonts.Strong(9).Face])
        {
            "0123456789".Select(figure => face.WidthOf(face.GlyphOf(figure))).Distinct().Count().ShouldBe(1);
            "€$£¥₹₩₺₽₴₦₫₪ẞłŐșΩЖё№".ShouldAllBe(letter => face.GlyphOf(letter) != 0);
        }
    }

    /// <summary>Filters as in the specification of PNG (section 9), for the writing side.</summary>
    private static byte[] Filtered(byte[] plain, int row, byte filter)
    {
        var filtered = new List<byte>();
        for (var at = 0; at < plain.Length; at++)
        {
            var (x, y) = (at % row, at / row);
            if (x == 0)
            {
                filtered.Add(filter);
            }

            int a = x < 3 ? 0 : plain[at - 3], b = y == 0 ? 0 : plain[at - row], c = x < 3 || y == 0 ? 0 : plain[at - row - 3];
            var p = a + b - c;
            var nearest = new[] { a, b, c }.MinBy(guess => Math.Abs(p - guess));
            filtered.Add(unchecked((byte)(plain[at] - (filter switch { 1 => a, 2 => b, 3 => (a + b) / 2, 4 => nearest, _ => 0 }))));
        }

        return [.. filtered];
    }
}
