using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Tollgate.Web.Tests;

/// <summary>The customer's own page, in a real browser, without scripts.</summary>
public sealed class PortalPageTests(Shop shop, Browser browser)
{
    [Fact]
    public async Task A_customer_pays_an_open_invoice_manages_cards_and_cancels_and_keeps_the_plan()
    {
        var door = await shop.OpenAsync();
        await door.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = "acme", ["plan"] = "pro", ["trial"] = false });
        var session = await door.PostAsync(
            "/v1/portal-sessions", new JsonObject { ["customer"] = "acme", ["return_url"] = shop.App + "/account" });
        var page = await browser.OpenAsync();
        await page.GotoAsync(session["url"]!.GetValue<string>());

        await page.GetByRole(AriaRole.Button, new() { NameString = "of invoice" }).ClickAsync();
        await page.PayAsync("pm_sandbox_visa");
        await Assertions.Expect(page.GetByText("Paid", new() { Exact = true })).ToBeVisibleAsync();

        await page.Button("Add a card").ClickAsync();
        await page.ChooseAsync("pm_sandbox_mastercard");
        await page.Button("Save the card").ClickAsync();
        await page.Button("Make default: Visa ending in 4242").ClickAsync();
        await Assertions.Expect(page.Locator("button[value=remove]").First).ToBeHiddenAsync();
        await page.Locator("summary[aria-label='Remove Mastercard ending in 4444']").ClickAsync();
        await page.Button("Yes, remove it: Mastercard ending in 4444").ClickAsync();
        await Assertions.Expect(page.GetByText("Mastercard")).ToHaveCountAsync(0);
        (await door.ListAsync("/v1/customers/acme/payment-methods")).ShouldHaveSingleItem()!["default"]!.GetValue<bool>().ShouldBeTrue();

        await page.GetByText("Cancel the plan").ClickAsync();
        await Assertions.Expect(page.GetByText("then it ends")).ToBeVisibleAsync();
        await page.Button("Yes, cancel it").ClickAsync();
        await Assertions.Expect(page.GetByText("Nothing changes until then.")).ToBeVisibleAsync();
        await page.Button("Keep the plan").ClickAsync();
        await Assertions.Expect(page.GetByText("Renews on")).ToBeVisibleAsync();

        var pdf = await page.GetByRole(AriaRole.Link, new() { NameString = "as PDF" }).GetAttributeAsync("href");
        using var answer = await shop.Server.Http.GetAsync(new Uri(pdf!, UriKind.Relative));
        (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType).ShouldBe((HttpStatusCode.OK, "application/pdf"));
    }

    [Fact]
    public async Task Many_notices_are_folded_and_the_only_card_is_not_removed_unwarned()
    {
        var door = await shop.OpenAsync();
        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-01-31T09:30:00Z" });
        await door.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = "owes", ["plan"] = "pro", ["trial"] = false });
        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-06-15T09:30:00Z" });
        await door.PostAsync("/v1/customers/owes/payment-methods", new JsonObject { ["token"] = "pm_sandbox_visa" });
        var page = await browser.OpenAsync();
        await page.GotoAsync(
            (await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "owes" }))["url"]!.GetValue<string>());

        var notices = page.Locator(".notice");
        var (all, hidden) = (await notices.CountAsync(), page.Locator("details:has(> .notice)"));
        all.ShouldBeGreaterThan(4);
        await Assertions.Expect(notices.Nth(3)).ToBeVisibleAsync();
        await Assertions.Expect(notices.Nth(4)).ToBeHiddenAsync();
        await hidden.Locator("summary").PressAsync("Enter");
        await Assertions.Expect(notices.Nth(all - 1)).ToBeVisibleAsync();

        await page.Locator("summary[aria-label='Remove Visa ending in 4242']").ClickAsync();
        await Assertions.Expect(page.GetByText("This is your only card.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_plan_is_the_one_that_the_customer_has_whatever_it_comes_from()
    {
        var door = await shop.OpenAsync();
        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-01-15T09:30:00Z" });
        foreach (var customer in (string[])["none", "set", "ended", "paused"])
        {
            await door.PostAsync("/v1/customers", new JsonObject { ["id"] = customer });
        }

        await door.SendAsync(HttpMethod.Put, "/v1/customers/set/plan", new JsonObject { ["plan"] = "enterprise" });
        foreach (var (customer, verb) in (IEnumerable<(string, string)>)[("ended", "cancel"), ("paused", "pause")])
        {
            var id =
                (await door.PostAsync(
                    "/v1/subscriptions",
                    new JsonObject { ["customer"] = customer, ["plan"] = "pro", ["trial"] = false }))["id"]!.GetValue<string>();
            await door.PostAsync($"/v1/subscriptions/{id}/{verb}", verb == "cancel" ? new JsonObject { ["at"] = "now" } : []);
        }

        (await PlanAsync("none")).ShouldBe(("Free", "You have no subscription."));
        (await PlanAsync("set")).ShouldBe(("Enterprise", "Career Coach set this plan for you. You have no subscription to it."));
        (await PlanAsync("ended")).ShouldBe(("Free", "Your subscription to Pro ended on 15 Jan 2027."));
        (await PlanAsync("paused")).ShouldBe(("Free", "Your subscription to Pro is paused."));

        async Task<(string, string)> PlanAsync(string customer)
        {
            var page = await browser.OpenAsync();
            await page.GotoAsync(
                (await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = customer }))["url"]!.GetValue<string>());
            var card = page.GetByRole(AriaRole.Region, new() { Name = "Plan" });
            return ((await card.Locator(".headline").TextContentAsync())!.Trim(),
                (await card.Locator(".quiet").First.TextContentAsync())!.Trim());
        }
    }

    /// <summary>A newcomer misread "Then $23.99 a month" as the price, and "Keep Elite" as a way to keep Elite.</summary>
    [Fact]
    public async Task The_announced_amount_is_charged_and_each_button_undoes_its_own_change()
    {
        var door = await shop.OpenAsync();
        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-01-15T09:30:00Z" });
        await door.PostAsync("/v1/coupons", new JsonObject { ["code"] = "HALF", ["percent_off"] = 50, ["duration"] = "once" });
        var taxes = new JsonObject { ["rates"] = new JsonArray(new JsonObject { ["country"] = "US", ["name"] = "VAT", ["percent"] = 20 }) };
        (await door.SendAsync(HttpMethod.Put, "/v1/tax-rates", taxes)).ShouldSatisfyAllConditions(static answer =>
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Json.ToJsonString()));
        foreach (var customer in (string[])["acme", "other"])
        {
            await door.PostAsync("/v1/customers", new JsonObject { ["id"] = customer, ["country"] = "US" });
        }

        await door.PostAsync("/v1/customers/acme/payment-methods", new JsonObject { ["token"] = "pm_sandbox_visa" });
        var page = await browser.OpenAsync();
        await page.GotoAsync((await door.CheckOutAsync(shop.App, "other", more: new() { ["coupon"] = "HALF" }))["url"]!.GetValue<string>());
        await Assertions.Expect(page.GetByText("Then $17.99 on 22 Jan 2027, from 22 Feb 2027 on $35.99 a month.")).ToBeVisibleAsync();

        var id =
            (await door.PostAsync(
                "/v1/subscriptions",
                new JsonObject
                {
                    ["customer"] = "acme", ["plan"] = "enterprise", ["trial"] = true, ["coupon"] = "HALF",
                }))["id"]!.GetValue<string>();
        await page.GotoAsync(
            (await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "acme" }))["url"]!.GetValue<string>());
        var plan = page.GetByRole(AriaRole.Region, new() { Name = "Plan" });
        await Assertions.Expect(plan.Locator("#pays")).ToHaveTextAsync(
            "You pay $59.99 on 14 Feb 2027, from 14 Mar 2027 on $119.99 a month. Next invoice: plan $99.99, less $50.00 discount, "
                + "plus $10.00 tax.");

        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-02-20T00:00:00Z" });
        var downgrade = (await door.CheckOutAsync(shop.App, "acme", "pro"))["url"]!.GetValue<string>();
        await page.GotoAsync(downgrade);
        await page.Button("Confirm").ClickAsync();
        await page.ArriveAsync(shop.App + "/thanks");
        await page.GotoAsync(downgrade);
        await Assertions.Expect(page.GetByText("Your plan changes to Pro on 14 Mar 2027.")).ToBeVisibleAsync();
        await door.PostAsync($"/v1/subscriptions/{id}/cancel", new JsonObject { ["at"] = "period_end" });
        await page.GotoAsync(
            (await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "acme" }))["url"]!.GetValue<string>());
        await page.Button("Keep the plan").ClickAsync();
        await Assertions.Expect(plan.GetByText("Changes to Pro on")).ToBeVisibleAsync();
        await page.Button("Keep Enterprise").ClickAsync();
        await Assertions.Expect(plan.GetByText("Renews on")).ToBeVisibleAsync();
        (await door.GetAsync($"/v1/subscriptions/{id}"))["scheduled_change"].ShouldBeNull();
    }

    [Fact]
    public async Task Without_online_payment_the_page_has_no_button_and_says_how_to_pay()
    {
        var door = await shop.OpenAsync();
        await door.SendAsync(HttpMethod.Put, "/v1/payment-settings", new JsonObject { ["provider"] = "manual" });
        await door.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = "acme", ["plan"] = "pro", ["trial"] = false });
        var page = await browser.OpenAsync();
        var url = (await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "acme" }))["url"]!.GetValue<string>();
        await page.GotoAsync(url);

        await Assertions.Expect(page.GetByText("You cannot pay it online. Please follow the payment instructions on the invoice."))
            .ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("To pay an invoice, follow its instructions")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("form[action$='/pay']")).ToHaveCountAsync(0);

        // A page that was open before shows the reason, instead of reloading without a message.
        var invoice = (await door.ListAsync("/v1/invoices?customer=acme"))[0]!["id"]!.GetValue<string>();
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["invoice"] = invoice });
        using var refused = await shop.Server.Http.PostAsync(new Uri(url + "/pay"), form);
        (refused.StatusCode,
            (await refused.Content.ReadAsStringAsync()).Contains("Contact Career Coach to pay.", StringComparison.Ordinal)).ShouldBe(
                (HttpStatusCode.Conflict, true));
    }

    [Fact]
    public async Task Nothing_of_another_customer_is_shown_or_paid()
    {
        var door = await shop.OpenAsync();
        foreach (var customer in (string[])["acme", "other"])
        {
            await door.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = customer, ["plan"] = "pro", ["trial"] = false });
        }

        var url = (await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "acme" }))["url"]!.GetValue<string>();
        var foreign = (await door.ListAsync("/v1/invoices?customer=other"))[0]!["id"]!.GetValue<string>();
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["invoice"] = foreign });

        using var paid = await client.PostAsync(new Uri(url + "/pay"), form);
        using var shown = await client.GetAsync(new Uri($"{url}/invoices/{foreign}.pdf"));
        using var unknown = await client.GetAsync(new Uri(shop.Server.Url, "/portal/none"));

        paid.Headers.Location!.OriginalString.ShouldBe(new Uri(url).AbsolutePath);
        (shown.StatusCode, unknown.StatusCode).ShouldBe((HttpStatusCode.NotFound, HttpStatusCode.NotFound));
        (await door.ListAsync("/v1/checkouts")).ShouldBeEmpty();
    }
}
