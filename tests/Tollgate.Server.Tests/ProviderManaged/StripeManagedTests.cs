using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments.Stripe;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing.Stripe;

namespace Tollgate.Server.Tests.ProviderManaged;

/// <summary>
/// Subscriptions that begin on Stripe's page and are managed there, with changes from here: Tollgate requests and follows them.
/// </summary>
public sealed class StripeManagedTests(StripeHost host) : IClassFixture<StripeHost>
{
    private int _told = host.Stripe.Books.Events.Count;

    private StripeBooks Books => host.Stripe.Books;

    [Fact]
    public async Task A_plan_begins_on_Stripes_page_which_manages_it_and_the_checkout_is_done()
    {
        var sandbox = await ProjectAsync();
        var (checkout, session) = await OpenAsync(sandbox, "ann", "pro");
        var asked = Books.Get("checkout.session", session);
        ((string?)asked["mode"], (string?)asked["client_reference_id"],
            (long?)asked["amount_total"]).ShouldBe(("subscription", "ann", 2900));
        (await ShowAsync(sandbox, checkout)).ShouldBe("open");
        (await RowsAsync(sandbox, "ann")).ShouldBeEmpty("Nothing is given before it is paid.");

        Books.Pay(session);
        await TellAsync(sandbox);
        await UntilAsync(async () => await ShowAsync(sandbox, checkout) == "completed");
        var subscription = (await RowsAsync(sandbox, "ann")).ShouldHaveSingleItem()!;
        ((string?)subscription["status"], (string?)subscription["managed_by"],
            (string?)subscription["plan"]).ShouldBe(("trialing", "stripe", "pro"));
        ((string?)subscription["provider_price"]).ShouldBe(
            (string)Books.All("subscription").Last()["items"]!["data"]![0]!["price"]!["id"]!);
        ((string?)subscription["provider_price"]).ShouldStartWith("price_");
        (await sandbox.Door.GetAsync("/v1/payments?customer=ann"))["data"].AsArray()
            .ShouldBeEmpty("A trial asks for nothing, and what Stripe invoices is no payment of a checkout.");
        (await sandbox.Door.GetAsync($"/v1/checkouts/{checkout}"))["subscription"].ShouldNotBeNull();

        var second = await CheckOutAsync(sandbox, "ann", "enterprise");
        (second.Status, (string?)second["code"]).ShouldBe((HttpStatusCode.Conflict, "subscription_exists"));
    }

