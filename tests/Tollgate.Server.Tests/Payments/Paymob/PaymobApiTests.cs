using System.Globalization;
using System.Net;
using System.Web;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;
using static Tollgate.Server.Tests.Payments.PaymentSteps;

namespace Tollgate.Server.Tests.Payments.Paymob;

/// <summary>A server with a double of Paymob, and one sandbox project that has chosen it.</summary>
public sealed class PaymobServer(TestPostgres postgres) : IAsyncLifetime
{
    private const string Catalog =
        """
        code: shop
        name: Shop
        currency: EGP
        default_plan: free
        features: [{ code: calls, name: Calls }]
        plans:
          - { code: free, name: Free, entitlements: [{ feature: calls, quota: 10 }] }
          - { code: pro, name: Pro, prices: [{ interval: monthly, amount: 100000, currency: EGP }], entitlements: [{ feature: calls, quota: 100 }] }
        """;

    private RunningServer? _running;

    public RunningServer Running => _running!;

    public PaymobDouble Paymob { get; private set; } = null!;

    public BillingSandbox Sandbox { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Paymob = await PaymobDouble.StartAsync();
        _running = new(postgres)
        {
            Environment = new Dictionary<string, string> { ["TOLLGATE_PAYMENT_SECONDS"] = "1", ["TOLLGATE_PAYMOB_URL"] = Paymob.Url },
        };
        await Running.InitializeAsync();
        Sandbox = await ProjectAsync();
    }

    /// <summary>A project on the same account.</summary>
    /// <param name="chargesCards">It has an integration by which saved cards are charged.</param>
    public async Task<BillingSandbox> ProjectAsync(bool chargesCards = false)
    {
        var credentials = PaymobDouble.Credentials;
        if (chargesCards)
        {
            credentials["moto_integration"] = PaymobDouble.Moto.ToString(CultureInfo.InvariantCulture);
        }

        var sandbox = await BillingSandbox.StartAsync(Running, "2027-01-31T00:00:00Z", Catalog);
        var chosen = await sandbox.Door.PutAsync(
            "/v1/payment-settings", $$"""{"provider": "paymob", "credentials": {{credentials.ToJsonString()}} }""");
        chosen.Status.ShouldBe(HttpStatusCode.OK, chosen.Json?.ToJsonString());
        chosen.Json!.ToJsonString().ShouldNotContain(PaymobDouble.SecretKey);
        return sandbox;
    }

    public async ValueTask DisposeAsync()
    {
        Running.Server.Log.ShouldNotContain(PaymobDouble.SecretKey);
        Running.Server.Log.ShouldNotContain(PaymobDouble.HmacSecret);
        Running.Server.Log.ShouldNotContain(PaymobDouble.ApiKey);
        await Running.DisposeAsync();
        await Paymob.DisposeAsync();
    }
}

/// <summary>Lives of customers who pay at Paymob, as their app, their browser and Paymob see them.</summary>
public sealed class PaymobApiTests(PaymobServer server) : IClassFixture<PaymobServer>
{
    private readonly PaymobDouble _paymob = server.Paymob;
    private readonly BillingSandbox _sandbox = server.Sandbox;
    private readonly Door _anybody = server.Running.DoorWith(null);

    private Task<Came> OrderAsync(string customer) => _sandbox.Door.PostAsync(
        "/v1/checkouts",
        $$"""{"customer": "{{customer}}", "plan": "pro", "period": "monthly", "currency": "EGP", "success_url": "https://app.example.com/paid", "cancel_url": "https://app.example.com/not"}""");

    /// <returns>The checkout, and the secret that opens its page.</returns>
    private async Task<(string Id, string Secret)> CheckOutAsync(string customer)
    {
        var came = await OrderAsync(customer);
        came.Status.ShouldBe(HttpStatusCode.Created, came.Json?.ToJsonString());
        return (Word(came, "id"), HttpUtility.ParseQueryString(new Uri(Word(came, "url")).Query)["clientSecret"]!);
    }

    private async Task<HttpStatusCode> TellAsync((string Query, string Body) callback) =>
        (await _anybody.PostAsync("/v1/webhooks/paymob" + callback.Query, callback.Body)).Status;

