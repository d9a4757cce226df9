using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Tollgate.Web.Tests;

/// <summary>The customer's own page, in a real browser, without scripts.</summary>
public sealed class PortalPageTests(Shop shop, Browser browser) : IClassFixture<Shop>
{
    [Fact]
    public async Task What_is_open_is_paid_cards_come_and_go_and_the_plan_is_canceled_and_kept()
    {
        var door = await shop.OpenAsync();
        await door.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = "acme", ["plan"] = "pro", ["trial"] = false });
        var session = await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "acme", ["return_url"] = shop.App + "/account" });
        var page = await browser.OpenAsync();
        await page.GotoAsync(session["url"]!.GetValue<string>());

        await page.GetByRole(AriaRole.Button, new() { NameString = "of invoice" }).ClickAsync();
        await page.PayAsync("pm_sandbox_visa");
        await Assertions.Expect(page.GetByText("Paid", new() { Exact = true })).ToBeVisibleAsync();

        await page.Button("Add a card").ClickAsync();
        await page.ChooseAsync("pm_sandbox_mastercard");
        await page.Button("Save the card").ClickAsync();
        await page.Button("Make default: Visa ending in 4242").ClickAsync();
        await page.Button("Remove Mastercard ending in 4444").ClickAsync();
        await Assertions.Expect(page.GetByText("Mastercard")).ToHaveCountAsync(0);
        (await door.ListAsync("/v1/customers/acme/payment-methods")).ShouldHaveSingleItem()!["default"]!.GetValue<bool>().ShouldBeTrue();

        await page.Button("Cancel at the end of the period").ClickAsync();
        await Assertions.Expect(page.GetByText("Until then nothing changes.")).ToBeVisibleAsync();
        await page.Button("Keep Pro").ClickAsync();
        await Assertions.Expect(page.GetByText("Renews on")).ToBeVisibleAsync();

        var pdf = await page.GetByRole(AriaRole.Link, new() { NameString = "as PDF" }).GetAttributeAsync("href");
        using var answer = await shop.Server.Http.GetAsync(new Uri(pdf!, UriKind.Relative));
        (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType).ShouldBe((HttpStatusCode.OK, "application/pdf"));
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
