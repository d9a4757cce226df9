using System.Text.Json.Nodes;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Tollgate.Web.Tests;

/// <summary>
/// The look of a page: nothing overflows horizontally, and axe finds nothing. <c>TOLLGATE_SHOTS</c> names a folder for screenshots.
/// </summary>
internal static class Look
{
    private static readonly string? Shots = Environment.GetEnvironmentVariable("TOLLGATE_SHOTS");

    /// <summary>All rules run; axe reports the elements of the broken ones, and one element of every other.</summary>
    private static readonly AxeRunOptions ViolationsOnly = new() { ResultTypes = [ResultType.Violations] };

    /// <summary>Opens the page of a checkout or of a portal session.</summary>
    public static Task GotoAsync(this IPage page, JsonNode made) => page.GotoAsync(made["url"]!.GetValue<string>());

    public static async Task LookAsync(this IPage page, string name, ColorScheme scheme, int width)
    {
        var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        var found = await page.AxeFindingsAsync();
        if (Shots is not null)
        {
            await page.ScreenshotAsync(
                new() { Path = Path.Combine(Shots, $"{name}-{scheme}-{width}.png".ToLowerInvariant()), FullPage = true });
        }

        overflow.ShouldBe(0, $"{name} is wider than {width}.");
        found.ShouldBeEmpty(name);
    }

    /// <summary>The violations that axe finds on the page, each with its rule and the elements.</summary>
    public static async Task<IReadOnlyList<string>> AxeFindingsAsync(this IPage page)
    {
        // The other mode opens a blank page for each run, with a process of its own. It differs only for frames, and no page has one.
        (await page.Locator("iframe, frame").CountAsync()).ShouldBe(0);
#pragma warning disable CS0618
        var found = await page.RunAxeLegacy(null, ViolationsOnly);
#pragma warning restore CS0618
        return [.. found.Violations.Select(static one => $"{one.Id}: {string.Join(", ", one.Nodes.Select(static node => node.Html))}")];
    }
}
