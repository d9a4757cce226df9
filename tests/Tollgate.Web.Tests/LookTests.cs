using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Tollgate.Web.Tests;

/// <summary>The pages of a sale from its start to its end, and of the mails, in both themes, wide and on a phone.</summary>
public sealed class LookTests(Shop shop, Browser browser)
{
    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task Pages_fit_their_window_and_can_be_used_by_everybody(ColorScheme scheme, int width)
    {
        var door = await shop.OpenAsync();
        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-01-15T09:30:00Z" });
        await door.PostAsync("/v1/coupons", new JsonObject { ["code"] = "WELCOME", ["percent_off"] = 25, ["duration"] = "once" });
        var page = await browser.OpenAsync(width, scheme, javaScript: true);

        await page.GotoAsync(await door.CheckOutAsync(shop.App, "acme", more: new() { ["coupon"] = "WELCOME" }));
        await page.LookAsync("trial", scheme, width);

        await page.GotoAsync(await door.CheckOutAsync(shop.App, "acme", more: new() { ["trial"] = false, ["coupon"] = "WELCOME" }));
        await page.LookAsync("checkout", scheme, width);
        await page.PayAsync("pm_sandbox_declined");
        await page.LookAsync("declined", scheme, width);
        await page.PayAsync("pm_sandbox_authentication");
        await page.LookAsync("bank", scheme, width);
        await page.Button("Yes, approve it").ClickAsync();
        await page.ArriveAsync(shop.App + "/thanks");
        await page.GoBackAsync();
        await page.LookAsync("done", scheme, width);

        await page.GotoAsync(await door.CheckOutAsync(shop.App, "acme", "enterprise", new() { ["period"] = "yearly" }));
        await page.LookAsync("change", scheme, width);
        await page.PayAsync("pm_sandbox_late");
        await page.LookAsync("wait", scheme, width);
        await page.ArriveAsync(shop.App + "/thanks");

        foreach (var (path, name) in (IEnumerable<(string, string)>)[("/checkout/none", "unknown"), ("/", "start"), ("/pricing", "plans"),
            ("/nothing", "missing"), ("/styles", "styles")])
        {
            await page.GotoAsync(new Uri(shop.Server.Url, path).AbsoluteUri);
            await page.LookAsync(name, scheme, width);
        }

        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2028-01-16T00:00:00Z" });
        var subscription = "/v1/subscriptions/" + (await door.ListAsync("/v1/subscriptions?customer=acme"))[0]!["id"]!.GetValue<string>();
        await door.PostAsync("/v1/coupons", new JsonObject { ["code"] = "STAY", ["percent_off"] = 10, ["duration"] = "once" });
        await door.PostAsync(subscription + "/coupons", new JsonObject { ["code"] = "STAY" });
        await door.SendAsync(HttpMethod.Patch, subscription, new JsonObject { ["plan"] = "pro", ["when"] = "period_end" });
        var session = await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "acme", ["return_url"] = shop.App });
        await page.GotoAsync(session);
        await page.LookAsync("portal", scheme, width);
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280, "en", "Unsubscribe")]
    [InlineData(ColorScheme.Light, 360, "de", "Abbestellen")]
    [InlineData(ColorScheme.Dark, 1280, "fr", "Se désabonner")]
    [InlineData(ColorScheme.Dark, 360, "es", "Darse de baja")]
    public async Task Mails_are_refused_on_a_page_that_everybody_can_read(ColorScheme scheme, int width, string language, string button)
    {
        var door = await shop.OpenAsync();
        var settings = (await door.GetAsync("/v1/invoice-settings")).AsObject();
        settings["language"] = language;
        await door.SendAsync(HttpMethod.Put, "/v1/invoice-settings", settings);
        await door.PostAsync("/v1/customers", new JsonObject { ["id"] = "acme", ["email"] = "ada@acme.example" });
        await door.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = "acme", ["plan"] = "pro", ["trial"] = false });
        await door.PostAsync("/v1/consume", new JsonObject { ["customer"] = "acme", ["feature"] = "mock_interview", ["amount"] = 16 });
        var box = new MailBox(shop.Server.Data, door, "acme");
        var page = await browser.OpenAsync(width, scheme, javaScript: true);
        await box.OpenAsync(page, (await box.ReadAsync(1)).Single());
        await page.GotoAsync((await page.Locator(".small a").GetAttributeAsync("href"))!);
        await page.LookAsync("unsubscribe", scheme, width);
        await page.Button(button).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
        await page.LookAsync("unsubscribed", scheme, width);
    }
}
