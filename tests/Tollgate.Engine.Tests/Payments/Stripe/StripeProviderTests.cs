using System.Text;
using System.Text.Json.Nodes;
using Tollgate.Core.Money;
using Tollgate.Core.Outbound;
using Tollgate.Core.Payments;
using Tollgate.Engine.Payments;
using Tollgate.Testing;
using Tollgate.Testing.Stripe;

namespace Tollgate.Engine.Tests.Payments.Stripe;

/// <summary>Stripe behind the provider interface, against the double.</summary>
public sealed class StripeProviderTests(TestPostgres postgres) : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private static readonly ProviderParty Ann = new("ann", "Ann Example", "ann@example.com");

    private TestDatabase? _database;
    private StripeRig? _rig;

    private StripeRig Rig => _rig!;

    private StripeBooks Books => Rig.Stripe.Books;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await StripeRig.StartAsync(_database);
        await Rig.Ledger.ConsumeAsync("ann", "calls");
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    private async Task<HostedPage> OpenAsync(Guid key, bool save = true) => (await Rig.Provider.OpenCheckoutAsync(
        Rig.Project,
        new(key, Ann, new(2999, Currency.Usd), "Pro, one month", new("https://app.example.com/ok?session={CHECKOUT_SESSION_ID}"),
            new("https://app.example.com/no"), Now.AddHours(2), save),
        CancellationToken.None)).ShouldNotBeNull();

    private static WebhookRequest Signed(JsonObject happened, string secret, DateTimeOffset at)
    {
        var body = Encoding.UTF8.GetBytes(happened.ToJsonString());
        return new(
            new Dictionary<string, string> { ["stripe-signature"] = StripeHooks.Sign(body, secret, at) }, new Dictionary<string, string>(),
            body);
    }

    private WebhookReading Read(JsonObject happened, string secret = StripeDouble.WebhookSecret, TimeSpan late = default) =>
        Rig.Provider.ReadWebhook(StripeRig.Credentials, Signed(happened, secret, Now), Now + late);

    /// <summary>Parses the newest event of a type, as the inbox does.</summary>
    private async Task<ParsedEvent> TellAsync(string type) =>
        await Rig.Provider.ParseAsync(
            Rig.Project, Read(Books.Events.Last(one => (string?)one["type"] == type)).Event!, CancellationToken.None);

    [Fact]
    public async Task A_checkout_is_a_page_of_Stripe_for_the_amount()
    {
        var key = Guid.CreateVersion7();
        var page = await OpenAsync(key);
        page.Url.Host.ShouldBe("checkout.stripe.com");
        var session = Books.Get("checkout.session", page.Reference);
        ((long?)session["amount_total"], (string?)session["mode"], (string?)session["client_reference_id"], (string?)session["success_url"])
            .ShouldBe((2999, "payment", "ann", "https://app.example.com/ok?session={CHECKOUT_SESSION_ID}"));
        var customer = Books.All("customer").ShouldHaveSingleItem();
        ((string?)customer["email"], (string?)customer["name"],
            (string?)customer["metadata"]!["tollgate_customer"]).ShouldBe(("ann@example.com", "Ann Example", "ann"));
        (await OpenAsync(key)).Reference.ShouldBe(page.Reference, "A repeat is the same page.");
    }

    [Fact]
    public async Task Many_that_need_a_customer_at_once_make_one()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => OpenAsync(Guid.CreateVersion7())));
        Books.All("customer").Count().ShouldBe(1);
        (await Rig.Accounts.OwnerOfAsync(Rig.Project, (string)Books.All("customer").Single()["id"]!, CancellationToken.None)).ShouldBe(
            "ann");
    }

    [Fact]
    public async Task A_payment_on_the_page_is_reported_with_the_saved_card()
    {
        var key = Guid.CreateVersion7();
        var page = await OpenAsync(key);
        Books.Pay(page.Reference);
        var intent = (string)Books.Get("checkout.session", page.Reference)["payment_intent"]!;
        foreach (var type in new[] { "checkout.session.completed", "payment_intent.succeeded" })
        {
            var told = await TellAsync(type);
            told.Updates[0].ShouldBe(new PaymentUpdate(key, intent, null), type);
            var method = told.Updates[1].ShouldBeOfType<PaymentMethodUpdate>();
            (method.Customer, method.Brand, method.Last4).ShouldBe(("ann", "visa", "4242"));
            Books.Get("payment_method", method.Token)["customer"]!.ToString().ShouldBe((string?)Books.All("customer").Single()["id"]);
        }
    }

    [Fact]
    public async Task A_card_is_kept_only_where_the_customer_was_asked()
    {
        Books.Pay((await OpenAsync(Guid.CreateVersion7(), save: false)).Reference);
        (await TellAsync("payment_intent.succeeded")).Updates.ShouldHaveSingleItem().ShouldBeOfType<PaymentUpdate>().Failure.ShouldBeNull();
    }

    [Fact]
    public async Task A_page_that_nobody_pays_on_ends_the_attempt()
    {
        var key = Guid.CreateVersion7();
        var page = await OpenAsync(key);
        Books.Expire(page.Reference);
        (await TellAsync("checkout.session.expired")).Updates.ShouldBe([new PaymentUpdate(key, page.Reference, PaymentFailure.Canceled)]);
    }

    [Fact]
    public async Task The_portal_is_a_page_of_Stripe()
    {
        (await Rig.Provider.OpenPortalAsync(
            Rig.Project, Ann, new("https://app.example.com/account"), CancellationToken.None)).ShouldNotBeNull().Host
            .ShouldBe("billing.stripe.com");
        Books.All("billing_portal.session").Single()["return_url"]!.ToString().ShouldBe("https://app.example.com/account");
    }

    [Fact]
    public async Task A_refund_on_Stripes_pages_and_a_dispute_are_told()
    {
        var page = await OpenAsync(Guid.CreateVersion7());
        Books.Pay(page.Reference);
        var intent = (string)Books.Get("checkout.session", page.Reference)["payment_intent"]!;
        Books.Refund(intent, 1000);
        Books.Refund(intent, 500);
        var back = (await TellAsync("charge.refunded")).Updates.Cast<RefundUpdate>().ToList();
        back.Select(static one => (one.Refund, one.Charge, one.Amount.Minor, one.HasFailed))
            .ShouldBe([(null, intent, 1000, false), (null, intent, 500, false)]);

        Books.Dispute(intent);
        (await TellAsync("charge.dispute.created")).Updates.ShouldBe(
            [new DisputeUpdate($"dp_{intent}", intent, new(2999, Currency.Usd), DisputeStatus.Open, "fraudulent")]);
        Books.Dispute(intent, "won");
        (await TellAsync("charge.dispute.closed")).Updates.Cast<DisputeUpdate>().Single().Status.ShouldBe(DisputeStatus.Won);
    }

    [Fact]
    public async Task Money_that_is_none_of_ours_concerns_nobody()
    {
        var customer = Books.NewCustomer();
        Books.AddCard(customer, StripeCard.Good);
        var told = await TellAsync("customer.created");
        told.IsKnown.ShouldBeFalse();
        told.Updates.ShouldBeEmpty();
    }

    [Fact]
    public async Task While_Stripe_is_silent_an_event_waits()
    {
        Books.Pay((await OpenAsync(Guid.CreateVersion7())).Reference);
        Rig.Stripe.Next(StripeMishap.Drop, 3);
        await Should.ThrowAsync<ProviderSilentException>(() => TellAsync("payment_intent.succeeded"));
        (await TellAsync("payment_intent.succeeded")).Updates.Count.ShouldBe(2);
    }

    [Fact]
    public void Webhooks_are_genuine_forged_stale_or_unreadable()
    {
        Books.NewCustomer();
        var happened = Books.Events[^1];
        var genuine = Read(happened);
        (genuine.Verdict, genuine.Event!.Id, genuine.Event.Type,
            genuine.Event.Object).ShouldBe((WebhookVerdict.Genuine, (string?)happened["id"], "customer.created", "cus_Double000001"));
        Read(happened, "whsec_previous").Verdict.ShouldBe(WebhookVerdict.Genuine);
        Read(happened, "whsec_other").Verdict.ShouldBe(WebhookVerdict.Forged);
        Read(happened, late: TimeSpan.FromSeconds(301)).Verdict.ShouldBe(WebhookVerdict.Stale);
        Read(new() { ["object"] = "v2.core.event" }).Verdict.ShouldBe(WebhookVerdict.Unreadable);

        var real = happened.DeepClone().AsObject();
        real["livemode"] = true;
        Read(real).Verdict.ShouldBe(WebhookVerdict.Unreadable, "Real money does not concern a key of tests.");
    }
}
