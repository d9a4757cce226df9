using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Tollgate.Engine.Secrets;
using Tollgate.Testing;

namespace Tollgate.Web.Tests;

/// <summary>
/// Every page in both themes, wide and on a phone: nothing overflows horizontally, and axe finds nothing. <c>TOLLGATE_SHOTS</c> names a
/// folder for screenshots.
/// </summary>
public sealed class LookTests(Shop shop, Browser browser) : IClassFixture<Shop>
{
    private static readonly string? Shots = Environment.GetEnvironmentVariable("TOLLGATE_SHOTS");

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

        await GotoAsync(page, await door.CheckOutAsync(shop.App, "acme", more: new() { ["coupon"] = "WELCOME" }));
        await LookAsync(page, "trial", scheme, width);

        await GotoAsync(page, await door.CheckOutAsync(shop.App, "acme", more: new() { ["trial"] = false, ["coupon"] = "WELCOME" }));
        await LookAsync(page, "checkout", scheme, width);
        await page.PayAsync("pm_sandbox_declined");
        await LookAsync(page, "declined", scheme, width);
        await page.PayAsync("pm_sandbox_authentication");
        await LookAsync(page, "bank", scheme, width);
        await page.Button("Yes, approve it").ClickAsync();
        await page.ArriveAsync(shop.App + "/thanks");
        await page.GoBackAsync();
        await LookAsync(page, "done", scheme, width);

        await GotoAsync(page, await door.CheckOutAsync(shop.App, "acme", "enterprise", new() { ["period"] = "yearly" }));
        await LookAsync(page, "change", scheme, width);
        await page.PayAsync("pm_sandbox_late");
        await LookAsync(page, "wait", scheme, width);
        await page.ArriveAsync(shop.App + "/thanks");

