using Npgsql;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Core.Time;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Billing;

/// <summary>The payment method for a checkout. Neither: none, which is enough if nothing is due.</summary>
/// <param name="Saved">A saved payment method of the customer.</param>
/// <param name="Card">A new card. It is saved once it has paid.</param>
public sealed record PayWith(Guid? Saved, SandboxCard? Card)
{
    public static readonly PayWith Nothing = new(null, null);

    internal bool IsNothing => Saved is null && Card is null;
}

/// <summary>The price that the page showed to the customer.</summary>
/// <param name="Due">The amount due, in minor units.</param>
/// <param name="Quote">The text of <see cref="PriceQuote.Sealed"/>; null: the price was not held.</param>
public sealed record QuotedPrice(long Due, string? Quote);

/// <summary>The price of a checkout.</summary>
/// <param name="HoldsUntil">Until then Tollgate charges exactly this price; null: the price changes only with the catalogue.</param>
/// <param name="Sealed">The text for the page's form, which sends it back; null: the price is not held.</param>
public sealed record PriceQuote(Purchase Purchase, Instant? HoldsUntil, string? Sealed);

public enum PayOutcome
{
    /// <summary>An attempt was made; its status gives the result.</summary>
    Attempted,

    /// <summary>Nothing was due, and the checkout is completed.</summary>
    Completed,

    /// <summary>The price differs from the one that the customer saw.</summary>
    QuoteMoved,

    /// <summary>An earlier attempt is still pending.</summary>
    IsPending,

    /// <summary>Another payment for the customer's plan is pending.</summary>
    PlanIsTaken,

    /// <summary>The checkout is already completed, or has expired.</summary>
    NotOpen,

    /// <summary>The order can no longer be fulfilled.</summary>
    Refused,
    NoMethod,
}

public sealed record PayAnswer(PayOutcome Outcome, CheckoutRow Row, PaymentRow? Payment = null);

