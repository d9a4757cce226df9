using System.Net;
using System.Text.RegularExpressions;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;
using static Tollgate.Server.Tests.Payments.PaymentSteps;

namespace Tollgate.Server.Tests.Checkouts;

/// <summary>The price of an upgrade is held for 15 minutes, to the cent. Each test has a project of its own.</summary>
[Collection(nameof(ImpatientServer))]
public sealed partial class HeldQuoteTests(ImpatientServer server) : IDisposable
{
    private const string Quoted = "2027-02-11T07:13:00Z";

    private readonly RunningServer _running = server.Running;
    private readonly HttpClient _browser = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public void Dispose() => _browser.Dispose();

    [Theory]
    [InlineData("pm_sandbox_visa")]
    [InlineData("pm_sandbox_timeout")]
    public async Task A_page_left_open_for_a_quarter_of_an_hour_charges_what_it_says(string card)
    {
        var sandbox = await SubscribedAsync(Quoted);
        var (url, form, text) = await OpenAsync(sandbox);
        text.ShouldContain("This price is valid until 07:28 (UTC).");

        await sandbox.AdvanceAsync("2027-02-11T07:27:59Z");
        var fresh = await OpenAsync(sandbox);
        fresh.Form["due"].ShouldNotBe(form["due"], "Without the quote the price would be another.");
        (await PayAsync(url, form, card)).Status.ShouldBe(HttpStatusCode.SeeOther);
        await UntilAsync(async () => Word(await sandbox.Door.GetAsync("/v1/customers/acme"), "plan") == "enterprise");

        var payment = (await PaymentsAsync(sandbox)).ShouldHaveSingleItem();
        payment.Amount.ShouldBe(long.Parse(form["due"], System.Globalization.CultureInfo.InvariantCulture));
        var invoice = await sandbox.Door.GetAsync("/v1/invoices/" + payment.Invoice);
        (invoice["total"].GetValue<long>(), Word(invoice, "status")).ShouldBe((payment.Amount, "paid"));
        invoice["lines"].AsArray().Select(static line => line!["period_start"]!.GetValue<string>()).Distinct()
            .ShouldBe([Quoted], "The recorded change begins at the quote.");
        (await FoundAsync(_running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task After_a_quarter_of_an_hour_the_price_is_told_anew()
    {
        var sandbox = await SubscribedAsync(Quoted);
        var (url, form, _) = await OpenAsync(sandbox);
        await sandbox.AdvanceAsync("2027-02-11T07:28:00Z");

        var (status, text) = await PayAsync(url, form, "pm_sandbox_visa");

        (status,
            text.Contains("has changed since you opened this page", StringComparison.Ordinal)).ShouldBe(
                (HttpStatusCode.Conflict, true), text);
        text.ShouldContain("This price is valid until 07:43 (UTC).");
        (await PaymentsAsync(sandbox)).ShouldBeEmpty();
        (await PayAsync(url, FormOf(text), "pm_sandbox_visa")).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await FoundAsync(_running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_quote_that_was_changed_or_is_another_pages_holds_nothing()
    {
        var sandbox = await SubscribedAsync(Quoted);
        var (first, second) = (await OpenAsync(sandbox), await OpenAsync(sandbox));
        await sandbox.AdvanceAsync("2027-02-11T07:20:00Z");
        var seal = first.Form["quote"];
        string[] forged = [second.Form["quote"], (seal[0] == 'A' ? "B" : "A") + seal[1..], seal[..^1], "", "%", new string('a', 4_000)];

        foreach (var quote in forged)
        {
            (await PayAsync(first.Url, new(first.Form) { ["quote"] = quote }, "pm_sandbox_visa")).Status
                .ShouldBe(quote.Length > 1_000 ? HttpStatusCode.BadRequest : HttpStatusCode.Conflict, quote);
        }

        (await PayAsync(first.Url, new(first.Form) { ["due"] = "1" }, "pm_sandbox_visa")).Status.ShouldBe(HttpStatusCode.Conflict);
        (await PaymentsAsync(sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_quote_ends_with_the_period_that_it_was_made_in()
    {
        var sandbox = await SubscribedAsync("2027-02-27T23:55:00Z");
        var (url, form, text) = await OpenAsync(sandbox);
        text.ShouldContain("This price is valid until 00:00 (UTC).");
        await sandbox.AdvanceAsync("2027-02-28T00:01:00Z");

        (await PayAsync(url, form, "pm_sandbox_visa")).Status.ShouldBe(HttpStatusCode.Conflict);

        (await PaymentsAsync(sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_subscription_that_changed_meanwhile_has_another_price()
    {
        var sandbox = await SubscribedAsync(Quoted);
        var (url, form, _) = await OpenAsync(sandbox);
        var subscription = (await sandbox.Door.GetAsync("/v1/subscriptions?customer=acme"))["data"][0]!["id"]!.GetValue<string>();
        await sandbox.AdvanceAsync("2027-02-11T07:20:00Z");
        (await sandbox.Door.PatchAsync($"/v1/subscriptions/{subscription}", """{"quantity": 2, "when": "now"}""")).Status.ShouldBe(
            HttpStatusCode.OK);

        (await PayAsync(url, form, "pm_sandbox_visa")).Status.ShouldBe(HttpStatusCode.Conflict);

        (await PaymentsAsync(sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_price_that_changed_in_the_catalogue_is_told_before_it_is_charged()
    {
        var sandbox = await SubscribedAsync(Quoted);
        var (url, form, _) = await OpenAsync(sandbox);
        await sandbox.PutCatalogAsync(
            BillingSandbox.Catalog.Replace("amount: 29900 ", "amount: 39900 ", StringComparison.Ordinal), dryRun: false);

        (await PayAsync(url, form, "pm_sandbox_visa")).Status.ShouldBe(HttpStatusCode.Conflict);

        (await PaymentsAsync(sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_tabs_are_charged_once()
    {
        var sandbox = await SubscribedAsync(Quoted);
        var (first, second) = (await OpenAsync(sandbox), await OpenAsync(sandbox));
        await sandbox.AdvanceAsync("2027-02-11T07:20:00Z");
        (await PayAsync(first.Url, first.Form, "pm_sandbox_visa")).Status.ShouldBe(HttpStatusCode.SeeOther);

        (await PayAsync(second.Url, second.Form, "pm_sandbox_visa")).Status.ShouldBe(
            HttpStatusCode.SeeOther, "It leads to the page, which says that there is nothing to pay.");
        (await _browser.GetAsync(new Uri(second.Url))).StatusCode.ShouldBe(HttpStatusCode.Conflict);

        (await PaymentsAsync(sandbox)).ShouldHaveSingleItem();
        (await FoundAsync(_running, sandbox)).ShouldBeEmpty();
    }

    private sealed record Shown(string Url, Dictionary<string, string> Form, string Text);

    /// <summary>acme has Pro since 31 January.</summary>
    private async Task<BillingSandbox> SubscribedAsync(string now)
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync(now);
        return sandbox;
    }

    /// <summary>A page on which acme upgrades, in a tab of its own.</summary>
    private async Task<Shown> OpenAsync(BillingSandbox sandbox)
    {
        var made = await sandbox.Door.PostAsync(
            "/v1/checkouts",
            """{"customer": "acme", "plan": "enterprise", "period": "monthly", "success_url": "https://app.example/thanks", "cancel_url": "https://app.example/"}""");
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        var text = await _browser.GetStringAsync(new Uri(Word(made, "url")));
        return new(Word(made, "url"), FormOf(text), text);
    }

    private static Dictionary<string, string> FormOf(string text) =>
        Hidden().Matches(text).ToDictionary(static one => one.Groups[1].Value, static one => one.Groups[2].Value, StringComparer.Ordinal);

    private async Task<(HttpStatusCode Status, string Text)> PayAsync(string url, Dictionary<string, string> form, string card)
    {
        using var content = new FormUrlEncodedContent([.. form, KeyValuePair.Create("card", "new:" + card)]);
        using var answer = await _browser.PostAsync(new Uri(url), content);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<(long Amount, string? Invoice)[]> PaymentsAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/payments?customer=acme"))["data"].AsArray()
            .Select(static one => (one!["amount"]!.GetValue<long>(), one["invoice"]?.GetValue<string>()))];

    [GeneratedRegex("type=\"hidden\" name=\"(\\w+)\" value=\"([^\"]+)\"")]
    private static partial Regex Hidden();
}
