using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Engine.Payments.Stripe;
using Tollgate.Engine.Verification;
using Tollgate.Testing;
using Tollgate.Testing.Stripe;

namespace Tollgate.Engine.Tests.Payments.Stripe;

/// <summary>
/// Whole lives of subscriptions that Stripe manages, reported during and after them: in any order, several times, in both shapes, with
/// stale and tampered events among them. For every order, the final rows match Stripe's state.
/// </summary>
public sealed class StripeMirrorLivesTests(TestPostgres postgres) : IAsyncLifetime
{
    /// <summary>The number in the suite; TOLLGATE_STRIPE_LIVES sets a larger one.</summary>
    private static readonly int Lives = int.TryParse(
        Environment.GetEnvironmentVariable("TOLLGATE_STRIPE_LIVES"), CultureInfo.InvariantCulture, out var more) ? more : 200;

    /// <summary>The number of lives that run in parallel.</summary>
    private const int AtOnce = 8;

    private static readonly string[] Plans = ["pro", "max"];

    /// <summary>The time of the running life, at which Stripe executes HTTP requests.</summary>
    private readonly AsyncLocal<long?> _now = new();

    private TestDatabase? _database;
    private StripeRig? _rig;
    private Dictionary<string, string> _prices = [];

    private StripeRig Rig => _rig!;

