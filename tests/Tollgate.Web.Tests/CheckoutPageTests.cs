using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Tollgate.Web.Tests;

/// <summary>The pages of a checkout in a real browser, without scripts. Each test has a project of its own.</summary>
public sealed class CheckoutPageTests(Shop shop, Browser browser)
{
    private static readonly JsonObject NoTrial = new() { ["trial"] = false };

    [Fact]
    public async Task From_plans_to_the_page_to_the_app_and_the_quotas_are_there_at_once()
    {
        var door = await shop.OpenAsync();
        (await door.GetAsync("/v1/plans"))["data"]!.AsArray().Select(static plan => plan!["code"]!.GetValue<string>()).ShouldContain("pro");
        var made = await door.CheckOutAsync(shop.App, "acme", more: NoTrial);
        (await door.ListAsync("/v1/invoices?customer=acme")).ShouldBeEmpty();
        (await door.PlanOfAsync("acme")).ShouldBe("free");

        var page = await OpenAsync(made);
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Subscribe to Pro");
        await page.PayAsync("pm_sandbox_visa");
        await page.ArriveAsync($"{shop.App}/thanks?checkout={made["id"]!.GetValue<string>()}");

        (await door.PlanOfAsync("acme")).ShouldBe("pro");
        var invoice = (await door.ListAsync("/v1/invoices?customer=acme")).ShouldHaveSingleItem()!;
        invoice["status"]!.GetValue<string>().ShouldBe("paid");
        var shown = await door.GetAsync("/v1/checkouts/" + made["id"]!.GetValue<string>());
        (shown["status"]!.GetValue<string>(), shown["invoice"]!.GetValue<string>(),
            shown["url"]).ShouldBe(("completed", invoice["id"]!.GetValue<string>(), null));
        (await door.ListAsync("/v1/customers/acme/payment-methods")).ShouldHaveSingleItem()!["last4"]!.GetValue<string>().ShouldBe("4242");
    }

    [Theory]
    [InlineData("pm_sandbox_declined", "Your bank declined this card.")]
    [InlineData("pm_sandbox_insufficient_funds", "This card has insufficient funds.")]
    public async Task A_card_that_does_not_pay_changes_nothing_and_another_one_pays(string card, string reason)
    {
        var door = await shop.OpenAsync();
        var page = await OpenAsync(await door.CheckOutAsync(shop.App, "acme", more: NoTrial));
        await page.PayAsync(card);

        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync(reason);
        (await page.Locator("input:checked").GetAttributeAsync("value")).ShouldBe("new:" + card, "The form is kept.");
        (await door.PlanOfAsync("acme")).ShouldBe("free");
        (await door.ListAsync("/v1/invoices?customer=acme")).ShouldBeEmpty();
        (await door.ListAsync("/v1/customers/acme/payment-methods")).ShouldBeEmpty("A card is kept once it has paid.");

        await page.PayAsync("pm_sandbox_mastercard");
        await ArriveAsync(page);
        (await door.PlanOfAsync("acme")).ShouldBe("pro");
        (await PaymentsAsync(door)).ShouldBe(["succeeded", "failed"]);
    }

    [Fact]
    public async Task The_banks_question_has_a_page_of_its_own()
    {
        var door = await shop.OpenAsync();
        var page = await OpenAsync(await door.CheckOutAsync(shop.App, "acme", more: NoTrial));
        await page.PayAsync("pm_sandbox_authentication");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Did you ask for this payment?");
        (await PaymentsAsync(door)).ShouldBe(["requires_action"]);
        (await door.PlanOfAsync("acme")).ShouldBe("free");

        await page.Button("No, it was not me").ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("You did not confirm the payment");
        (await door.PlanOfAsync("acme")).ShouldBe("free");

        await page.PayAsync("pm_sandbox_authentication");
        await page.Button("Yes, approve it").ClickAsync();
        await ArriveAsync(page);
        (await door.PlanOfAsync("acme")).ShouldBe("pro");
        (await PaymentsAsync(door)).ShouldBe(["succeeded", "failed"]);
    }

    [Fact]
    public async Task A_customer_who_leaves_the_bank_and_pays_with_another_card_pays_once()
    {
        var door = await shop.OpenAsync();
        var page = await OpenAsync(await door.CheckOutAsync(shop.App, "acme", more: NoTrial));
        await page.PayAsync("pm_sandbox_authentication");
        await page.GetByRole(AriaRole.Link, new() { Name = "Back to the checkout" }).ClickAsync();
        await page.PayAsync("pm_sandbox_visa");
        await ArriveAsync(page);

        (await PaymentsAsync(door)).ShouldBe(["succeeded", "failed"]);
        (await door.ListAsync("/v1/invoices?customer=acme")).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("pm_sandbox_timeout")]
    [InlineData("pm_sandbox_late")]
    public async Task While_nobody_knows_the_page_says_so_and_goes_on_by_itself(string card)
    {
        var door = await shop.OpenAsync();
        var page = await OpenAsync(await door.CheckOutAsync(shop.App, "acme", more: NoTrial));
        await page.PayAsync(card);
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("We are checking with your bank");

        await ArriveAsync(page);
        (await door.PlanOfAsync("acme")).ShouldBe("pro");
        (await PaymentsAsync(door)).ShouldBe(["succeeded"]);
    }

