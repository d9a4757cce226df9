using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Invoicing;

/// <summary>
/// Discounts and taxes apply once, for any number of invoices of a period, and a credit has the tax that was paid.
/// </summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class OnceTests(RunningServer running)
{
    private const string French = """{"rates": [{"country": "FR", "name": "TVA", "percent": 20, "reverse_charge": true}]}""";

    private const string WithAddOns =
        """
        code: shop
        name: Shop
        currency: USD
        default_plan: free
        features: [{ code: calls, name: Calls }]
        plans:
          - { code: free, name: Free, entitlements: [{ feature: calls, quota: 10 }] }
          - { code: team, name: Team, prices: [{ interval: monthly, amount: 1000 }], entitlements: [{ feature: calls, quota: 100 }] }
          - { code: big, name: Big, prices: [{ interval: monthly, amount: 4000 }], entitlements: [{ feature: calls, quota: 900 }] }
        add_ons:
          - { code: desk, name: Desk, prices: [{ interval: monthly, amount: 600 }], entitlements: [{ feature: calls, quota: 5 }] }
          - { code: lamp, name: Lamp, prices: [{ interval: monthly, amount: 200 }], entitlements: [{ feature: calls, quota: 5 }] }
        """;

    // 50.00 and two seats of 10.00, 5.00 off each month, 19 % on the 65.00. Paused when 20 of 30 days are left.
    [Fact]
    public async Task A_line_is_explained_with_its_discount_and_tax_and_with_why_less_goes_back()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.Door.PutAsync("/v1/tax-rates", """{"rates": [{"country": "DE", "name": "VAT", "percent": 19}]}""");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "acme", "country": "DE"}""");
        await CouponAsync(sandbox, """{"code": "FIVE", "amount_off": 500, "currency": "USD", "duration": "forever"}""");
        var path = "/v1/subscriptions/"
            + await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "team", "quantity": 5, "coupon": "FIVE"}""");
        await sandbox.AdvanceAsync("2027-04-11T00:00:00Z");
        await sandbox.Door.PostAsync($"{path}/pause", "{}");
        await sandbox.AdvanceAsync("2027-04-15T00:00:00Z");
        await sandbox.Door.PostAsync($"{path}/resume", "{}");

        (await ExplainedAsync(0, 1)).ShouldBe("5000 less 357 tax 882 (VAT 19): 1 × 50.00 USD");
        (await ExplainedAsync(0, 2)).ShouldBe("2000 less 143 tax 353 (VAT 19): 2 units × 10 USD = 20 USD");
        (await ExplainedAsync(0, 3)).ShouldBe("-500 less - tax - (): 5.00 USD off 70.00 USD");
        (await ExplainedAsync(0, 4)).ShouldBe("1235 less - tax - (): 19 % of 65.00 USD");
        (await ExplainedAsync(1, 1)).ShouldBe(
            "-4334 less 0 tax -823 (): 1 × 50.00 USD; 2 units × 10 USD = 20 USD; 70.00 USD × 20/30 days of the period; less 3.33 USD, "
                + "which coupons had taken off this time");

        async Task<string> ExplainedAsync(int invoice, int line)
        {
            var id =
                (await sandbox.Door.GetAsync("/v1/invoices?customer=acme&order=asc"))["data"].AsArray()[invoice]!["id"]!.GetValue<string>();
            var view = await sandbox.Door.GetAsync($"/v1/invoices/{id}/lines/{line}/explain");
            var rates = (view.Json!["tax_rates"]?.AsArray() ?? []).Select(static rate => $"{rate!["name"]} {rate["percent"]}");
            return $"{view["line"]["amount"]} less {view.Json["discount"]?.ToString() ?? "-"} tax {view.Json["tax"]?.ToString() ?? "-"} "
                + $"({string.Join(", ", rates)}): "
                + string.Join("; ", view["steps"].AsArray().Select(static step => step!.GetValue<string>()));
        }
    }

    [Fact]
    public async Task An_amount_comes_off_the_changes_of_a_period_once()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", WithAddOns);
        await CouponAsync(sandbox, """{"code": "TEN", "amount_off": 1000, "currency": "USD", "duration": "forever"}""");
        var path = "/v1/subscriptions/"
            + await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "team", "quantity": 10, "coupon": "TEN"}""");
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        for (var seats = 11; seats <= 18; seats++)
        {
            (await sandbox.Door.PatchAsync(path, $$"""{"quantity": {{seats}}}""")).Status.ShouldBe(HttpStatusCode.OK);
        }

        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        var totals = (await sandbox.Door.GetAsync("/v1/invoices?customer=acme&order=asc&limit=100"))["data"].AsArray()
            .Select(static one => one!["total"]!.GetValue<long>());
        totals.ShouldBe([9000, 500, 500, 500, 500, 500, 500, 500, 500, 17_000]);
        (await PaymentSteps.FoundAsync(running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_rest_of_a_yearly_amount_reduces_usage_of_its_months_and_returns_with_a_void()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await CouponAsync(sandbox, """{"code": "LARGE", "amount_off": 29300, "currency": "USD", "duration": "forever"}""");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "period": "yearly", "trial": false, "coupon": "LARGE"}""");
        await sandbox.UseAsync("acme", "calls", 200);
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        await sandbox.UseAsync("acme", "calls", 200);
        await sandbox.AdvanceAsync("2027-06-01T00:00:00Z");
        await sandbox.UseAsync("acme", "calls", 200);
        await sandbox.AdvanceAsync("2027-07-01T00:00:00Z");
        (await sandbox.InvoicesAsync("acme")).ShouldBe([
            "000001 start 0 = subscription 29000, discount -29000", "000002 usage 0 = usage 200, discount -200",
            "000003 usage 100 = usage 200, discount -100", "000004 usage 200 = usage 200",
        ]);

        var third = (await sandbox.Door.GetAsync("/v1/invoices?customer=acme&order=asc&limit=100"))["data"][2]!["id"]!.GetValue<string>();
        (await sandbox.Door.PostAsync($"/v1/invoices/{third}/void")).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.UseAsync("acme", "calls", 200);
        await sandbox.AdvanceAsync("2027-08-01T00:00:00Z");
        (await sandbox.InvoicesAsync("acme"))[^1].ShouldBe("000005 usage 100 = usage 200, discount -100");
        (await PaymentSteps.FoundAsync(running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_percentage_is_on_both_sides_of_a_change()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await CouponAsync(sandbox, """{"code": "HALF", "percent_off": 50, "duration": "forever"}""");
        var path = "/v1/subscriptions/" + await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "enterprise", "coupon": "HALF"}""");
        await sandbox.Door.PostAsync($"/v1/invoices/{await NewestAsync(sandbox)}/pay", "{}");
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        (await sandbox.Door.PatchAsync(path, """{"plan": "pro", "when": "now"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await sandbox.InvoicesAsync("acme"))[^1].ShouldBe(
            "000002 change 0 = proration_credit -7475, proration_charge 1450, discount -725");
        (await CreditAsync(sandbox)).ShouldBe(6750, "Half of half a month of Enterprise, less that of Pro.");
        (await sandbox.Door.PatchAsync(path, """{"plan": "enterprise", "when": "now"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await sandbox.InvoicesAsync("acme"))[^1].ShouldBe(
            "000003 change 6750 = proration_credit -725, proration_charge 14950, discount -7475");
        (await CreditAsync(sandbox)).ShouldBe(0);
        (await PaymentSteps.FoundAsync(running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Unused_time_goes_back_with_its_tax_and_pays_the_same_again()
    {
        var sandbox = await FrenchAsync("""{"id": "acme", "country": "FR"}""");
        var path = "/v1/subscriptions/" + await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "team", "trial": false}""");
        var first = await NewestAsync(sandbox);
        await sandbox.Door.PostAsync($"/v1/invoices/{first}/pay", "{}");
        (await sandbox.Door.PostAsync(path + "/cancel", """{"at": "now", "credit": true}""")).Status.ShouldBe(HttpStatusCode.OK);

        var back = await sandbox.Door.GetAsync("/v1/invoices/" + await NewestAsync(sandbox));
        (back["total"].GetValue<long>(), back["tax"].GetValue<long>(), back["taxes"][0]!.ToJsonString()).ShouldBe(
            (0, -1000, """{"name":"TVA","percent":20,"inclusive":false,"base":-5000,"amount":-1000}"""));
        (await CreditAsync(sandbox)).ShouldBe(6000);
        var refused = await sandbox.Door.PostAsync($"/v1/invoices/{first}/credit-notes", """{"reason": "again"}""");
        (refused.Status, refused["detail"].GetValue<string>()).ShouldBe(
            (HttpStatusCode.UnprocessableEntity,
                "The invoice's total is 60.00 USD. Of that 60.00 USD when the subscription changed was already credited or refunded."));

        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "team"}""");
        (await sandbox.Door.GetAsync("/v1/invoices/" + await NewestAsync(sandbox)))["amount_due"].GetValue<long>().ShouldBe(0);
        (await CreditAsync(sandbox)).ShouldBe(0);
        (await PaymentSteps.FoundAsync(running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_tax_that_goes_back_is_that_of_then()
    {
        var sandbox = await FrenchAsync("""{"id": "acme", "country": "FR"}""");
        var path = "/v1/subscriptions/" + await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.Door.PostAsync($"/v1/invoices/{await NewestAsync(sandbox)}/pay", "{}");
        (await sandbox.Door.PatchAsync("/v1/customers/acme", """{"tax_id": "FR40303265045"}""")).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        (await sandbox.Door.PatchAsync(path, """{"plan": "enterprise"}""")).Status.ShouldBe(HttpStatusCode.OK);
        var change = await sandbox.Door.GetAsync("/v1/invoices/" + await NewestAsync(sandbox));
        (change["total"].GetValue<long>(), change["tax"].GetValue<long>()).ShouldBe((14_950 - 1450 - 290, -290));
        (await PaymentSteps.FoundAsync(running, sandbox)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(
        "x",
        "'x' is not a valid VAT id of FR: its form or a check digit is wrong. Expected: FR, 2 digits or letters and 9 digits, "
            + "for instance FR40303265045.")]
    [InlineData(
        "FR41303265045",
        "'FR41303265045' is not a valid VAT id of FR: its form or a check digit is wrong. Expected: FR, 2 digits or letters and 9 digits, "
            + "for instance FR40303265045.")]
    public async Task Text_that_is_no_VAT_id_is_refused(string id, string detail)
    {
        var sandbox = await FrenchAsync("""{"id": "acme", "country": "FR"}""");
        foreach (var refused in (Came[])[
            await sandbox.Door.PostAsync("/v1/customers", $$"""{"id": "bert", "country": "FR", "tax_id": "{{id}}"}"""),
            await sandbox.Door.PatchAsync("/v1/customers/acme", $$"""{"tax_id": "{{id}}"}"""),
        ])
        {
            (refused.Status, refused["errors"][0]!["detail"]!.GetValue<string>()).ShouldBe((HttpStatusCode.UnprocessableEntity, detail));
        }
    }

    [Fact]
    public async Task Whether_an_id_exists_decides_on_tax_and_changes_no_issued_invoice()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", WithAddOns);
        await sandbox.Door.PutAsync("/v1/invoice-settings", """{"name": "Shop", "country": "FR"}""");
        await sandbox.Door.SendAsync(
            HttpMethod.Put, "/v1/tax-rates", """{"rates": [{"country": "DE", "name": "MwSt", "percent": 19, "reverse_charge": true}]}""");
        (string Id, string Status, long Tax, string? Note)[] expected =
        [
            ("DE136695976", "valid", 0,
                "Reverse charge: the recipient owes the MwSt. The sandbox confirmed the VAT id on 2027-04-01, consultation SANDBOX."),
            ("DE111111125", "invalid", 190, null),
            ("DE222222220", "pending", 0, "Reverse charge: the recipient owes the MwSt. VIES has not confirmed the VAT id yet."),
        ];
        foreach (var (id, status, tax, note) in expected)
        {
            var made = await sandbox.Door.PostAsync("/v1/customers", $$"""{"id": "{{id}}", "country": "DE", "tax_id": "{{id}}"}""");
            made["tax"]["vat_status"]!.GetValue<string>().ShouldBe(status);
            (await sandbox.Door.GetAsync($"/v1/customers/{id}"))["tax"]["vat_status"]!.GetValue<string>().ShouldBe(status);
            await sandbox.SubscribeAsync($$"""{"customer": "{{id}}", "plan": "team"}""");
            var invoice = (await sandbox.Door.GetAsync($"/v1/invoices?customer={id}"))["data"][0]!;
            (invoice["tax"]!.GetValue<long>(), invoice["tax_note"]?.GetValue<string>(),
                invoice["buyer"]!["tax_id_check"]!["status"]!.GetValue<string>()).ShouldBe((tax, note, status));
        }

        // From now on only a confirmed id exempts from tax.
        (await sandbox.Door.PutAsync(
            "/v1/invoice-settings",
            """{"name": "Shop", "country": "FR", "reverse_charge_while_pending": false}"""))
            ["reverse_charge_while_pending"].GetValue<bool>().ShouldBeFalse();
        await sandbox.Door.PatchAsync("/v1/customers/DE136695976", """{"tax_id": "DE111111125"}""");
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        foreach (var (id, taxes) in ((string, long[])[])[("DE136695976", [0, 190]), ("DE222222220", [0, 190])])
        {
            (await sandbox.Door.GetAsync($"/v1/invoices?customer={id}&order=asc"))["data"].AsArray()
                .Select(static one => one!["tax"]!.GetValue<long>()).ShouldBe(taxes);
        }
    }

    [Fact]
    public async Task A_plan_and_its_add_ons_are_given_back_and_charged_by_name()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", WithAddOns);
        var path = "/v1/subscriptions/"
            + await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "team", "add_ons": [{"code": "desk", "quantity": 2}]}""");
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        var changed = await sandbox.Door.PatchAsync(path, """{"plan": "big", "add_ons": [{"code": "lamp"}]}""");
        changed["invoice"]["lines"]!.AsArray().Select(static line => $"{line!["description"]} {line["quantity"]} {line["amount"]}")
            .ShouldBe([
            "Unused time of Team, monthly 1 -500", "Unused time of Desk, monthly 2 -600", "Remaining time of Big, monthly 1 2000",
            "Remaining time of Lamp, monthly 1 100",
        ]);
        (await PaymentSteps.FoundAsync(running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_line_has_the_rates_of_its_category_and_who_is_exempt_has_none()
    {
        var sandbox = await BillingSandbox.StartAsync(
            running, "2027-04-01T00:00:00Z",
            WithAddOns.Replace("name: Desk,", "name: Desk, tax_category: furniture,", StringComparison.Ordinal));
        const string Rates =
            """{"rates": [{"country": "FR", "name": "TVA", "percent": 20}, {"country": "FR", "name": "TVA", "percent": 5, "category": "furniture"}]}""";
        (await sandbox.Door.SendAsync(HttpMethod.Put, "/v1/tax-rates", Rates))["rates"][1]!["category"]!.GetValue<string>()
            .ShouldBe("furniture");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "acme", "country": "FR"}""");
        var path = "/v1/subscriptions/"
            + await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "team", "add_ons": [{"code": "desk", "quantity": 2}]}""");
        var first = await sandbox.Door.GetAsync("/v1/invoices/" + await NewestAsync(sandbox));
        first["taxes"].AsArray().Select(static tax => $"{tax!["percent"]} {tax["base"]} {tax["amount"]}")
            .ShouldBe(["20 1000 200", "5 1200 60"]);
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "bert", "country": "FR"}""");
        await sandbox.SubscribeAsync("""{"customer": "bert", "plan": "team", "add_ons": [{"code": "desk", "quantity": 2}]}""");
        var berts = (await sandbox.Door.GetAsync("/v1/invoices?customer=bert"))["data"][0]!["id"]!.GetValue<string>();
        var note = await sandbox.Door.PostAsync($"/v1/invoices/{berts}/credit-notes", """{"lines": [2], "reason": "no desks"}""");
        (note["credit_notes"][0]!["total"]!.GetValue<long>(), note["credit_notes"][0]!["tax"]!.GetValue<long>()).ShouldBe((1260, 60));

        (await sandbox.Door.PatchAsync(
            "/v1/customers/acme", """{"tax_exempt": {"reason": "mission"}}"""))["errors"][0]!["param"]!.GetValue<string>()
            .ShouldBe("tax_exempt.document");
        var exempt = await sandbox.Door.PatchAsync("/v1/customers/acme", """{"tax_exempt": {"reason": "mission", "document": "DM-7"}}""");
        exempt["tax_exempt"]["document"]!.GetValue<string>().ShouldBe("DM-7");
        await sandbox.Door.PostAsync(path + "/cancel", """{"at": "now", "credit": true}""");
        var back = await sandbox.Door.GetAsync("/v1/invoices/" + await NewestAsync(sandbox));
        (back["tax"].GetValue<long>(), back["tax_note"].GetValue<string>()).ShouldBe((-260, "Exempt from tax: mission (DM-7)."));
        (await PaymentSteps.FoundAsync(running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Add_ons_packs_seats_and_usage_have_discounts_of_their_own()
    {
        const string Discounted =
            """
            code: shop
            name: Shop
            currency: USD
            default_plan: free
            features: [{ code: calls, name: Calls }, { code: scans, name: Scans }]
            plans:
              - { code: free, name: Free, entitlements: [{ feature: calls, quota: 10 }] }
              - code: team
                name: Team
                prices: [{ interval: monthly, amount: 1000, seats: { included: 1, price: "10", discount: { percent: 15 } } }]
                entitlements: [{ feature: calls, quota: 100, hard_cap: false, overage_price: { mode: graduated, tiers: [{ up_to: 10, unit_price: 0.10, flat_fee: 1 }, { unit_price: 0.05 }], discount: { percent: 50 } } }]
            add_ons:
              - { code: desk, name: Desk, prices: [{ interval: monthly, amount: 333, discount: { percent: 10 } }], entitlements: [{ feature: calls, quota: 5 }] }
              - { code: lamp, name: Lamp, prices: [{ interval: monthly, amount: 200, discount: { amount: 50 } }], entitlements: [{ feature: calls, quota: 5 }] }
            packs:
              - { code: ten, name: Ten, feature: scans, quantity: 10, prices: [{ amount: 999, discount: { percent: 20 } }] }
            """;
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", Discounted);
        var path = "/v1/subscriptions/" + await sandbox.SubscribeAsync(
            """{"customer": "acme", "plan": "team", "quantity": 3, "add_ons": [{"code": "desk", "quantity": 3}, {"code": "lamp", "quantity": 2}]}""");
        var start = (await sandbox.Door.GetAsync("/v1/invoices/" + await NewestAsync(sandbox)))["lines"].AsArray();
        start.Select(
            static line =>
                $"{line!["kind"]} {line["quantity"]} {line["unit_price"]} {line["amount"]}: {string.Join("; ", line["steps"]!.AsArray())}")
                .ShouldBe([
            "subscription 1 10 1000: 1 × 10.00 USD", "seat 2 8.5 1700: 2 units × 10 USD less 15 % = 17 USD",
            "add_on 3 2.997 899: 3 × 3.33 USD; less 10 %", "add_on 2 1.5 300: 2 × 2.00 USD; less 0.50 USD each",
        ]);

        // A change credits the paid amount, and charges the amount due.
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        var changed = await sandbox.Door.PatchAsync(path, """{"add_ons": [{"code": "lamp", "quantity": 2}], "when": "now"}""");
        changed["invoice"]["lines"]!.AsArray().Select(static line => $"{line!["description"]} {line["amount"]}")
            .ShouldContain("Unused time of Desk, monthly -450");
        await sandbox.UseAsync("acme", "calls", 140);
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        var usage = (await sandbox.Door.GetAsync("/v1/invoices/" + await NewestAsync(sandbox)))["lines"].AsArray()
            .Single(static line => line!["kind"]!.GetValue<string>() == "usage")!;
        (usage["amount"]!.GetValue<long>(), string.Join("; ", usage["steps"]!.AsArray())).ShouldBe(
            (150, "10 units × 0.1 USD + 1 USD less 50 % = 1 USD; 20 units × 0.05 USD less 50 % = 0.5 USD"));

        var pack = await sandbox.Door.PostAsync("/v1/customers/acme/packs", """{"pack": "ten", "quantity": 3, "preview": true}""");
        var bought = pack["invoice"]["lines"]![0]!;
        (bought["amount"]!.GetValue<long>(), string.Join("; ", bought["steps"]!.AsArray())).ShouldBe(
            (2397, "9.99 USD each; less 20 %; 3 × 7.99 USD = 23.97 USD; 30 units of scans in all"));

        var shown = (await sandbox.Door.GetAsync("/v1/plans/team")).Json!;
        shown["add_ons"]![0]!["prices"]![0]!["discounted"]!.ToJsonString().ShouldBe("""{"percent":10,"amount":300,"display":"$3.00"}""");
        shown["packs"]![0]!["prices"]![0]!["discounted"]!["amount"]!.GetValue<long>().ShouldBe(799);
        (shown["prices"]![0]!["discounted"], shown["prices"]![0]!["seats"]!["percent_off"]!.GetValue<int>()).ShouldBe((null, 15));
        (await PaymentSteps.FoundAsync(running, sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_discount_of_the_price_comes_before_coupons()
    {
        var sandbox = await BillingSandbox.StartAsync(
            running, "2027-04-01T00:00:00Z",
            WithAddOns.Replace("amount: 4000 }", "amount: 4000, discount: { percent: 25 } }", StringComparison.Ordinal));
        await CouponAsync(sandbox, """{"code": "TEN", "percent_off": 10, "duration": "forever"}""");
        var path = "/v1/subscriptions/"
            + await sandbox.SubscribeAsync(
                """{"customer": "acme", "plan": "team", "quantity": 3, "discount": {"amount": 100}, "coupon": "TEN"}""");
        (await sandbox.InvoicesAsync("acme"))[^1].ShouldBe("000001 start 2430 = subscription 2700, discount -270");
        (await sandbox.Door.GetAsync(path))["discount"]["amount"]!.GetValue<long>().ShouldBe(100);
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");

        // The agreed discount was for Team; Big has a quarter off for every customer.
        (await sandbox.Door.PatchAsync(path, """{"plan": "big"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await sandbox.InvoicesAsync("acme"))[^1].ShouldBe(
            "000002 change 2835 = proration_credit -1215, proration_charge 4500, discount -450");
        (await sandbox.Door.PatchAsync(
            path, """{"discount": {"percent": 50}}"""))["subscription"]["scheduled_change"]!["amount"]!.GetValue<long>().ShouldBe(6000);
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        (await sandbox.InvoicesAsync("acme"))[^1].ShouldBe("000003 renewal 5400 = subscription 6000, discount -600");
        (await sandbox.Door.PatchAsync(path, """{"discount": {"percent": 50, "amount": 1}}""")).Status.ShouldBe(
            HttpStatusCode.UnprocessableEntity);
        (await PaymentSteps.FoundAsync(running, sandbox)).ShouldBeEmpty();
    }

    private async Task<BillingSandbox> FrenchAsync(string customer)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        (await sandbox.Door.SendAsync(HttpMethod.Put, "/v1/tax-rates", French)).Status.ShouldBe(HttpStatusCode.OK);
        (await sandbox.Door.SendAsync(HttpMethod.Put, "/v1/invoice-settings", """{"country": "DE"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await sandbox.Door.PostAsync("/v1/customers", customer)).Status.ShouldBe(HttpStatusCode.Created);
        return sandbox;
    }

    private static async Task CouponAsync(BillingSandbox sandbox, string coupon) =>
        (await sandbox.Door.PostAsync("/v1/coupons", coupon)).Status.ShouldBe(HttpStatusCode.Created);

    private static async Task<string> NewestAsync(BillingSandbox sandbox) =>
        (await sandbox.Door.GetAsync("/v1/invoices?customer=acme"))["data"][0]!["id"]!.GetValue<string>();

    private static async Task<long> CreditAsync(BillingSandbox sandbox) =>
        (await sandbox.Door.GetAsync("/v1/customers/acme/credits"))["balances"].AsArray()
            .Sum(static one => one!["amount"]!.GetValue<long>());
}
