using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;
using static Tollgate.Server.Tests.Payments.PaymentSteps;

namespace Tollgate.Server.Tests.Checkouts;

/// <summary>
/// A thing that a customer can get only once is claimed before the charge: a customer's plan, and the last redemption of a coupon.
/// </summary>
[Collection(nameof(ImpatientServer))]
public sealed partial class PaidAtOnceTests(ImpatientServer server) : IDisposable
{
    private readonly RunningServer _running = server.Running;
    private readonly HttpClient _browser = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public void Dispose() => _browser.Dispose();

    [Fact]
    public async Task Ten_pages_that_are_paid_at_once_are_charged_once()
    {
        var sandbox = await StartAsync();
        var pages = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            pages.Add(await OpenAsync(sandbox, "acme", "pro"));
        }

        await Task.WhenAll(pages.Select(page => PayAsync(page, "pm_sandbox_visa", 2900)));

        await ShouldBeChargedOnceAsync(sandbox, "acme", "pro");
        (await CheckoutsAsync(sandbox, "completed")).ShouldBe(1);
        (await CheckoutsAsync(sandbox, "open")).ShouldBe(9, "They took no money.");
    }

    [Fact]
    public async Task While_the_answer_to_one_page_is_not_known_another_charges_nothing_and_says_so()
    {
        var sandbox = await StartAsync();
        var (first, second) = (await OpenAsync(sandbox, "acme", "pro"), await OpenAsync(sandbox, "acme", "enterprise"));
        (await PayAsync(first, "pm_sandbox_timeout", 2900)).Location.ShouldEndWith("/wait");

        var refused = await PayAsync(second, "pm_sandbox_visa", 29900);

        (refused.Status,
            refused.Text.Contains("You were not charged here", StringComparison.Ordinal)).ShouldBe(
                (HttpStatusCode.Conflict, true), refused.Text);
        await UntilAsync(async () => await PlanAsync(sandbox, "acme") == "pro");
        await ShouldBeChargedOnceAsync(sandbox, "acme", "pro");
    }

    [Fact]
    public async Task A_customer_who_leaves_the_bank_and_pays_on_another_page_is_charged_there_only()
    {
        var sandbox = await StartAsync();
        var (left, paid) = (await OpenAsync(sandbox, "acme", "pro"), await OpenAsync(sandbox, "acme", "pro"));
        (await PayAsync(left, "pm_sandbox_authentication", 2900)).Location.ShouldEndWith("/authenticate");

        (await PayAsync(paid, "pm_sandbox_visa", 2900)).Location.ShouldStartWith("https://app.example/thanks");
        await SendAsync(left + "/authenticate", ("answer", "approve"));

        await ShouldBeChargedOnceAsync(sandbox, "acme", "pro");
    }

    [Fact]
    public async Task A_page_and_an_upgrade_by_API_at_once_are_charged_once()
    {
        var sandbox = await StartAsync();
        for (var turn = 0; turn < 6; turn++)
        {
            var customer = "customer-" + turn;
            await PayAsync(await OpenAsync(sandbox, customer, "pro"), "pm_sandbox_visa", 2900);
            var subscription =
                (await sandbox.Door.GetAsync("/v1/subscriptions?customer=" + customer))["data"][0]!["id"]!.GetValue<string>();
            var page = await OpenAsync(sandbox, customer, "enterprise");
            var due = await DueAsync(page);

            var patch = sandbox.Door.PatchAsync("/v1/subscriptions/" + subscription, """{"plan": "enterprise"}""");
            await Task.WhenAll(PayAsync(page, "pm_sandbox_visa", due), patch);

            (await AmountsAsync(sandbox, customer)).ShouldBe([due, 2900]);
            (await CreditAsync(sandbox, customer), await PlanAsync(sandbox, customer)).ShouldBe((0, "enterprise"));
        }

        (await FoundAsync(_running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_last_redemption_of_a_coupon_is_paid_for_once()
    {
        var sandbox = await StartAsync();
        await sandbox.Door.PostAsync("/v1/coupons", """{"code": "ONE", "percent_off": 50, "max_redemptions": 1}""");
        var pages = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            pages.Add(await OpenAsync(sandbox, "customer-" + i, "pro", "ONE"));
        }

        await Task.WhenAll(pages.Select(page => PayAsync(page, "pm_sandbox_visa", 1450)));

        var payments = (await sandbox.Door.GetAsync("/v1/payments"))["data"].AsArray();
        payments.ShouldHaveSingleItem()!["amount"]!.GetValue<long>().ShouldBe(1450);
        for (var i = 0; i < 5; i++)
        {
            (await CreditAsync(sandbox, "customer-" + i)).ShouldBe(0);
        }

        var shown = await Task.WhenAll(pages.Select(TextAsync));
        shown.Count(static text => text.Contains("has reached its number of redemptions", StringComparison.Ordinal)).ShouldBe(4);
        (await FoundAsync(_running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_coupon_that_is_being_paid_for_is_nobody_elses_and_free_again_when_no_money_comes()
    {
        var sandbox = await StartAsync();
        await sandbox.Door.PostAsync("/v1/coupons", """{"code": "ONE", "percent_off": 50, "max_redemptions": 1}""");
        var (first, second) = (await OpenAsync(sandbox, "first", "pro", "ONE"), await OpenAsync(sandbox, "second", "pro", "ONE"));
        (await PayAsync(first, "pm_sandbox_authentication", 1450)).Location.ShouldEndWith("/authenticate");

        await PayAsync(second, "pm_sandbox_visa", 1450);
        (await AmountsAsync(sandbox, "second")).ShouldBeEmpty();
        (await TextAsync(second)).ShouldContain("A pending payment uses the last redemption");
        var other = await sandbox.Door.PostAsync(
            "/v1/subscriptions", """{"customer": "third", "plan": "pro", "trial": false, "coupon": "ONE"}""");
        Word(other, "code").ShouldBe("coupon_refused");

        await SendAsync(first + "/authenticate", ("answer", "deny"));
        (await PayAsync(second, "pm_sandbox_visa", 1450)).Location.ShouldStartWith("https://app.example/thanks");
        (await AmountsAsync(sandbox, "second")).ShouldBe([1450]);
    }

    private sealed record Page(HttpStatusCode Status, string Text, string? Location);

    private Task<BillingSandbox> StartAsync() => BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");

    /// <summary>Returns the address of its page.</summary>
    private static async Task<string> OpenAsync(BillingSandbox sandbox, string customer, string plan, string? coupon = null)
    {
        var made = await sandbox.Door.PostAsync(
            "/v1/checkouts",
            $$"""
            {"customer": "{{customer}}", "plan": "{{plan}}", "trial": false, "coupon": {{(coupon is null ? "null" : $"\"{coupon}\"")}},
             "success_url": "https://app.example/thanks", "cancel_url": "https://app.example/pricing"}
            """);
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        return Word(made, "url");
    }

    private async Task<long> DueAsync(string page) =>
        long.Parse(DueOfForm().Match(await TextAsync(page)).Groups[1].Value, CultureInfo.InvariantCulture);

    private async Task<string> TextAsync(string page)
    {
        using var answer = await _browser.GetAsync(new Uri(page));
        return WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
    }

    private Task<Page> PayAsync(string page, string card, long due) =>
        SendAsync(page, ("card", "new:" + card), ("due", due.ToString(CultureInfo.InvariantCulture)));

    private async Task<Page> SendAsync(string address, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(static field => KeyValuePair.Create(field.Name, field.Value)));
        using var answer = await _browser.PostAsync(new Uri(address), form);
        return new(answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Location?.OriginalString);
    }

    private async Task ShouldBeChargedOnceAsync(BillingSandbox sandbox, string customer, string plan)
    {
        (await AmountsAsync(sandbox, customer)).ShouldHaveSingleItem();
        (await CreditAsync(sandbox, customer), await PlanAsync(sandbox, customer)).ShouldBe((0, plan));
        (await FoundAsync(_running, sandbox)).ShouldBeEmpty();
    }

    /// <summary>The amounts of successful payments, the newest first.</summary>
    private static async Task<long[]> AmountsAsync(BillingSandbox sandbox, string customer) =>
        [.. (await sandbox.Door.GetAsync($"/v1/payments?customer={customer}&status=succeeded"))["data"].AsArray()
            .Select(static one => one!["amount"]!.GetValue<long>())];

    private static async Task<int> CheckoutsAsync(BillingSandbox sandbox, string status) =>
        (await sandbox.Door.GetAsync("/v1/checkouts?status=" + status))["data"].AsArray().Count;

    private static async Task<string> PlanAsync(BillingSandbox sandbox, string customer) =>
        Word(await sandbox.Door.GetAsync("/v1/customers/" + customer), "plan");

    private static async Task<long> CreditAsync(BillingSandbox sandbox, string customer) =>
        (await sandbox.Door.GetAsync($"/v1/customers/{customer}/credits"))["balances"].AsArray()
            .Sum(static one => one!["amount"]!.GetValue<long>());

    [GeneratedRegex("name=\"due\" value=\"(\\d+)\"")]
    private static partial Regex DueOfForm();
}
