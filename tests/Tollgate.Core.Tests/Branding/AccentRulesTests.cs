using Tollgate.Core.Branding;

namespace Tollgate.Core.Tests.Branding;

/// <summary>The shades that pages derive from an accent.</summary>
public sealed class AccentRulesTests
{
    [Theory]
    [InlineData("#000000", "#ffffff", 2100)]
    [InlineData("#ffffff", "#ffffff", 100)]
    [InlineData("#767676", "#ffffff", 454)]
    [InlineData("#777777", "#ffffff", 447)]
    [InlineData("#ff0000", "#ffffff", 399)]
    [InlineData("#0b5cad", "#ffffff", 666)]
    [InlineData("#ffff00", "#000000", 1955)]
    public void Contrast_is_that_of_WCAG(string a, string b, int hundredths)
    {
        Read(a).ContrastWith(Read(b)).ShouldBe(hundredths);
        Read(b).ContrastWith(Read(a)).ShouldBe(hundredths);
    }

    /// <summary>A step of 17 includes black, white, and all pure colours: 4,096 accents.</summary>
    [Fact]
    public void Every_accent_is_readable_in_both_themes()
    {
        byte[] steps = [.. Enumerable.Range(0, 16).Select(static step => (byte)(step * 17))];
        foreach (var accent in from red in steps from green in steps from blue in steps select new Colour(red, green, blue))
        {
            var (light, dark) = AccentRules.Of(accent);
            ShouldBeReadable(light, AccentRules.LightGround, accent);
            ShouldBeReadable(dark, AccentRules.DarkGround, accent);
        }
    }

    [Fact]
    public void A_readable_accent_stays_as_it_is()
    {
        var light = AccentRules.Of(AccentRules.Default).Light;
        (light.Button, light.Text, light.ButtonText).ShouldBe((AccentRules.Default, AccentRules.Default, Colour.White));
    }

    [Theory]
    [InlineData("#0b5cad", true)]
    [InlineData("#0B5CAD", true)]
    [InlineData("0b5cad", false)]
    [InlineData("#0b5ca", false)]
    [InlineData("#0b5cadf", false)]
    [InlineData("#0b5c d", false)]
    [InlineData("#-b5cad", false)]
    [InlineData("red", false)]
    [InlineData("#fff;}body{display:none", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Only_six_hex_digits_are_a_colour(string? text, bool isOne)
    {
        Colour.TryRead(text, out var colour).ShouldBe(isOne);
        if (isOne)
        {
            colour.ToString().ShouldBe("#0b5cad");
        }
    }

    private static void ShouldBeReadable(AccentShade shade, Colour ground, Colour accent)
    {
        shade.Button.ContrastWith(shade.ButtonText).ShouldBeGreaterThanOrEqualTo(AccentRules.TextContrast, $"button of {accent}");
        shade.ButtonOver.ContrastWith(shade.ButtonText).ShouldBeGreaterThanOrEqualTo(AccentRules.TextContrast, $"button of {accent}, hover");
        shade.ButtonEdge.ContrastWith(ground).ShouldBeGreaterThanOrEqualTo(AccentRules.PartContrast, $"edge of {accent}");
        shade.Text.ContrastWith(ground).ShouldBeGreaterThanOrEqualTo(AccentRules.TextContrast, $"text of {accent}");
        shade.Text.ContrastWith(shade.Tint).ShouldBeGreaterThanOrEqualTo(AccentRules.TextContrast, $"text of {accent} on its tint");
    }

    private static Colour Read(string text) => Colour.TryRead(text, out var colour) ? colour : throw new ArgumentException(text);
}
