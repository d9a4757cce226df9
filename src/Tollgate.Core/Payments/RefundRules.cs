using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;

namespace Tollgate.Core.Payments;

public enum RefundVerdict
{
    Allowed,

    /// <summary>No money came, or it is not known yet.</summary>
    NotSucceeded,

    /// <summary>All of it went back already, or the invoice was credited in full.</summary>
    NothingLeft,
    NotPositive,

    /// <summary>More than is left.</summary>
    TooMuch,

    /// <summary>The payment has as many refunds as it can, and this one would leave something.</summary>
    TooMany,
}

/// <summary>What else bears on a refund, in the payment's currency.</summary>
/// <param name="Held">Of the payment, what the customer's bank holds or took: it went back that way.</param>
/// <param name="Overpaid">Of the payment, what its invoice did not ask for any more, and did not go back yet: it became credit.</param>
/// <param name="Credit">The prepaid credit that the customer has.</param>
/// <param name="Refunds">The number of refunds that the payment has, whatever became of them.</param>
public sealed record RefundBounds(MoneyAmount Held, MoneyAmount Overpaid, MoneyAmount Credit, int Refunds = 0);

/// <param name="Amount">Of an allowed one, what goes back; else what could.</param>
/// <param name="FromCredit">Of it, what is taken out of the customer's credit; over the rest there is a credit note.</param>
public sealed record RefundJudgement(RefundVerdict Verdict, MoneyAmount Amount, MoneyAmount FromCredit);

/// <summary>
/// What of a payment can go back (<c>SEMANTICS</c> 4): refunds and credit notes of an invoice are together never above what was paid. What
/// the invoice did not ask for, and what a change of the subscription gave back of it, goes back first, out of the credit that it became,
/// as far as that was not spent.
/// </summary>
public static class RefundRules
{
    /// <summary>
    /// Refunds that somebody can ask for, of one payment: whoever reads the payment reads all of them. One over all that is left is always
    /// possible.
    /// </summary>
    public const int MostRefunds = 100;

    /// <param name="invoice">Null: it paid none of ours, and all of it became credit, unless it paid one of the provider's own.</param>
    /// <param name="wanted">Null: all that is left.</param>
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
        var left = Least(ofPayment - bounds.Held, ofCredit + ofInvoice);
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
            _ => new(RefundVerdict.Allowed, amount, Least(amount, ofCredit)),
        };
    }

    /// <summary>
    /// Money that went back at the provider is a fact: what a bank holds does not change it, and what no document covers is taken out of
    /// the customer's credit. Only what is in neither cannot be booked.
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
        var ofCredit = Least(amount, OfCredit(payment, invoice, bounds));
        var fromCredit = amount - Least(amount - ofCredit, ofInvoice);
        return fromCredit.IsZero || fromCredit <= bounds.Credit
            ? new(RefundVerdict.Allowed, amount, fromCredit)
            : new(RefundVerdict.TooMuch, Least(left, ofInvoice + Positive(bounds.Credit)), MoneyAmount.Zero(left.Currency));
    }

    /// <summary>What a document can be over.</summary>
    private static MoneyAmount OfInvoice(Payment payment, Invoice? invoice, RefundBounds bounds)
    {
        var ofPayment = payment.Amount - payment.Refunded;
        return invoice switch
        {
            // The provider invoiced it: no document of ours bounds it.
            null when payment.ProviderInvoice is not null => ofPayment,
            { Status: InvoiceStatus.Open or InvoiceStatus.Paid } =>
                Least(Positive(ofPayment - Positive(bounds.Overpaid)), invoice.Creditable),
            _ => MoneyAmount.Zero(ofPayment.Currency),
        };
    }

    /// <summary>What became credit, because the invoice did not ask for it or because a change gave it back, and was not spent.</summary>
    private static MoneyAmount OfCredit(Payment payment, Invoice? invoice, RefundBounds bounds) =>
        Positive(Least(bounds.Overpaid + (invoice?.ProrationCredited ?? MoneyAmount.Zero(payment.Amount.Currency)), bounds.Credit));

    private static MoneyAmount Least(MoneyAmount a, MoneyAmount b) => a < b ? a : b;

    private static MoneyAmount Positive(MoneyAmount amount) => amount.IsNegative ? MoneyAmount.Zero(amount.Currency) : amount;
}
