using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments.Stripe;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;
using Tollgate.Testing.Stripe;

namespace Tollgate.Server.Tests.Inbox;

/// <summary>Reconciliation lists each difference between Tollgate and Stripe once, and applies Stripe's state where it decides.</summary>
public sealed class StripeReconcileTests(StripeHost host) : IClassFixture<StripeHost>
{
    private StripeBooks Books => host.Stripe.Books;

    [Fact]
    public async Task Missed_changes_are_listed_once_and_a_repair_leaves_no_difference()
    {
        var sandbox = await StageAsync();
        var (ann, bob, cas) =
            (await SubscribeAsync(sandbox, "ann"), await SubscribeAsync(sandbox, "bob"), await SubscribeAsync(sandbox, "cas"));
        (await ListAsync(sandbox)).ShouldBeEmpty("All was told.");

        // No event reports any of this.
        Books.Set(ann, static one => one["items"]!["data"]![0]!["quantity"] = 3);
        Books.End(Books.Get("subscription", bob));
        Books.Set(cas, static one => one["cancel_at_period_end"] = true);
        Books.Finalize((string)Books.Renew(ann)["id"]!);
        Books.Refund((await PaymentOfAsync(sandbox, "cas"))["reference"]!.ToString(), 900);
        var page = await OpenAsync(sandbox, "dan");
        var dan = (string)Books.Pay(page)["subscription"]!;

        var drifts = await ListAsync(sandbox);
        drifts.ShouldBe(
        [
            $"invoice {LatestOf(ann)} ", $"invoice {LatestOf(dan)} ",
            $"refund {(await PaymentOfAsync(sandbox, "cas"))["reference"]} amount", $"subscription {ann} period",
            $"subscription {ann} quantity", $"subscription {bob} status", $"subscription {cas} cancel_at", $"subscription {dan} ",
        ], ignoreOrder: true);
        (await ListAsync(sandbox)).Count.ShouldBe(drifts.Count, "Looking changes nothing.");

        (await SayAsync(sandbox, 1)).ShouldContain($"subscription {ann} {ann} quantity 1 3 False");
        var repaired = await sandbox.Door.PostAsync("/v1/stripe/reconcile", """{"repair": true}""");
        ((int)repaired["remaining"]!, (bool)repaired["complete"]!).ShouldBe((0, true), repaired.Json!.ToJsonString());
        (await ListAsync(sandbox)).ShouldBeEmpty();
        await SayAsync(sandbox, 0);
        (await sandbox.Door.GetAsync($"/v1/subscriptions/{bob}"))["status"]!.ToString().ShouldBe("canceled");
        (await PaymentOfAsync(sandbox, "cas"))["amount_refunded"]!.GetValue<long>().ShouldBe(900);
        (await PaymentOfAsync(sandbox, "dan"))["status"]!.ToString().ShouldBe("succeeded");
    }

    [Fact]
    public async Task Payments_of_both_sides_are_compared_and_what_is_booked_is_not_taken_back()
    {
        var (sandbox, invoice, _) = await host.OwingAsync(StripeCard.Good);
        var paid = await sandbox.Door.PostAsync("/v1/payments", $$"""{"invoice": "{{invoice}}"}""");
        var (id, reference) = (paid["id"]!.ToString(), paid["reference"]!.ToString());
        (await ListAsync(sandbox)).ShouldBeEmpty();

        Books.Get("payment_intent", reference)["amount_received"] = 2800;
        (await ListAsync(sandbox)).ShouldHaveSingleItem().ShouldBe($"payment {reference} amount");
        Books.Get("payment_intent", reference)["amount_received"] = 2900;

        Books.Get("payment_intent", reference)["status"] = "canceled";
        (await ListAsync(sandbox)).ShouldHaveSingleItem().ShouldBe($"payment {reference} status");
        Books.Get("payment_intent", reference)["status"] = "succeeded";

        // A server whose database is gone requested this payment.
        Books.Get("payment_intent", reference)["metadata"]!["tollgate_payment"] = Guid.NewGuid().ToString();
        await host.AskAsync("UPDATE payments SET reference = 'pi_gone' WHERE id = $1", Guid.Parse(id));
        (await ListAsync(sandbox)).ShouldBe([$"payment {reference} ", "payment  "], ignoreOrder: true);
        var kept = await sandbox.Door.PostAsync("/v1/stripe/reconcile", """{"repair": true}""");
        ((int)kept["remaining"]!, (string?)(await sandbox.Door.GetAsync($"/v1/payments/{id}"))["status"]).ShouldBe((2, "succeeded"));
        Books.Get("payment_intent", reference)["metadata"]!["tollgate_payment"] = id;
        await host.AskAsync("UPDATE payments SET reference = $2 WHERE id = $1", Guid.Parse(id), reference);

        // A refusal was recorded, and the money arrived all the same.
        await host.AskAsync("UPDATE payments SET status = 'failed', failure = 'declined' WHERE id = $1", Guid.Parse(id));
        (await ListAsync(sandbox)).ShouldHaveSingleItem().ShouldBe($"payment {reference} status");
        (await sandbox.Door.PostAsync("/v1/stripe/reconcile", """{"repair": true, "since_days": 3}"""))["remaining"]!.GetValue<int>()
            .ShouldBe(0);
        ((string?)(await sandbox.Door.GetAsync($"/v1/payments/{id}"))["status"],
            (await ListAsync(sandbox)).Count).ShouldBe(("succeeded", 0));
    }

