using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Payments.Paymob;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Payments.Paymob;

/// <summary>One database for all tests. Each test has a project of its own.</summary>
public sealed class PaymobBooks(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;

    public TestDatabase Database => _database!;

    public async ValueTask InitializeAsync() => _database = await postgres.CreateDatabaseAsync();

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}

/// <summary>
/// Paymob behind the provider interface: a repeated request acts once, and a callback is checked with Paymob before it counts.
/// </summary>
public sealed class PaymobProviderTests(PaymobBooks books) : IClassFixture<PaymobBooks>, IAsyncLifetime
{
    private const string Catalog =
        """
        code: shop
        name: Shop
        currency: EGP
        default_plan: free
        features: [{ code: calls, name: Calls }]
        plans: [{ code: free, name: Free, entitlements: [{ feature: calls, quota: 1 }] }]
        """;

    private static readonly Currency Egp = Currency.Of("EGP");

    private readonly PaymobClientTests.Lines _log = new();
    private readonly string _code = $"shop-{Guid.NewGuid():N}";
    private PaymobDouble? _paymob;
    private PaymobClient? _client;
    private ProjectDirectory? _directory;
    private PaymobProvider? _provider;

    private PaymobDouble Paymob => _paymob!;

    private PaymobProvider Provider => _provider!;

    private ProjectSnapshot Project => _directory!.Find(_code)!;

    private static Dictionary<string, string> Keys =>
        PaymobDouble.Credentials.ToDictionary(static one => one.Key, static one => one.Value!.GetValue<string>());

    public async ValueTask InitializeAsync()
    {
        var database = books.Database.Source;
        _paymob = await PaymobDouble.StartAsync();
        (_directory, _client) = (new(database, [new PaymentPart()]), new(new(new Uri(_paymob.Url)), _log));
        var secrets = new SecretBox(MasterKeyRing.OfOne(MasterKey.Make()), NullLogger.Instance);
        var keys = new ProviderKeys(secrets);
        var made = await new CreateProject(database, _directory).RunAsync(
            new(_code, "Shop", ProjectMode.Sandbox, "Africa/Cairo", "EGP", CatalogReader.ReadYaml(Catalog).Document!), default);
        made.ShouldNotBeNull();
        await new PaymentSettings(database, _directory, keys).SetAsync(Project, PaymentProvider.Paymob, Keys, default);
        _provider = new(_client, keys, new PaymentQueries(database), secrets, database, new Clock(), _log);
    }

    public async ValueTask DisposeAsync()
    {
        _client!.Dispose();
        await Paymob.DisposeAsync();
        _directory!.Dispose();
    }

    private static CheckoutOrder Order(Guid key, long amount = 100_000) => new(
        key, new("acme", "Jane Example", "jane@example.com"), new(amount, Egp), "Pro", new("https://app.example.com/paid"),
        new("https://app.example.com/not"),
        TimeProvider.System.GetUtcNow().AddHours(1), SaveMethod: false);

    private Task<HostedPage?> OpenAsync(Guid key) => Provider.OpenCheckoutAsync(Project, Order(key), default);

    private static string SecretOf(HostedPage page) => HttpUtility.ParseQueryString(page.Url.Query)["clientSecret"]!;

    private async Task<long> PaidAsync(Guid key) => Paymob.Pay(SecretOf((await OpenAsync(key))!));

    private Task ExpireAsync(Guid key) =>
        books.Database.ExecuteAsync(
            "UPDATE paymob_orders SET expires_at = now() - interval '2 hours' WHERE project_id = $1 AND key = $2", Project.Id, key);

    private static RefundOrder Back(Guid key, long transaction, long amount) =>
        new(key, "acme", transaction.ToString(CultureInfo.InvariantCulture), new(amount, Egp));

    private Task<ProviderAnswer?> RefundAsync(Guid key, long transaction, long amount) =>
        Provider.RefundAsync(Project, Back(key, transaction, amount), default);

    private WebhookReading Read((string Query, string Body) callback) => Provider.ReadWebhook(
        Keys,
        new(new Dictionary<string, string>(),
            HttpUtility.ParseQueryString(callback.Query) is var query
                ? query.AllKeys.ToDictionary(static name => name!, name => query[name]!)
                : [], Encoding.UTF8.GetBytes(callback.Body)),
        TimeProvider.System.GetUtcNow());

