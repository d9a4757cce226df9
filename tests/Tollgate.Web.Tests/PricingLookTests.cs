using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Tollgate.Web.Tests;

/// <summary>The pricing page in a browser: its look, its switch, its calculators, and a customer who chooses on it.</summary>
public sealed class PricingLookTests(Shop shop, Browser browser)
{
    private const string Texts =
        """
        pricing_page:
          headline: Answers that find their customer
          subline: Start for free. Change or cancel at any time.
          signup_url: 'https://app.example.com/join?plan={plan}&period={period}'
          tax_note: Prices exclude VAT.
          faq:
            - { question: Can I change my plan later?, answer: "Yes. An upgrade counts at once, and a downgrade at the end of the period." }
            - { question: What happens at the limit?, answer: "You see it before you reach it. Nothing is billed beyond a hard limit." }
            - { question: "متى يتجدد الاشتراك؟", answer: "في نفس اليوم من كل شهر." }
          testimonials:
            - { quote: We answer twice as many customers with the same team., name: Test Person One, role: "Head of Support, Example" }
            - { quote: "The bill is what the calculator said, to the cent.", name: "O'Neill \"Test\" Two" }
            - { quote: It found the leads that we had overlooked for years., name: "شركة المثال", role: Cairo }
        """;

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task Pricing_pages_fit_their_window_and_can_be_used_by_everybody(ColorScheme scheme, int width)
    {
        var page = await browser.OpenAsync(width, scheme, javaScript: true);
        List<string> console = [];
        page.Console += (_, message) => console.Add(message.Text);
        foreach (var project in (string[])["career-coach", "email-assistant", "resume-ats", "alwrity", "trendit"])
        {
            await page.GotoAsync(new Uri(shop.Server.Url, $"/{project}/pricing").AbsoluteUri);
            await page.LookAsync($"pricing-{project}", scheme, width);
        }

        await page.GotoAsync(await OpenWithTextsAsync());
        await page.LookAsync("pricing-texts", scheme, width);
        await page.GetByText("Can I change my plan later?").ClickAsync();
        await Interval(page, "Yearly").CheckAsync();
        await page.LookAsync("pricing-yearly", scheme, width);

        var every = await shop.OpenAsync(await File.ReadAllTextAsync(Path.Combine(Tollgate.Testing.ServerProcess.Root, "catalogs", "templates", "every-price.yaml")), "Every price");
        await page.GotoAsync(new Uri(shop.Server.Url, $"/{every.Project}/pricing?seats=5&use_document=750&use_token=3000000").AbsoluteUri);
        await page.LookAsync("pricing-every", scheme, width);
        await page.GotoAsync(new Uri(shop.Server.Url, $"/{every.Project}/pricing?currency=JPY&hours=x").AbsoluteUri);
        await page.LookAsync("pricing-yen", scheme, width);
        console.ShouldBeEmpty();
    }

