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
}

/// <summary>What of a payment can go back (<c>SEMANTICS</c> 4): refunds and credit notes of an invoice are together never above what was paid.</summary>
public static class RefundRules
{
    /// <param name="held">Of the payment, what the customer's bank holds or took: it went back that way.</param>
    /// <param name="wanted">Null: all that is left.</param>
    /// <returns>With what is to go back, or what could.</returns>
    public static (RefundVerdict Verdict, MoneyAmount Amount) Judge(Payment payment, Invoice invoice, MoneyAmount held, MoneyAmount? wanted)
    {
        var zero = MoneyAmount.Zero(payment.Amount.Currency);
        if (payment.Status != PaymentStatus.Succeeded)
        {
            return (RefundVerdict.NotSucceeded, zero);
        }

        var (ofPayment, ofInvoice) = (payment.Amount - payment.Refunded - held, invoice.Total - invoice.Credited);
        var left = ofPayment < ofInvoice ? ofPayment : ofInvoice;
        if (left.IsZero || left.IsNegative)
        {
            return (RefundVerdict.NothingLeft, zero);
        }

        var amount = wanted ?? left;
        return amount switch
        {
            { IsZero: true } or { IsNegative: true } => (RefundVerdict.NotPositive, left),
            _ when amount > left => (RefundVerdict.TooMuch, left),
            _ => (RefundVerdict.Allowed, amount),
        };
    }
}
