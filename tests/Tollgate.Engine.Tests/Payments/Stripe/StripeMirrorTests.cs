using System.Text;
using System.Text.Json.Nodes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Outbound;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Payments.Stripe;
using Tollgate.Engine.Verification;
using Tollgate.Testing;
using Tollgate.Testing.Stripe;

namespace Tollgate.Engine.Tests.Payments.Stripe;

/// <summary>Subscriptions that begin at Stripe, which renews and bills them: Tollgate follows the events.</summary>
public sealed class StripeMirrorTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Row =
        "SELECT s.status || ' ' || v.plan || ' ' || s.interval || ' ' || s.quantity FROM subscriptions s JOIN plan_versions v ON v.id = "
            + "s.plan_version_id";

    private TestDatabase? _database;
    private StripeRig? _rig;
    private long _now = DateTimeOffset.UtcNow.AddDays(-40).ToUnixTimeSeconds();
    private int _told;

    private StripeRig Rig => _rig!;

    private StripeBooks Books => Rig.Stripe.Books;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await StripeRig.StartAsync(_database);
        Books.Now = () => _now;
        await new SyncStripe(Rig.Accounts, new(static _ => null)).RunAsync(Rig.Project, dryRun: false, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM subscriptions WHERE due_at IS NOT NULL")).ShouldBe(
            0, "A provider-managed subscription is never due here.");
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task A_subscription_of_Stripe_gives_its_plan_renews_with_what_was_used_beyond_it_fails_recovers_and_ends()
    {
        var subscription = await SubscribeAsync("ada", "pro");
        await TellAsync();
        (await SeenAsync()).ShouldBe("active pro monthly 1");
        (await PaymentsAsync()).ShouldBe("succeeded 2900 0");
        (await _database!.ScalarAsync<string>("SELECT string_agg(status, ' ') FROM provider_invoices")).ShouldBe("paid");

        // Four calls beyond the ten, in the first period, at 0.25: they are items of the draft for the second.
        _now = DateTimeOffset.UtcNow.AddDays(-9).ToUnixTimeSeconds();
        await Rig.Ledger.RecordAsync("ada", "calls", 14, at: Instant.From(DateTimeOffset.UtcNow.AddDays(-20)));
        var draft = (string)Books.Renew(subscription)["id"]!;
        await TellAsync();
        (await _database!.ScalarAsync<string>(
            "SELECT string_agg(amount || ' ' || (reference IS NOT NULL), ',') FROM provider_lines")).ShouldBe("100 true");
        Books.Get("invoice", draft)["total"]!.ToString().ShouldBe("3000");
        Books.All("invoiceitem").Count().ShouldBe(1);

        Books.Finalize(draft, StripeCard.Declined);
        await TellAsync();
        (await SeenAsync()).ShouldBe("past_due pro monthly 1");
        (await PaymentsAsync()).ShouldBe("succeeded 2900 0, failed 3000 0");
        (await PlanOfAsync("ada")).ShouldBe("pro", "Benefits are kept while Stripe tries again.");

        Books.Charge(draft, StripeCard.Good);
        await TellAsync();
        (await SeenAsync()).ShouldBe("active pro monthly 1");
        (await PaymentsAsync()).ShouldBe("succeeded 2900 0, succeeded 3000 0");

        Books.End(Books.Get("subscription", subscription));
        await TellAsync();
        (await SeenAsync()).ShouldBe("canceled pro monthly 1");
        (await PlanOfAsync("ada")).ShouldBe("free");
        (await BreaksAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Refunds_and_disputes_of_what_Stripe_invoiced_are_followed_and_a_refund_can_be_asked_for_here()
    {
        await SubscribeAsync("ada", "pro");
        await TellAsync();
        var intent = (await _database!.ScalarAsync<string>("SELECT reference FROM payments"))!;
        Books.Refund(intent, 900);
        await TellAsync();
        (await PaymentsAsync()).ShouldBe("succeeded 2900 900", await InboxAsync());
        Books.Refund(intent, 300);
        await TellAsync();
        Books.FailRefund(Books.All("refund").Last()["id"]!.ToString());
        await TellAsync();
        (await PaymentsAsync()).ShouldBe("succeeded 2900 900", "A returned refund does not count.");

        var payment = await _database!.ScalarAsync<Guid>("SELECT id FROM payments");
        (await Rig.Refund.RunAsync(Rig.Project, payment, (500, "kindness"), null, "test", CancellationToken.None)).Outcome.ShouldBe(
            RefundOutcome.Done);
        await TellAsync();
        (await PaymentsAsync()).ShouldBe("succeeded 2900 1400");
        (await Rig.Refund.RunAsync(Rig.Project, payment, (1501, null), null, "test", CancellationToken.None)).Outcome.ShouldBe(
            RefundOutcome.Refused);

        var (first, last) = (DateOnly.FromDateTime(DateTime.UtcNow.AddDays(-41)), DateOnly.FromDateTime(DateTime.UtcNow));
        var earned = await new RevenueQueries(_database!.Source).ByDayAsync(
            Rig.Project, new(first, last), Currency.Usd, CancellationToken.None);
        earned.Sum(static day => day.Minor).ShouldBe(1500, "What Stripe was paid, less what went back, over the days of its invoice.");
        earned.Count(static day => day.Minor > 0).ShouldBeInRange(29, 32);

        Books.Dispute(intent, "lost");
        await TellAsync();
        (await _database!.ScalarAsync<string>("SELECT status FROM disputes")).ShouldBe("lost");
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM credit_notes")).ShouldBe(0, "What Stripe invoiced Stripe credits.");
        (await BreaksAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_trial_converts_plans_change_and_an_end_is_announced_and_taken_back()
    {
        var subscription = await SubscribeAsync("ada", "pro", trialDays: 7);
        await TellAsync();
        (await SeenAsync()).ShouldBe("trialing pro monthly 1");
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM payments")).ShouldBe(0, "A trial asks for nothing.");

        _now += 7 * 86_400;
        var draft = (string)Books.Renew(subscription)["id"]!;
        Books.Set(subscription, static one => one["status"] = "active");
        Books.Finalize(draft);
        await TellAsync();
        (await SeenAsync()).ShouldBe("active pro monthly 1");
        (await _database!.ScalarAsync<string>("SELECT string_agg(verb, ' ' ORDER BY sequence) FROM subscription_facts")).ShouldBe(
            "start convert_trial");

        var max = (string)Books.All("price").First(static one => one["lookup_key"]?.ToString() == "tollgate_shop_max_monthly_usd")["id"]!;
        Books.Set(subscription, one => one["items"]!["data"]![0]!["price"] = Books.Get("price", max).DeepClone());
        await TellAsync();
        (await SeenAsync()).ShouldBe("active max monthly 1");
        (await PlanOfAsync("ada")).ShouldBe("max");

        Books.Set(subscription, static one => one["cancel_at_period_end"] = true);
        await TellAsync();
        (await _database!.ScalarAsync<bool>("SELECT cancel_at = period_end FROM subscriptions")).ShouldBeTrue();
        Books.Set(subscription, static one => one["cancel_at_period_end"] = false);
        await TellAsync();
        (await _database!.ScalarAsync<bool>("SELECT cancel_at IS NULL FROM subscriptions")).ShouldBeTrue();
        (await BreaksAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Overage_before_the_end_is_on_a_separate_invoice()
    {
        var subscription = await SubscribeAsync("ada", "pro");
        await TellAsync();
        await Rig.Ledger.RecordAsync("ada", "calls", 18, at: Instant.From(DateTimeOffset.UtcNow.AddDays(-20)));
        _now = DateTimeOffset.UtcNow.AddDays(-15).ToUnixTimeSeconds();
        Books.End(Books.Get("subscription", subscription));
        await TellAsync();
        var last = Books.All("invoice").Single(static one => one["billing_reason"]!.ToString() == "manual");
        last["total"]!.ToString().ShouldBe("200");
        Books.Finalize(last["id"]!.ToString());
        await TellAsync();
        await TellAsync(again: true);
        (await PaymentsAsync()).ShouldBe("succeeded 2900 0, succeeded 200 0");
        Books.All("invoiceitem").Count().ShouldBe(1);
        (await BreaksAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lost_answer_does_not_put_a_line_twice_on_an_invoice()
    {
        var subscription = await SubscribeAsync("ada", "pro");
        await TellAsync();
        await Rig.Ledger.RecordAsync("ada", "calls", 12, at: Instant.From(DateTimeOffset.UtcNow.AddDays(-20)));
        _now = DateTimeOffset.UtcNow.AddDays(-9).ToUnixTimeSeconds();
        Rig.Stripe.Next(StripeMishap.LoseAnswer, 3, static request => request.Path == "/v1/invoiceitems" && request.Method == "POST");
        var draft = (string)Books.Renew(subscription)["id"]!;
        await TellAsync();
        await Rig.Bill.RunAsync(Rig.Project, await _database!.ScalarAsync<Guid>("SELECT id FROM subscriptions"), CancellationToken.None);
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM provider_lines WHERE sent_at IS NULL")).ShouldBe(0);

        // The process is killed before it writes, and repeats the request when Stripe has forgotten the key.
        Rig.Stripe.ForgetKeys();
        await _database!.ScalarAsync<int>("UPDATE provider_lines SET reference = NULL, sent_at = NULL");
        await Rig.Bill.RunAsync(Rig.Project, await _database!.ScalarAsync<Guid>("SELECT id FROM subscriptions"), CancellationToken.None);
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM provider_lines WHERE sent_at IS NULL")).ShouldBe(0);
        Books.Get("invoice", draft)["total"]!.ToString().ShouldBe("2950");
        Books.All("invoiceitem").Count().ShouldBe(1);
    }

    [Fact]
    public async Task Irrelevant_objects_are_ignored_and_others_that_cannot_be_followed_give_the_reason()
    {
        // A product of another business on the same account.
        var stranger = await PriceAsync("other", 500);
        await CheckOutAsync(stranger, null, null);
        await TellAsync();
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM subscriptions")).ShouldBe(0);
        (await _database!.ScalarAsync<long>(
            "SELECT count(*) FROM provider_events WHERE type LIKE 'customer.subscription%' AND state <> 'ignored'")).ShouldBe(0);

        // One of our plans, and no information about the customer.
        await CheckOutAsync(PriceOf("pro"), null, null);
        await TellAsync();
        (await _database!.ScalarAsync<string>(
            "SELECT max(reason) FROM provider_events WHERE type = 'customer.subscription.created' AND state = 'waiting'")).ShouldNotBeNull(
            await InboxAsync()).ShouldContain(" belongs to: ");
        (await _database!.ScalarAsync<long>(
            "SELECT count(*) FROM provider_events WHERE type = 'customer.subscription.created' AND state = 'waiting' "
                + "AND (waits_for, waits_for_id) = ('subscription_followed', object)")).ShouldBe(1);

        // One of our customers, and a price of no plan.
        await CheckOutAsync(stranger, "ada", null);
        await TellAsync();
        (await _database!.ScalarAsync<string>(
            "SELECT max(reason) FROM provider_events WHERE state = 'waiting' AND reason LIKE 'No plan%'"))!.ShouldContain("price_<plan>");
    }

    [Fact]
    public async Task A_subscription_that_ended_unnoticed_is_recorded_without_effect()
    {
        var first = await SubscribeAsync("ada", "pro");
        Books.End(Books.Get("subscription", first));
        await Rig.Ledger.ConsumeAsync("ada", "calls");
        await _database!.ScalarAsync<int>(
            "UPDATE customers SET plan_version_id = (SELECT id FROM plan_versions WHERE plan = 'max') WHERE id = 'ada'");
        await TellAsync();
        (await SeenAsync()).ShouldBe("canceled pro monthly 1");
        (await _database!.ScalarAsync<string>(
            "SELECT v.plan FROM customers c JOIN plan_versions v ON v.id = c.plan_version_id WHERE c.id = 'ada'")).ShouldBe(
            "max", "A manually assigned plan stays.");
        (await PaymentsAsync()).ShouldBe("succeeded 2900 0", "The payment stays.");
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM provider_lines")).ShouldBe(0);
    }

    [Fact]
    public async Task One_that_cannot_be_followed_keeps_no_other_from_it_and_begins_when_its_turn_comes()
    {
        var first = await SubscribeAsync("ada", "pro");
        await TellAsync();
        _now += 60;
        var second = await CheckOutAsync(PriceOf("max"), "ada", null);
        await TellAsync();
        (await SeenAsync()).ShouldBe("active pro monthly 1");
        (await _database!.ScalarAsync<string>(
            "SELECT max(reason) FROM provider_events WHERE state = 'waiting' AND reason LIKE 'Customer%'"))!.ShouldStartWith(
            "Customer 'ada' has subscription");

        // Tollgate still follows the first subscription, and its end lets the second begin.
        Books.Set(first, static one => one["status"] = "past_due");
        await TellAsync();
        (await SeenAsync()).ShouldBe("past_due pro monthly 1");
        (await _database!.ScalarAsync<string>(
            "SELECT string_agg(DISTINCT waits_for || ' ' || waits_for_id, ', ') FROM provider_events WHERE state = 'waiting'"))
            .ShouldBe($"subscription_ended ada, subscription_followed {second}", await InboxAsync());
        await _database!.ScalarAsync<int>(
            "UPDATE provider_events SET state = 'parked', due_at = NULL, reason = 'As another version words it' WHERE state = 'waiting'");
        Books.End(Books.Get("subscription", first));
        await TellAsync();
        (await _database!.ScalarAsync<string>($"SELECT string_agg(x, ',' ORDER BY x) FROM ({Row}) r (x)")).ShouldBe(
            "active max monthly 1,canceled pro monthly 1", await InboxAsync());
        (await PaymentsAsync()).ShouldBe("succeeded 2900 0, succeeded 9900 0", "Events of the second subscription are read again.");
        second.ShouldNotBe(first);
        (await BreaksAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_older_one_of_no_plan_hides_none_and_doubts_only_what_is_told_of_it()
    {
        var older = await CheckOutAsync(await PriceAsync("support", 500), "ada", null);
        Books.Set(older, static one => one["metadata"]!["tollgate_customer"] = "ada");
        await TellAsync();
        _now += 60;
        var pro = await CheckOutAsync(PriceOf("pro"), "ada", null, (string)Books.Get("subscription", older)["customer"]!);
        await TellAsync();
        (await SeenAsync()).ShouldBe("active pro monthly 1", await InboxAsync());
        (await PaymentsAsync()).ShouldBe("succeeded 2900 0");
        (await _database!.ScalarAsync<string>(
            $"SELECT string_agg(DISTINCT state, ',') FROM provider_events WHERE object = '{pro}'")).ShouldBe("done", await InboxAsync());
    }

    [Fact]
    public async Task One_that_gives_nothing_makes_way_for_one_that_is_paid()
    {
        var first = await SubscribeAsync("ada", "pro");
        Books.Set(first, static one => one["status"] = "unpaid");
        await TellAsync();
        (await PlanOfAsync("ada")).ShouldBe("free");
        _now += 60;
        await CheckOutAsync(PriceOf("max"), "ada", null, (string)Books.Get("subscription", first)["customer"]!);
        await TellAsync();
        (await PlanOfAsync("ada")).ShouldBe("max", await InboxAsync());
        (await BreaksAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_end_is_followed_also_when_nobody_knows_the_price_any_more()
    {
        var subscription = await SubscribeAsync("ada", "pro");
        await TellAsync();
        Books.Set(subscription, static one =>
        {
            var price = one["items"]!["data"]![0]!["price"]!;
            (price["lookup_key"], price["metadata"]) = (null, new JsonObject());
        });
        await TellAsync();
        (await SeenAsync()).ShouldBe("active pro monthly 1");
        (await _database!.ScalarAsync<string>("SELECT max(reason) FROM provider_events WHERE state = 'waiting'"))!.ShouldStartWith(
            "No plan of the catalogue");
        Books.End(Books.Get("subscription", subscription));
        await TellAsync();
        (await SeenAsync()).ShouldBe("canceled pro monthly 1");
        (await PlanOfAsync("ada")).ShouldBe("free");
    }

    [Fact]
    public async Task A_link_does_not_bind_a_customer_to_a_customer_of_Stripe()
    {
        await SubscribeAsync("victim", "pro");
        await TellAsync();
        (await PlanOfAsync("victim")).ShouldBe("pro", "Somebody paid for it.");
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM provider_customers")).ShouldBe(
            0, "The visitor who clicked the link is not the customer named in it.");
        (await Rig.Accounts.CustomerAsync(Rig.Account, new("victim", null, null), CancellationToken.None)).ShouldNotBe(
            (string)Books.All("subscription").Single()["customer"]!);
    }

    [Fact]
    public async Task The_last_invoice_is_made_once_whatever_answer_is_lost_and_is_paid_as_the_subscription_was()
    {
        var subscription = await SubscribeAsync("ada", "pro");
        await TellAsync();
        await Rig.Ledger.RecordAsync("ada", "calls", 18, at: Instant.From(DateTimeOffset.UtcNow.AddDays(-20)));
        _now = DateTimeOffset.UtcNow.AddDays(-15).ToUnixTimeSeconds();
        Books.End(Books.Get("subscription", subscription));
        Rig.Stripe.Next(StripeMishap.LoseAnswer, 3, static request => request.Path == "/v1/invoices" && request.Method == "POST");
        Rig.Stripe.Next(StripeMishap.LoseAnswer, 3, static request => request.Path == "/v1/invoiceitems" && request.Method == "POST");
        await TellAsync();
        await TellAsync(again: true);
        await Rig.Bill.RunAsync(Rig.Project, await _database!.ScalarAsync<Guid>("SELECT id FROM subscriptions"), CancellationToken.None);
        var last = Books.All("invoice").Single(static one => one["billing_reason"]!.ToString() == "manual");
        (last["total"]!.ToString(), (bool)last["auto_advance"]!).ShouldBe(("200", true));
        Rig.Stripe.Requests.Last(static one => one is { Path: "/v1/invoices", Method: "POST" }).Body
            .ShouldContain($"default_payment_method={Books.Get("subscription", subscription)["default_payment_method"]}");
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM provider_lines WHERE sent_at IS NULL")).ShouldBe(0);
    }

    [Fact]
    public async Task Another_subscription_begins_here_when_the_one_before_is_over_whichever_is_told_first()
    {
        var first = await SubscribeAsync("ada", "pro");
        var customer = (string)Books.Get("subscription", first)["customer"]!;
        Books.End(Books.Get("subscription", first));
        _now += 60;
        await CheckOutAsync(PriceOf("max"), "ada", null, customer);
        await TellAsync(newestFirst: true);
        (await _database!.ScalarAsync<string>($"SELECT string_agg(x, ',' ORDER BY x) FROM ({Row}) r (x)")).ShouldBe(
            "active max monthly 1,canceled pro monthly 1");
        (await PlanOfAsync("ada")).ShouldBe("max");
        (await BreaksAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_older_read_that_arrives_later_writes_nothing()
    {
        var (start, at) = (Instant.From(DateTimeOffset.UtcNow.AddDays(-3)), Instant.From(DateTimeOffset.UtcNow));
        var follow = new FollowSubscription(Rig.Ledger.Changes, Rig.Ledger.Clock);
        var updates = new SubscriptionUpdate(
            "ada", "sub_1", new("pro", PriceInterval.Monthly, 1, new(2900, Currency.Usd)), SubscriptionStatus.Active,
            new(start, start.Plus(TimeSpan.FromDays(30))), start, start,
            null, null, null, null, at);
        (await follow.RunAsync(Rig.Project, PaymentProvider.Stripe, updates, CancellationToken.None)).ShouldBeNull();
        var older = updates with { Status = SubscriptionStatus.PastDue, AskedAt = at.Minus(TimeSpan.FromMilliseconds(1)) };
        (await follow.RunAsync(Rig.Project, PaymentProvider.Stripe, older, CancellationToken.None)).ShouldBeNull();
        (await SeenAsync()).ShouldBe("active pro monthly 1");
        (await follow.RunAsync(
            Rig.Project, PaymentProvider.Stripe, older with { AskedAt = at.Plus(TimeSpan.FromMilliseconds(1)) },
            CancellationToken.None)).ShouldBeNull();
        (await SeenAsync()).ShouldBe("past_due pro monthly 1");

        var invoices = new FollowInvoice(Rig.Ledger.Changes, StripeRig.Secrets, Rig.Ledger.Clock);
        var invoice = new InvoiceUpdate(
            "ada", "in_1", "sub_1", "A-1", ProviderInvoiceStatus.Open, new(2900, Currency.Usd), new(0, Currency.Usd), new(0, Currency.Usd),
            "pi_1", true, null, start, null, [], at);
        (await invoices.RunAsync(Rig.Project, PaymentProvider.Stripe, invoice, CancellationToken.None)).ShouldBeNull();
        (await PaymentsAsync()).ShouldBe("failed 2900 0");
        var paid =
            invoice with
            {
                Status = ProviderInvoiceStatus.Paid, Paid = invoice.Total, HasFailed = false, PaidAt = at,
                AskedAt = at.Minus(TimeSpan.FromMilliseconds(1)),
            };
        await invoices.RunAsync(Rig.Project, PaymentProvider.Stripe, paid, CancellationToken.None);
        (await PaymentsAsync()).ShouldBe("failed 2900 0");
        await invoices.RunAsync(
            Rig.Project, PaymentProvider.Stripe, paid with { AskedAt = at.Plus(TimeSpan.FromMilliseconds(1)) }, CancellationToken.None);
        (await PaymentsAsync()).ShouldBe("succeeded 2900 0");
        await invoices.RunAsync(
            Rig.Project, PaymentProvider.Stripe, invoice with { AskedAt = at.Plus(TimeSpan.FromMilliseconds(2)) }, CancellationToken.None);
        (await PaymentsAsync()).ShouldBe("succeeded 2900 0", "The succeeded payment stays.");
    }

    private async Task<string?> PlanOfAsync(string customer) =>
        (await Rig.Ledger.Gate.StandingAsync(Rig.Project, customer, CancellationToken.None))!.Plan.Code;

    private async Task<IReadOnlyList<string>> BreaksAsync() =>
        [.. (await VerifyLedger.RunAsync(_database!.Connections, null, null, CancellationToken.None)).Findings.Where(static one =>
            one is { IsBreak: true, Count: > 0 }).Select(static one => $"{one.Meaning}: {one.First[0]}")];

    private Task<string?> InboxAsync() =>
        _database!.ScalarAsync<string>(
            "SELECT string_agg(concat_ws(' ', type, state, reason), '; ' ORDER BY sequence) FROM provider_events");

    private Task<string?> SeenAsync() => _database!.ScalarAsync<string>(Row);

    private Task<string?> PaymentsAsync() => _database!.ScalarAsync<string>(
        "SELECT string_agg(status || ' ' || amount || ' ' || refunded, ', ' ORDER BY sequence) FROM payments WHERE provider_invoice IS NOT "
            + "NULL");

    private async Task<string> SubscribeAsync(string customer, string plan, int? trialDays = null) =>
        await CheckOutAsync(PriceOf(plan), customer, trialDays);

    private string PriceOf(string plan) =>
        (string)Books.All("price").Single(one => one["lookup_key"]?.ToString() == $"tollgate_shop_{plan}_monthly_usd")["id"]!;

    private async Task<string> PriceAsync(string product, long amount)
    {
        var made = await PostAsync("/v1/products", new StripeForm().Set("name", product));
        var form = new StripeForm().Set("product", made.Text("id")).Set("unit_amount", amount).Set("currency", "usd")
            .Set("recurring", new StripeForm().Set("interval", "month"));
        return (await PostAsync("/v1/prices", form)).Text("id")!;
    }

    /// <returns>The subscription.</returns>
    private async Task<string> CheckOutAsync(string price, string? customer, int? trialDays, string? stripeCustomer = null)
    {
        var form = new StripeForm().Set("mode", "subscription").Set("success_url", "https://app.example/thanks")
            .Set("client_reference_id", customer).Set("customer", stripeCustomer)
            .Set("line_items", [new StripeForm().Set("price", price).Set("quantity", 1)]);
        form = trialDays is { } days ? form.Set("subscription_data", new StripeForm().Set("trial_period_days", days)) : form;
        return (string)Books.Pay((await PostAsync("/v1/checkout/sessions", form)).Text("id")!)["subscription"]!;
    }

    private async Task<System.Text.Json.JsonElement> PostAsync(string path, StripeForm form)
    {
        var answer = await Rig.Accounts.Client.PostAsync(Rig.Account.Secret, path, form, null, CancellationToken.None);
        answer.Outcome.ShouldBe(StripeOutcome.Done, answer.Error?.ToString());
        return answer.Body;
    }

    /// <summary>Sends the events since the last call, each twice, and reads the inbox until nothing changes.</summary>
    private async Task TellAsync(bool newestFirst = false, bool again = false)
    {
        IEnumerable<JsonObject> told = again ? Books.Events : [.. Books.Events.Skip(_told)];
        _told = Books.Events.Count;
        foreach (var one in newestFirst ? told.Reverse() : told)
        {
            var body = Encoding.UTF8.GetBytes(one.ToJsonString());
            var headers =
                new Dictionary<string, string>
                {
                    ["Stripe-Signature"] = StripeHooks.Sign(body, StripeDouble.WebhookSecret, DateTimeOffset.UtcNow),
                };
            for (var i = 0; i < 2; i++)
            {
                await Rig.Door.RunAsync(
                    PaymentProvider.Stripe, new(headers, new Dictionary<string, string>(), body), Rig.Project, null,
                    CancellationToken.None);
            }
        }

        for (var round = 0; round < 3; round++)
        {
            await _database!.ScalarAsync<int>("UPDATE provider_events SET due_at = now() WHERE state = 'waiting'");
            while (await Rig.Inbox.RunAsync(CancellationToken.None) > 0)
            {
            }
        }
    }
}