    private async Task<string> PlanAsync(string customer) => Word(await _sandbox.Door.GetAsync($"/v1/customers/{customer}/usage"), "plan");

    private async Task<string> StatusAsync(string checkout) => Word(await _sandbox.Door.GetAsync("/v1/checkouts/" + checkout), "status");

    private async Task<Came> PaymentAsync(string customer) =>
        new(HttpStatusCode.OK, (await _sandbox.Door.GetAsync("/v1/payments?customer=" + customer))["data"][0]!.DeepClone(), new());

    /// <summary>All rows of a customer that money changes, as one line.</summary>
    private async Task<string> RowsAsync(string customer)
    {
        var payments = (await _sandbox.Door.GetAsync("/v1/payments?customer=" + customer))["data"].AsArray()
            .Select(static one => string.Create(
            CultureInfo.InvariantCulture,
            $"{one!["status"]} {one["amount"]} back {one["amount_refunded"]} in {one["refunds"]!.AsArray().Count}"));
        var invoices = (await _sandbox.Door.GetAsync("/v1/invoices?customer=" + customer))["data"].AsArray()
            .Select(static one => string.Create(
            CultureInfo.InvariantCulture,
            $"{one!["status"]} {one["total"]} paid {one["amount_paid"]} notes {one["credit_notes"]!.AsArray().Count}"));
        return $"{await PlanAsync(customer)}: {string.Join(", ", payments)}; {string.Join(", ", invoices)}";
    }

    private async Task<int> EventsAsync(string state) =>
        (await _sandbox.Door.GetAsync($"/v1/provider-events?state={state}&limit=100"))["data"].AsArray().Count;

    private async Task ShouldBeCleanAsync() => (await FoundAsync(server.Running, _sandbox)).ShouldBeEmpty();

    [Fact]
    public async Task A_payment_gives_the_plan_at_once_and_a_decline_gives_nothing()
    {
        var (checkout, secret) = await CheckOutAsync("life");
        (await TellAsync(_paymob.CallbackOf(_paymob.Pay(secret, success: false, code: "DECLINED")))).ShouldBe(HttpStatusCode.OK);
        (await PlanAsync("life")).ShouldBe("free");

        var paid = _paymob.CallbackOf(_paymob.Pay(secret));
        for (var i = 0; i < 3; i++)
        {
            (await TellAsync(paid)).ShouldBe(HttpStatusCode.OK);
        }

        await UntilAsync(async () => await StatusAsync(checkout) == "completed");
        (await RowsAsync("life")).ShouldBe("pro: succeeded 100000 back 0 in 0; paid 100000 paid 100000 notes 0");
        Word(await PaymentAsync("life"), "provider").ShouldBe("paymob");
        await ShouldBeCleanAsync();
    }

    [Fact]
    public async Task Without_any_callback_Paymob_is_asked()
    {
        var (checkout, secret) = await CheckOutAsync("silent");
        _paymob.Pay(secret);
        await UntilAsync(async () => await StatusAsync(checkout) == "completed");
        (await PlanAsync("silent")).ShouldBe("pro");
    }

    /// <summary>Paymob answers a moment after Tollgate began to ask about payments of that age.</summary>
    [Fact]
    public async Task A_page_that_Paymob_made_late_is_paid_like_any_other()
    {
        var asked = _paymob.Hold("/v1/intention/");
        var opening = CheckOutAsync("patient");
        await asked.Arrived;
        await Task.Delay(TimeSpan.FromSeconds(4));
        asked.Release();
        var (checkout, secret) = await opening;
        _paymob.Pay(secret);
        await UntilAsync(async () => await StatusAsync(checkout) == "completed");
        (await RowsAsync("patient")).ShouldBe("pro: succeeded 100000 back 0 in 0; paid 100000 paid 100000 notes 0");
    }

