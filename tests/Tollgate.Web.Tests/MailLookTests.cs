using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Tollgate.Web.Tests;

/// <summary>
/// Every kind of mail with long names and amounts of no, two and three decimals, in both themes, in the column of a mail program and on a
/// phone. <c>TOLLGATE_SHOTS</c> names a folder for screenshots.
/// </summary>
public sealed class MailLookTests(Shop shop, Browser browser)
{
    private const string Catalog =
        """
        code: letters
        name: Letters
        currency: EUR
        time_zone: Etc/UTC
        default_plan: free
        features:
          - { code: calls, name: Requests to the large language models of the research department, unit: request }
        plans:
          - { code: free, name: Free, entitlements: [{ feature: calls, quota: 10 }] }
          - code: pro
            name: Professional Research Workspace
            prices:
              - { interval: monthly, amount: 123456789, trial_days: 14 }
              - { interval: monthly, amount: 1234567, currency: JPY }
              - { interval: monthly, amount: 1234567, currency: KWD }
            entitlements: [{ feature: calls, quota: 1000000 }]
          - code: enterprise
            name: Enterprise
            prices:
              - { interval: monthly, amount: 223456789 }
              - { interval: monthly, amount: 2234567, currency: JPY }
              - { interval: monthly, amount: 2234567, currency: KWD }
            entitlements: [{ feature: calls, quota: 9000000 }]
        """;

    private static readonly string? Shots = Environment.GetEnvironmentVariable("TOLLGATE_SHOTS");

    private static readonly string[] Currencies = ["EUR", "JPY", "KWD"];

    [Theory]
    [InlineData(ColorScheme.Light, 600, "en")]
    [InlineData(ColorScheme.Light, 360, "de")]
    [InlineData(ColorScheme.Dark, 600, "fr")]
    [InlineData(ColorScheme.Dark, 360, "es")]
    public async Task Mails_fit_their_window_and_can_be_read_by_everybody(ColorScheme scheme, int width, string language)
    {
        var door = await shop.OpenAsync(Catalog, "Institute for the Advancement of Computational Linguistics & Research");
        var settings = (await door.GetAsync("/v1/invoice-settings")).AsObject();
        (settings["language"], settings["largest_total"]) = (language, 10_000_000);
        (await door.SendAsync(HttpMethod.Put, "/v1/invoice-settings", settings)).Status.ShouldBe(System.Net.HttpStatusCode.OK);
        await LiveAsync(door);
        var page = await browser.OpenAsync(width, scheme, javaScript: true);
        foreach (var currency in Currencies)
        {
            var box = new MailBox(shop.Server.Data, door, currency);
            var seen = new Dictionary<string, int>();
            foreach (var mail in await box.ReadAsync(currency == "EUR" ? 11 : 10))
            {
                var type = mail["type"]!.GetValue<string>();
                seen[type] = seen.GetValueOrDefault(type) + 1;
                // The mails in between look like the first one; these two have amounts of other decimals.
                if ((type == "payment_failed" && seen[type] is > 1 and < 5)
                    || (currency != "EUR" && type is not ("payment_failed" or "receipt")))
                {
                    continue;
                }

                await box.OpenAsync(page, mail);
                var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
                var name = $"mail-{type}-{seen[type]}-{currency}-{language}-{scheme}-{width}".ToLowerInvariant();
                if (Shots is not null)
                {
                    await page.ScreenshotAsync(new() { Path = Path.Combine(Shots, name + ".png"), FullPage = true });
                    await File.WriteAllTextAsync(
                        Path.Combine(Shots, name + ".txt"),
                        (await door.GetAsync("/v1/mails/" + mail["id"]!.GetValue<string>()))["text"]!.GetValue<string>());
                }

                overflow.ShouldBe(0, $"{name} is wider than its window.");
                (await page.AxeFindingsAsync()).ShouldBeEmpty(name);
            }

            seen.Keys.Order().ShouldBe(currency == "EUR"
                ? ["canceled", "payment_failed", "plan_changed", "quota_threshold", "receipt", "trial_ending"]
                : ["canceled", "payment_failed", "plan_changed", "quota_threshold", "receipt"]);
        }
    }

    /// <summary>
    /// Customers named after their currencies get every event that mails report; only the plan in EUR has a trial.
    /// </summary>
    private static async Task LiveAsync(Door door)
    {
        await AdvanceAsync(door, "2027-01-01T00:00:00Z");
        var ids = new Dictionary<string, string>();
        foreach (var currency in Currencies)
        {
            await door.PostAsync(
                "/v1/customers",
                new JsonObject
                {
                    ["id"] = currency, ["email"] = $"{currency}@example.com", ["name"] = "Ada Augusta King", ["currency"] = currency,
                });
            await door.PostAsync($"/v1/customers/{currency}/payment-methods", new JsonObject { ["token"] = "pm_sandbox_visa" });
            var (status, made) = await door.SendAsync(HttpMethod.Post, "/v1/subscriptions",
                new JsonObject { ["customer"] = currency, ["plan"] = "pro", ["currency"] = currency });
            status.ShouldBe(System.Net.HttpStatusCode.Created, made.ToJsonString());
            ids[currency] = made["id"]!.GetValue<string>();
        }

        await AdvanceAsync(door, "2027-01-16T00:00:00Z");
        foreach (var currency in Currencies)
        {
            foreach (var amount in new[] { 850_000, 150_000 })
            {
                (await door.SendAsync(
                    HttpMethod.Post, "/v1/consume",
                    new JsonObject { ["customer"] = currency, ["feature"] = "calls", ["amount"] = amount })).Status
                    .ShouldBe(System.Net.HttpStatusCode.OK);
            }

            await door.SendAsync(
                HttpMethod.Patch, "/v1/subscriptions/" + ids[currency],
                new JsonObject { ["plan"] = "enterprise", ["when"] = "now", ["proration"] = "none" });
            await door.PostAsync($"/v1/subscriptions/{ids[currency]}/cancel", new JsonObject { ["at"] = "period_end" });
            await door.PostAsync($"/v1/subscriptions/{ids[currency]}/uncancel");
            await door.PostAsync(
                "/v1/sandbox/payment-behavior",
                new JsonObject { ["customer"] = currency, ["outcome"] = "insufficient_funds", ["times"] = 9 });
        }

        await AdvanceAsync(door, "2027-03-15T00:00:00Z");
    }

    private static async Task AdvanceAsync(Door door, string to) =>
        (await door.SendAsync(HttpMethod.Post, "/v1/test-clock", new JsonObject { ["advance_to"] = to })).Status.ShouldBe(
            System.Net.HttpStatusCode.OK);
}
