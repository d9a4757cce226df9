using Tollgate.Core.Checkouts;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Makes the purchase of a paid checkout, as of the time of the quote. If the purchase is no longer the same, nothing of it is made, and
/// the money becomes credit of the customer. Runs in the transaction that settles the payment.
/// </summary>
internal static class FinishCheckout
{
    /// <summary>The savepoint before a purchase: if it cannot be made any more, it is rolled back, and the money stays.</summary>
    private const string BeforePurchase = "before_purchase";

    /// <summary>The cause of a customer's credit.</summary>
    private static readonly string[] ByPayment = ["payment"];
    private static readonly Guid?[] OfNoInvoice = [null];

    public static async Task RunAsync(
        CustomerChange change, ProjectSnapshot project, Payment payment, Instant now, string actor, CancellationToken cancel)
    {
        var checkout = (await CheckoutQueries.FindAsync(change.Connection, project, payment.Checkout!.Value, cancel))!;
        if (payment.Method is { } method)
        {
            await KeepPaymentMethod.KeepAsync(change, method, CheckoutWriter.IsPaidWithLater(checkout), now, cancel);
        }

        if (payment.Invoice is { } invoice)
        {
            // An open invoice: Tollgate always accepts money for it.
            await CheckoutWriter.CompleteAsync(change, checkout, (null, invoice, payment.Id), now, actor, cancel);
            await SettlePayment.PayAsync(change, project, payment, invoice, now, actor, cancel);
            return;
        }

        await change.MarkAsync(BeforePurchase, cancel);

        // On a provider's page hours may pass before the customer pays: a new subscription begins then.
        var asOf = payment is { Method: null, ExpectedVersion: null } && checkout.Checkout.Kind == CheckoutKind.Subscription
            ? now
            : payment.QuotedAt!.Value;
        var make = new MakePurchase(change, project, new(asOf, now), actor);
        var made = await make.RunAsync(checkout.Checkout.Kind, checkout.Wanted, payment.Method is not null, looksAhead: false, cancel);
        var isAsQuoted = checkout.Checkout.Status == CheckoutStatus.Open && made is { Refusal: null, Invoice: not null }
            && made.Due == payment.Amount && made.ExpectedVersion == payment.ExpectedVersion;
        if (!isAsQuoted)
        {
            await change.TakeBackAsync(BeforePurchase, cancel);
            await KeepMoneyAsync(change, payment, now, actor, cancel);
            await CheckoutWriter.CreditAsync(change, checkout, payment.Id, now, actor, cancel);
            return;
        }

        await change.ExecuteAsync(PaymentSql.NameInvoice, cancel, change.Row.Partition, change.Row.Account, payment.Id, made.Invoice!.Id);
        await CheckoutWriter.CompleteAsync(change, checkout, (made.Subscription?.Id, made.Invoice.Id, payment.Id), now, actor, cancel);
        await SettlePayment.PayAsync(change, project, payment, made.Invoice.Id, now, actor, cancel);
    }

    private static async Task KeepMoneyAsync(CustomerChange change, Payment payment, Instant now, string actor, CancellationToken cancel)
    {
        await change.ExecuteAsync(
            InvoiceSql.WriteCredits, cancel, new[] { change.Row.Partition }, new[] { change.Row.Account },
            new[] { payment.Amount.Currency.Code },
            new[] { payment.Amount.Minor }, new[] { now.ToUtc() }, ByPayment, OfNoInvoice, new[] { PaymentActors.NoteOf(payment.Id) });
        await change.ExecuteAsync(
            PaymentSql.AddFact, cancel, change.Row.Partition, change.Row.Account, payment.Id, "keep", now.ToUtc(), payment.Amount.Minor,
            actor,
            "The purchase is no longer possible; the payment is the customer's credit.");
    }
}
