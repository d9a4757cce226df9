using Tollgate.Core.Money;

namespace Tollgate.Core.Payments.Paymob;

/// <summary>The meaning of Paymob's transactions for a payment.</summary>
public static class PaymobRules
{
    /// <summary>Returns the status of a payment. A refund or a void is no payment: use its parent.</summary>
    public static PaymentStatus StatusOf(PaymobTransaction transaction) => transaction switch
    {
        { Pending: true } => PaymentStatus.Pending,
        { Success: false } => PaymentStatus.Failed,

        // An authorised amount is not captured.
        { IsAuthorization: true, IsCaptured: false } => PaymentStatus.Pending,
        _ => PaymentStatus.Succeeded,
    };

    /// <summary>Returns the reason of a failed transaction.</summary>
    public static PaymentFailure FailureOf(PaymobTransaction transaction) => transaction.Code?.Trim().ToUpperInvariant() switch
    {
        "INSUFFICIENT_FUNDS" or "51" => PaymentFailure.InsufficientFunds,
        "AUTHENTICATION_FAILED" or "NOT_ENROLLED_3D_SECURE" => PaymentFailure.AuthenticationRequired,
        _ => PaymentFailure.Declined,
    };

    /// <summary>
    /// The time from the begin of an attempt to the end of a payment without an order: a request to Paymob takes at most 20 seconds.
    /// </summary>
    public static readonly TimeSpan EndedAfter = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    /// <summary>
    /// True if Tollgate asks Paymob again for an unpaid order: after a quarter of its age, at the latest after ten minutes. Callbacks
    /// report sooner; this covers lost ones.
    /// </summary>
    /// <param name="paused">The time since the last request for it.</param>
    public static bool IsAskedAgain(TimeSpan age, TimeSpan paused) => paused >= LongestPause || paused >= age / 4;

    /// <summary>
    /// True if a refund was already made. No idempotency key makes a repeat harmless, so Tollgate first looks at the refunds of the parent.
    /// The booked ones belong to other refunds; anything beyond them is this refund, whose answer was lost.
    /// </summary>
    /// <param name="parent">The current state at Paymob.</param>
    /// <param name="before">The amount that was certainly refunded when this refund was ordered.</param>
    /// <returns>True: it was made already.</returns>
    public static bool IsRefunded(PaymobTransaction parent, MoneyAmount amount, MoneyAmount before) =>
        parent.IsVoided || parent.Refunded - before >= amount;

    /// <summary>
    /// True if a payment can be voided instead of refunded: in full, by card, on the day of the payment, before its settlement.
    /// </summary>
    /// <param name="today">The date in the account's zone.</param>
    public static bool MayBeVoided(PaymobTransaction paid, MoneyAmount amount, DateOnly today) =>
        paid is { SourceType: "card", IsVoided: false, Refunded.IsZero: true } && paid.MadeOn == today && paid.Amount == amount;
}