    [Fact]
    public async Task Unsigned_and_browser_callbacks_change_nothing()
    {
        var (_, secret) = await CheckOutAsync("forged");
        var declined = _paymob.Pay(secret, success: false);
        var told = _paymob.Transaction(declined);
        told["success"] = true;
        var before = await EventsAsync("done") + await EventsAsync("ignored") + await EventsAsync("waiting");
        (await TellAsync(PaymobDouble.CallbackOf(told, "guessed"))).ShouldBe(HttpStatusCode.BadRequest);
        var forged = await _anybody.PostAsync(
            "/v1/webhooks/paymob" + _paymob.CallbackOf(declined).Query, PaymobDouble.CallbackOf(told).Body);
        (forged.Status, Word(forged, "code")).ShouldBe((HttpStatusCode.BadRequest, "webhook_signature_invalid"));
        (await _anybody.GetAsync("/v1/webhooks/paymob" + _paymob.RedirectOf(_paymob.Pay(secret, success: false)))).Status.ShouldBe(
            HttpStatusCode.MethodNotAllowed);
        (await PlanAsync("forged")).ShouldBe("free");
        (await EventsAsync("done") + await EventsAsync("ignored") + await EventsAsync("waiting")).ShouldBe(before);
        server.Running.Server.Log.ShouldContain("Security: a webhook for paymob");
    }

    /// <summary>Another customer's callback with a genuine signature, and the order of a customer who has not paid.</summary>
    [Fact]
    public async Task A_genuine_signature_buys_nothing_for_somebody_else()
    {
        var (_, mine) = await CheckOutAsync("payer");
        var (_, other) = await CheckOutAsync("thief");
        _paymob.Pay(other, success: false);
        var told = _paymob.Transaction(_paymob.Pay(mine));
        told["order"]!["merchant_order_id"] = _paymob.ReferenceOf(other);
        (await TellAsync(PaymobDouble.CallbackOf(told))).ShouldBe(HttpStatusCode.OK);
        await UntilAsync(async () => await PlanAsync("payer") == "pro");
        (await PlanAsync("thief")).ShouldBe("free");
    }

    [Fact]
    public async Task With_two_projects_on_one_account_the_one_that_made_the_order_gets_its_callback()
    {
        var other = await server.ProjectAsync();
        var opened = await other.Door.PostAsync(
            "/v1/checkouts",
            """{"customer": "neighbour", "plan": "pro", "period": "monthly", "currency": "EGP", "success_url": "https://app.example.com/paid", "cancel_url": "https://app.example.com/not"}""");
        var secret = HttpUtility.ParseQueryString(new Uri(Word(opened, "url")).Query)["clientSecret"]!;
        var paid = _paymob.Pay(secret);

        (await TellAsync(_paymob.CallbackOf(paid))).ShouldBe(HttpStatusCode.OK);

        (await other.Door.GetAsync("/v1/provider-events"))["data"].AsArray().ShouldHaveSingleItem();
        await UntilAsync(async () => Word(await other.Door.GetAsync("/v1/customers/neighbour/usage"), "plan") == "pro");
    }

    [Fact]
    public async Task Another_amount_than_was_asked_for_buys_nothing_and_somebody_can_look()
    {
        var (checkout, secret) = await CheckOutAsync("cheap");
        var paid = _paymob.Pay(secret, amount: 1);
        await TellAsync(_paymob.CallbackOf(paid));
        var found = "";
        await UntilAsync(async () => (found = (await _sandbox.Door.GetAsync("/v1/provider-events?state=waiting"))["data"].AsArray()
            .Where(one => one!["object"]!.GetValue<string>() == paid.ToString(CultureInfo.InvariantCulture))
            .Select(static one => one!["reason"]?.GetValue<string>()).SingleOrDefault() ?? "").Length > 0);
        found.ShouldContain("is for 0.01 EGP, but payment");
        (await StatusAsync(checkout), await PlanAsync("cheap")).ShouldBe(("open", "free"));
    }

    [Fact]
    public async Task A_page_that_could_not_be_made_is_no_purchase_and_the_next_one_is()
    {
        _paymob.Next("/v1/intention/", PaymobTrouble.LosesAnswer);
        var refused = await OrderAsync("unlucky");
        (refused.Status, Word(refused, "code")).ShouldBe((HttpStatusCode.BadGateway, "upstream_unreachable"));
        var (checkout, secret) = await CheckOutAsync("unlucky");
        _paymob.Pay(secret);
        await UntilAsync(async () => await StatusAsync(checkout) == "completed");
        (await RowsAsync("unlucky")).ShouldBe(
            "pro: succeeded 100000 back 0 in 0, failed 100000 back 0 in 0; paid 100000 paid 100000 notes 0");
    }

