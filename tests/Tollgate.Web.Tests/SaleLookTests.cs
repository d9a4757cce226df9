using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Tollgate.Web.Tests;

/// <summary>The display of quantities, discounts of prices and an unconfirmed VAT id on checkout and portal.</summary>
public sealed class SaleLookTests(Shop shop, Browser browser)
{
    private const string Catalog =
        """
        code: sale
        name: Sale
        currency: USD
        time_zone: Etc/UTC
        default_plan: free
        features:
          - { code: calls, name: Calls, unit: call }
        plans:
          - { code: free, name: Free, entitlements: [{ feature: calls, quota: 10 }] }
          - code: team
            name: Team
            prices: [{ interval: monthly, amount: 5000, discount: { percent: 20 }, seats: { included: 3, price: 10.00 } }]
            entitlements: [{ feature: calls, quota: 1000 }]
          - code: crew
            name: Crew
            prices: [{ interval: monthly, amount: 900 }]
            entitlements: [{ feature: calls, quota: 1000 }]
        packs:
          - { code: more, name: 100 calls, feature: calls, quantity: 100, prices: [{ amount: 1000, discount: { amount: 200 } }] }
        """;

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task Quantities_and_struck_prices_are_shown(ColorScheme scheme, int width)
    {
        var door = await shop.OpenAsync(Catalog, "Sale");
        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-01-15T09:30:00Z" });
        var page = await browser.OpenAsync(width, scheme, javaScript: true);

        await GotoAsync(new() { ["customer"] = "acme", ["pack"] = "more", ["count"] = 2 });
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Buy 2 × 100 calls");
        await SaysAsync(0, "2 × $8.00", "Before the discount: $20.00 Now: $16.00");
        await page.LookAsync("pack", scheme, width);

        await GotoAsync(new() { ["customer"] = "acme", ["plan"] = "crew", ["quantity"] = 9, ["trial"] = false });
        await SaysAsync(0, "9 × $9.00", "$81.00");

        await GotoAsync(new() { ["customer"] = "acme", ["plan"] = "team", ["quantity"] = 9, ["trial"] = false });
        await SaysAsync(0, null, "Before the discount: $50.00 Now: $40.00");
        await SaysAsync(1, "6 × $10.00", "$60.00");
        await page.LookAsync("seats", scheme, width);
        await page.PayAsync("pm_sandbox_visa");
        await page.ArriveAsync(shop.App + "/thanks");

        // VIES tells a sandbox that this id does not exist.
        await door.SendAsync(HttpMethod.Patch, "/v1/customers/acme", new JsonObject { ["country"] = "DE", ["tax_id"] = "DE111111125" });
        await page.GotoAsync(
            (await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "acme" }))["url"]!.GetValue<string>());
        await Assertions.Expect(page.Locator(".card", new() { HasText = "Before the discount: $110.00" })).ToHaveCountAsync(1);
        await Assertions.Expect(page.GetByText("is not in the EU's VAT register")).ToBeVisibleAsync();
        await page.LookAsync("portal-sale", scheme, width);

        async Task GotoAsync(JsonObject order)
        {
            (order["success_url"], order["cancel_url"]) = (shop.App + "/thanks", shop.App);
            await page.GotoAsync((await door.PostAsync("/v1/checkouts", order))["url"]!.GetValue<string>());
        }

        async Task SaysAsync(int at, string? count, string amount)
        {
            var line = page.Locator(".sums > div").Nth(at);
            await Assertions.Expect(line.Locator("dd")).ToHaveTextAsync(amount);
            await Assertions.Expect(line.Locator("dt .quiet")).ToHaveTextAsync(count is null ? Array.Empty<string>() : [count]);
        }
    }
}