        foreach (var (path, name) in (IEnumerable<(string, string)>)[("/checkout/none", "unknown"), ("/", "start"), ("/pricing", "plans"),
            ("/nothing", "missing")])
        {
            await page.GotoAsync(new Uri(shop.Server.Url, path).AbsoluteUri);
            await LookAsync(page, name, scheme, width);
        }

        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2028-01-16T00:00:00Z" });
        var subscription = "/v1/subscriptions/" + (await door.ListAsync("/v1/subscriptions?customer=acme"))[0]!["id"]!.GetValue<string>();
        await door.PostAsync("/v1/coupons", new JsonObject { ["code"] = "STAY", ["percent_off"] = 10, ["duration"] = "once" });
        await door.PostAsync(subscription + "/coupons", new JsonObject { ["code"] = "STAY" });
        await door.SendAsync(HttpMethod.Patch, subscription, new JsonObject { ["plan"] = "pro", ["when"] = "period_end" });
        var session = await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "acme", ["return_url"] = shop.App });
        await GotoAsync(page, session);
        await LookAsync(page, "portal", scheme, width);
    }

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

        await GotoAsync(page, await door.CheckOutAsync(shop.App, "acme", more: new() { ["trial"] = false, ["coupon"] = "FIRST" }));
        await Assertions.Expect(page.GetByText("Nothing is charged today.")).ToBeVisibleAsync();
        await LookAsync(page, "later", scheme, width);
        await page.PayAsync("pm_sandbox_visa");
        await page.ArriveAsync(shop.App + "/thanks");
        await GotoAsync(page, other);
        await Assertions.Expect(page.GetByText("has reached its number of redemptions")).ToBeVisibleAsync();
        await LookAsync(page, "coupon", scheme, width);

        // The late payment arrives when the plan has changed, even on a slow machine.
        await door.PostAsync("/v1/sandbox/webhook-behavior", new JsonObject { ["delay_seconds"] = 10 });
        var (late, second) = (
            await door.CheckOutAsync(shop.App, "twice", more: new() { ["trial"] = false }),
            await door.CheckOutAsync(shop.App, "twice", more: new() { ["trial"] = false }));
        await GotoAsync(page, late);
        await page.PayAsync("pm_sandbox_late");
        await GotoAsync(page, second);
        await page.PayAsync("pm_sandbox_visa");
        await Assertions.Expect(page.GetByText("nothing was charged here")).ToBeVisibleAsync();
        await door.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = "twice", ["plan"] = "enterprise", ["trial"] = false });
        await LookAsync(page, "taken", scheme, width);
        await GotoAsync(page, late);
        await Assertions.Expect(page.GetByText("The money is your credit")).ToBeVisibleAsync(new() { Timeout = 90_000 });
        await LookAsync(page, "credited", scheme, width);
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task Notices_stand_at_the_top_of_the_portal(ColorScheme scheme, int width)
    {
        var door = await shop.OpenAsync();
        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-01-15T09:30:00Z" });
        await door.PostAsync("/v1/customers/acme/payment-methods", new JsonObject { ["token"] = "pm_sandbox_visa" });
        var subscription =
            (await door.PostAsync(
                "/v1/subscriptions",
                new JsonObject { ["customer"] = "acme", ["plan"] = "pro", ["trial"] = false }))["id"]!.GetValue<string>();
        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-01-16T00:00:00Z" });
        await door.PostAsync(
            "/v1/sandbox/payment-behavior", new JsonObject { ["customer"] = "acme", ["outcome"] = "insufficient_funds", ["times"] = 9 });
        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-02-16T12:00:00Z" });
        foreach (var (feature, amount) in new[] { ("mock_interview", 16), ("cv_generate", 30) })
        {
            await door.PostAsync("/v1/consume", new JsonObject { ["customer"] = "acme", ["feature"] = feature, ["amount"] = amount });
        }

        await door.PostAsync($"/v1/subscriptions/{subscription}/cancel", new JsonObject { ["at"] = "period_end" });
        var page = await browser.OpenAsync(width, scheme, javaScript: true);
        await ShowAsync(
            "portal-failing", "Your payment of $29.99 failed", "CV Generation: all used", "Mock Interviews: 80% used",
            "Pro ends on 15 Mar 2027");

        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-02-23T00:00:00Z" });
        await ShowAsync("portal-ended", "Pro has ended");

        async Task ShowAsync(string name, params string[] titles)
        {
            await GotoAsync(page, await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "acme" }));
            await LookAsync(page, name, scheme, width);
            (await page.Locator(".notice strong").AllTextContentsAsync()).Order().ShouldBe(titles.Order());
            (await page.GetByRole(AriaRole.Link, new() { Name = "See the plans" })
                .CountAsync()).ShouldBe(titles.Count(static title => title.EndsWith(": all used", StringComparison.Ordinal)));
            foreach (var ask in await page.Locator("summary").AllAsync())
            {
                await ask.ClickAsync();
            }

            await LookAsync(page, name + "-asking", scheme, width);
        }
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task What_a_provider_collects_leads_to_its_page(ColorScheme scheme, int width)
    {
        var (door, customer) = (await shop.OpenAsync(), $"driven-{scheme}-{width}");
        var made =
            await door.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = customer, ["plan"] = "pro", ["trial"] = false });
        var place = SecretPlace.InvoicePage(
            await shop.Database.ScalarAsync<int>("SELECT project_id FROM customers WHERE id = $1", customer), "stripe", $"in_{made["id"]}");
        await shop.Database.ExecuteAsync(
            """
              WITH managed AS (
                    UPDATE subscriptions s SET managed_by = 'stripe', status = 'past_due', due_at = NULL
                      FROM customers c
                     WHERE c.partition = s.partition AND c.account = s.account AND c.id = $1
                    RETURNING s.partition, s.account, s.id, c.project_id)
            INSERT INTO provider_invoices (partition, account, provider, reference, project_id, subscription, number, status, currency,
              total, tax, paid, url, lines, created_at, heard_at)
            SELECT partition, account, 'stripe', 'in_' || id, project_id, id, 'ST-0007', 'open', 'USD', 2999, 0, 0,
              $2, '[]', now(), now()
              FROM managed
            """,
            customer, TestSecrets.Seal("https://invoice.stripe.com/i/acct_demo/7", place));
        var page = await browser.OpenAsync(width, scheme, javaScript: true);
        await GotoAsync(page, await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = customer }));
        await LookAsync(page, "portal-managed", scheme, width);
        var notice = page.Locator(".notice", new() { HasText = "Your payment of $29.99 did not go through" });
        (await notice.GetByRole(AriaRole.Link, new() { Name = "Pay $29.99" })
            .GetAttributeAsync("href")).ShouldBe("https://invoice.stripe.com/i/acct_demo/7");
        (await notice.GetByRole(AriaRole.Button).CountAsync()).ShouldBe(0);
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
        await LookAsync(page, "unsubscribe", scheme, width);
        await page.Button(button).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
        await LookAsync(page, "unsubscribed", scheme, width);
    }

    private static Task GotoAsync(IPage page, JsonNode made) => page.GotoAsync(made["url"]!.GetValue<string>());

    internal static async Task LookAsync(IPage page, string name, ColorScheme scheme, int width)
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
}
