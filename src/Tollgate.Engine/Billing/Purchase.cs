using Tollgate.Core.Catalog;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>The reason why an order cannot be fulfilled. One of the three names the room that refused.</summary>
/// <param name="Invoice"><see cref="ChargeOutcome.InvoiceUnknown"/> or <see cref="ChargeOutcome.NothingDue"/>.</param>
/// <param name="Detail">For the caller.</param>
public sealed record PurchaseRefusal(
    SubscriptionOutcome? Subscription = null, PackOutcome? Pack = null, ChargeOutcome? Invoice = null, string? Detail = null);

/// <summary>The result of a purchase.</summary>
/// <param name="Due">The amount due now; 0 if none.</param>
/// <param name="Invoice">Null: there is none.</param>
/// <param name="Next">The next invoice, if requested and known.</param>
/// <param name="ExpectedVersion">The changed subscription's version before the change; null: it changes none.</param>
public sealed record Purchase(MoneyAmount Due, Invoice? Invoice, Subscription? Subscription, int? ExpectedVersion, Invoice? Next)
{
    public PurchaseRefusal? Refusal { get; init; }

    /// <summary>The prices of the renewals, if requested.</summary>
    public IReadOnlyList<ComingPrice> Prices { get; init; } = [];

    /// <summary>The time of the changed subscription's next step before the change; null: there was none.</summary>
    public Instant? DueAtBefore { get; init; }

    /// <summary>
    /// True if nothing is due now but the plan costs something later, so that a customer without a saved method must add one now. A trial
    /// has its own rule, and a change at the end of the period grants nothing before that.
    /// </summary>
    public bool NeedsMethodLater =>
        Refusal is null && Due.IsZero
            && Subscription is { Status: not SubscriptionStatus.Trialing, Scheduled: null, Terms.Amount.IsZero: false };

    /// <summary>True if the purchase changes a plan that the customer already subscribes to.</summary>
    public bool IsChange => ExpectedVersion is not null;
}

/// <summary>The times of a purchase.</summary>
/// <param name="AsOf">The instant whose prices and periods apply.</param>
/// <param name="Now">The time at which it is written.</param>
internal readonly record struct PurchaseTime(Instant AsOf, Instant Now);

/// <summary>
/// Makes the purchase of a checkout in the caller's transaction. The caller locks the customer. It uses the code of every other way to
/// subscribe, change and buy: a quote runs the same code and is rolled back, so both give the same amount.
/// </summary>
internal sealed class MakePurchase(CustomerChange change, ProjectSnapshot project, PurchaseTime time, string actor)
{
    /// <param name="hasMethod">The customer can be charged later, so a trial converts at its end.</param>
    /// <param name="looksAhead">Also computes the next invoice.</param>
    public Task<Purchase> RunAsync(CheckoutKind kind, CheckoutWanted wanted, bool hasMethod, bool looksAhead, CancellationToken cancel) =>
        kind switch
    {
        CheckoutKind.Subscription or CheckoutKind.Change => SubscribeAsync(wanted, hasMethod, looksAhead, cancel),
        CheckoutKind.Pack => BuyAsync(wanted, cancel),
        CheckoutKind.Invoice => InvoiceAsync(wanted.Invoice!.Value, cancel),
        _ => Task.FromResult(Nothing(null)),
    };

