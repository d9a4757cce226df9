using System.Net;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Gateway;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing.Stripe;

namespace Tollgate.Server.Tests.Payments.Stripe;

/// <summary>Stripe's events at <c>/v1/webhooks/stripe</c> of a real server.</summary>
public sealed class StripeInboxTests(StripeStage stage) : IClassFixture<StripeStage>
{
    private StripeBooks Books => stage.Stripe.Books;

    private async Task<(BillingSandbox Sandbox, string Payment, string Intent)> PaidAsync()
    {
        var (sandbox, invoice, _) = await stage.OwingAsync(StripeCard.Good);
        var paid = await sandbox.Door.PostAsync("/v1/payments", $$"""{"invoice": "{{invoice}}"}""");
        var id = paid["id"].GetValue<string>();
        return (sandbox, id, (string)Books.All("payment_intent").Single(one => (string?)one["metadata"]!["tollgate_payment"] == id)["id"]!);
    }

    private static async Task<string[]> StatesAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/provider-events?limit=100"))["data"].AsArray().Select(static one => (string)one!["state"]!)];

    private static Task SettledAsync(BillingSandbox sandbox) => StripePaymentTests.UntilAsync(async () => !(await StatesAsync(sandbox)).Contains("waiting"));

    [Fact]
    public async Task Money_that_went_back_on_Stripes_pages_is_booked_once_however_often_it_is_told()
    {
        var (sandbox, payment, intent) = await PaidAsync();
        var from = Books.Events.Count;
        Books.Refund(intent, 900);
        foreach (var happened in Books.Events.Skip(from).Reverse().SelectMany(static one => new[] { one, StripeHooks.Older(one), one }).ToList())
        {
            (await stage.SendAsync(sandbox, happened)).ShouldBe(HttpStatusCode.OK);
        }

        await SettledAsync(sandbox);
        var shown = await sandbox.Door.GetAsync("/v1/payments/" + payment);
        (shown["amount_refunded"].GetValue<long>(), shown["refunds"].AsArray().Count).ShouldBe((900, 1));
        (await StatesAsync(sandbox)).ShouldBe(["done", "done"]);
    }

    [Fact]
    public async Task A_dispute_that_was_decided_stays_so_when_its_beginning_is_told_after_it()
    {
        var (sandbox, payment, intent) = await PaidAsync();
        var from = Books.Events.Count;
        Books.Dispute(intent);
        Books.Dispute(intent, "lost");
        foreach (var happened in Books.Events.Skip(from).Reverse().ToList())
        {
            await stage.SendAsync(sandbox, happened);
            await SettledAsync(sandbox);
        }

        var dispute = (await sandbox.Door.GetAsync("/v1/disputes?payment=" + payment))["data"].AsArray().ShouldHaveSingleItem();
        ((string?)dispute!["status"], (long?)dispute["amount"]).ShouldBe(("lost", 2900));
    }

    [Fact]
    public async Task A_forged_event_is_refused_and_leaves_nothing_but_a_line_in_the_log()
    {
        var (sandbox, _, _) = await PaidAsync();
        (await stage.SendAsync(sandbox, Books.Events[^1], "whsec_forged")).ShouldBe(HttpStatusCode.BadRequest);
        (await StatesAsync(sandbox)).ShouldBeEmpty();
        stage.Running.Server.Log.ShouldContain("Security: a webhook for stripe");
    }

    [Fact]
    public async Task Events_that_nothing_is_done_for_are_kept_and_ignored()
    {
        var (sandbox, _, _) = await PaidAsync();
        var happened = Books.Events[^1].DeepClone().AsObject();
        (happened["id"], happened["type"]) = ("evt_new_thing", "some.thing.new");
        (await stage.SendAsync(sandbox, happened)).ShouldBe(HttpStatusCode.OK);
        await SettledAsync(sandbox);
        (await StatesAsync(sandbox)).ShouldBe(["ignored"]);
    }

    [Fact]
    public async Task What_Stripes_own_library_signs_is_taken()
    {
        await NpmClients.InstallAsync();
        var (sandbox, _, _) = await PaidAsync();
        var happened = Books.Events[^1].DeepClone().AsObject();
        happened["id"] = "evt_of_library";
        var body = happened.ToJsonString();
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/webhooks/stripe") { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        message.Headers.TryAddWithoutValidation("Stripe-Signature", await NpmClients.StripeSignsAsync(StripeStage.SecretOf(sandbox), DateTimeOffset.UtcNow.ToUnixTimeSeconds(), body));
        (await stage.Running.Server.Http.SendAsync(message)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await SettledAsync(sandbox);
        (await StatesAsync(sandbox)).ShouldBe(["done"]);
    }
}
