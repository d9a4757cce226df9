namespace Tollgate.Core.Time;

/// <summary>The period over which a quota counts (<c>SEMANTICS</c> 1).</summary>
public enum QuotaPeriodKind
{
    /// <summary>The monthly slice of the subscription's anchor. Without a subscription: the calendar month.</summary>
    BillingMonth,
    CalendarMonth,

    /// <summary>The whole billing period of the subscription. Without a subscription: the calendar month.</summary>
    BillingPeriod,
    Week,
    Day,
    Hour,
    Lifetime,
}
