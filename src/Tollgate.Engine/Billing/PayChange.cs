using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Payments;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>The result of a change that needed a payment.</summary>
/// <param name="Payment">Pending: Tollgate makes the change when the payment succeeds. Failed: nothing was changed.</param>
/// <param name="Change">The change as made; null: not yet, or the money became credit of the customer.</param>
public sealed record PaidChange(Payment Payment, SubscriptionAnswer? Change)
{
    /// <summary>True if the payment belongs to an earlier request; nothing was begun.</summary>
    public bool IsOfAnother { get; init; }
}

/// <summary>
/// Changes a subscription of a customer who can be charged: it computes the price at an instant, charges it, and applies the change as of
/// that instant when the payment succeeds. It is a checkout without a page, so a lost answer or a crash is handled as for any checkout.
/// </summary>
public sealed class PayChange(
    CustomerChanges changes, PaymentProviders providers, SettlePayment settle, ClaimPlan claim, ExpireCheckouts expire,
    SubscriptionQueries subscriptions, InvoiceQueries invoices, Clock clock)
{
    /// <returns>Null: nothing is due now, or the customer cannot be charged; the change is made, or refused, as any other.</returns>
    public async Task<PaidChange?> RunAsync(
        ProjectSnapshot project, Guid subscription, ChangeOrder order, string actor, CancellationToken cancel)
    {
        if (!providers.CapabilitiesOf(project).ChargesSavedMethods
            || await subscriptions.FindAsync(project, subscription, cancel) is not { } item)
        {
            return null;
        }

        await claim.FreeAsync(project, item.Customer, null, givesUpBank: false, actor, cancel);
        var (attempt, method, checkout) = await AttemptAsync(project, item.Customer, WantedOf(subscription, order), actor, cancel);
        if (attempt is null)
        {
            return null;
        }

        // An earlier request is still pending: charge nothing twice.
        if (method is null)
        {
            return new(attempt.Payment, null) { IsOfAnother = true };
        }

        var after = (await settle.SendAsync(project, attempt, isPresent: false, actor)).Payment;
        if (after.Status == PaymentStatus.Failed)
        {
            await expire.RunAsync(project, checkout, actor, CancellationToken.None);
        }

        return new(after, after.Invoice is { } invoice ? await MadeAsync(project, subscription, invoice) : null);
    }

    private async Task<(PaymentRow? Attempt, PaymentMethod? Method, Guid Checkout)> AttemptAsync(
        ProjectSnapshot project, string customer, CheckoutWanted wanted, string actor, CancellationToken cancel)
    {
        await using var change = await changes.BeginOnExistingAsync(project, customer, cancel);
        if (change is null)
        {
            return default;
        }

        if (await claim.TakenByAsync(change, cancel) is { } pending)
        {
            return (await PaymentQueries.FindAsync(change.Connection, project, pending, cancel), null, default);
        }

        if (await PaymentMethods.DefaultAsync(change, project, cancel) is not { } method)
        {
            return default;
        }

        var now = clock.Now(project);
        await change.MarkAsync(OpenCheckout.Look, cancel);
        var purchase = await new MakePurchase(change, project, new(now, now), actor).RunAsync(CheckoutKind.Change, wanted, hasMethod: true,
            looksAhead: false, cancel);
        await change.TakeBackAsync(OpenCheckout.Look, cancel);
        if (purchase.Refusal is not null || purchase.Due.IsZero)
        {
            return default;
        }

        var row = OpenCheckout.RowOf(
            change.Row, project, new(customer, CheckoutKind.Change, wanted, null, null, CheckoutLife.Default, Issuer.Server), now);
        await CheckoutWriter.OpenAsync(change, row, null, Issuer.Server, actor, cancel);
        var payment = await CheckoutWriter.AttemptAsync(
            change, row, (purchase.Due, purchase.ExpectedVersion), (method.Provider, method.Id, $"{method.Brand} {method.Last4}"),
            (now, now), actor, cancel);
        var made = await PaymentQueries.FindAsync(change.Connection, project, payment, cancel);
        await change.CommitAsync();
        return (made, method, row.Checkout.Id);
    }

    private async Task<SubscriptionAnswer> MadeAsync(ProjectSnapshot project, Guid subscription, Guid invoice)
    {
        var item = (await subscriptions.FindAsync(project, subscription, CancellationToken.None))!;
        var paid = await invoices.FindAsync(project, invoice, CancellationToken.None);
        return new(SubscriptionOutcome.Done, item.Row, item.Customer, paid?.Invoice);
    }

    private static CheckoutWanted WantedOf(Guid subscription, ChangeOrder order) => new()
    {
        Subscription = subscription, Plan = order.Plan, Interval = order.Interval, Quantity = order.Quantity,
        CustomAmount = order.CustomAmount, Discount = order.Discount,
        When = order.When switch { ChangeTime.Now => "now", ChangeTime.PeriodEnd => "period_end", _ => null },
        Proration = CatalogWords.Of(order.Proration),
        AddOns = order.AddOns?.ToDictionary(static one => one.Code, static one => one.Quantity),
    };
}