/// <summary>
/// Pays a checkout: 1. make the purchase to get its price, and roll it back; 2. commit the attempt in the same transaction, with the price
/// seen; it claims the customer's plan and a redemption of the coupon; 3. <see cref="SettlePayment"/> asks the provider and, when the
/// payment succeeds, makes the purchase as of that instant. Nothing is numbered or granted before the money arrives. If nothing is due, the
/// purchase is made at once.
/// </summary>
public sealed class PayCheckout(
    CheckoutQueries queries, SettlePayment settle, ClaimPlan claim, PaymentProviders providers, SecretBox secrets, CustomerChanges changes,
    Clock clock)
{
    /// <summary>
    /// Returns the current price, and changes nothing. The price of a change, which falls with each second, is held for a while.
    /// </summary>
    public async Task<PriceQuote?> QuoteAsync(ProjectSnapshot project, CheckoutRow row, CancellationToken cancel)
    {
        await using var change = await changes.BeginOnExistingAsync(project, row.Checkout.Customer, cancel);
        if (change is null)
        {
            return null;
        }

        var now = clock.Now(project);
        var purchase = await new MakePurchase(change, project, new(now, now), PaymentActors.System)
            .RunAsync(row.Checkout.Kind, row.Wanted, hasMethod: true, looksAhead: true, cancel);
        if (purchase is not { ExpectedVersion: { } version, Due.IsZero: false })
        {
            return new(purchase, null, null);
        }

        var held = new HeldQuote(now, HeldQuote.End(now, purchase.DueAtBefore, row.Checkout.ExpiresAt), purchase.Due.Minor, version);
        return new(purchase, held.Until, QuoteToken.Close(secrets, row.Checkout.Id, held));
    }

    public async Task<PayAnswer> RunAsync(
        ProjectSnapshot project, CheckoutRow row, PayWith with, QuotedPrice quoted, string actor, CancellationToken cancel)
    {
        // A card of a form pays only where Tollgate's pages take cards, whatever a form sends.
        with = providers.CapabilitiesOf(project).UsesTollgatePages ? with : with with { Card = null };
        await GiveUpUnconfirmedAsync(project, row, cancel);
        if (row.Checkout.Kind == CheckoutKind.Subscription)
        {
            await claim.FreeAsync(project, row.Checkout.Customer, row.Checkout.Id, givesUpBank: true, actor, cancel);
        }

        PayAnswer answer;
        await using (var change = await changes.BeginOnExistingAsync(project, row.Checkout.Customer, cancel))
        {
            if (change is null)
            {
                return new(PayOutcome.NotOpen, row);
            }

            answer = await AttemptAsync(change, project, row.Checkout.Id, (with, quoted), actor, cancel);
        }

        return answer is { Outcome: PayOutcome.Attempted, Payment: { } attempt }
            ? answer with { Payment = await settle.SendAsync(project, attempt, isPresent: true, actor) }
            : answer;
    }

    /// <summary>Applies the customer's answer to the bank.</summary>
    /// <returns>Null: no payment waits for an answer.</returns>
    public async Task<PaymentRow?> ConfirmAsync(ProjectSnapshot project, CheckoutRow row, bool isApproved, CancellationToken cancel)
    {
        if (await queries.LastPaymentAsync(row, cancel) is not { Payment: { Status: PaymentStatus.RequiresAction } payment }
            || providers.Find(payment.Provider) is not { Capabilities.UsesTollgatePages: true } provider)
        {
            return null;
        }

        var done = await provider.ConfirmAsync(project, payment.Id, payment.Amount, isApproved, CancellationToken.None);
        return await settle.RunAsync(project, payment.Id, done, ActorOf(row), CancellationToken.None);
    }

    /// <summary>Ends an attempt that waits for a customer who does something else, unless the bank was answered before.</summary>
    internal async Task GiveUpUnconfirmedAsync(ProjectSnapshot project, CheckoutRow row, CancellationToken cancel) =>
        await ConfirmAsync(project, row, isApproved: false, cancel);

    /// <summary>Returns the actor that the page records.</summary>
    public static string ActorOf(CheckoutRow row) => $"customer {row.Checkout.Customer}";

    private async Task<PayAnswer> AttemptAsync(
        CustomerChange change, ProjectSnapshot project, Guid id, (PayWith With, QuotedPrice Quoted) how, string actor,
        CancellationToken cancel)
    {
        var (row, now) = ((await CheckoutQueries.FindAsync(change.Connection, project, id, cancel))!, clock.Now(project));
        if (!row.Checkout.IsOpen(now))
        {
            return new(PayOutcome.NotOpen, row);
        }

        if (await change.ScalarAsync(CheckoutSql.PendingOf, cancel, row.Partition, row.Account, id) is Guid pending)
        {
            return new(PayOutcome.IsPending, row, await PaymentQueries.FindAsync(change.Connection, project, pending, cancel));
        }

        if (row.Checkout.Kind == CheckoutKind.Subscription && await claim.TakenByAsync(change, cancel) is not null)
        {
            return new(PayOutcome.PlanIsTaken, row);
        }

        await CouponQueries.HoldAsync(change, project, row.Wanted.Coupon, cancel);
        await change.MarkAsync(OpenCheckout.Look, cancel);
        var hasMethod = !how.With.IsNothing || await PaymentMethods.DefaultAsync(change, project, cancel) is not null;
        var held = QuoteToken.Open(secrets, id, how.Quoted.Quote) is { } quote && quote.Holds(now) ? quote : null;
        var time = new PurchaseTime(held?.At ?? now, now);
        var purchase = await new MakePurchase(change, project, time, actor).RunAsync(row.Checkout.Kind, row.Wanted, hasMethod,
            looksAhead: false, cancel);
        if (purchase.Refusal is not null)
        {
            return new(PayOutcome.Refused, row);
        }

        // With another version it was the price of another change.
        if (how.Quoted.Due != purchase.Due.Minor
            || (held is not null && (held.Version, held.Due) != (purchase.ExpectedVersion, how.Quoted.Due)))
        {
            return new(PayOutcome.QuoteMoved, row);
        }

        if (row.Checkout.Kind == CheckoutKind.Invoice
            && await change.ScalarAsync(PaymentSql.PendingOf, cancel, row.Partition, row.Account, row.Wanted.Invoice!.Value) is not null)
        {
            return new(PayOutcome.IsPending, row);
        }

        if (!hasMethod && purchase.NeedsMethodLater && row.Wanted.MethodIfRequired != true
            && providers.CapabilitiesOf(project).UsesTollgatePages)
        {
            return new(PayOutcome.NoMethod, row);
        }

        return purchase.Due.IsZero
            ? await CompleteAsync(change, row, purchase, how.With, now, actor, cancel)
            : await WriteAttemptAsync(change, project, row, purchase, how.With, time, actor, cancel);
    }

    /// <summary>
    /// Completes a checkout with nothing due: a trial, a change at the period's end, a purchase paid by credits, a method that is only
    /// saved.
    /// </summary>
    private async Task<PayAnswer> CompleteAsync(
        CustomerChange change, CheckoutRow row, Purchase purchase, PayWith with, Instant now, string actor, CancellationToken cancel)
    {
        var method = await PaymentMethods.ChosenAsync(change, secrets, (with.Saved, with.Card), now, cancel);
        if (method is null && (row.Checkout.Kind == CheckoutKind.Setup || with.Saved is not null))
        {
            return new(PayOutcome.NoMethod, row);
        }

        if (method is not null)
        {
            await KeepPaymentMethod.KeepAsync(change, method.Id, CheckoutWriter.IsPaidWithLater(row), now, cancel);
        }

        await CheckoutWriter.CompleteAsync(change, row, (purchase.Subscription?.Id, purchase.Invoice?.Id, null), now, actor, cancel);
        await change.CommitAsync();
        return new(PayOutcome.Completed, row);
    }

    private async Task<PayAnswer> WriteAttemptAsync(
        CustomerChange change, ProjectSnapshot project, CheckoutRow row, Purchase purchase, PayWith with, PurchaseTime time, string actor,
        CancellationToken cancel)
    {
        await change.TakeBackAsync(OpenCheckout.Look, cancel);
        if (await PaymentMethods.ChosenAsync(change, secrets, (with.Saved, with.Card), time.Now, cancel) is not { } method)
        {
            return new(PayOutcome.NoMethod, row);
        }

        var payment = await CheckoutWriter.AttemptAsync(
            change, row, (purchase.Due, purchase.ExpectedVersion), (method.Provider, method.Id, $"{method.Brand} {method.Last4}"),
            (time.AsOf, time.Now), actor, cancel);
        var made = await PaymentQueries.FindAsync(change.Connection, project, payment, cancel);
        await change.CommitAsync();
        return new(PayOutcome.Attempted, row, made);
    }
}
