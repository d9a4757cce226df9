using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Tollgate.Engine.Secrets;
using Tollgate.Testing;

namespace Tollgate.Web.Tests;

/// <summary>The portal of a customer who has to do something.</summary>
public sealed class NoticeLookTests(Shop shop, Browser browser)
{
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
            await page.GotoAsync(await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "acme" }));
            await page.LookAsync(name, scheme, width);
            (await page.Locator(".notice strong").AllTextContentsAsync()).Order().ShouldBe(titles.Order());
            (await page.GetByRole(AriaRole.Link, new() { Name = "See the plans" })
                .CountAsync()).ShouldBe(titles.Count(static title => title.EndsWith(": all used", StringComparison.Ordinal)));
            foreach (var ask in await page.Locator("summary").AllAsync())
            {
                await ask.ClickAsync();
            }

            await page.LookAsync(name + "-asking", scheme, width);
        }
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task A_notice_of_a_providers_invoice_leads_to_its_page(ColorScheme scheme, int width)
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
        await page.GotoAsync(await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = customer }));
        await page.LookAsync("portal-managed", scheme, width);
        var notice = page.Locator(".notice", new() { HasText = "Your payment of $29.99 did not go through" });
        (await notice.GetByRole(AriaRole.Link, new() { Name = "Pay $29.99" })
            .GetAttributeAsync("href")).ShouldBe("https://invoice.stripe.com/i/acct_demo/7");
        (await notice.GetByRole(AriaRole.Button).CountAsync()).ShouldBe(0);
    }
}