    private async Task<Purchase> SubscribeAsync(CheckoutWanted wanted, bool hasMethod, bool looksAhead, CancellationToken cancel)
    {
        var writing = new StepWriting(
            change, project, await SettingsText.LoadAsync(change.Connection, project, cancel), actor, time.AsOf, time.Now);
        var live = await TakeStep.FindAsync(change, project, SubscriptionSql.Live, cancel, change.Row.Partition, change.Row.Account);
        var isStart = live is null && wanted.Subscription is null;
        var answer = (live, wanted) switch
        {
            (null, { Subscription: null }) => await CreateSubscription.RunInTransactionAsync(writing, StartOf(wanted, hasMethod), cancel),
            ({ } row, { Subscription: { } named }) when row.Subscription.Id != named => new(SubscriptionOutcome.NotFound),
            (null, _) => new(SubscriptionOutcome.NotFound),
            (_, { Coupon: not null }) => new(
                SubscriptionOutcome.CouponRefused,
                Detail: "The customer has a subscription: redeem the coupon for it, with POST /v1/subscriptions/{id}/coupons."),
            _ => await ChangeAtOnce.RunInTransactionAsync(writing, live, ChangeOf(wanted), cancel),
        };
        if (answer.Outcome != SubscriptionOutcome.Done)
        {
            return Refused(answer.Outcome == SubscriptionOutcome.NothingChanges
                ? new(SubscriptionOutcome.NotAllowed, Detail: "The customer already has this plan.")
                : new(answer.Outcome, Detail: answer.Detail));
        }

        var (next, prices) = looksAhead && answer.Row!.Subscription.DueAt is not null
            ? await writing.NextAsync(answer.Row, cancel)
            : (null, []);
        return new(
            answer.Invoice?.Due ?? MoneyAmount.Zero(answer.Row!.Subscription.Terms.Currency), answer.Invoice, answer.Row!.Subscription,
            isStart ? null : answer.Row.Version - 1, next)
        {
            DueAtBefore = live?.Subscription.DueAt, Prices = prices,
        };
    }

    private async Task<Purchase> BuyAsync(CheckoutWanted wanted, CancellationToken cancel)
    {
        var order = new PackOrder(wanted.Pack!, wanted.Count ?? 1, CurrencyOf(wanted), null, Preview: false);
        var answer = await BuyPack.BuyInTransactionAsync(change, project, order, EventKey.Generate(time.AsOf), time.Now, actor, cancel);
        return answer.Item is not { } item
            ? Refused(new(Pack: answer.Outcome, Detail: answer.Detail))
            : new(item.Invoice.Due, item.Invoice, null, null, null);
    }

    private async Task<Purchase> InvoiceAsync(Guid id, CancellationToken cancel)
    {
        if (await InvoiceQueries.FindAsync(change.Connection, project, id, cancel) is not { } row || row.Account != change.Row.Account
            || row.Partition != change.Row.Partition)
        {
            return Refused(new(Invoice: ChargeOutcome.InvoiceUnknown));
        }

        return row.Invoice.Payable.IsZero
            ? Refused(new(Invoice: ChargeOutcome.NothingDue, Detail: $"The invoice is {CatalogWords.Of(row.Invoice.Status)}."))
            : Nothing(null) with { Due = row.Invoice.Payable, Invoice = row.Invoice };
    }

    private SubscriptionOrder StartOf(CheckoutWanted wanted, bool hasMethod) => new(
        change.Row.Customer.Id, wanted.Plan!, wanted.Interval ?? PriceInterval.Monthly, CurrencyOf(wanted), wanted.Quantity ?? 1,
        wanted.Trial, hasMethod,
        null, wanted.Coupon, null, null, AddOnsOf(wanted) ?? [], wanted.CustomAmount) { Discount = wanted.Discount };

    private static ChangeOrder ChangeOf(CheckoutWanted wanted) => new(
        wanted.Plan, wanted.Interval, wanted.Quantity,
        wanted.When switch { "now" => ChangeTime.Now, "period_end" => ChangeTime.PeriodEnd, _ => null },
        wanted.Proration is { } policy ? CatalogWords.Read<Proration>(policy) : Proration.Second,
        AddOnsOf(wanted), wanted.CustomAmount) { Discount = wanted.Discount };

    private static IReadOnlyList<(string, long)>? AddOnsOf(CheckoutWanted wanted) =>
        wanted.AddOns is { } some ? [.. some.Select(static one => (one.Key, one.Value))] : null;

    private static Currency? CurrencyOf(CheckoutWanted wanted) => wanted.Currency is { } code ? Currency.Of(code) : null;

    private Purchase Refused(PurchaseRefusal why) => Nothing(why);

    private Purchase Nothing(PurchaseRefusal? why) =>
        new(MoneyAmount.Zero(Currency.Of(project.Currency)), null, null, null, null) { Refusal = why };
}
