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

/// <summary>How a change that had to be paid ended.</summary>
/// <param name="Payment">Pending: it is made when the money is known to have come. Failed: nothing was changed.</param>
/// <param name="Change">The change as it was made; null: not yet, or the money became the customer's credit.</param>
public sealed record PaidChange(Payment Payment, SubscriptionAnswer? Change)
{
    /// <summary>The payment is of something else that was asked for before; nothing was begun.</summary>
    public bool IsOfAnother { get; init; }
}

/// <summary>
/// Changes a subscription of a customer who can be charged: billed at an instant, charged, and applied as of that instant when the money
/// came. It is a checkout without a page, so an answer that is lost or a server that dies is met as everywhere.
/// </summary>
public sealed class PayChange(
    CustomerChanges changes, PaymentProviders providers, SettlePayment settle, ClaimPlan claim, ExpireCheckouts expire,
    SubscriptionQueries subscriptions, InvoiceQueries invoices, Clock clock)
{
    /// <returns>Null: nothing is due now, or nobody can be charged; the change is made, or refused, as any other.</returns>
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

        // Somebody has asked before, and how that ended is not known yet: nothing is asked for twice.
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
