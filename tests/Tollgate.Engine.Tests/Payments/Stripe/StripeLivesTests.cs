using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Secrets;
using Tollgate.Testing;
using Tollgate.Testing.Stripe;

namespace Tollgate.Engine.Tests.Payments.Stripe;

/// <summary>
/// Whole lives of payments, reported by Stripe's events in any order, several times, in both shapes, with stale and tampered ones among
/// them. For every order, the final rows match Stripe's state.
/// </summary>
public sealed class StripeLivesTests(TestPostgres postgres) : IAsyncLifetime
{
    /// <summary>The number in the suite; TOLLGATE_STRIPE_LIVES sets a larger one.</summary>
    private static readonly int Lives = int.TryParse(
        Environment.GetEnvironmentVariable("TOLLGATE_STRIPE_LIVES"), CultureInfo.InvariantCulture, out var more) ? more : 200;

    /// <summary>The number of lives that run in parallel.</summary>
    private const int AtOnce = 8;

    private const long Price = 2900;

    private TestDatabase? _database;
    private StripeRig? _rig;

    private StripeRig Rig => _rig!;

    private StripeBooks Books => Rig.Stripe.Books;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await StripeRig.StartAsync(_database);
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task Payments_end_as_they_were_lived_however_they_are_told()
    {
        var lives = new Life[Lives];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Lives), new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (seed, _) => lives[seed] = await LiveAsync(seed));
        await ReadAllAsync();

        foreach (var life in lives)
        {
            (await SeenAsync(life.Payment)).ShouldBe(life.Outcome, $"seed {life.Seed}");
        }

        (await _database!.ScalarAsync<string>("SELECT string_agg(DISTINCT state, ' ') FROM provider_events")).ShouldBe("done");
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM provider_events")).ShouldBe(
            lives.Sum(static life => life.Events), "Each event is kept once, and nothing else.");
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM payments WHERE status = 'pending'")).ShouldBe(0);
    }

    /// <summary>An event that arrives before the event of its payment waits for seconds; here they pass immediately.</summary>
    private async Task ReadAllAsync()
    {
        for (var left = 100; await _database!.ScalarAsync<long>("SELECT count(*) FROM provider_events WHERE state = 'waiting'") > 0; left--)
        {
            left.ShouldBePositive("The inbox does not come to an end.");
            await _database!.ScalarAsync<int>("UPDATE provider_events SET due_at = now() WHERE state = 'waiting'");
            while (await Rig.Inbox.RunAsync(CancellationToken.None) > 0)
            {
            }
        }
    }

    /// <summary>The expected final state.</summary>
    /// <param name="Disputed">Null: there was no dispute.</param>
    private sealed record Outcome(string Status, long Refunded, int Refunds, string? Disputed, string Invoice);

    private sealed record Life(int Seed, Guid Payment, Outcome Outcome, int Events);

    private async Task<Life> LiveAsync(int seed)
    {
        var (chance, customer) = (new Random(seed), $"c{seed}");
        var card = chance.Next(5) == 0 ? StripeCard.Declined : StripeCard.Good;
        var invoice = await OweAsync(customer, card);
        if (chance.Next(3) == 0)
        {
            // The answer is lost, and nothing queries the payment: only the events report it.
            Rig.Stripe.Next(StripeMishap.LoseAnswer, 3,
                request => request.Path == "/v1/payment_intents" && request.Method == "POST"
                    && request.Body.EndsWith($"[tollgate_customer]={customer}&metadata[tollgate_project]=shop", StringComparison.Ordinal));
        }

        var payment = (await Rig.Charge.RunAsync(Rig.Project, invoice, null, "test", CancellationToken.None)).Row!.Payment.Id;
        var intent = (string)Books.EventsOf(payment.ToString())[0]["data"]!["object"]!["id"]!;
        var (refunded, refunds, disputed) = card == StripeCard.Good ? Happen(chance, intent) : (0, 0, null);
        var told = Books.EventsOf(intent).Where(static one => one["data"]!["object"] is { } moved
            && ((string?)moved["object"] != "charge" || (moved["amount_refunded"] is { } back && back.ToString() != "0"))).ToList();
        await TellAsync(chance, told);
        return new(seed, payment, card == StripeCard.Good
            ? new("succeeded", refunded, refunds, disputed, "paid")
            : new("failed", 0, 0, null, "open"), told.Count);
    }

    /// <summary>The events at Stripe after the payment.</summary>
    private (long Refunded, int Refunds, string? Disputed) Happen(Random chance, string intent)
    {
        switch (chance.Next(4))
        {
            case 0:
                Books.Dispute(intent);
                return (0, 0, chance.Next(3) switch { 0 => "open", 1 => End("won"), _ => End("lost") });
            case 1:
                Books.Refund(intent, null);
                return (Price, 1, null);
            case 2:
                var (first, second) = (chance.Next(1, 1000), chance.Next(1, 1000));
                Books.Refund(intent, first);
                Books.Refund(intent, second);
                return (first + second, 2, null);
            default:
                return (0, 0, null);
        }

        string End(string status)
        {
            Books.Dispute(intent, status);
            return status;
        }
    }

    /// <summary>Sends each event correctly at least once, and also older, late or tampered copies.</summary>
    private async Task TellAsync(Random chance, IReadOnlyList<JsonObject> told)
    {
        var copies = told.SelectMany(one => Enumerable.Range(0, chance.Next(1, 4))
            .Select(_ => (Event: chance.Next(2) == 0 ? one : StripeHooks.Older(one), Kind: "right"))
            .Concat(chance.Next(3) == 0 ? [(one, "stale")] : []).Concat(chance.Next(3) == 0 ? [(one, "tampered")] : [])).ToArray();
        chance.Shuffle(copies);
        foreach (var (happened, kind) in copies)
        {
            await Rig.TellAsync(chance, happened, kind);
            if (chance.Next(4) == 0)
            {
                await Rig.Inbox.RunAsync(CancellationToken.None);
            }
        }
    }

    private async Task<Guid> OweAsync(string customer, StripeCard card)
    {
        var order = new SubscriptionOrder(customer, "pro", PriceInterval.Monthly, null, 1, false, true, null, null, null, null, [], null);
        var answer = await new CreateSubscription(Rig.Ledger.Changes, Rig.Ledger.Clock).RunAsync(Rig.Project, order, new("test", false),
            CancellationToken.None);
        var reference =
            (await Rig.Accounts.CustomerAsync(Rig.Account, new(customer, null, null), CancellationToken.None)).ShouldNotBeNull();
        var method = Guid.NewGuid();
        await _database!.ScalarAsync<int>(
            """
            INSERT INTO payment_methods (partition, account, id, provider, token, brand, last4, is_default, added_at)
            SELECT partition, account, $2, 'stripe', $3, 'visa', '4242', true, now() FROM customers WHERE id = $1
            """,
            customer, method, StripeRig.Secrets.CloseText(Books.AddCard(reference, card), SecretPlace.Card(method)));
        return answer.Invoice!.Id;
    }

    private async Task<Outcome> SeenAsync(Guid payment)
    {
        var row = (await Rig.Queries.FindAsync(Rig.Project, payment, CancellationToken.None)).ShouldNotBeNull();
        var disputed = await _database!.ScalarAsync<string>(
            $"SELECT coalesce((SELECT status FROM disputes WHERE payment = '{payment}'), 'none')");
        var invoice = await _database!.ScalarAsync<string>($"SELECT status FROM invoices WHERE id = '{row.Payment.Invoice}'") ?? "none";
        row.Refunds.ShouldAllBe(static refund => refund.Status == PaymentStatus.Succeeded);
        return new(
            CatalogWords.Of(row.Payment.Status), row.Payment.Refunded.Minor, row.Refunds.Count, disputed == "none" ? null : disputed,
            invoice);
    }
}