    [Fact]
    public async Task A_customer_gets_one_trial_and_an_abandoned_page_ends_with_its_checkout()
    {
        var sandbox = await ProjectAsync();
        await SubscribeAsync(sandbox, "ann", "pro");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{await IdOfAsync(sandbox, "ann")}/cancel", """{"at": "now"}""");
        var (checkout, session) = await OpenAsync(sandbox, "ann", "pro");
        host.Stripe.Requests.Last(static one => one.Path == "/v1/checkout/sessions").Body.ShouldNotContain("trial");

        (await sandbox.Door.PostAsync($"/v1/checkouts/{checkout}/expire", "{}")).Status.ShouldBe(HttpStatusCode.OK);
        ((string?)Books.Get("checkout.session", session)["status"]).ShouldBe("expired");

        var (left, page) = await OpenAsync(sandbox, "ann", "pro");
        Books.Expire(page);
        await TellAsync(sandbox);
        await UntilAsync(async () => await ShowAsync(sandbox, left) == "expired");

        // Paid without an event: the call that expires it finds out.
        var (paid, last) = await OpenAsync(sandbox, "ann", "enterprise");
        Books.Pay(last);
        var late = await sandbox.Door.PostAsync($"/v1/checkouts/{paid}/expire", "{}");
        ((string?)late["code"], await ShowAsync(sandbox, paid)).ShouldBe(("checkout_state", "completed"));
        (await RowsAsync(sandbox, "ann")).Count(static one => (string?)one!["status"] == "active").ShouldBe(1);
    }

    [Fact]
    public async Task An_upgrade_is_foreseen_to_the_cent_paid_and_had()
    {
        var sandbox = await ProjectAsync();
        var (id, subscription) = await PaidAsync(sandbox, "ann", "pro");
        var item = Books.Get("subscription", subscription)["items"]!["data"]![0]!;
        var (start, end) = (item["current_period_start"]!.GetValue<long>(), item["current_period_end"]!.GetValue<long>());
        Books.Now = () => start + ((end - start) / 4);
        var preview = await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/preview", """{"plan": "enterprise"}""");
        preview.Status.ShouldBe(HttpStatusCode.OK, preview.Json?.ToJsonString());
        var lines = preview["invoice"]["lines"]!.AsArray().Select(static line => $"{line!["kind"]} {line["amount"]}").ToList();
        lines.ShouldBe(["proration_credit -2175", "proration_charge 22425"]);
        ((long)preview["invoice"]["amount_due"]!, (string?)preview["subscription"]["plan"]).ShouldBe((20250, "enterprise"));
        (await OfAsync(sandbox, id))["plan"]!.ToString().ShouldBe("pro");

        var changed = await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise"}""");
        changed.Status.ShouldBe(HttpStatusCode.OK, changed.Json?.ToJsonString());
        ((string?)changed["subscription"]["plan"]).ShouldBe("enterprise");
        (await PaymentsAsync(sandbox, "ann")).ShouldBe(["succeeded 20250", "succeeded 2900"]);
        (await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise"}""")).Status.ShouldBe(
            HttpStatusCode.OK, "Nothing changes.");

        // Late and repeated events report the same, and change nothing.
        await TellAsync(sandbox);
        await TellAsync(sandbox, again: true);
        (await PaymentsAsync(sandbox, "ann")).ShouldBe(["succeeded 20250", "succeeded 2900"]);
        Books.Now = static () => DateTimeOffset.UtcNow.ToUnixTimeSeconds();
    }

    [Theory]
    [InlineData(StripeCard.Declined)]
    [InlineData(StripeCard.NeedsAuthentication)]
    public async Task An_upgrade_that_is_not_paid_changes_nothing_and_is_had_with_another_card(StripeCard card)
    {
        var sandbox = await ProjectAsync();
        var (id, subscription) = await PaidAsync(sandbox, "ann", "pro");
        var method = (string)Books.Get("subscription", subscription)["default_payment_method"]!;
        Books.Becomes(method, card);
        var refused = await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise"}""");
        (refused.Status, (string?)refused["code"]).ShouldBe((HttpStatusCode.PaymentRequired, "payment_failed"));
        (await OfAsync(sandbox, id))["plan"]!.ToString().ShouldBe("pro");
        Books.Get("subscription", subscription)["items"]!["data"]![0]!["price"]!["unit_amount"]!.GetValue<long>().ShouldBe(2900);
        (await PaymentsAsync(sandbox, "ann")).ShouldBe(["succeeded 2900"]);

        Books.Becomes(method, StripeCard.Good);
        (await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await OfAsync(sandbox, id))["plan"]!.ToString().ShouldBe("enterprise");
    }

    [Theory]
    [InlineData(StripeMishap.LoseAnswer)]
    [InlineData(StripeMishap.Drop)]
    public async Task The_result_of_a_change_with_a_lost_answer_is_read_and_it_is_paid_once(StripeMishap mishap)
    {
        var sandbox = await ProjectAsync();
        var (id, subscription) = await PaidAsync(sandbox, "ann", "pro");
        host.Stripe.Next(mishap, 3, $"/v1/subscriptions/{subscription}");
        var changed = await sandbox.Door.SendAsync(
            HttpMethod.Patch, $"/v1/subscriptions/{id}", """{"quantity": 3}""", ("Idempotency-Key", "three"));
        if (mishap == StripeMishap.Drop)
        {
            ((int)changed.Status, (string?)changed["code"]).ShouldBe((502, "upstream_unreachable"));
            changed = await sandbox.Door.SendAsync(
                HttpMethod.Patch, $"/v1/subscriptions/{id}", """{"quantity": 3}""", ("Idempotency-Key", "three-again"));
        }

        changed.Status.ShouldBe(HttpStatusCode.OK, changed.Json?.ToJsonString());
        (await OfAsync(sandbox, id))["quantity"]!.GetValue<long>().ShouldBe(3);
        (await PaymentsAsync(sandbox, "ann")).Count.ShouldBe(2);
        Books.All("invoice").Count(one => (string?)one["parent"]?["subscription_details"]?["subscription"] == subscription).ShouldBe(2);
    }

    [Fact]
    public async Task The_same_key_changes_once()
    {
        var sandbox = await ProjectAsync();
        var (id, subscription) = await PaidAsync(sandbox, "ann", "pro");
        var asked = Enumerable.Range(0, 4)
            .Select(_ =>
                sandbox.Door.SendAsync(
                    HttpMethod.Post, $"/v1/subscriptions/{id}/cancel", """{"at": "now", "credit": true}""", ("Idempotency-Key", "end")));
        foreach (var answer in await Task.WhenAll(asked))
        {
            answer.Status.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Conflict);
        }

        host.Stripe.Requests.Count(one => one.Method == "DELETE" && one.Path.EndsWith(subscription, StringComparison.Ordinal)).ShouldBe(1);
        (await OfAsync(sandbox, id))["status"]!.ToString().ShouldBe("canceled");
        Books.Get("customer", (string)Books.Get("subscription", subscription)["customer"]!)["balance"]!.GetValue<long>()
            .ShouldBeLessThan(0, "The unused time is the customer's at Stripe.");
    }

    [Fact]
    public async Task An_end_is_announced_taken_back_and_made()
    {
        var sandbox = await ProjectAsync();
        var (id, subscription) = await PaidAsync(sandbox, "ann", "pro");
        (await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"reason": "too_expensive"}""")).Status.ShouldBe(
            HttpStatusCode.OK);
        var there = Books.Get("subscription", subscription);
        ((bool)there["cancel_at_period_end"]!, (string?)there["cancellation_details"]!["feedback"]).ShouldBe((true, "too_expensive"));
        var row = await OfAsync(sandbox, id);
        (row["cancel_at"]!.ToString(), row["cancel_reason"]!.ToString()).ShouldBe((row["current_period_end"]!.ToString(), "too_expensive"));
        (await sandbox.Door.GetAsync($"/v1/subscriptions/{id}/upcoming-invoice"))["code"]!.ToString().ShouldBe("invoice_not_found");

        (await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/uncancel", "{}")).Status.ShouldBe(HttpStatusCode.OK);
        (await OfAsync(sandbox, id))["cancel_at"].ShouldBeNull();
        (await sandbox.Door.GetAsync($"/v1/subscriptions/{id}/upcoming-invoice"))["total"]!.GetValue<long>().ShouldBe(2900);

        host.Stripe.Next(StripeMishap.LoseAnswer, 3, one => one.Method == "DELETE");
        (await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"at": "now", "comment": "no more"}""")).Status.ShouldBe(
            HttpStatusCode.OK);
        (await OfAsync(sandbox, id))["status"]!.ToString().ShouldBe("canceled");
    }

    [Theory]
    [InlineData("PATCH", "", """{"plan": "pro"}""", "not_at_provider")]
    [InlineData("PATCH", "", """{"quantity": 2, "when": "period_end"}""", "not_at_provider")]
    [InlineData("PATCH", "", """{"quantity": 2, "proration": "day"}""", "not_at_provider")]
    [InlineData("PATCH", "", """{"quantity": 2, "amount": 100}""", "not_at_provider")]
    [InlineData("PATCH", "", """{"plan": "nope"}""", "plan_not_found")]
    [InlineData("PATCH", "", """{"plan": "team"}""", "not_at_provider")]
    [InlineData("POST", "/pause", "{}", "provider_managed")]
    [InlineData("POST", "/resume", "{}", "provider_managed")]
    [InlineData("POST", "/coupons", """{"code": "CARRY"}""", "not_at_provider")]
    [InlineData("POST", "/coupons", """{"code": "NONE"}""", "coupon_refused")]
    public async Task A_change_that_Stripe_cannot_make_is_refused_without_a_request(string method, string tail, string body, string code)
    {
        var sandbox = await ProjectAsync();
        await sandbox.Door.PostAsync(
            "/v1/coupons", """{"code": "CARRY", "amount_off": 500, "currency": "USD", "duration": "once", "carry_over": true}""");
        var (id, subscription) = await PaidAsync(sandbox, "ann", "enterprise");
        var before = host.Stripe.Requests.Count(static one => one.Method != "GET");
        var refused = await sandbox.Door.SendAsync(new HttpMethod(method), $"/v1/subscriptions/{id}{tail}", body);
        (((int)refused.Status / 100), (string?)refused["code"]).ShouldBe((4, code), refused.Json?.ToJsonString());
        host.Stripe.Requests.Count(static one => one.Method != "GET").ShouldBe(before);
        Books.Get("subscription", subscription)["status"]!.ToString().ShouldBe("active");
    }

    [Fact]
    public async Task A_downgrade_now_leaves_the_unused_time_with_the_customer_at_Stripe()
    {
        var sandbox = await ProjectAsync();
        var (id, subscription) = await PaidAsync(sandbox, "ann", "enterprise");
        var changed = await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "pro", "when": "now"}""");
        changed.Status.ShouldBe(HttpStatusCode.OK, changed.Json?.ToJsonString());
        (await OfAsync(sandbox, id))["plan"]!.ToString().ShouldBe("pro");
        Books.Get("customer", (string)Books.Get("subscription", subscription)["customer"]!)["balance"]!.GetValue<long>()
            .ShouldBeInRange(-27_000, -26_900);
        (await PaymentsAsync(sandbox, "ann")).ShouldBe(["succeeded 29900"]);
    }

    [Fact]
    public async Task A_coupon_is_made_at_Stripe_once_counted_here_and_ended_there()
    {
        var sandbox = await ProjectAsync();
        foreach (var coupon in new[]
        {
            """{"code": "HALF", "percent_off": 50, "duration": "repeating", "months": 3, "max_redemptions": 2}""",
            """{"code": "FIVE", "amount_off": 500, "currency": "USD", "duration": "forever"}""",
        })
        {
            (await sandbox.Door.PostAsync("/v1/coupons", coupon)).Status.ShouldBe(HttpStatusCode.Created);
        }

        var (_, session) = await OpenAsync(sandbox, "ann", "enterprise", """, "coupon": "HALF" """);
        var subscription = (string)Books.Pay(session)["subscription"]!;
        await TellAsync(sandbox);
        await UntilAsync(async () => (await RowsAsync(sandbox, "ann")).Count == 1);
        var id = await IdOfAsync(sandbox, "ann");
        await UntilAsync(async () => (await CouponsAsync(sandbox, id)).SequenceEqual(["HALF True"]));
        await UntilAsync(async () => (await PaymentsAsync(sandbox, "ann")).SequenceEqual(["succeeded 14950"]));
        ((long)(await sandbox.Door.GetAsync("/v1/coupons/HALF"))["redemptions"]!).ShouldBe(1);

        var redeemed = await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/coupons", """{"code": "FIVE"}""");
        redeemed.Status.ShouldBe(HttpStatusCode.Created, redeemed.Json?.ToJsonString());
        (await sandbox.Door.GetAsync($"/v1/subscriptions/{id}/upcoming-invoice"))["total"]!.GetValue<long>().ShouldBe(14450);
        (await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/coupons", """{"code": "FIVE"}"""))["code"]!.ToString()
            .ShouldBe("coupon_refused");

        (await sandbox.Door.DeleteAsync($"/v1/subscriptions/{id}/coupons/HALF")).Status.ShouldBe(HttpStatusCode.OK);
        (await CouponsAsync(sandbox, id)).ShouldBe(["HALF False", "FIVE True"]);
        Books.Get("subscription", subscription)["discounts"]!.AsArray().Count.ShouldBe(1);
        (await sandbox.Door.GetAsync($"/v1/subscriptions/{id}/upcoming-invoice"))["total"]!.GetValue<long>().ShouldBe(29400);
        Books.All("coupon").Count(one => one["id"]!.ToString().StartsWith($"tollgate-{sandbox.Code}-", StringComparison.Ordinal))
            .ShouldBe(2);
    }

    [Fact]
    public async Task A_customer_on_an_old_price_keeps_it_when_the_quantity_changes()
    {
        var sandbox = await ProjectAsync();
        var (id, _) = await PaidAsync(sandbox, "ann", "pro");
        var old = Books.Get("subscription", id)["items"]!["data"]![0]!["price"]!;
        (old["unit_amount"], old["lookup_key"]) = (1900, null);
        await TellAsync(sandbox);
        (await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"quantity": 3}""")).Status.ShouldBe(HttpStatusCode.OK);
        var item = Books.Get("subscription", id)["items"]!["data"]![0]!;
        ((string?)item["price"]!["id"], (long)item["quantity"]!).ShouldBe(((string?)old["id"], 3L));
    }

    [Fact]
    public async Task A_second_page_closes_the_first()
    {
        var sandbox = await ProjectAsync();
        var (first, session) = await OpenAsync(sandbox, "ann", "pro");
        var (_, other) = await OpenAsync(sandbox, "ann", "enterprise");
        ((string?)Books.Get("checkout.session", session)["status"],
            (string?)Books.Get("checkout.session", other)["status"]).ShouldBe(("expired", "open"));
        (await ShowAsync(sandbox, first)).ShouldBe("expired");

        // The first is paid while the second is requested: there is a subscription already.
        Books.Pay(other);
        var third = await CheckOutAsync(sandbox, "ann", "pro");
        (third.Status, (string?)third["code"]).ShouldBe((HttpStatusCode.Conflict, "subscription_exists"));
    }

    [Fact]
    public async Task An_unpaid_period_is_not_credited()
    {
        var sandbox = await ProjectAsync();
        var (id, _) = await PaidAsync(sandbox, "ann", "pro");
        Books.Finalize((string)Books.Renew(id)["id"]!, StripeCard.Declined);
        await TellAsync(sandbox);
        await UntilAsync(async () => (string?)(await OfAsync(sandbox, id))["status"] == "past_due");
        var cancel = await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"at": "now", "credit": true}""");
        (cancel.Status, (string?)cancel["code"]).ShouldBe((HttpStatusCode.UnprocessableEntity, "not_at_provider"));
        var change = await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"quantity": 2}""");
        ((string?)change["code"]).ShouldNotBeNull();
        ((string?)Books.Get("subscription", id)["status"]).ShouldBe("past_due");
    }

    [Fact]
    public async Task A_payment_that_Stripe_could_not_collect_is_told_with_the_page_on_which_Stripe_takes_it()
    {
        var sandbox = await ProjectAsync();
        var (id, _) = await PaidAsync(sandbox, "ann", "pro");
        (await sandbox.Door.GetAsync("/v1/customers/ann/notices"))["data"].AsArray().ShouldBeEmpty();
        var invoice = Books.Finalize((string)Books.Renew(id)["id"]!, StripeCard.Declined);
        invoice["hosted_invoice_url"] = "https://invoice.stripe.com/i/acct_demo/7";
        await TellAsync(sandbox);
        await UntilAsync(async () => (string?)(await OfAsync(sandbox, id))["status"] == "past_due");
        await UntilAsync(async () => (await PaymentsAsync(sandbox, "ann")).Count == 2);

        var notice = (await sandbox.Door.GetAsync("/v1/customers/ann/notices"))["data"].AsArray().ShouldHaveSingleItem()!;
        ((string?)notice["code"], (string?)notice["title"],
            (string?)notice["subscription"]).ShouldBe(("payment_failed", "Your payment of $29.00 did not go through", id));
        ((string?)notice["action"]!["do"],
            (string?)notice["action"]!["url"]).ShouldBe(("open_link", (string?)invoice["hosted_invoice_url"]), notice.ToJsonString());
        ((string?)notice["invoice"], (string?)notice["invoice_number"],
            (long)notice["amount_due"]!).ShouldBe((null, (string?)invoice["number"], 2900));
    }

    [Fact]
    public async Task A_trial_that_ends_without_a_card_says_so_in_the_notice_and_in_the_mail()
    {
        var sandbox = await ProjectAsync();
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "ann", "email": "ann@example.com"}""");
        var (_, session) = await OpenAsync(sandbox, "ann", "pro");
        var subscription = Books.Get("subscription", (string)Books.Pay(session)["subscription"]!);
        (subscription["default_payment_method"], subscription["default_source"]) = (null, null);
        subscription["trial_settings"] = JsonNode.Parse("""{"end_behavior": {"missing_payment_method": "cancel"}}""");
        await TellAsync(sandbox);
        await UntilAsync(async () => (await RowsAsync(sandbox, "ann")).Count == 1);
        await UntilAsync(async () => (await RemindersAsync()).Count == 1);

        const string Says =
            "After that, Pro continues for $29.00 a month if you have added a payment method by then. "
                + "Otherwise you move to Free.";
        var notice = (await sandbox.Door.GetAsync("/v1/customers/ann/notices"))["data"].AsArray().ShouldHaveSingleItem()!;
        ((string?)notice["code"], (string?)notice["severity"], (string?)notice["text"]).ShouldBe(("trial_ending", "warning", Says));
        await UntilAsync(async () => (string?)(await RemindersAsync())[0]!["status"] == "sent");
        (await sandbox.Door.GetAsync($"/v1/mails/{(await RemindersAsync())[0]!["id"]}"))["text"].GetValue<string>().ShouldContain(Says);

        async Task<JsonArray> RemindersAsync() =>
            (await sandbox.Door.GetAsync("/v1/mails?customer=ann&type=trial_ending"))["data"].AsArray();
    }

    [Fact]
    public async Task Invoices_of_Stripe_are_listed_in_pages_with_their_payments()
    {
        var sandbox = await ProjectAsync();
        var (id, _) = await PaidAsync(sandbox, "ann", "pro");
        Books.Finalize((string)Books.Renew(id)["id"]!, StripeCard.Declined);
        await TellAsync(sandbox);
        await UntilAsync(async () => (await PaymentsAsync(sandbox, "ann")).Count == 2);

        var first = await sandbox.Door.GetAsync($"/v1/provider-invoices?customer=ann&subscription={id}&limit=1");
        var newest = first["data"].AsArray().ShouldHaveSingleItem()!;
        ((string?)newest["status"], (string?)newest["subscription"], (long)newest["total"]!,
            (bool)first["has_more"]!).ShouldBe(("open", id, 2900L, true));
        newest["lines"]!.AsArray().Count.ShouldBe(1);
        var second = (await sandbox.Door.GetAsync($"/v1/provider-invoices?starting_after={newest["id"]}"))["data"].AsArray()
            .ShouldHaveSingleItem()!;
        ((string?)second["status"], (long)second["amount_paid"]!).ShouldBe(("paid", 2900L));
        var payment = await sandbox.Door.GetAsync($"/v1/payments/{second["payment"]}");
        ((string?)payment["provider_invoice"], (string?)payment["status"]).ShouldBe(((string?)second["id"], "succeeded"));

        (await sandbox.Door.GetAsync("/v1/provider-invoices?status=paid"))["data"].AsArray().Count.ShouldBe(1);
        (await sandbox.Door.GetAsync("/v1/provider-invoices?customer=bob"))["data"].AsArray().ShouldBeEmpty();
        (await sandbox.Door.GetAsync("/v1/provider-invoices?status=lost")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var other = await host.ProjectAsync();
        (await other.Door.GetAsync("/v1/provider-invoices"))["data"].AsArray().ShouldBeEmpty("Another project sees nothing of it.");
    }

    [Fact]
    public async Task Only_a_provider_that_can_manages_subscriptions()
    {
        var sandbox = await BillingSandbox.StartAsync(host.Running, "2027-01-31T00:00:00Z");
        var refused = await sandbox.Door.PutAsync("/v1/payment-settings", """{"provider": "sandbox", "subscriptions": "provider"}""");
        ((int)refused.Status, (string?)refused["param"]).ShouldBe((422, "subscriptions"), refused.Json?.ToJsonString());

        var managed = await ProjectAsync();
        ((string?)(await managed.Door.GetAsync("/v1/payment-settings"))["subscriptions"]).ShouldBe("provider");
        (await managed.Door.PutAsync("/v1/payment-settings", """{"provider": "stripe"}"""))["subscriptions"]!.ToString()
            .ShouldBe("provider", "Omitted fields stay.");
        (await managed.Door.PutAsync("/v1/payment-settings", """{"provider": "manual"}"""))["subscriptions"]!.ToString()
            .ShouldBe("tollgate");
    }

    [Fact]
    public async Task A_plan_without_a_price_at_Stripe_says_what_makes_one()
    {
        var sandbox = await ProjectAsync(sync: false);
        var refused = await CheckOutAsync(sandbox, "ann", "pro");
        ((int)refused.Status, (string?)refused["code"]).ShouldBe((422, "not_at_provider"));
        refused["detail"]!.ToString().ShouldContain("tollgate stripe sync");
        (await sandbox.Door.GetAsync("/v1/checkouts?status=open"))["data"].AsArray().ShouldBeEmpty();
    }

    private async Task<BillingSandbox> ProjectAsync(bool sync = true)
    {
        var sandbox = await host.ProjectAsync();
        var set = await sandbox.Door.PutAsync("/v1/payment-settings", """{"provider": "stripe", "subscriptions": "provider"}""");
        set.Status.ShouldBe(HttpStatusCode.OK, set.Json?.ToJsonString());
        if (sync)
        {
            (await sandbox.Door.PostAsync("/v1/stripe/sync", "{}")).Status.ShouldBe(HttpStatusCode.OK);
        }

        return sandbox;
    }

    private static Task<Came> CheckOutAsync(BillingSandbox sandbox, string customer, string plan, string more = "") =>
        sandbox.Door.PostAsync(
        "/v1/checkouts",
        $$"""{"customer": "{{customer}}", "plan": "{{plan}}", "success_url": "https://app.example.com/ok", "cancel_url": "https://app.example.com/no"{{more}} }""");

    private async Task<(string Checkout, string Session)> OpenAsync(BillingSandbox sandbox, string customer, string plan, string more = "")
    {
        var opened = await CheckOutAsync(sandbox, customer, plan, more);
        opened.Status.ShouldBe(HttpStatusCode.Created, opened.Json?.ToJsonString());
        new Uri((string)opened["url"]!).Host.ShouldBe("checkout.stripe.com");
        return ((string)opened["id"]!, (string)Books.All("checkout.session").Last()["id"]!);
    }

    private async Task<string> SubscribeAsync(BillingSandbox sandbox, string customer, string plan, string more = "")
    {
        var (_, session) = await OpenAsync(sandbox, customer, plan, more);
        var subscription = (string)Books.Pay(session)["subscription"]!;
        await TellAsync(sandbox);
        await UntilAsync(async () => (await RowsAsync(sandbox, customer)).Any(one => (string?)one!["id"] == subscription));
        return subscription;
    }

    /// <summary>Creates a subscription without a trial, whose first payment is recorded.</summary>
    private async Task<(string Id, string Subscription)> PaidAsync(BillingSandbox sandbox, string customer, string plan)
    {
        var subscription = await SubscribeAsync(sandbox, customer, plan, """, "trial": false """);
        await UntilAsync(async () => (await PaymentsAsync(sandbox, customer)).Count == 1);
        return (subscription, subscription);
    }

    private static async Task<string> IdOfAsync(BillingSandbox sandbox, string customer) =>
        (string)(await RowsAsync(sandbox, customer))[0]!["id"]!;

    private static async Task<JsonArray> RowsAsync(BillingSandbox sandbox, string customer) =>
        (await sandbox.Door.GetAsync($"/v1/subscriptions?customer={customer}"))["data"].AsArray();

    private static async Task<JsonNode> OfAsync(BillingSandbox sandbox, string id) =>
        (await sandbox.Door.GetAsync($"/v1/subscriptions/{id}")).Json!;

    private static async Task<string?> ShowAsync(BillingSandbox sandbox, string checkout) =>
        (string?)(await sandbox.Door.GetAsync($"/v1/checkouts/{checkout}"))["status"];

    private static async Task<IReadOnlyList<string>> PaymentsAsync(BillingSandbox sandbox, string customer) =>
        [.. (await sandbox.Door.GetAsync($"/v1/payments?customer={customer}"))["data"].AsArray()
            .Select(static one => $"{one!["status"]} {one["amount"]}")];

    private static async Task<IReadOnlyList<string>> CouponsAsync(BillingSandbox sandbox, string id) =>
        [.. (await sandbox.Door.GetAsync($"/v1/subscriptions/{id}/coupons"))["data"].AsArray()
            .Select(static one => $"{one!["code"]} {(bool)one["active"]!}")];

    /// <summary>Sends Stripe's events since the last call.</summary>
    private async Task TellAsync(BillingSandbox sandbox, bool again = false)
    {
        var told = Books.Events.Skip(again ? 0 : _told).ToList();
        _told = Books.Events.Count;
        foreach (var one in told)
        {
            (await host.SendAsync(sandbox, one)).ShouldBe(HttpStatusCode.OK);
        }
    }
}
