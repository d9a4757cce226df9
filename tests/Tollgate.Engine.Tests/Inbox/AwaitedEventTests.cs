using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Subscriptions;
using Tollgate.Engine.Tests.Payments.Stripe;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Inbox;

/// <summary>An event that cannot be applied yet names the fact for which it waits, and only that fact makes it due.</summary>
public sealed class AwaitedEventTests(TestPostgres postgres) : IAsyncLifetime
{
    private static readonly Instant Start = Instant.From(DateTimeOffset.UtcNow.AddDays(-3));

    private TestDatabase? _database;
    private StripeRig? _rig;

    private StripeRig Rig => _rig!;

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
    public async Task An_event_is_due_when_its_fact_is_true_whatever_its_reason_says()
    {
        await ParkAsync("followed", "subscription_followed", "sub_1", "A sentence that a later version words otherwise.");
        await ParkAsync("other subscription", "subscription_followed", "sub_2", "sub_1 is of nobody here: say whose it is.");
        await ParkAsync("longer id", "subscription_followed", "sub_12", "sub_1 is of nobody here: say whose it is.");
        await ParkAsync("no fact", null, null, "sub_1 is of nobody here: say whose it is.");
        await ParkAsync("ended", "subscription_ended", "ada", "Another sentence.");
        await ParkAsync("other customer", "subscription_ended", "bob", "Customer 'ada' has subscription sub_1, which is active.");

        await ApplyAsync("ada", "sub_1", ended: null, askedAt: 1);
        (await DueAsync()).ShouldBe("followed");

        await ApplyAsync("ada", "sub_1", ended: Start.Plus(TimeSpan.FromDays(1)), askedAt: 2);
        (await DueAsync()).ShouldBe("ended, followed");
    }

    /// <summary>Stripe tells of all subscriptions of a customer with each event: two that wait must not wake each other for ever.</summary>
    [Fact]
    public async Task An_end_that_is_told_again_wakes_nothing()
    {
        await ApplyAsync("ada", "sub_1", ended: null, askedAt: 1);
        await ApplyAsync("ada", "sub_1", ended: Start.Plus(TimeSpan.FromDays(1)), askedAt: 2);
        await ParkAsync("ended", "subscription_ended", "ada", "It waits for the next end.");

        await ApplyAsync("ada", "sub_1", ended: Start.Plus(TimeSpan.FromDays(1)), askedAt: 3);
        (await DueAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task The_end_of_a_subscription_of_Tollgates_own_lets_the_one_at_the_provider_begin()
    {
        var order = new SubscriptionOrder("ada", "pro", PriceInterval.Monthly, null, 1, false, true, null, null, null, null, [], null);
        var own = await new CreateSubscription(Rig.Ledger.Changes, Rig.Ledger.Clock).RunAsync(
            Rig.Project, order, new("test", Preview: false), CancellationToken.None);
        var blocked = (await ApplyAsync("ada", "sub_1", ended: null, askedAt: 1)).ShouldNotBeNull();
        blocked.WaitsFor.ShouldBe(new(AwaitedFact.SubscriptionEnded, "ada"));
        await ParkAsync("blocked", CatalogWords.Of(blocked.WaitsFor!.Fact), blocked.WaitsFor.Id, blocked.Reason);

        var (id, at) = (own.Row!.Subscription.Id, new ChangeAtOnce(Rig.Ledger.Changes, Rig.Ledger.Clock));
        await at.CancelAsync(Rig.Project, id, new(ChangeTime.Now, null), new("test", Preview: true), CancellationToken.None);
        (await DueAsync()).ShouldBeNull("A preview changes nothing.");
        await at.CancelAsync(Rig.Project, id, new(ChangeTime.Now, null), new("test", Preview: false), CancellationToken.None);
        (await DueAsync()).ShouldBe("blocked");
        (await ApplyAsync("ada", "sub_1", ended: null, askedAt: 2)).ShouldBeNull();
    }

    private Task<Unresolved?> ApplyAsync(string customer, string reference, Instant? ended, int askedAt) => Rig.Apply.RunAsync(
        Rig.Project, PaymentProvider.Stripe,
        new SubscriptionUpdate(
            customer, reference, new("pro", PriceInterval.Monthly, 1, new(2900, Currency.Of("USD"))),
            ended is null ? SubscriptionStatus.Active : SubscriptionStatus.Canceled, new(Start, Start.Plus(TimeSpan.FromDays(30))), Start,
            Start, null, null, ended, null, Start.Plus(TimeSpan.FromHours(askedAt))),
        CancellationToken.None);

    private Task<int> ParkAsync(string id, string? fact, string? of, string reason) => _database!.ScalarAsync<int>(
        """
        INSERT INTO provider_events (project_id, provider, id, type, body, state, due_at, attempts, reason, waits_for, waits_for_id)
             VALUES ((SELECT id FROM projects), 'stripe', $1, 'customer.subscription.updated', '', 'parked', NULL, 9, $2, nullif($3, ''), nullif($4, ''))
        """,
        id, reason, fact ?? "", of ?? "");

    /// <summary>The events that are read again now, with all their attempts ahead.</summary>
    private Task<string?> DueAsync() => _database!.ScalarAsync<string>(
        "SELECT string_agg(id, ', ' ORDER BY id) FROM provider_events WHERE state = 'waiting' AND due_at <= now() AND attempts = 0");
}
