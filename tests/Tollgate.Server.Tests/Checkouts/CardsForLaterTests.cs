using System.Net;
using Tollgate.Engine.Payments;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;
using static Tollgate.Server.Tests.Payments.PaymentSteps;

namespace Tollgate.Server.Tests.Checkouts;

/// <summary>A plan that is free at first and costs something later: the page asks for a card.</summary>
[Collection(nameof(ImpatientServer))]
public sealed class CardsForLaterTests(ImpatientServer server) : IDisposable
{
    private readonly RunningServer _running = server.Running;
    private readonly HttpClient _browser = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public void Dispose() => _browser.Dispose();

    [Fact]
    public async Task A_plan_that_is_free_at_first_asks_for_a_card_and_its_renewal_is_paid_by_it()
    {
        var (sandbox, page) = await OpenAsync("");
        (await ShowAsync(page)).ShouldContain("We save the card and charge later payments to it.");
        var refused = await SendAsync(page, null);
        refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        Word(await sandbox.Door.GetAsync("/v1/customers/acme"), "plan").ShouldBe("free");

        (await SendAsync(page, "new:pm_sandbox_visa")).Location.ShouldBe("https://app.example/thanks");

        (await sandbox.Door.GetAsync("/v1/payments"))["data"].AsArray().ShouldBeEmpty("Nothing is charged yet.");
        await sandbox.AdvanceAsync("2027-02-28T12:00:00Z");
        (await sandbox.Door.GetAsync("/v1/payments"))["data"].AsArray().ShouldHaveSingleItem()!["amount"]!.GetValue<long>().ShouldBe(2900);
        (await FoundAsync(_running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_order_may_skip_the_card_if_nothing_is_due()
    {
        var (sandbox, page) = await OpenAsync(""", "payment_method": "if_required" """);
        (await ShowAsync(page)).ShouldNotContain("Choose a card");

        (await SendAsync(page, null)).Location.ShouldBe("https://app.example/thanks");

        Word(await sandbox.Door.GetAsync("/v1/customers/acme"), "plan").ShouldBe("pro");
    }

    [Fact]
    public async Task A_customer_with_a_card_is_not_asked_for_one()
    {
        var (sandbox, page) = await OpenAsync("");
        await AddCardAsync(sandbox, "pm_sandbox_visa");
        (await ShowAsync(page)).ShouldNotContain("Your cards");

        (await SendAsync(page, null)).Location.ShouldBe("https://app.example/thanks");
    }

    [Fact]
    public async Task A_customer_has_few_cards_and_one_that_pays_takes_the_place_of_the_oldest()
    {
        var (sandbox, page) = await OpenAsync("");
        var added = new List<string>();
        while (added.Count < PaymentMethods.Most)
        {
            added.Add(await AddCardAsync(sandbox, "pm_sandbox_visa"));
        }

        await RefusedAsync(
            sandbox, "/v1/customers/acme/payment-methods", """{"token": "pm_sandbox_visa"}""", HttpStatusCode.UnprocessableEntity,
            "limit_reached");
        (await SendAsync(page, "new:pm_sandbox_mastercard")).Location.ShouldBe("https://app.example/thanks");

        var cards = (await sandbox.Door.GetAsync("/v1/customers/acme/payment-methods"))["data"].AsArray();
        cards.Take(PaymentMethods.Most - 1).Select(static one => one!["id"]!.GetValue<string>()).ShouldBe(added.Skip(1));
        (cards.Count, cards[^1]!["brand"]!.GetValue<string>(),
            cards[^1]!["default"]!.GetValue<bool>()).ShouldBe((PaymentMethods.Most, "mastercard", true));
    }

    [Fact]
    public async Task The_payment_method_setting_has_two_values()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        var refused = await sandbox.Door.PostAsync(
            "/v1/checkouts",
            """{"customer": "acme", "plan": "pro", "payment_method": "never", "success_url": "https://app.example/thanks", "cancel_url": "https://app.example/"}""");
        Word(refused, "code").ShouldBe("validation_failed");
    }

    /// <summary>A page for Pro, whose first month a coupon pays.</summary>
    private async Task<(BillingSandbox Sandbox, Uri Page)> OpenAsync(string more)
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/coupons", """{"code": "FIRST", "percent_off": 100, "duration": "once"}""");
        var made = await sandbox.Door.PostAsync(
            "/v1/checkouts",
            $$"""
            {"customer": "acme", "plan": "pro", "trial": false, "coupon": "FIRST",
             "success_url": "https://app.example/thanks", "cancel_url": "https://app.example/pricing"{{more}}}
            """);
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        return (sandbox, new(Word(made, "url")));
    }

    private async Task<string> ShowAsync(Uri page)
    {
        using var answer = await _browser.GetAsync(page);
        return WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
    }

    private async Task<(HttpStatusCode Status, string? Location)> SendAsync(Uri page, string? card)
    {
        var fields = new Dictionary<string, string> { ["due"] = "0" };
        if (card is not null)
        {
            fields["card"] = card;
        }

        using var form = new FormUrlEncodedContent(fields);
        using var answer = await _browser.PostAsync(page, form);
        return (answer.StatusCode, answer.Headers.Location?.OriginalString);
    }
}
