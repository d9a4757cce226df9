using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Tollgate.Core.Branding;
using Tollgate.Web.Layout;

namespace Tollgate.Web.Tests;

/// <summary>The branding of a project on its pages, and what may not come through it.</summary>
public sealed class BrandingTests(Shop shop, Browser browser)
{
    private const string Logo =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    [Theory]
    [InlineData(ColorScheme.Light, 1280, "#ffd400", 16, "The \"best\" café <b>of</b> القاهرة")]
    [InlineData(
        ColorScheme.Light, 360, "#ffffff", 0, "شركة \"المدرّب\" للتدريب المهني والاستشارات في القاهرة الكبرى والإسكندرية")]
    [InlineData(
        ColorScheme.Dark, 1280, "#101010", 4, "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft")]
    [InlineData(ColorScheme.Dark, 360, "#e11d48", 20, "👩‍🚀 Orbit")]
    public async Task Pages_have_the_look_of_their_project(ColorScheme scheme, int width, string accent, int radius, string name)
    {
        var door = await shop.OpenAsync();
        var set = (await door.SendAsync(
            HttpMethod.Put, "/v1/branding",
            new JsonObject { ["name"] = name, ["accent"] = accent, ["radius"] = radius, ["logo"] = Logo })).Json;
        var page = await browser.OpenAsync(width, scheme, javaScript: true);
        List<string> refused = [];
        page.Console += (_, message) => refused.Add(message.Text);

        await page.GotoAsync(await door.CheckOutAsync(shop.App, "acme", more: new() { ["trial"] = false }));

        await Assertions.Expect(page.Locator(".name bdi")).ToHaveTextAsync(name);
        (await page.EvaluateAsync<int>("document.querySelector('.logo').naturalWidth")).ShouldBe(1);
        (await page.Locator(".logo").GetAttributeAsync("src")).ShouldBe(set["logo_url"]!.GetValue<string>());
        Colour.TryRead(accent, out var colour).ShouldBeTrue();
        var button = page.GetByRole(AriaRole.Button).Last;
        await Assertions.Expect(button).ToHaveCSSAsync("background-color", $"rgb({colour.Red}, {colour.Green}, {colour.Blue})");
        await Assertions.Expect(button).ToHaveCSSAsync("border-radius", $"{radius}px");
        (await page.EvaluateAsync<bool>("document.fonts.check('15px Inter')")).ShouldBeTrue();
        refused.ShouldBeEmpty();
        await page.LookAsync("brand", scheme, width);
    }

    [Fact]
    public async Task A_logo_is_a_picture_and_never_an_address()
    {
        var door = await shop.OpenAsync();
        var svg = Convert.ToBase64String("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"u8);
        foreach (var (field, value) in (IEnumerable<(string, JsonNode)>)[("logo", "javascript:alert(1)"), ("logo", "https://evil.example/x.png"),
            ("logo", svg), ("logo_url", "javascript:alert(1)"), ("accent", "red;}*{display:none"), ("radius", 21), ("radius", -1),
            ("name", "  "), ("name", new string('x', 101))])
        {
            var (status, json) = await door.SendAsync(HttpMethod.Put, "/v1/branding", new JsonObject { [field] = value.DeepClone() });
            status.ShouldBe(HttpStatusCode.UnprocessableEntity, json.ToJsonString());
            json["errors"]![0]!["param"]!.GetValue<string>().ShouldBe(field);
        }

        (await door.GetAsync("/v1/branding"))["logo_url"].ShouldBeNull();
    }

    [Fact]
    public async Task The_logo_stays_until_it_is_replaced_or_removed_and_others_get_none()
    {
        var (door, other) = (await shop.OpenAsync(), await shop.OpenAsync());
        var path = await SetAsync(new() { ["logo"] = Logo });
        (await SetAsync(new() { ["accent"] = "#112233" })).ShouldBe(path);
        using var client = new HttpClient { BaseAddress = shop.Server.Url };
        using var shown = await client.GetAsync(path);
        (shown.StatusCode, shown.Content.Headers.ContentType!.MediaType).ShouldBe((HttpStatusCode.OK, "image/png"));
        shown.Headers.CacheControl!.ToString().ShouldContain("immutable");

        (await SetAsync(new() { ["logo"] = "" })).ShouldBeNull();
        foreach (var gone in new[] { path!, "/assets/logo/none.0123456789abcdef.png", "/assets/logo/x", "/assets/logo/a.b.svg" })
        {
            (await client.GetAsync(gone)).StatusCode.ShouldBe(HttpStatusCode.NotFound, gone);
        }

        (await other.GetAsync("/v1/branding"))["accent"]!.GetValue<string>().ShouldBe(AccentRules.Default.ToString());

        async Task<string?> SetAsync(JsonObject body) =>
            (await door.SendAsync(HttpMethod.Put, "/v1/branding", body)).Json["logo_url"]?.GetValue<string>();
    }

    /// <summary>The style sheet repeats the shades, so that a project without a look of its own loads one file less.</summary>
    [Fact]
    public async Task The_style_sheet_has_the_shades_of_the_default_accent()
    {
        using var client = new HttpClient { BaseAddress = shop.Server.Url };
        var sheet = Lines(await client.GetStringAsync(PageAssets.Style.Path));

        foreach (var line in Lines(BrandAssets.StyleOf(AccentRules.Default, Brand.DefaultRadius))
            .Where(static line => line.StartsWith("--", StringComparison.Ordinal)))
        {
            sheet.ShouldContain(line);
        }

        (await client.GetAsync(BrandAssets.StylePattern.Replace("{look}", "zzzzzz-8"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.GetAsync(BrandAssets.StylePattern.Replace("{look}", "112233-99"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        static string[] Lines(string text) => [.. text.Split('\n').Select(static line => line.Trim())];
    }

    [Fact]
    public async Task The_grounds_of_the_rules_are_those_of_the_style_sheet()
    {
        using var client = new HttpClient { BaseAddress = shop.Server.Url };
        var found = Regex.Match(await client.GetStringAsync(PageAssets.Style.Path), @"--sunken: light-dark\((#\w+), (#\w+)\)");
        (found.Groups[1].Value, found.Groups[2].Value).ShouldBe((AccentRules.LightGround.ToString(), AccentRules.DarkGround.ToString()));
    }
}