    private StripeBooks Books => Rig.Stripe.Books;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await StripeRig.StartAsync(_database);
        Books.Now = () => _now.Value ?? DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        await new SyncStripe(Rig.Accounts, new(static _ => null)).RunAsync(Rig.Project, dryRun: false, CancellationToken.None);
        _prices = Books.All("price").Where(static one => one["recurring"]!["interval"]!.ToString() == "month")
            .ToDictionary(static one => one["lookup_key"]!.ToString().Split('_')[2], static one => one["id"]!.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task Subscriptions_end_as_they_were_lived_however_they_are_told()
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Lives), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (seed, _) => await LiveAsync(seed));
        await ReadAllAsync();
        (await _database!.ScalarAsync<string>(
            "SELECT string_agg(DISTINCT concat_ws(': ', state, reason), '; ') FROM provider_events WHERE state NOT IN ('done', 'ignored')"))
            .ShouldBeNull();

        var subscriptions = await SeenAsync(
            """
            SELECT reference, concat_ws(' ', status, plan, extract(epoch FROM started_at)::bigint, extract(epoch FROM period_start)::bigint,
                   CASE WHEN ended_at IS NULL THEN extract(epoch FROM period_end)::bigint END, extract(epoch FROM cancel_at)::bigint,
                     extract(epoch FROM ended_at)::bigint)
              FROM subscriptions s JOIN plan_versions v ON v.id = s.plan_version_id
            """);
        var payments = await SeenAsync("SELECT provider_invoice, concat_ws(' ', status, amount, refunded) FROM payments");
        var plans = await SeenAsync(
            "SELECT c.id, coalesce(v.plan, 'free') FROM customers c LEFT JOIN plan_versions v ON v.id = c.plan_version_id");
        subscriptions.Count.ShouldBeGreaterThanOrEqualTo(Lives);
        subscriptions.ShouldBe(Books.All("subscription").ToDictionary(IdOf, TruthOf), ignoreOrder: true);
        payments.ShouldBe(Books.All("invoice").Where(WasAskedFor).ToDictionary(IdOf, PaymentOf), ignoreOrder: true);
        plans.ShouldBe(
            Books.All("subscription").GroupBy(static one => one["customer"]!.ToString())
                .ToDictionary(CustomerOf, static all => all.Select(PlanOf).FirstOrDefault(static plan => plan != "free") ?? "free"),
            ignoreOrder: true);
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM refunds WHERE status <> 'succeeded'")).ShouldBe(0);
        var report = await VerifyLedger.RunAsync(_database!.Connections, null, null, CancellationToken.None);
        report.Findings.Where(static one => one is { IsBreak: true, Count: > 0 })
            .Select(static one => $"{one.Count} × {one.Meaning}: {one.First[0]}").ShouldBeEmpty();
    }

    private static string IdOf(JsonObject one) => one["id"]!.ToString();

    private string CustomerOf(IGrouping<string, JsonObject> subscriptions) =>
        Books.All("checkout.session").First(one => one["customer"]?.ToString() == subscriptions.Key)["client_reference_id"]!.ToString();

    /// <summary>Stripe's state, in the form of the row.</summary>
    private static string TruthOf(JsonObject one)
    {
        var (item, ended) = (one["items"]!["data"]![0]!, one["ended_at"]?.ToString());
        var status = one["status"]!.ToString() switch { "unpaid" => "paused", var word => word };
        var cancelAt = ended is null && (bool)one["cancel_at_period_end"]! ? item["current_period_end"]!.ToString() : null;
        return string.Join(' ', new[]
        {
            status, item["price"]!["lookup_key"]!.ToString().Split('_')[2], one["start_date"]!.ToString(),
            item["current_period_start"]!.ToString(),
            ended is null ? item["current_period_end"]!.ToString() : null, cancelAt, ended,
        }.OfType<string>());
    }

    private static string PlanOf(JsonObject one) => one["status"]!.ToString() is "active" or "trialing" or "past_due"
        ? one["items"]!["data"]![0]!["price"]!["lookup_key"]!.ToString().Split('_')[2]
        : "free";

    private static bool WasAskedFor(JsonObject invoice) =>
        invoice["total"]!.Whole() > 0 && (invoice["status"]!.ToString() == "paid" || (invoice["attempt_count"]?.Whole() ?? 0) > 0);

    private string PaymentOf(JsonObject invoice)
    {
        var intent = invoice["payments"]?["data"]?[0]?["payment"]?["payment_intent"]?.ToString();
        var back = intent is null
            ? 0
            : Books.All("charge").Single(one => one["payment_intent"]?.ToString() == intent)["amount_refunded"]!.Whole();
        return $"{(invoice["status"]!.ToString() == "paid" ? "succeeded" : "failed")} {invoice["total"]} {back}";
    }

    private async Task LiveAsync(int seed)
    {
        var chance = new Random(seed);
        _now.Value = DateTimeOffset.UtcNow.AddDays(-chance.Next(180, 200)).ToUnixTimeSeconds();
        var subscription = await SubscribeAsync(chance, $"c{seed}", null);
        var customer = Books.Get("subscription", subscription)["customer"]!.ToString();
        for (var left = chance.Next(5); left > 0; left--)
        {
            Happen(chance, subscription);
            if (chance.Next(3) == 0)
            {
                var so = Told(customer).ToArray();
                chance.Shuffle(so);
                await TellAsync(chance, so.Take(chance.Next(so.Length)));
            }
        }

        if (chance.Next(3) == 0)
        {
            _now.Value += 86_400;
            Books.End(Books.Get("subscription", subscription));
            if (chance.Next(2) == 0)
            {
                _now.Value += 3_600;
                await SubscribeAsync(chance, $"c{seed}", customer);
            }
        }

        await TellAsync(chance, Told(customer));
    }

    private async Task<string> SubscribeAsync(Random chance, string customer, string? known)
    {
        var form = new StripeForm().Set("mode", "subscription").Set("success_url", "https://app.example/thanks")
            .Set("client_reference_id", customer).Set("customer", known)
            .Set("line_items", [new StripeForm().Set("price", _prices[Plans[chance.Next(2)]]).Set("quantity", 1)]);
        var data = new StripeForm();
        data = chance.Next(2) == 0 ? data.Set("metadata", new StripeForm().Set("tollgate_customer", customer)) : data;
        data = known is null && chance.Next(3) == 0 ? data.Set("trial_period_days", 7) : data;
        var answer = await Rig.Accounts.Client.PostAsync(
            Rig.Account.Secret, "/v1/checkout/sessions", data.IsEmpty ? form : form.Set("subscription_data", data), null,
            CancellationToken.None);
        return Books.Pay(answer.Body.Text("id")!)["subscription"]!.ToString();
    }

    private void Happen(Random chance, string id)
    {
        var found = Books.Get("subscription", id);
        switch (chance.Next(8))
        {
            case 0 or 1 or 2:
                _now.Value = found["items"]!["data"]![0]!["current_period_end"]!.Whole();
                var draft = IdOf(Books.Renew(id));
                if (found["status"]!.ToString() == "trialing")
                {
                    Books.Set(id, static one => one["status"] = "active");
                }

                if (chance.Next(2) == 0)
                {
                    Books.Finalize(draft, StripeCard.Declined);
                    if (chance.Next(2) == 0)
                    {
                        return;
                    }
                }

                if (Books.Get("invoice", draft)["status"]!.ToString() == "draft")
                {
                    Books.Finalize(draft);
                }
                else
                {
                    Books.Charge(draft, StripeCard.Good);
                }

                return;
            case 3:
                var price = Books.Get("price", _prices[Plans[chance.Next(2)]]);
                Books.Set(id, one => one["items"]!["data"]![0]!["price"] = price.DeepClone());
                return;
            case 4:
                Books.Set(id, one => one["cancel_at_period_end"] = chance.Next(2) == 0);
                return;
            case 5:
                Books.Set(id, one => one["status"] = chance.Next(2) == 0 ? "unpaid" : "active");
                return;
            default:
                // Other lives change their invoices at the same time.
                var paid = Books.Copies(
                    "invoice",
                    one => one["customer"]?.ToString() == found["customer"]!.ToString() && one["payments"]?["data"]?[0] is not null);
                if (paid.Count > 0)
                {
                    Books.Refund(
                        paid[chance.Next(paid.Count)]["payments"]!["data"]![0]!["payment"]!["payment_intent"]!.ToString(),
                        chance.Next(1, 300));
                }

                return;
        }
    }

    /// <summary>Stripe's events about a customer, without those that Tollgate ignores.</summary>
    private IReadOnlyList<JsonObject> Told(string customer)
    {
        var intents = Books.EventsOf(customer).Select(static one => one["data"]!["object"]!)
            .Where(static one => one["object"]!.ToString() == "payment_intent").Select(static one => one["id"]!.ToString());
        return [.. Books.EventsOf(intents.Distinct().Append(customer))
            .Where(one => one["data"]!["object"]!["id"]!.ToString() != customer
                && one["type"]!.ToString() is not ("charge.succeeded" or "payment_method.attached" or "payment_intent.succeeded"))];
    }

    /// <summary>Sends each event correctly at least once, and also older, late or tampered copies.</summary>
    private async Task TellAsync(Random chance, IEnumerable<JsonObject> told)
    {
        var copies = told.SelectMany(one => Enumerable.Range(0, chance.Next(1, 3))
            .Select(_ => (Event: chance.Next(2) == 0 ? one : StripeHooks.Older(one), Kind: "right"))
            .Concat(chance.Next(6) == 0 ? [(one, "stale")] : []).Concat(chance.Next(6) == 0 ? [(one, "tampered")] : [])).ToArray();
        chance.Shuffle(copies);
        foreach (var (happened, kind) in copies)
        {
            await Rig.TellAsync(chance, happened, kind);
        }

        if (chance.Next(2) == 0)
        {
            await Rig.Inbox.RunAsync(CancellationToken.None);
        }
    }

    /// <summary>An event that arrives before the event of its subscription waits for seconds; here they pass immediately.</summary>
    private async Task ReadAllAsync()
    {
        for (var left = 20; left > 0
            && await _database!.ScalarAsync<long>("SELECT count(*) FROM provider_events WHERE state = 'waiting'") > 0; left--)
        {
            await _database!.ScalarAsync<int>("UPDATE provider_events SET due_at = now() WHERE state = 'waiting'");
            while (await Rig.Inbox.RunAsync(CancellationToken.None) > 0)
            {
            }
        }
    }

    private async Task<Dictionary<string, string>> SeenAsync(string sql)
    {
        var seen = new Dictionary<string, string>();
        await using var command = _database!.Source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            seen.Add(reader.GetString(0), Convert.ToString(reader.GetValue(1), CultureInfo.InvariantCulture)!);
        }

        return seen;
    }
}
