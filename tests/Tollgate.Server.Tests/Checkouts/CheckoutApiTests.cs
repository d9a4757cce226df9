using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Checkouts;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Checkouts;

/// <summary>Checkouts, paid by the forms that a browser would send. Each test has a project of its own.</summary>
public sealed partial class CheckoutApiTests(ImpatientServer server) : IClassFixture<ImpatientServer>, IDisposable
{
    private readonly RunningServer _running = server.Running;
    private readonly HttpClient _browser = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public void Dispose() => _browser.Dispose();

    [Fact]
    public async Task Nobody_finishing_it_changes_nothing()
    {
        var sandbox = await StartAsync();
        var made = await CheckOutAsync(sandbox);
        (Word(made, "status"), Word(made, "kind"), Word(made, "expires_at")).ShouldBe(("open", "subscription", "2027-02-01T00:00:00Z"));
        Word(made, "success_url").ShouldBe("https://app.example/thanks?checkout=" + Word(made, "id"));

        await sandbox.AdvanceAsync("2027-02-01T00:00:01Z");

        await UntilAsync(async () => await StatusAsync(sandbox, made) == "expired");
        (await PayAsync(made, "pm_sandbox_visa")).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await PageAsync(made)).Status.ShouldBe(HttpStatusCode.Gone);
        (await sandbox.InvoicesAsync("acme")).ShouldBeEmpty();
        (await PaymentsAsync(sandbox)).ShouldBeEmpty();
        (await sandbox.Door.GetAsync("/v1/subscriptions?customer=acme"))["data"].AsArray().ShouldBeEmpty();
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task The_page_asks_for_the_cents_that_the_API_foresees_and_an_upgrade_is_paid_as_of_then()
    {
        var sandbox = await StartAsync();
        var subscription = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-02-11T07:13:00Z");
        var seen = await sandbox.Door.PostAsync($"/v1/subscriptions/{subscription}/preview", """{"plan": "enterprise"}""");
        var due = seen["invoice"]["amount_due"]!.GetValue<long>();

        var made = await CheckOutAsync(sandbox, "enterprise");
        (await DueAsync(made)).ShouldBe(due);
        (await PayAsync(made, "pm_sandbox_visa")).Location.ShouldStartWith("https://app.example/thanks");

        var payment = (await PaymentsAsync(sandbox)).ShouldHaveSingleItem()!;
        (payment["amount"]!.GetValue<long>(), payment["status"]!.GetValue<string>(),
            payment["checkout"]!.GetValue<string>()).ShouldBe((due, "succeeded", Word(made, "id")));
        var invoice = await sandbox.Door.GetAsync("/v1/invoices/" + payment["invoice"]!.GetValue<string>());
        (Word(invoice, "status"), invoice["total"].GetValue<long>(), Word(invoice, "kind")).ShouldBe(("paid", due, "change"));
        Word(await sandbox.Door.GetAsync("/v1/subscriptions/" + subscription), "plan").ShouldBe("enterprise");
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task Many_payments_at_once_pay_once()
    {
        var sandbox = await StartAsync();
        var made = await CheckOutAsync(sandbox);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => PayAsync(made, "pm_sandbox_visa", 2900)));

