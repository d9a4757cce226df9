using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;

namespace Tollgate.Core.Payments;

public enum RefundVerdict
{
    Allowed,

    /// <summary>The payment failed, or its result is not known yet.</summary>
    NotSucceeded,

    /// <summary>The payment is refunded in full already, or its invoice was credited in full.</summary>
    NothingLeft,
    NotPositive,

    /// <summary>More than the rest.</summary>
    TooMuch,

    /// <summary>The payment has the most refunds that it can have, and this one would leave a rest.</summary>
    TooMany,
}

/// <summary>The other facts that limit a refund, in the payment's currency.</summary>
/// <param name="Held">The part of the payment that the customer's bank holds or took back in a dispute.</param>
/// <param name="Overpaid">The part of the payment that its invoice no longer charged and that was not refunded yet: it became
/// credit.</param>
/// <param name="Credit">The customer's prepaid credit.</param>
/// <param name="Refunds">The number of refunds of the payment, whatever their result.</param>
public sealed record RefundBounds(MoneyAmount Held, MoneyAmount Overpaid, MoneyAmount Credit, int Refunds = 0);

/// <param name="Amount">For an allowed refund its amount; otherwise the amount that could be refunded.</param>
/// <param name="FromCredit">The part of it that is deducted from the customer's credit; a credit note covers the rest.</param>
public sealed record RefundJudgement(RefundVerdict Verdict, MoneyAmount Amount, MoneyAmount FromCredit);

/// <summary>
/// The refundable part of a payment (<c>SEMANTICS</c> 4): refunds and credit notes of an invoice together never exceed the paid amount. The
/// part that the invoice did not charge, and the part that a change of the subscription credited, are refunded first, out of the credit
/// that they became, unless the customer has spent it.
/// </summary>
public static class RefundRules
{
    /// <summary>
    /// The most refunds of one payment that callers can request: reading the payment reads all of them. A refund of the whole rest is
    /// always possible.
    /// </summary>
    public const int MostRefunds = 100;

    /// <param name="invoice">Null: the payment paid no invoice of Tollgate, and all of it became credit, unless it paid an invoice of the
    /// provider.</param>
    /// <param name="wanted">Null: the whole rest.</param>
    public static RefundJudgement Judge(Payment payment, Invoice? invoice, RefundBounds bounds, MoneyAmount? wanted)
    {
        var zero = MoneyAmount.Zero(payment.Amount.Currency);
        if (payment.Status != PaymentStatus.Succeeded)
        {
            return new(RefundVerdict.NotSucceeded, zero, zero);
        }

        var ofPayment = payment.Amount - payment.Refunded;
        var ofCredit = OfCredit(payment, invoice, bounds);
        var ofInvoice = OfInvoice(payment, invoice, bounds);
        var left = MoneyAmount.Min(ofPayment - bounds.Held, ofCredit + ofInvoice);
        if (left.IsZero || left.IsNegative)
        {
            return new(RefundVerdict.NothingLeft, zero, zero);
        }

        var amount = wanted ?? left;
        return amount switch
        {
            { IsZero: true } or { IsNegative: true } => new(RefundVerdict.NotPositive, left, zero),
            _ when amount > left => new(RefundVerdict.TooMuch, left, zero),
            _ when bounds.Refunds >= MostRefunds && amount < left => new(RefundVerdict.TooMany, left, zero),
            _ => new(RefundVerdict.Allowed, amount, MoneyAmount.Min(amount, ofCredit)),
        };
    }

    /// <summary>
    /// Books a refund at the provider, which is a fact: money that a bank holds does not limit it, and the part that no document covers is
    /// deducted from the customer's credit. It fails only if neither covers the amount.
    /// </summary>
    /// <inheritdoc cref="Judge"/>
    public static RefundJudgement Book(Payment payment, Invoice? invoice, RefundBounds bounds, MoneyAmount amount)
    {
        var left = payment.Amount - payment.Refunded;
        if (payment.Status != PaymentStatus.Succeeded || amount.IsZero || amount.IsNegative || amount > left)
        {
            return Judge(payment, invoice, bounds, amount);
        }

        var ofInvoice = OfInvoice(payment, invoice, bounds);
        var ofCredit = MoneyAmount.Min(amount, OfCredit(payment, invoice, bounds));
        var fromCredit = amount - MoneyAmount.Min(amount - ofCredit, ofInvoice);
        return fromCredit.IsZero || fromCredit <= bounds.Credit
            ? new(RefundVerdict.Allowed, amount, fromCredit)
            : new(RefundVerdict.TooMuch, MoneyAmount.Min(left, ofInvoice + bounds.Credit.FloorAtZero()), MoneyAmount.Zero(left.Currency));
    }

    /// <summary>Returns the amount that a credit note can cover.</summary>
    private static MoneyAmount OfInvoice(Payment payment, Invoice? invoice, RefundBounds bounds)
    {
        var ofPayment = payment.Amount - payment.Refunded;
        return invoice switch
        {
            // The provider invoiced it: no document of Tollgate limits it.
            null when payment.ProviderInvoice is not null => ofPayment,
            { Status: InvoiceStatus.Open or InvoiceStatus.Paid } =>
                MoneyAmount.Min((ofPayment - bounds.Overpaid.FloorAtZero()).FloorAtZero(), invoice.Creditable),
            _ => MoneyAmount.Zero(ofPayment.Currency),
        };
    }

    /// <summary>Returns the unspent part of the credit that resulted from an overpayment or a change.</summary>
    private static MoneyAmount OfCredit(Payment payment, Invoice? invoice, RefundBounds bounds) =>
        MoneyAmount.Min(bounds.Overpaid + (invoice?.ProrationCredited ?? MoneyAmount.Zero(payment.Amount.Currency)), bounds.Credit)
            .FloorAtZero();
}
