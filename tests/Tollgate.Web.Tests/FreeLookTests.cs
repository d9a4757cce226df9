using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Tollgate.Web.Tests;

/// <summary>The pages of checkouts that charge nothing.</summary>
public sealed class FreeLookTests(Shop shop, Browser browser)
{
    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task Pages_that_charge_nothing_say_why(ColorScheme scheme, int width)
    {
        var door = await shop.OpenAsync();
        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-01-15T09:30:00Z" });
        await door.PostAsync(
            "/v1/coupons", new JsonObject { ["code"] = "FIRST", ["percent_off"] = 100, ["duration"] = "once", ["max_redemptions"] = 1 });
        var page = await browser.OpenAsync(width, scheme, javaScript: true);
        var other = await door.CheckOutAsync(shop.App, "other", more: new() { ["trial"] = false, ["coupon"] = "FIRST" });

        await page.GotoAsync(await door.CheckOutAsync(shop.App, "acme", more: new() { ["trial"] = false, ["coupon"] = "FIRST" }));
        await Assertions.Expect(page.GetByText("You are not charged today.")).ToBeVisibleAsync();
        await page.LookAsync("later", scheme, width);
        await page.PayAsync("pm_sandbox_visa");
        await page.ArriveAsync(shop.App + "/thanks");
        await page.GotoAsync(other);
        await Assertions.Expect(page.GetByText("has reached its number of redemptions")).ToBeVisibleAsync();
        await page.LookAsync("coupon", scheme, width);

        // The late payment arrives when the plan has changed, even on a slow machine.
        await door.PostAsync("/v1/sandbox/webhook-behavior", new JsonObject { ["delay_seconds"] = 10 });
        var (late, second) = (
            await door.CheckOutAsync(shop.App, "twice", more: new() { ["trial"] = false }),
            await door.CheckOutAsync(shop.App, "twice", more: new() { ["trial"] = false }));
        await page.GotoAsync(late);
        await page.PayAsync("pm_sandbox_late");
        await page.GotoAsync(second);
        await page.PayAsync("pm_sandbox_visa");
        await Assertions.Expect(page.GetByText("You were not charged here")).ToBeVisibleAsync();
        await door.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = "twice", ["plan"] = "enterprise", ["trial"] = false });
        await page.LookAsync("taken", scheme, width);
        await page.GotoAsync(late);
        await Assertions.Expect(page.GetByText("The amount is now your credit")).ToBeVisibleAsync(new() { Timeout = 90_000 });
        await page.LookAsync("credited", scheme, width);
    }
}