    [Fact]
    public async Task A_refund_whose_answer_is_lost_goes_back_once_and_has_one_credit_note()
    {
        var (checkout, secret) = await CheckOutAsync("back");
        var paid = _paymob.Pay(secret);
        await UntilAsync(async () => await StatusAsync(checkout) == "completed");
        _paymob.Next("/api/acceptance/void_refund/refund", PaymobTrouble.LosesAnswer);
        var payment = Word(await PaymentAsync("back"), "id");
        (await _sandbox.Door.PostAsync(
            $"/v1/payments/{payment}/refunds", """{"amount": 40000, "reason": "Two days of outage"}""")).Status.ShouldBe(
            HttpStatusCode.Created);
        foreach (var told in (long[])[.. _paymob.ChildrenOf(paid), paid, .. _paymob.ChildrenOf(paid)])
        {
            await TellAsync(_paymob.CallbackOf(told));
        }

        await UntilAsync(async () => (await PaymentAsync("back"))["refunds"][0]!["status"]!.GetValue<string>() == "succeeded");
        await TellAsync(_paymob.CallbackOf(_paymob.RefundInDashboard(paid, 10_000)));
        await UntilAsync(async () => (await PaymentAsync("back"))["amount_refunded"].GetValue<long>() == 50_000);
        (await RowsAsync("back")).ShouldBe("pro: succeeded 100000 back 50000 in 2; paid 100000 paid 100000 notes 2");
        await ShouldBeCleanAsync();
    }

    [Fact]
    public async Task A_card_that_was_left_is_kept_by_its_token()
    {
        var (_, secret) = await CheckOutAsync("card");
        await TellAsync(_paymob.CardOf(_paymob.Pay(secret), "e98aceb96f5a370ddddemo"));
        await UntilAsync(async () => (await _sandbox.Door.GetAsync("/v1/customers/card/payment-methods"))["data"].AsArray().Count == 1);
        var method = (await _sandbox.Door.GetAsync("/v1/customers/card/payment-methods"))["data"][0]!;
        (method["provider"]!.GetValue<string>(), method["brand"]!.GetValue<string>(),
            method["last4"]!.GetValue<string>()).ShouldBe(("paymob", "mastercard", "2346"));
    }

    /// <summary>Whole lives, with repeated, late, disordered and forged callbacks: each ends in the same rows.</summary>
    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 40)]
    public async Task Callbacks_in_any_order_end_in_the_same_rows(int seed, int lives)
    {
        var random = new Random(seed);
        var told = new List<(string Query, string Body)>();
        for (var i = 0; i < lives; i++)
        {
            var (_, secret) = await CheckOutAsync($"life-{seed}-{i}");
            var declined = _paymob.Pay(secret, success: false);
            told.Add(_paymob.CallbackOf(declined));
            var paid = _paymob.Pay(secret);
            told.Add(_paymob.CallbackOf(paid));
            told.Add(_paymob.CallbackOf(_paymob.RefundInDashboard(paid, 30_000)));
            told.Add(_paymob.CallbackOf(paid));
            told.Add(_paymob.CallbackOf(_paymob.RefundInDashboard(paid, 20_000)));
            told.Add(_paymob.CardOf(paid, $"token-{seed}-{i}"));
            told.Add(PaymobDouble.CallbackOf(_paymob.Transaction(declined), "guessed"));
        }

        var shuffled = told.Concat(told).Concat(told.Take(told.Count / 2)).ToArray();
        random.Shuffle(shuffled);
        await Parallel.ForEachAsync(shuffled, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (callback, _) =>
            (await TellAsync(callback)).ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.BadRequest));

        for (var i = 0; i < lives; i++)
        {
            var customer = $"life-{seed}-{i}";
            await UntilAsync(async () => (await RowsAsync(customer)).Contains("back 50000", StringComparison.Ordinal));
            (await RowsAsync(customer)).ShouldBe("pro: succeeded 100000 back 50000 in 2; paid 100000 paid 100000 notes 2");
        }

        await ShouldBeCleanAsync();
    }
}
