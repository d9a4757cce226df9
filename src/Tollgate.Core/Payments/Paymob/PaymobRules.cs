using Tollgate.Core.Money;

namespace Tollgate.Core.Payments.Paymob;

/// <summary>What transactions at Paymob mean for a payment.</summary>
public static class PaymobRules
{
    /// <summary>A transaction that is a refund or a void is no payment: ask of its parent.</summary>
    public static PaymentStatus StatusOf(PaymobTransaction transaction) => transaction switch
    {
        { Pending: true } => PaymentStatus.Pending,
        { Success: false } => PaymentStatus.Failed,

        // Set aside is not taken.
        { IsAuthorization: true, IsCaptured: false } => PaymentStatus.Pending,
        _ => PaymentStatus.Succeeded,
    };

    /// <summary>Why a transaction that failed did.</summary>
    public static PaymentFailure FailureOf(PaymobTransaction transaction) => transaction.Code?.Trim().ToUpperInvariant() switch
    {
        "INSUFFICIENT_FUNDS" or "51" => PaymentFailure.InsufficientFunds,
        "AUTHENTICATION_FAILED" or "NOT_ENROLLED_3D_SECURE" => PaymentFailure.AuthenticationRequired,
        _ => PaymentFailure.Declined,
    };

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Whether Paymob is asked again for an order that nobody has paid: after a quarter of its age, and every ten minutes at the latest.
    /// Callbacks tell sooner; this is for those that are lost.
    /// </summary>
    /// <param name="paused">Since it was last asked for.</param>
    public static bool IsAskedAgain(TimeSpan age, TimeSpan paused) => paused >= LongestPause || paused >= age / 4;

    /// <summary>
    /// Whether a refund may be sent: no key makes a repeat harmless, so what went back of the parent is looked at first. What went back and
    /// is in the books already was another refund's; what is more than that was this one, whose answer was lost.
    /// </summary>
    /// <param name="parent">As Paymob has it now.</param>
    /// <param name="before">What had gone back for certain when this refund was ordered.</param>
    /// <returns>True: it was done already.</returns>
    public static bool IsRefunded(PaymobTransaction parent, MoneyAmount amount, MoneyAmount before) =>
        parent.IsVoided || parent.Refunded - before >= amount;

    /// <summary>
    /// Whether a payment can be undone instead of refunded: all of it, by card, on the day on which it was made, before it is settled.
    /// </summary>
    /// <param name="today">Where the account is.</param>
    public static bool MayBeVoided(PaymobTransaction paid, MoneyAmount amount, DateOnly today) =>
        paid is { SourceType: "card", IsVoided: false, Refunded.IsZero: true } && paid.MadeOn == today && paid.Amount == amount;
}