    /// <summary>No script: CSS shows the other price in the same place.</summary>
    [Fact]
    public async Task The_switch_moves_nothing()
    {
        var page = await browser.OpenAsync();
        await page.GotoAsync(new Uri(shop.Server.Url, "/career-coach/pricing").AbsoluteUri);
        var pro = page.Locator("#plans article", new() { HasText = "Most popular" });
        await Assertions.Expect(pro.GetByText("$29.99", new() { Exact = true })).ToBeVisibleAsync();
        var before = await BoxesAsync(page);

        await Interval(page, "Monthly").FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");

        await Assertions.Expect(pro.GetByText("$24.92", new() { Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(pro.GetByText("$29.99", new() { Exact = true })).ToBeHiddenAsync();
        await Assertions.Expect(pro.GetByText("$299 billed yearly, you save $60.88")).ToBeVisibleAsync();
        (await BoxesAsync(page)).ShouldBe(before);
        var month = await pro.Locator(".at-monthly .amount").BoundingBoxAsync();
        var year = await pro.Locator(".at-yearly .amount").BoundingBoxAsync();
        (month!.X, month.Y).ShouldBe((year!.X, year.Y), "Both prices take the same place.");
        (await page.Locator(".segment .good").TextContentAsync()).ShouldBe("Save up to 17 %");
    }

    [Fact]
    public async Task The_calculator_works_without_a_script_and_keeps_the_chosen_interval()
    {
        var page = await browser.OpenAsync();
        await page.GotoAsync(new Uri(shop.Server.Url, "/email-assistant/pricing").AbsoluteUri);
        await Interval(page, "Yearly").CheckAsync();
        await page.GetByLabel("Emails processed").FillAsync("12,500");
        await page.GetByLabel("AI responses").FillAsync("2100");
        await page.GetByLabel("Leads created").FillAsync("500");
        await page.Keyboard.PressAsync("Enter");

        await page.ArriveAsync(new Uri(shop.Server.Url, "/email-assistant/pricing?").AbsoluteUri);
        await Assertions.Expect(Interval(page, "Yearly")).ToBeCheckedAsync();
        var best = page.Locator(".at-yearly.bills .best");

        // 490 + 12 × (3 packages at $2 + 100 × $0.02)
        await Assertions.Expect(best).ToContainTextAsync("Professional");
        await Assertions.Expect(best).ToContainTextAsync("$586");
        await Assertions.Expect(page.Locator(".at-yearly.bills .out").First).ToContainTextAsync("Not enough");
        await Assertions.Expect(page.Locator(".at-yearly .formula")).ToHaveTextAsync("10 h × $30.00 × 12 months − $586.00 for Professional");
    }

    [Fact]
    public async Task A_slider_changes_the_amounts_without_a_new_page()
    {
        var page = await browser.OpenAsync(javaScript: true);
        List<string> console = [];
        page.Console += (_, message) => console.Add(message.Text);
        var address = new Uri(shop.Server.Url, "/email-assistant/pricing").AbsoluteUri;
        await page.GotoAsync(address);
        var best = page.Locator(".at-monthly.bills .best");
        await Assertions.Expect(best).ToContainTextAsync("$49");

        var slider = page.GetByRole(AriaRole.Slider, new() { Name = "Emails processed" });
        await slider.FillAsync("14000");
        await Assertions.Expect(best).ToContainTextAsync("$57");
        await Assertions.Expect(page.Locator("#use_emails_processed")).ToHaveValueAsync("14000");
        await page.Locator("#use_ai_responses").FillAsync("2,100");
        await Assertions.Expect(best).ToContainTextAsync("$59");
        await page.GetByLabel("Hours saved a month").FillAsync("2");
        await Assertions.Expect(page.Locator("#gain .at-monthly")).ToContainTextAsync("2 h × $30.00 − $59.00 for Professional");
        await Assertions.Expect(page).ToHaveURLAsync(address);
        console.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_customer_sees_its_plan_and_changes_it_on_the_checkout()
    {
        var door = await shop.OpenAsync();
        await door.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = "acme", ["plan"] = "basic", ["trial"] = false });
        var page = await browser.OpenAsync();
        await page.GotoAsync(await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "acme" }));
        await page.GetByRole(AriaRole.Link, new() { Name = "Compare plans" }).ClickAsync();

        var basic = page.Locator("#plans article", new() { HasText = "Basic" });
        await Assertions.Expect(basic.GetByText("Current plan").First).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Downgrade to Free" })).ToBeVisibleAsync();

        // The catalogue has trials, but a customer who subscribed before gets none.
        await Assertions.Expect(page.GetByText("days free")).ToHaveCountAsync(0);
        (await page.Locator("meta[name=robots]").GetAttributeAsync("content")).ShouldBe("noindex");
        (await page.Locator("link[rel=canonical], script").CountAsync()).ShouldBe(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Upgrade to Pro" }).ClickAsync();

        await page.ArriveAsync(new Uri(shop.Server.Url, "/checkout/").AbsoluteUri);
        await page.PayAsync("pm_sandbox_visa");
        await page.ArriveAsync(new Uri(shop.Server.Url, "/portal/").AbsoluteUri);
        (await door.PlanOfAsync("acme")).ShouldBe("pro");
    }

    [Fact]
    public async Task A_member_of_a_team_and_a_forged_choice_change_nothing()
    {
        var door = await shop.OpenAsync();
        await door.PostAsync("/v1/subscriptions", new JsonObject { ["customer"] = "acme", ["plan"] = "basic", ["trial"] = false });
        var url = (await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "acme" }))["url"]!.GetValue<string>();
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        foreach (var form in new Dictionary<string, string>[]
        {
            new() { ["plan"] = "nothing", ["period"] = "monthly", ["currency"] = "USD" }, new() { ["plan"] = "pro" },
            new() { ["plan"] = "pro", ["period"] = "daily", ["currency"] = "USD" },
            new() { ["plan"] = "pro", ["period"] = "monthly", ["currency"] = "usd" },
        })
        {
            using var answer = await client.PostAsync(url + "/plans", new FormUrlEncodedContent(form));
            (answer.StatusCode, answer.Headers.Location!.OriginalString).ShouldBe(
                (HttpStatusCode.SeeOther, new Uri(url).AbsolutePath + "/plans"));
        }

        (await door.PlanOfAsync("acme")).ShouldBe("basic");
        (await client.GetAsync(new Uri(shop.Server.Url, "/portal/none/plans"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static ILocator Interval(IPage page, string name) => page.GetByRole(AriaRole.Radio, new() { Name = name });

    private async Task<string> OpenWithTextsAsync()
    {
        var catalog = await File.ReadAllTextAsync(Path.Combine(Tollgate.Testing.ServerProcess.Root, "catalogs", "email-assistant.yaml"));
        var door = await shop.OpenAsync(Regex.Replace(catalog, @"(?ms)^pricing_page:.*\z", "") + "\n" + Texts, "Inbox & Co");
        return new Uri(shop.Server.Url, $"/{door.Project}/pricing").AbsoluteUri;
    }

    /// <summary>The place of each card, button and section.</summary>
    private static Task<string> BoxesAsync(IPage page) => page.EvaluateAsync<string>(
        "JSON.stringify([...document.querySelectorAll('article, section, .segment, h2')].map(one => { const box = one.getBoundingClientRect(); return [box.x, box.y, box.width, box.height] }))");
}
