using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Tollgate.Web.Tests;

/// <summary>The machine's chromium, without a window. <c>./tollgate test</c> installs it where it may.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        var path = Environment.GetEnvironmentVariable("TOLLGATE_CHROMIUM") ?? Places.FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException(
                "chromium is missing: run ./tollgate test once, or set TOLLGATE_CHROMIUM to a browser's path.");
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(
            new() { ExecutablePath = path, Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
    }

    public async ValueTask DisposeAsync()
    {
        await _browser!.DisposeAsync();
        _playwright!.Dispose();
    }

    /// <summary>Opens a window without earlier state.</summary>
    public async Task<IPage> OpenAsync(int width = 1280, ColorScheme scheme = ColorScheme.Light, bool javaScript = false)
    {
        // Only axe needs a script; the pages must do without.
        var context = await _browser!.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = 800 }, ColorScheme = scheme, JavaScriptEnabled = javaScript,
            ReducedMotion = ReducedMotion.Reduce,
        });
        return await context.NewPageAsync();
    }
}

internal static class Accessibility
{
    /// <summary>The violations that axe finds on the page, each with its rule and the elements.</summary>
    public static async Task<IReadOnlyList<string>> AxeFindingsAsync(this IPage page)
    {
        // The other mode opens a blank page for each run, with a process of its own. It differs only for frames, and no page has one.
        (await page.Locator("iframe, frame").CountAsync()).ShouldBe(0);
#pragma warning disable CS0618
        var found = await page.RunAxeLegacy();
#pragma warning restore CS0618
        return [.. found.Violations.Select(static one => $"{one.Id}: {string.Join(", ", one.Nodes.Select(static node => node.Html))}")];
    }
}
