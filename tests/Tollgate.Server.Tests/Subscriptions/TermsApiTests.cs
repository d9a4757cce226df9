using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.Subscriptions;

/// <summary>Terms beyond plan and quantity: add-ons, agreed prices, minimums, versions of a plan; and invoices as files.</summary>
[Collection(RunningServerTests.Others)]
public sealed class TermsApiTests(RunningServer running)
{
    private static readonly string WithAddOns = BillingSandbox.Catalog.Replace(
        "plans:", """
        add_ons:
          - code: boost
            name: Boost
            prices: [{ interval: monthly, amount: 500 }]
            entitlements: [{ feature: exports, quota: 5 }]
            max_quantity: 3
        plans:
          - code: committed
            name: Committed
            prices: [{ interval: monthly, amount: 1000, minimum: 5000 }]
            entitlements:
              - { feature: calls, quota: 0, hard_cap: false, overage_price: { mode: per_unit, tiers: [{ unit_price: 0.10 }] } }
        """,
        StringComparison.Ordinal);

    [Fact]
    public async Task An_add_on_is_billed_beside_the_plan_and_its_quota_follows_at_once()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", WithAddOns);
        var id = await sandbox.SubscribeAsync(
            """{"customer": "a", "plan": "pro", "trial": false, "add_ons": [{"code": "boost", "quantity": 2}]}""");
        (await LimitAsync(sandbox, "a")).ShouldBe(20);
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        var change = await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"add_ons": [{"code": "boost", "quantity": 3}]}""");
        BillingSandbox.Told(change["invoice"])
            .ShouldBe("000002 change 250 = proration_credit -1450, proration_credit -500, proration_charge 1450, proration_charge 750");
        (await LimitAsync(sandbox, "a")).ShouldBe(25);
        await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"add_ons": [], "when": "period_end"}""");
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        (await sandbox.InvoicesAsync("a")).ShouldBe(
        [
            "000001 start 3900 = subscription 2900, add_on 1000",
            "000002 change 250 = proration_credit -1450, proration_credit -500, proration_charge 1450, proration_charge 750",
            "000003 renewal 2900 = subscription 2900",
        ]);
        (await LimitAsync(sandbox, "a")).ShouldBe(10);
        (await sandbox.Door.PatchAsync(
            $"/v1/subscriptions/{id}", """{"add_ons": [{"code": "boost", "quantity": 4}]}"""))["code"].GetValue<string>()
            .ShouldBe("add_on_refused");
    }

    [Fact]
    public async Task The_missing_part_of_a_minimum_is_a_line_and_an_agreed_price_stays()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z", WithAddOns);
        await sandbox.SubscribeAsync("""{"customer": "min", "plan": "committed"}""");
        await sandbox.SubscribeAsync("""{"customer": "deal", "plan": "pro", "trial": false, "amount": 1900}""");
        await sandbox.UseAsync("min", "calls", 150);
        await sandbox.AdvanceAsync("2027-05-15T00:00:00Z");
        await sandbox.UseAsync("min", "calls", 600);
        await sandbox.AdvanceAsync("2027-06-01T00:00:00Z");
        (await sandbox.InvoicesAsync("min")).Select(static line => line[7..]).ShouldBe(
            ["start 1000 = subscription 1000", "renewal 5000 = subscription 1000, usage 1500, minimum 2500",
                "renewal 7000 = subscription 1000, usage 6000"]);
        (await sandbox.InvoicesAsync("deal")).Select(static line => line[7..])
            .ShouldBe(["start 1900 = subscription 1900", "renewal 1900 = subscription 1900", "renewal 1900 = subscription 1900"]);
    }

    [Fact]
    public async Task A_changed_plan_leaves_who_has_it_alone_until_they_are_moved()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "old", "plan": "pro", "trial": false}""");
        var dearer = BillingSandbox.Catalog.Replace("amount: 2900,", "amount: 3900,", StringComparison.Ordinal);
        using (var body = new StringContent(dearer, System.Text.Encoding.UTF8, "application/yaml"))
        {
            (await sandbox.PutCatalogAsync(body)).ShouldBe(HttpStatusCode.OK);
        }

        await sandbox.SubscribeAsync("""{"customer": "new", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        (await sandbox.InvoicesAsync("old"))[^1][7..].ShouldBe("renewal 2900 = subscription 2900", "Grandfathered.");
        (await sandbox.InvoicesAsync("new"))[^1][7..].ShouldBe("renewal 3900 = subscription 3900");

        var look = await sandbox.Door.PostAsync("/v1/plans/pro/migrate", """{"dry_run": true}""");
        var one = look["data"].AsArray().ShouldHaveSingleItem()!;
        (one["customer"]!.GetValue<string>(), one["from_version"]!.GetValue<int>(), one["to_version"]!.GetValue<int>(),
            one["amount_before"]!.GetValue<long>(), one["amount_after"]!.GetValue<long>())
            .ShouldBe(("old", 1, 2, 2900, 3900));
        await sandbox.Door.PostAsync("/v1/plans/pro/migrate", """{"when": "period_end"}""");
        (await sandbox.Door.PostAsync("/v1/plans/pro/migrate"))["data"].AsArray().ShouldBeEmpty("A scheduled migration is not scheduled twice.");
        await sandbox.AdvanceAsync("2027-06-01T00:00:00Z");
        (await sandbox.InvoicesAsync("old"))[^1][7..].ShouldBe("renewal 3900 = subscription 3900");
    }

    [Fact]
    public async Task Invoices_and_statements_are_files_with_the_totals_of_the_api()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "files", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=files&order=asc"))["data"][0]!;
        var id = invoice["id"]!.GetValue<string>();
        var pdf = await sandbox.FetchAsync($"/v1/invoices/{id}.pdf");
        pdf.Content.Headers.ContentType!.MediaType.ShouldBe("application/pdf");
        (await pdf.Content.ReadAsByteArrayAsync())[..5].ShouldBe("%PDF-"u8.ToArray());
        (await (await sandbox.FetchAsync($"/v1/invoices/{id}.html")).Content.ReadAsStringAsync()).ShouldContain("$29.00");
        (await (await sandbox.FetchAsync("/v1/invoices.csv?customer=files")).Content.ReadAsStringAsync()).Split(
            "\r\n", StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(3);

        await sandbox.Door.PostAsync($"/v1/invoices/{id}/pay");
        var statement = await sandbox.Door.GetAsync("/v1/customers/files/statement");
        statement["entries"].AsArray().Select(static entry => $"{entry!["kind"]} {entry["amount"]} {entry["balance"]}")
            .ShouldBe(
                ["invoice 2900 2900", "payment -2900 0", "invoice 2900 2900"],
                "The clock stands: what is of one instant stands by invoice.");
        (await sandbox.FetchAsync("/v1/customers/files/statement.pdf")).Content.Headers.ContentType!.MediaType.ShouldBe("application/pdf");
        (await sandbox.Door.GetAsync("/v1/customers/files/statement?from=2027-05-01T00:00:00Z&to=2027-04-01T00:00:00Z")).Status.ShouldBe(
            HttpStatusCode.UnprocessableEntity);
        (await sandbox.FetchAsync("/v1/invoices/none.pdf")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static async Task<decimal> LimitAsync(BillingSandbox sandbox, string customer) =>
        (await sandbox.Door.GetAsync($"/v1/customers/{customer}/usage"))["features"]["exports"]!["limit"]!.GetValue<decimal>();
}