    [Fact]
    public async Task A_double_click_and_the_way_back_pay_once()
    {
        var door = await shop.OpenAsync();
        var page = await OpenAsync(await door.CheckOutAsync(shop.App, "acme", more: NoTrial));
        await page.ChooseAsync("pm_sandbox_visa");
        await page.GetByRole(AriaRole.Button).Last.DblClickAsync();
        await ArriveAsync(page);

        await page.GoBackAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Thank you");
        (await PaymentsAsync(door)).ShouldBe(["succeeded"]);
        (await door.ListAsync("/v1/invoices?customer=acme")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task With_the_keyboard_alone_it_is_paid()
    {
        var door = await shop.OpenAsync();
        var page = await OpenAsync(await door.CheckOutAsync(shop.App, "acme", more: NoTrial));
        await page.Locator("input[type=radio]:checked").WaitForAsync();
        for (var steps = 0; steps < 10 && await page.Locator("input[type=radio]:focus").CountAsync() == 0; steps++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await ArriveAsync(page);

        (await door.ListAsync("/v1/customers/acme/payment-methods")).ShouldHaveSingleItem()!["last4"]!.GetValue<string>().ShouldBe("4444");
    }

    [Fact]
    public async Task A_trial_is_begun_without_money_and_converts_where_a_card_was_left()
    {
        var door = await shop.OpenAsync();
        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-01-01T00:00:00Z" });
        var (with, without) =
            (await OpenAsync(await door.CheckOutAsync(shop.App, "with")), await OpenAsync(await door.CheckOutAsync(shop.App, "without")));
        await Assertions.Expect(with.GetByText("Without a card, the trial ends then and you are not charged.")).ToBeVisibleAsync();
        await with.PayAsync("pm_sandbox_visa");
        await ArriveAsync(with);
        await without.Locator("input[value=none]").CheckAsync();
        await without.Button("Start the trial").ClickAsync();
        await ArriveAsync(without);
        (await door.PlanOfAsync("with"), await door.PlanOfAsync("without")).ShouldBe(("pro", "pro"));
        (await PaymentsAsync(door, "with")).ShouldBeEmpty();

        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-02-15T00:00:00Z" });

        (await door.PlanOfAsync("with"), await door.PlanOfAsync("without")).ShouldBe(("pro", "free"));
    }

    [Fact]
    public async Task From_the_page_through_a_failed_renewal_and_its_grace_to_the_default_plan()
    {
        var door = await shop.OpenAsync();
        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-01-10T00:00:00Z" });
        var page = await OpenAsync(await door.CheckOutAsync(shop.App, "acme", more: NoTrial));
        await page.PayAsync("pm_sandbox_visa");
        await ArriveAsync(page);
        await door.PostAsync(
            "/v1/sandbox/payment-behavior", new JsonObject { ["customer"] = "acme", ["outcome"] = "decline", ["times"] = 9 });

        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-02-12T00:00:00Z" });
        (await door.ListAsync("/v1/subscriptions?customer=acme"))[0]!["status"]!.GetValue<string>().ShouldBe("past_due");
        (await door.PlanOfAsync("acme")).ShouldBe("pro", "The plan is kept during the grace.");

        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-02-18T00:00:00Z" });
        (await door.ListAsync("/v1/subscriptions?customer=acme"))[0]!["status"]!.GetValue<string>().ShouldBe("canceled");
        (await door.PlanOfAsync("acme")).ShouldBe("free");
    }

    [Fact]
    public async Task A_customer_pays_an_open_invoice_on_the_page_of_a_mail()
    {
        var door = await shop.OpenAsync();
        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-01-10T00:00:00Z" });
        var page = await OpenAsync(await door.CheckOutAsync(shop.App, "acme", more: NoTrial));
        await page.PayAsync("pm_sandbox_visa");
        await ArriveAsync(page);
        await door.PostAsync("/v1/sandbox/payment-behavior", new JsonObject { ["customer"] = "acme", ["outcome"] = "decline" });
        await door.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = "2027-02-10T01:00:00Z" });
        var owed = (await door.ListAsync("/v1/invoices?customer=acme&status=open")).ShouldHaveSingleItem()!["id"]!.GetValue<string>();

        await page.GotoAsync((await door.PostAsync("/v1/checkouts", new JsonObject { ["invoice"] = owed }))["url"]!.GetValue<string>());
        await page.PayAsync("pm_sandbox_mastercard");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Thank you");

        (await door.ListAsync("/v1/subscriptions?customer=acme"))[0]!["status"]!.GetValue<string>().ShouldBe("active");
    }

    [Fact]
    public async Task Expired_completed_and_unknown_pages_say_so()
    {
        var door = await shop.OpenAsync();
        var made = await door.CheckOutAsync(shop.App, "acme", more: NoTrial);
        var page = await OpenAsync(made);
        await door.PostAsync($"/v1/checkouts/{made["id"]!.GetValue<string>()}/expire");

        // The open form has no effect any more.
        await page.PayAsync("pm_sandbox_visa");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("This page has expired");
        (await page.ReloadAsync())!.Status.ShouldBe(410);
        await page.GetByRole(AriaRole.Link, new() { Name = "Back to Career Coach" }).ClickAsync();
        await page.ArriveAsync(shop.App + "/pricing");
        (await PaymentsAsync(door)).ShouldBeEmpty();
        (await page.GotoAsync(new Uri(shop.Server.Url, "/checkout/none").AbsoluteUri))!.Status.ShouldBe(404);
    }

    [Fact]
    public async Task Forms_that_are_not_ours_are_refused_and_pages_keep_to_themselves()
    {
        var door = await shop.OpenAsync();
        var url = (await door.CheckOutAsync(shop.App, "acme", more: NoTrial))["url"]!.GetValue<string>();
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        (string Type, string Body)[] forms =
        [
            ("application/x-www-form-urlencoded", ""), ("application/x-www-form-urlencoded", "due=1900"),
            ("application/x-www-form-urlencoded", "due=x&card=new:pm_sandbox_visa"),
            ("application/x-www-form-urlencoded", "due=1&card=new:pm_sandbox_visa"),
            ("application/x-www-form-urlencoded", "%ff=%00&due=%00"), ("application/json", "{}"),
            ("application/x-www-form-urlencoded; charset=utf-7", "due=1900&card=new:pm_sandbox_visa"),
            ("multipart/form-data; boundary=x", "--x"), ("application/x-www-form-urlencoded", "due=1900&card=" + new string('x', 20_000)),
        ];
        foreach (var (type, body) in forms)
        {
            using var content = new StringContent(body);
            content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);
            using var answer = await client.PostAsync(new Uri(url), content);
            ((int)answer.StatusCode).ShouldBeInRange(400, 499, $"{type} {body}"[..Math.Min(60, type.Length + body.Length)]);
        }

        (await PaymentsAsync(door)).ShouldBeEmpty();
        using var page = await client.GetAsync(new Uri(url));
        page.Headers.GetValues("Content-Security-Policy").Single().ShouldBe(
            $"default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; form-action 'self' {shop.App}; base-uri 'none'; frame-ancestors 'none'");
        page.Headers.GetValues("Referrer-Policy").Single().ShouldBe("no-referrer");
        page.Headers.CacheControl!.NoStore.ShouldBeTrue();
        page.Headers.Contains("Set-Cookie").ShouldBeFalse();
    }

