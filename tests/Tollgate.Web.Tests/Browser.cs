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