        (await PaymentsAsync(sandbox)).ShouldHaveSingleItem()!["status"]!.GetValue<string>().ShouldBe("succeeded");
        (await sandbox.InvoicesAsync("acme")).ShouldBe(["000001 start 2900 = subscription 2900"]);
        (await StatusAsync(sandbox, made)).ShouldBe("completed");
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task Paid_and_expired_at_once_it_is_one_of_both()
    {
        var sandbox = await StartAsync();
        for (var turn = 0; turn < 8; turn++)
        {
            var customer = "customer-" + turn;
            var made = await CheckOutAsync(sandbox, customer: customer);
            await Task.WhenAll(PayAsync(made, "pm_sandbox_visa", 2900), sandbox.Door.PostAsync($"/v1/checkouts/{Word(made, "id")}/expire"));

            var isPaid = await StatusAsync(sandbox, made) == "completed";
            (await PaymentsAsync(sandbox, customer)).Count.ShouldBe(isPaid ? 1 : 0);
            (await sandbox.InvoicesAsync(customer)).Length.ShouldBe(isPaid ? 1 : 0);
        }

        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task Money_that_comes_when_what_it_was_for_has_changed_is_the_customers_and_everybody_is_told()
    {
        var sandbox = await StartAsync();
        await sandbox.Door.PostAsync("/v1/webhook-endpoints", """{"url": "http://127.0.0.1:9/", "events": ["checkout.*"]}""");
        var made = await CheckOutAsync(sandbox);
        (await PayAsync(made, "pm_sandbox_timeout")).Location.ShouldEndWith("/wait");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "enterprise"}""");

        await UntilAsync(async () => (await PaymentsAsync(sandbox))[0]!["status"]!.GetValue<string>() == "succeeded");

        var payment = (await PaymentsAsync(sandbox)).ShouldHaveSingleItem()!;
        payment["invoice"].ShouldBeNull();
        (await sandbox.Door.GetAsync("/v1/customers/acme/credits"))["balances"][0]!["amount"]!.GetValue<long>().ShouldBe(2900);
        Word(await sandbox.Door.GetAsync("/v1/customers/acme"), "plan").ShouldBe("enterprise");
        var ended = await sandbox.Door.GetAsync("/v1/checkouts/" + Word(made, "id"));
        (Word(ended, "status"), Word(ended, "payment"), ended["subscription"],
            ended["invoice"]).ShouldBe(("credited", payment["id"]!.GetValue<string>(), null, null));
        Word(await sandbox.Door.PostAsync($"/v1/checkouts/{Word(made, "id")}/expire"), "code").ShouldBe("checkout_state");
        var refund = await sandbox.Door.PostAsync($"/v1/payments/{payment["id"]!.GetValue<string>()}/refunds");
        refund.Status.ShouldBe(HttpStatusCode.Created, refund.Json!.ToJsonString());
        (refund["amount_refunded"].GetValue<long>(), refund["refunds"][0]!["from_credit"]!.GetValue<long>()).ShouldBe((2900, 2900));
        (await sandbox.Door.GetAsync("/v1/customers/acme/credits"))["balances"].AsArray()
            .Sum(static one => one!["amount"]!.GetValue<long>()).ShouldBe(0);
        (await PageAsync(made)).Text.ShouldContain("The amount is now your credit");
        await UntilAsync(async () => (await sandbox.Door.GetAsync("/v1/webhook-events?limit=100"))["data"].AsArray()
            .Any(one => one!["type"]!.GetValue<string>() == "checkout.credited" && one["object"]!.GetValue<string>() == Word(made, "id")));
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task An_address_in_another_alphabet_is_led_to_as_well()
    {
        var sandbox = await StartAsync();
        var made = await sandbox.Door.PostAsync(
            "/v1/checkouts",
            """
            {"customer": "acme", "plan": "enterprise", "period": "monthly", "success_url": "https://bücher.example/schön?c={CHECKOUT_ID}",
             "cancel_url": "https://例え.example/"}
            """);
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());

        (await PageAsync(made)).Status.ShouldBe(HttpStatusCode.OK);
        var paid = await PayAsync(made, "pm_sandbox_visa");

        (paid.Status, paid.Location).ShouldBe((HttpStatusCode.SeeOther, $"https://xn--bcher-kva.example/sch%C3%B6n?c={Word(made, "id")}"));
    }

    [Fact]
    public async Task The_charge_is_the_price_that_the_page_showed()
    {
        var sandbox = await StartAsync();
        var made = await CheckOutAsync(sandbox);
        await sandbox.PutCatalogAsync(
            BillingSandbox.Catalog.Replace("amount: 2900,", "amount: 3900,", StringComparison.Ordinal), dryRun: false);

        var moved = await PayAsync(made, "pm_sandbox_visa", 2900);

        moved.Status.ShouldBe(HttpStatusCode.Conflict);
        moved.Text.ShouldContain("has changed since you opened this page");
        (await PaymentsAsync(sandbox)).ShouldBeEmpty();
        (await PayAsync(made, "pm_sandbox_visa", 3900)).Location.ShouldStartWith("https://app.example/thanks");
    }

    [Fact]
    public async Task A_card_of_the_sandbox_pays_nothing_where_money_is_real()
    {
        var sandbox = await StartAsync();
        var made = await CheckOutAsync(sandbox);
        (await sandbox.Door.PutAsync("/v1/payment-settings", """{"provider": "manual"}""")).Status.ShouldBe(HttpStatusCode.OK);

        (await PayAsync(made, "pm_sandbox_visa", 2900)).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);

        (await PaymentsAsync(sandbox)).ShouldBeEmpty();
        (await sandbox.InvoicesAsync("acme")).ShouldBeEmpty();
        (await sandbox.Door.GetAsync("/v1/customers/acme/payment-methods"))["data"].AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pack_is_given_when_it_is_paid()
    {
        var catalog = BillingSandbox.Catalog + "\n" + """
            packs:
              - { code: calls_50, name: "50 calls", feature: calls, quantity: 50, prices: [{ amount: 900 }] }

            """;
        var sandbox = await StartAsync(catalog);
        var made = await sandbox.Door.PostAsync(
            "/v1/checkouts",
            """{"customer": "acme", "pack": "calls_50", "count": 2, "success_url": "https://app.example/", "cancel_url": "https://app.example/"}""");
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        (await GrantsAsync(sandbox)).ShouldBeEmpty();

        (await PayAsync(made, "pm_sandbox_visa")).Location.ShouldBe("https://app.example/");

        (await GrantsAsync(sandbox)).ShouldHaveSingleItem()!["amount"]!.GetValue<long>().ShouldBe(100);
        await ShouldBeCleanAsync(sandbox);
    }

    [Theory]
    [InlineData("pm_sandbox_declined", "payment_failed", HttpStatusCode.PaymentRequired)]
    [InlineData("pm_sandbox_authentication", "payment_failed", HttpStatusCode.PaymentRequired)]
    public async Task An_upgrade_by_API_that_is_not_paid_changes_nothing(string card, string code, HttpStatusCode status)
    {
        var (sandbox, subscription) = await SubscribedAsync(card);
        var before = await sandbox.InvoicesAsync("acme");

        var refused = await sandbox.Door.PatchAsync("/v1/subscriptions/" + subscription, """{"plan": "enterprise"}""");

        (refused.Status, Word(refused, "code")).ShouldBe((status, code), refused.Json?.ToJsonString());
        Word(await sandbox.Door.GetAsync("/v1/subscriptions/" + subscription), "plan").ShouldBe("pro");
        (await sandbox.InvoicesAsync("acme")).ShouldBe(before);
        (await sandbox.Door.GetAsync("/v1/checkouts"))["data"].AsArray().ShouldBeEmpty("It has no page.");
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task An_upgrade_by_API_is_paid_first_and_one_whose_answer_was_lost_is_made_when_the_money_is_known()
    {
        var (sandbox, subscription) = await SubscribedAsync("pm_sandbox_visa");
        var done = await sandbox.Door.PatchAsync("/v1/subscriptions/" + subscription, """{"plan": "enterprise"}""");
        done.Status.ShouldBe(HttpStatusCode.OK, done.Json?.ToJsonString());
        (done["subscription"]["plan"]!.GetValue<string>(), done["invoice"]["status"]!.GetValue<string>()).ShouldBe(("enterprise", "paid"));

        await sandbox.Door.PostAsync("/v1/sandbox/payment-behavior", """{"customer": "acme", "outcome": "timeout"}""");
        var lost = await sandbox.Door.PatchAsync("/v1/subscriptions/" + subscription, """{"quantity": 2}""");
        (lost.Status, Word(lost, "code")).ShouldBe((HttpStatusCode.Conflict, "payment_pending"));
        await UntilAsync(async () => (await sandbox.Door.GetAsync("/v1/subscriptions/" + subscription))["quantity"].GetValue<long>() == 2);
        (await PaymentsAsync(sandbox)).ShouldAllBe(static one => one!["status"]!.GetValue<string>() == "succeeded");
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task Without_a_method_an_upgrade_is_made_at_once_and_its_invoice_is_open()
    {
        var (sandbox, subscription) = await SubscribedAsync(null);
        var done = await sandbox.Door.PatchAsync("/v1/subscriptions/" + subscription, """{"plan": "enterprise"}""");
        (done["subscription"]["plan"]!.GetValue<string>(), done["invoice"]["status"]!.GetValue<string>()).ShouldBe(("enterprise", "open"));
    }

    [Fact]
    public async Task Webhooks_report_the_result_of_a_checkout()
    {
        var sandbox = await StartAsync();
        await sandbox.Door.PostAsync("/v1/webhook-endpoints", """{"url": "http://127.0.0.1:9/", "events": ["checkout.*"]}""");
        var paid = await CheckOutAsync(sandbox);
        await PayAsync(paid, "pm_sandbox_visa");
        var left = await CheckOutAsync(sandbox, customer: "other");
        await sandbox.Door.PostAsync($"/v1/checkouts/{Word(left, "id")}/expire");

        JsonArray events = [];
        await UntilAsync(async () =>
        {
            events = (await sandbox.Door.GetAsync("/v1/webhook-events?limit=100"))["data"].AsArray();
            return events.Count(static one => one!["object_type"]!.GetValue<string>() == "checkout") == 2;
        });

        var told = events.Where(static one => one!["object_type"]!.GetValue<string>() == "checkout").ToArray();
        told.Select(static one => (one!["type"]!.GetValue<string>(), one["object"]!.GetValue<string>()))
            .ShouldBe([("checkout.completed", Word(paid, "id")), ("checkout.expired", Word(left, "id"))]);
        told[0]!["data"]!["checkout"]!["payment"]!.GetValue<string>()
            .ShouldBe((await PaymentsAsync(sandbox))[0]!["id"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(
        """{"customer": "acme", "plan": "none", "success_url": "https://a.example", "cancel_url": "https://a.example"}""",
        "plan_not_found")]
    [InlineData(
        """{"customer": "acme", "plan": "free", "success_url": "https://a.example", "cancel_url": "https://a.example"}""",
        "price_not_found")]
    [InlineData(
        """{"customer": "acme", "plan": "pro", "coupon": "NONE", "success_url": "https://a.example", "cancel_url": "https://a.example"}""",
        "coupon_refused")]
    [InlineData(
        """{"customer": "acme", "pack": "none", "success_url": "https://a.example", "cancel_url": "https://a.example"}""", "pack_refused")]
    [InlineData("""{"invoice": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88"}""", "invoice_not_found")]
    [InlineData("""{"invoice": "000001"}""", "validation_failed")]
    [InlineData("""{"customer": "acme", "plan": "pro"}""", "validation_failed")]
    [InlineData(
        """{"customer": "acme", "plan": "pro", "success_url": "javascript:alert(1)", "cancel_url": "https://a.example"}""",
        "validation_failed")]
    [InlineData(
        """{"customer": "acme", "plan": "pro", "success_url": "https://user:pw@a.example", "cancel_url": "https://a.example"}""",
        "validation_failed")]
    [InlineData(
        """{"customer": "acme", "plan": "pro", "success_url": "/thanks", "cancel_url": "https://a.example"}""", "validation_failed")]
    [InlineData(
        """{"customer": "acme", "plan": "pro", "setup": true, "success_url": "https://a.example", "cancel_url": "https://a.example"}""",
        "validation_failed")]
    [InlineData("""{"success_url": "https://a.example", "cancel_url": "https://a.example"}""", "validation_failed")]
    public async Task An_impossible_order_is_refused_at_once_and_leaves_nothing(string body, string code)
    {
        var sandbox = await StartAsync();
        var refused = await sandbox.Door.PostAsync("/v1/checkouts", body);
        Word(refused, "code").ShouldBe(code, refused.Json!.ToJsonString());
        (await sandbox.Door.GetAsync("/v1/checkouts"))["data"].AsArray().ShouldBeEmpty();
        (await sandbox.Door.GetAsync("/v1/customers/acme")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_project_that_is_paid_by_hand_has_no_page_and_another_project_sees_no_checkout()
    {
        var body =
            """{"customer": "acme", "plan": "professional", "success_url": "https://a.example", "cancel_url": "https://a.example"}""";
        var refused = await _running.DoorOf("trendit").PostAsync("/v1/checkouts", body);
        Word(refused, "code").ShouldBe("billing_not_configured");
        Word(refused, "detail").ShouldContain("./tollgate projects create shop --sandbox --catalog trendit");
        var (sandbox, other) = (await StartAsync(), await StartAsync());
        var made = await CheckOutAsync(sandbox);
        foreach (var came in (Came[])[
            await other.Door.GetAsync("/v1/checkouts/" + Word(made, "id")),
            await other.Door.PostAsync($"/v1/checkouts/{Word(made, "id")}/expire")])
        {
            (came.Status, Word(came, "code")).ShouldBe((HttpStatusCode.NotFound, "checkout_not_found"));
        }
    }

    [Fact]
    public async Task A_page_of_a_project_that_is_paid_by_hand_by_now_has_no_button_to_press()
    {
        var sandbox = await StartAsync();
        var made = await CheckOutAsync(sandbox);
        (await PageAsync(made)).Text.ShouldContain("<button");
        (await sandbox.Door.PutAsync("/v1/payment-settings", """{"provider": "manual"}""")).Status.ShouldBe(HttpStatusCode.OK);

        var page = await PageAsync(made);

        page.Text.ShouldContain("You can no longer pay here.");
        page.Text.ShouldNotContain("<button");
    }

    [Fact]
    public async Task Two_things_on_one_page_are_refused_by_their_names_and_a_page_alone_keeps_its_customer()
    {
        var sandbox = await StartAsync();
        var both = await sandbox.Door.PostAsync(
            "/v1/checkouts",
            """{"customer": "acme", "plan": "pro", "setup": true, "success_url": "https://a.example", "cancel_url": "https://a.example"}""");
        Word(both, "detail").ShouldBe("setup: One of plan, pack, invoice and setup is expected; plan and setup were sent.");

        await CheckOutAsync(sandbox);
        var kept = await sandbox.Door.DeleteAsync("/v1/customers/acme");
        (kept.Status, Word(kept, "detail")).ShouldBe(
            (HttpStatusCode.Conflict,
                "This customer has or had a subscription, an invoice, credit, a payment or a checkout, and these records refer to it."));
    }

    [Fact]
    public async Task A_server_that_is_killed_while_the_bank_is_asked_finishes_the_checkout_when_it_is_back()
    {
        var sandbox = await StartAsync();
        var made = await CheckOutAsync(sandbox);
        await PayAsync(made, "pm_sandbox_timeout");
        await _running.Server.Kill9Async();
        await _running.Server.StartAgainAsync();

        await UntilAsync(async () => await StatusAsync(sandbox, made) == "completed");

        (await sandbox.InvoicesAsync("acme")).ShouldBe(["000001 start 2900 = subscription 2900"]);
        (await PaymentsAsync(sandbox)).ShouldHaveSingleItem()!["status"]!.GetValue<string>().ShouldBe("succeeded");
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task A_customer_token_opens_its_own_portal_and_no_other()
    {
        var sandbox = await StartAsync();
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "other"}""");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "acme"}""");
        var mine = _running.DoorWith(Word(await sandbox.Door.PostAsync("/v1/customers/acme/tokens", """{"ttl_seconds": 600}"""), "token"));

        foreach (var body in (string[])["{}", """{"customer": "acme"}"""])
        {
            var opened = await mine.PostAsync("/v1/portal-sessions", body);
            (opened.Status, Word(opened, "url")).ShouldSatisfyAllConditions(
                static one => one.Status.ShouldBe(HttpStatusCode.Created), static one => one.Item2.ShouldContain("/portal/"));
        }

        var refused = await mine.PostAsync("/v1/portal-sessions", """{"customer": "other"}""");
        (refused.Status, Word(refused, "code")).ShouldBe((HttpStatusCode.Forbidden, "key_not_allowed"));
        (await mine.PostAsync("/v1/checkouts", """{"customer": "acme", "plan": "pro"}""")).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task One_checkout_more_than_a_customer_may_have_ends_the_oldest_that_nobody_pays()
    {
        var sandbox = await StartAsync();
        var paying = await CheckOutAsync(sandbox);
        (await PayAsync(paying, "pm_sandbox_authentication")).Status.ShouldBe(HttpStatusCode.SeeOther);
        var oldest = await CheckOutAsync(sandbox);
        for (var more = 2; more < CheckoutQueries.MostOpen; more++)
        {
            await CheckOutAsync(sandbox);
        }

        (await StatusAsync(sandbox, oldest)).ShouldBe("open");
        var newest = await CheckOutAsync(sandbox);

        (await StatusAsync(sandbox, paying), await StatusAsync(sandbox, oldest),
            await StatusAsync(sandbox, newest)).ShouldBe(("open", "expired", "open"));
        (await PageAsync(oldest)).Status.ShouldBe(HttpStatusCode.Gone);
        (await sandbox.Door.GetAsync("/v1/checkouts?customer=acme&status=open&limit=100"))["data"].AsArray().Count
            .ShouldBe(CheckoutQueries.MostOpen);
        await CheckOutAsync(sandbox, customer: "other");
        (await sandbox.Door.GetAsync("/v1/checkouts?customer=acme&status=open&limit=100"))["data"].AsArray().Count
            .ShouldBe(CheckoutQueries.MostOpen);
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task One_portal_session_more_than_a_customer_may_have_ends_the_oldest()
    {
        var sandbox = await StartAsync();
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "acme"}""");
        var opened = new List<Came>();
        while (opened.Count <= PortalSessions.Most)
        {
            opened.Add(await sandbox.Door.PostAsync("/v1/portal-sessions", """{"customer": "acme"}"""));
            opened[^1].Status.ShouldBe(HttpStatusCode.Created, opened[^1].Json?.ToJsonString());
        }

        ((await PageAsync(opened[0])).Status, (await PageAsync(opened[1])).Status, (await PageAsync(opened[^1])).Status)
            .ShouldBe((HttpStatusCode.Gone, HttpStatusCode.OK, HttpStatusCode.OK));
    }

    private sealed record Page(HttpStatusCode Status, string Text, string? Location);

    private Task<BillingSandbox> StartAsync(string? catalog = null) => BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z", catalog);

    private async Task<(BillingSandbox Sandbox, string Subscription)> SubscribedAsync(string? card)
    {
        var sandbox = await StartAsync();
        var subscription = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        foreach (var invoice in (await sandbox.Door.GetAsync("/v1/invoices?customer=acme"))["data"].AsArray())
        {
            await sandbox.Door.PostAsync($"/v1/invoices/{invoice!["id"]!.GetValue<string>()}/pay");
        }

        if (card is not null)
        {
            await sandbox.Door.PostAsync("/v1/customers/acme/payment-methods", $$"""{"token": "{{card}}"}""");
        }

        return (sandbox, subscription);
    }

    private static async Task<Came> CheckOutAsync(BillingSandbox sandbox, string plan = "pro", string customer = "acme")
    {
        var made = await sandbox.Door.PostAsync(
            "/v1/checkouts",
            $$"""
            {"customer": "{{customer}}", "plan": "{{plan}}", "period": "monthly", "trial": false,
             "success_url": "https://app.example/thanks?checkout={CHECKOUT_ID}", "cancel_url": "https://app.example/pricing"}
            """);
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        return made;
    }

    private async Task<Page> PageAsync(Came made)
    {
        using var answer = await _browser.GetAsync(new Uri(Word(made, "url")));
        return new(answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Location?.OriginalString);
    }

    private async Task<long> DueAsync(Came made) =>
        DueOfForm().Match((await PageAsync(made)).Text) is { Success: true } found
            ? long.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture)
            : 0;

    /// <summary>Sends the form; the amount due is read from the page if it is not given.</summary>
    private async Task<Page> PayAsync(Came made, string card, long? due = null)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["card"] = "new:" + card, ["due"] = (due ?? await DueAsync(made)).ToString(CultureInfo.InvariantCulture),
        });
        using var answer = await _browser.PostAsync(new Uri(Word(made, "url")), form);
        return new(answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Location?.OriginalString);
    }

    private static async Task<string> StatusAsync(BillingSandbox sandbox, Came made) =>
        Word(await sandbox.Door.GetAsync("/v1/checkouts/" + Word(made, "id")), "status");

    private static async Task<JsonArray> PaymentsAsync(BillingSandbox sandbox, string customer = "acme") =>
        [.. (await sandbox.Door.GetAsync("/v1/payments?customer=" + customer))["data"].AsArray()
            .Where(static one => one!["provider"]!.GetValue<string>() == "sandbox").Select(static one => one!.DeepClone())];

    private static async Task<JsonArray> GrantsAsync(BillingSandbox sandbox) =>
        (await sandbox.Door.GetAsync("/v1/customers/acme/grants")) is { Status: HttpStatusCode.OK } came ? came["data"].AsArray() : [];

    private static string Word(Came came, string member) => came[member].GetValue<string>();

    private async Task ShouldBeCleanAsync(BillingSandbox sandbox)
    {
        var report = await _running.DoorWith(_running.Server.AdminKey)
            .SendAsync(HttpMethod.Post, "/v1/verify", null, ("X-Project", sandbox.Code));
        report["checks"].AsArray().Where(static one => one!["count"]!.GetValue<long>() > 0 && one["break"]!.GetValue<bool>())
            .Select(static one => one!["kind"]!.GetValue<string>())
            .ShouldBeEmpty();
    }

    [GeneratedRegex("name=\"due\" value=\"(\\d+)\"")]
    private static partial Regex DueOfForm();
}