    [Fact]
    public async Task A_project_without_Stripe_keys_is_refused_and_no_answer_is_not_agreement()
    {
        var other = await BillingSandbox.StartAsync(host.Running, "2027-01-31T00:00:00Z");
        (await other.Door.PostAsync("/v1/stripe/reconcile", "{}"))["code"]!.ToString().ShouldBe("billing_not_configured");
        var sandbox = await StageAsync();
        ((int)(await sandbox.Door.PostAsync("/v1/stripe/reconcile", """{"since_days": 0}""")).Status).ShouldBe(422);
        host.Stripe.Next(StripeMishap.ServerError, 3, static one => one.Path == "/v1/payment_intents" && one.Method == "GET");
        (await sandbox.Door.PostAsync("/v1/stripe/reconcile", "{}"))["code"]!.ToString().ShouldBe("upstream_unreachable");
    }

    [Fact]
    public async Task A_subscription_unknown_to_Stripe_is_ended_manually()
    {
        var sandbox = await StageAsync();
        var ann = await SubscribeAsync(sandbox, "ann");
        Books.Rename("subscription", ann, "sub_of_another_account");
        Books.Get("subscription", "sub_of_another_account")["customer"] = "cus_of_nobody";
        Books.Get("subscription", "sub_of_another_account")["metadata"] = new JsonObject();
        (await ListAsync(sandbox)).ShouldBe(
            ["subscription sub_of_another_account ", "subscription  "], "Somebody pays for a plan of ours, and nobody says who.");
        var price = Books.Get("subscription", "sub_of_another_account")["items"]!["data"]![0]!["price"]!;
        (price["lookup_key"], price["metadata"]) = (null, new JsonObject());
        (await ListAsync(sandbox)).ShouldHaveSingleItem().ShouldBe("subscription  ");
        (await sandbox.Door.PostAsync($"/v1/subscriptions/{ann}/cancel", "{}"))["code"]!.ToString().ShouldBe("not_at_provider");
        (await sandbox.Door.PostAsync($"/v1/subscriptions/{ann}/cancel", """{"at": "now"}""")).Status.ShouldBe(HttpStatusCode.OK);
        ((string?)(await sandbox.Door.GetAsync($"/v1/subscriptions/{ann}"))["status"],
            (await ListAsync(sandbox)).Count).ShouldBe(("canceled", 0));
    }

    private async Task<string> SayAsync(BillingSandbox sandbox, int expected)
    {
        var (code,
            output) = await ServerProcess.RunAsync(
                ["stripe", "reconcile", "--since", "7", "--data", host.Running.Server.Data, "--project", sandbox.Code]);
        code.ShouldBe(expected, output);
        return Regex.Replace(output, " +", " ");
    }

    private string LatestOf(string subscription) => (string)Books.Get("subscription", subscription)["latest_invoice"]!;

    private async Task<BillingSandbox> StageAsync()
    {
        var sandbox = await host.ProjectAsync();
        (await sandbox.Door.PutAsync("/v1/payment-settings", """{"provider": "stripe", "subscriptions": "provider"}""")).Status.ShouldBe(
            HttpStatusCode.OK);
        await sandbox.Door.PostAsync("/v1/stripe/sync", "{}");
        return sandbox;
    }

    /// <returns>Object, Stripe's id and field of each.</returns>
    private static async Task<IReadOnlyList<string>> ListAsync(BillingSandbox sandbox)
    {
        var report = await sandbox.Door.PostAsync("/v1/stripe/reconcile", "{}");
        report.Status.ShouldBe(HttpStatusCode.OK, report.Json?.ToJsonString());
        return [.. report["drifts"].AsArray().Select(static one => $"{one!["object"]} {one["reference"]} {one["field"]}")];
    }

    private static async Task<JsonNode> PaymentOfAsync(BillingSandbox sandbox, string customer) =>
        (await sandbox.Door.GetAsync($"/v1/payments?customer={customer}"))["data"].AsArray()[^1]!;

    private async Task<string> OpenAsync(BillingSandbox sandbox, string customer)
    {
        var opened = await sandbox.Door.PostAsync(
            "/v1/checkouts",
            $$"""{"customer": "{{customer}}", "plan": "pro", "trial": false, "success_url": "https://app.example.com/ok", "cancel_url": "https://app.example.com/no"}""");
        opened.Status.ShouldBe(HttpStatusCode.Created, opened.Json?.ToJsonString());
        return (string)Books.All("checkout.session").Last()["id"]!;
    }

    private async Task<string> SubscribeAsync(BillingSandbox sandbox, string customer)
    {
        var page = await OpenAsync(sandbox, customer);
        var from = Books.Events.Count;
        var subscription = (string)Books.Pay(page)["subscription"]!;
        foreach (var told in Books.Events.Skip(from).ToList())
        {
            (await host.SendAsync(sandbox, told)).ShouldBe(HttpStatusCode.OK);
        }

        await UntilAsync(async () => (await sandbox.Door.GetAsync($"/v1/payments?customer={customer}"))["data"].AsArray().Count == 1);
        return subscription;
    }
}