    [Fact]
    public async Task An_open_invoice_is_paid_on_a_page_that_a_mail_leads_to()
    {
        var door = await shop.OpenAsync();
        await door.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = "acme", ["plan"] = "pro", ["trial"] = false });
        var invoice = (await door.ListAsync("/v1/invoices?customer=acme"))[0]!["id"]!.GetValue<string>();
        var made = await door.PostAsync("/v1/checkouts", new JsonObject { ["invoice"] = invoice });
        made["url"]!.GetValue<string>().ShouldContain("/pay/");

        var page = await OpenAsync(made);
        await page.PayAsync("pm_sandbox_visa");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Thank you");
        (await door.GetAsync("/v1/invoices/" + invoice))["status"]!.GetValue<string>().ShouldBe("paid");
    }

    private async Task<IPage> OpenAsync(JsonNode made)
    {
        var page = await browser.OpenAsync();
        await page.GotoAsync(made["url"]!.GetValue<string>());
        return page;
    }

    private Task ArriveAsync(IPage page) => page.ArriveAsync(shop.App + "/thanks");

    /// <summary>Newest first.</summary>
    private static async Task<string[]> PaymentsAsync(Door door, string customer = "acme") =>
        [.. (await door.ListAsync("/v1/payments?customer=" + customer)).Select(static payment => payment!["status"]!.GetValue<string>())];
}