    private Task<ParsedEvent> TellAsync((string Query, string Body) callback) =>
        Provider.ParseAsync(Project, Read(callback).Event!, default);

    // ---- pages -------------------------------------------------------------------------------------------------

    [Fact]
    public async Task A_payment_has_one_page_however_often_it_is_asked_for()
    {
        var key = Guid.CreateVersion7();
        var pages = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => OpenAsync(key)));
        pages.ShouldAllBe(page => page != null);
        pages.Distinct().ShouldHaveSingleItem();
        (await OpenAsync(key)).ShouldBe(pages[0]);
        pages[0]!.Url.ToString().ShouldStartWith(Paymob.Url + "unifiedcheckout/?publicKey=" + PaymobDouble.PublicKey);
    }

    [Theory]
    [InlineData(PaymobTrouble.Fails)]
    [InlineData(PaymobTrouble.FailsAfter)]
    [InlineData(PaymobTrouble.LosesAnswer)]
    public async Task A_page_whose_answer_was_lost_is_followed_by_another_and_only_that_one_counts(PaymobTrouble trouble)
    {
        var key = Guid.CreateVersion7();
        Paymob.Next("/v1/intention/", trouble);
        (await OpenAsync(key)).ShouldBeNull();
        var paid = await PaidAsync(key);
        (await Provider.FindAsync(Project, key, default)).ShouldBe(new ProviderAnswer(paid.ToString(CultureInfo.InvariantCulture), null));
        (await TellAsync(Paymob.CallbackOf(paid))).Updates.ShouldHaveSingleItem()
            .ShouldBe(new PaymentUpdate(key, paid.ToString(CultureInfo.InvariantCulture), null));
    }

    [Fact]
    public async Task An_unpaid_order_is_not_found_and_a_decline_is_not_final()
    {
        var key = Guid.CreateVersion7();
        var secret = SecretOf((await OpenAsync(key))!);
        (await Provider.FindAsync(Project, key, default)).ShouldBeNull();
        var declined = Paymob.Pay(secret, success: false, code: "INSUFFICIENT_FUNDS");
        (await Provider.FindAsync(Project, key, default)).ShouldBeNull();
        (await TellAsync(Paymob.CallbackOf(declined))).ShouldSatisfyAllConditions(
            told => told.Updates.ShouldBeEmpty(), told => told.IsKnown.ShouldBeTrue());

        var paid = Paymob.Pay(secret, isPending: true);
        (await Provider.FindAsync(Project, key, default)).ShouldBeNull();
        await ExpireAsync(key);
        (await Provider.FindAsync(Project, key, default)).ShouldBeNull();
        Paymob.Finish(paid);
        (await Provider.FindAsync(Project, key, default))!.Reference.ShouldBe(paid.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_payment_that_ended_without_a_page_gets_none_afterwards()
    {
        var key = Guid.CreateVersion7();
        Paymob.Next("/v1/intention/", PaymobTrouble.LosesAnswer);
        (await OpenAsync(key)).ShouldBeNull();
        (await Provider.FindAsync(Project, key, default))!.Failure.ShouldBe(PaymentFailure.Canceled);
        (await OpenAsync(key)).ShouldBeNull();
        (await Provider.FindAsync(Project, key, default))!.Failure.ShouldBe(PaymentFailure.Canceled);
    }

    /// <summary>The loop that asks does not wait for the answer to the request that makes the page.</summary>
    [Fact]
    public async Task A_payment_is_undecided_while_its_page_may_be_made_and_no_page_is_made_after_its_end()
    {
        var key = Guid.CreateVersion7();
        (await Provider.FindAsync(Project, key, default)).ShouldBe(ProviderAnswer.Undecided);
        var asked = Paymob.Hold("/v1/intention/");
        var opening = OpenAsync(key);
        await asked.Arrived;
        (await Provider.FindAsync(Project, key, default)).ShouldBe(ProviderAnswer.Undecided);

        await books.Database.ExecuteAsync("UPDATE paymob_orders SET made_at = made_at - interval '61 seconds' WHERE key = $1", key);
        (await Provider.FindAsync(Project, key, default))!.Failure.ShouldBe(PaymentFailure.Canceled);
        asked.Release();
        (await opening).ShouldBeNull();
    }

    [Fact]
    public async Task A_page_that_ran_out_is_an_end()
    {
        var key = Guid.CreateVersion7();
        var secret = SecretOf((await OpenAsync(key))!);
        Paymob.Pay(secret, success: false);
        await ExpireAsync(key);
        (await Provider.FindAsync(Project, key, default))!.Failure.ShouldBe(PaymentFailure.Canceled);
        var paid = Paymob.Pay(secret);
        (await Provider.FindAsync(Project, key, default))!.Reference.ShouldBe(paid.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task An_order_that_nobody_pays_is_asked_for_less_often_with_time_and_once_more_at_its_end()
    {
        var key = Guid.CreateVersion7();
        await OpenAsync(key);
        await books.Database.ExecuteAsync("UPDATE paymob_orders SET made_at = now() - interval '1 hour' WHERE project_id = $1", Project.Id);
        for (var i = 0; i < 5; i++)
        {
            (await Provider.FindAsync(Project, key, default)).ShouldBeNull();
        }

        Paymob.CallsOf("/api/ecommerce/orders/transaction_inquiry").ShouldBe(1);
        await books.Database.ExecuteAsync(
            "UPDATE paymob_orders SET asked_at = now() - interval '11 minutes' WHERE project_id = $1", Project.Id);
        (await Provider.FindAsync(Project, key, default)).ShouldBeNull();
        Paymob.CallsOf("/api/ecommerce/orders/transaction_inquiry").ShouldBe(2);
        await ExpireAsync(key);
        (await Provider.FindAsync(Project, key, default))!.Failure.ShouldBe(PaymentFailure.Canceled);
    }

    [Fact]
    public async Task Nobody_is_charged_who_is_not_there() =>
        (await Provider.ChargeAsync(
            Project,
            new(Guid.CreateVersion7(), "acme", new(Guid.CreateVersion7(), PaymentProvider.Paymob, "e98a", "visa", "2346", true, default),
                new(1, Egp)), default))!
            .Failure.ShouldBe(PaymentFailure.AuthenticationRequired);

    [Fact]
    public async Task No_answer_is_not_taken_for_nothing_there()
    {
        var key = Guid.CreateVersion7();
        var paid = await PaidAsync(key);
        Paymob.Next("/api/ecommerce/orders/transaction_inquiry", PaymobTrouble.Fails);
        await Should.ThrowAsync<ProviderSilentException>(() => Provider.FindAsync(Project, key, default));
        Paymob.Next($"/api/acceptance/transactions/{paid}", PaymobTrouble.Fails);
        await Should.ThrowAsync<ProviderSilentException>(() => TellAsync(Paymob.CallbackOf(paid)));
        (await TellAsync(Paymob.CallbackOf(paid))).Updates.ShouldHaveSingleItem();
    }

    // ---- money that goes back ----------------------------------------------------------------------------------

    [Theory]
    [InlineData(PaymobTrouble.Fails)]
    [InlineData(PaymobTrouble.FailsAfter)]
    [InlineData(PaymobTrouble.LosesAnswer)]
    public async Task A_refund_whose_answer_was_lost_is_done_once(PaymobTrouble trouble)
    {
        var (paid, refund) = (await PaidAsync(Guid.CreateVersion7()), Guid.CreateVersion7());
        (await RefundAsync(Guid.CreateVersion7(), paid, 10_000))!.Failure.ShouldBeNull();
        Paymob.Next("/api/acceptance/void_refund/refund", trouble);
        (await RefundAsync(refund, paid, 40_000)).ShouldBeNull();
        for (var i = 0; i < 3; i++)
        {
            (await RefundAsync(refund, paid, 40_000))!.Failure.ShouldBeNull();
        }

        Paymob.Transaction(paid)["refunded_amount_cents"]!.GetValue<long>().ShouldBe(50_000);

        // Its number arrives with the callback at the latest, and it is ours.
        var child = Paymob.ChildrenOf(paid)[^1];
        (await TellAsync(Paymob.CallbackOf(child))).Updates[^1].ShouldBeOfType<RefundUpdate>().ShouldSatisfyAllConditions(
            update => update.Refund.ShouldBe(refund), update => update.Amount.Minor.ShouldBe(40_000),
            update => update.HasFailed.ShouldBeFalse());
        (await RefundAsync(refund, paid, 40_000))!.Reference.ShouldBe(child.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Refunds_of_one_payment_go_one_after_the_other()
    {
        var (paid, first, second) = (await PaidAsync(Guid.CreateVersion7()), Guid.CreateVersion7(), Guid.CreateVersion7());
        Paymob.Next("/api/acceptance/void_refund/refund", PaymobTrouble.Fails);
        (await RefundAsync(first, paid, 30_000)).ShouldBeNull();
        (await RefundAsync(second, paid, 30_000)).ShouldBeNull();
        Paymob.Transaction(paid)["refunded_amount_cents"]!.GetValue<long>().ShouldBe(0);
        (await RefundAsync(first, paid, 30_000))!.Failure.ShouldBeNull();
        (await RefundAsync(second, paid, 30_000))!.Failure.ShouldBeNull();
        Paymob.Transaction(paid)["refunded_amount_cents"]!.GetValue<long>().ShouldBe(60_000);
    }

    [Fact]
    public async Task A_refund_that_takes_its_time_is_waited_for_and_not_sent_again()
    {
        var (paid, refund) = (await PaidAsync(Guid.CreateVersion7()), Guid.CreateVersion7());
        Paymob.UndoesSlowly = true;
        (await RefundAsync(refund, paid, 40_000)).ShouldBeNull();
        (await RefundAsync(refund, paid, 40_000)).ShouldBeNull();
        var child = Paymob.ChildrenOf(paid).ShouldHaveSingleItem();
        Paymob.Finish(child);
        (await RefundAsync(refund, paid, 40_000)).ShouldBe(new ProviderAnswer(child.ToString(CultureInfo.InvariantCulture), null));
        Paymob.CallsOf("/api/acceptance/void_refund/refund").ShouldBe(1);
    }

    [Fact]
    public async Task A_refund_that_Paymob_refuses_has_failed_and_stays_so()
    {
        var (paid, refund) = (await PaidAsync(Guid.CreateVersion7()), Guid.CreateVersion7());
        (await RefundAsync(refund, paid, 100_001))!.Failure.ShouldBe(PaymentFailure.Declined);
        (await RefundAsync(refund, paid, 100_001))!.Failure.ShouldBe(PaymentFailure.Declined);
        Paymob.CallsOf("/api/acceptance/void_refund/refund").ShouldBe(1);
    }

    [Theory]
    [InlineData(false, 100_000, 1, 0)]
    [InlineData(false, 40_000, 0, 1)]
    [InlineData(true, 100_000, 1, 1)]
    public async Task All_of_a_payment_of_today_is_undone_and_refunded_where_that_is_too_late(
        bool isSettled, long amount, int voids, int refunds)
    {
        Paymob.IsSettled = isSettled;
        var (paid, refund) = (await PaidAsync(Guid.CreateVersion7()), Guid.CreateVersion7());
        (await RefundAsync(refund, paid, amount))!.Failure.ShouldBeNull();
        (Paymob.CallsOf("/api/acceptance/void_refund/void"),
            Paymob.CallsOf("/api/acceptance/void_refund/refund")).ShouldBe((voids, refunds));
        (await TellAsync(Paymob.CallbackOf(Paymob.ChildrenOf(paid).Single()))).Updates[^1].ShouldBeOfType<RefundUpdate>().Refund
            .ShouldBe(refund);
    }

    [Fact]
    public async Task A_refund_in_Paymobs_dashboard_is_reported_without_a_refund_of_Tollgate()
    {
        var paid = await PaidAsync(Guid.CreateVersion7());
        var child = Paymob.RefundInDashboard(paid, 25_000);
        (await TellAsync(Paymob.CallbackOf(child))).Updates[^1].ShouldBe(
            new RefundUpdate(
                null, paid.ToString(CultureInfo.InvariantCulture), child.ToString(CultureInfo.InvariantCulture), new(25_000, Egp), false,
                "Approved"));
    }

    // ---- callbacks ---------------------------------------------------------------------------------------------

    [Fact]
    public async Task A_callback_is_one_event_however_its_unsigned_rest_differs()
    {
        var paid = await PaidAsync(Guid.CreateVersion7());
        var genuine = Read(Paymob.CallbackOf(paid));
        genuine.Verdict.ShouldBe(WebhookVerdict.Genuine);
        var tampered = Paymob.Transaction(paid);
        (tampered["is_refund"], tampered["parent_transaction"], tampered["refunded_amount_cents"]) = (true, 5, 100_000);
        tampered["order"]!["merchant_order_id"] = "somebody-elses";
        var read = Read(PaymobDouble.CallbackOf(tampered));
        (read.Verdict, read.Event!.Id).ShouldBe((WebhookVerdict.Genuine, genuine.Event!.Id));

        // The provider does not trust the callback's own content.
        (await Provider.ParseAsync(Project, read.Event, default)).Updates.ShouldHaveSingleItem().ShouldBeOfType<PaymentUpdate>();

        Paymob.RefundInDashboard(paid, 100_000);
        Read(Paymob.CallbackOf(paid)).Event!.Id.ShouldNotBe(genuine.Event.Id);
    }

    [Fact]
    public async Task A_callback_of_another_secret_is_forged_and_of_the_previous_one_it_is_not()
    {
        var callback = Paymob.CallbackOf(await PaidAsync(Guid.CreateVersion7()), "old");
        Read(callback).Verdict.ShouldBe(WebhookVerdict.Forged);
        var keys = Keys;
        keys["previous_hmac_secret"] = "old";
        Provider.ReadWebhook(
            keys, new(
                new Dictionary<string, string>(), new Dictionary<string, string> { ["hmac"] = callback.Query["?hmac=".Length..] },
                Encoding.UTF8.GetBytes(callback.Body)), default)
            .Verdict.ShouldBe(WebhookVerdict.Genuine);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"type": "TRANSACTION"}""")]
    [InlineData("""{"type": "TRANSACTION", "obj": 5}""")]
    [InlineData("""{"type": "DELIVERY_STATUS", "obj": {"id": 1}}""")]
    [InlineData("""{"trigger_type": "canceled", "subscription_data": {"id": 1264}, "hmac": "5a8c"}""")]
    public void An_unsigned_callback_is_forged(string body) => Read(("?hmac=00", body)).Verdict.ShouldBe(WebhookVerdict.Forged);

    [Fact]
    public async Task An_irrelevant_callback_is_ignored()
    {
        var read = Read(("", PaymobDouble.SubscriptionOf("Successful Transaction", 1264)));
        (read.Verdict, read.Event!.Type).ShouldBe((WebhookVerdict.Genuine, "subscription.successful_transaction"));
        (await Provider.ParseAsync(Project, read.Event, default)).IsKnown.ShouldBeFalse();

        // The merchant's other business: an order that Tollgate did not request.
        var paid = await PaidAsync(Guid.CreateVersion7());
        await books.Database.ExecuteAsync("DELETE FROM paymob_orders WHERE project_id = $1", Project.Id);
        (await TellAsync(Paymob.CallbackOf(paid))).IsKnown.ShouldBeFalse();
        (await TellAsync(Paymob.CallbackOf(Paymob.RefundInDashboard(paid, 1)))).IsKnown.ShouldBeFalse();
        (await TellAsync(Paymob.CardOf(paid, "e98a"))).IsKnown.ShouldBeFalse();
    }

    // ---- keys --------------------------------------------------------------------------------------------------

    [Theory]
    [InlineData(ProjectMode.Sandbox, "secret_key", PaymobDouble.SecretKey, null)]
    [InlineData(ProjectMode.Live, "secret_key", PaymobDouble.SecretKey, "credentials.secret_key")]
    [InlineData(ProjectMode.Sandbox, "secret_key", "sk_test_stripe", "credentials.secret_key")]
    [InlineData(ProjectMode.Sandbox, "public_key", "egy_pk_live_x", "credentials.public_key")]
    [InlineData(ProjectMode.Sandbox, "integrations", "card", "credentials.integrations")]
    [InlineData(ProjectMode.Sandbox, "integrations", " , ", "credentials.integrations")]
    public void Keys_that_cannot_be_right_are_refused(ProjectMode mode, string name, string value, string? field)
    {
        var keys = Keys;
        keys[name] = value;
        var refused = Provider.Refuse(mode, keys);
        refused?.Field.ShouldBe(field);
        (refused is null).ShouldBe(field is null);
        if (refused is { } why)
        {
            why.Fault.ShouldNotContain(value.Trim().Length > 3 ? value : "\0");
        }
    }

    [Fact]
    public async Task Without_keys_nothing_is_called()
    {
        await books.Database.ExecuteAsync("DELETE FROM provider_credentials WHERE project_id = $1", Project.Id);
        await _directory!.RefreshAsync(default);
        (await OpenAsync(Guid.CreateVersion7())).ShouldBeNull();
        (await RefundAsync(Guid.CreateVersion7(), 5, 1)).ShouldBeNull();
        Paymob.Calls.ShouldBeEmpty();
    }
}
