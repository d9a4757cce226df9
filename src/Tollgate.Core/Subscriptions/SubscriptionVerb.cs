namespace Tollgate.Core.Subscriptions;

/// <summary>The changes of a subscription. Each is a fact in its timeline.</summary>
public enum SubscriptionVerb
{
    Start,
    Activate,
    ConvertTrial,
    ExpireTrial,
    Renew,

    /// <summary>A billing month within a longer billing period is over.</summary>
    BillUsage,
    Change,
    Schedule,
    Unschedule,
    Pause,
    Resume,
    ScheduleCancel,
    Uncancel,
    Cancel,
    FailPayment,
    RecoverPayment,

    /// <summary>A further coupon changes later invoices and nothing else.</summary>
    RedeemCoupon,

    /// <summary>A coupon no longer reduces invoices.</summary>
    EndCoupon,
}

/// <summary>The table of allowed changes.</summary>
public static class SubscriptionTransitions
{
    private static readonly (SubscriptionVerb Verb, SubscriptionStatus From, SubscriptionStatus To)[] Table =
    [
        (SubscriptionVerb.Activate,       SubscriptionStatus.Incomplete, SubscriptionStatus.Active),
        (SubscriptionVerb.Cancel,         SubscriptionStatus.Incomplete, SubscriptionStatus.Canceled),

        (SubscriptionVerb.ConvertTrial,   SubscriptionStatus.Trialing,   SubscriptionStatus.Active),
        (SubscriptionVerb.ExpireTrial,    SubscriptionStatus.Trialing,   SubscriptionStatus.Expired),
        (SubscriptionVerb.Change,         SubscriptionStatus.Trialing,   SubscriptionStatus.Trialing),
        (SubscriptionVerb.ScheduleCancel, SubscriptionStatus.Trialing,   SubscriptionStatus.Trialing),
        (SubscriptionVerb.Uncancel,       SubscriptionStatus.Trialing,   SubscriptionStatus.Trialing),
        (SubscriptionVerb.Cancel,         SubscriptionStatus.Trialing,   SubscriptionStatus.Canceled),
        (SubscriptionVerb.RedeemCoupon,   SubscriptionStatus.Trialing,   SubscriptionStatus.Trialing),
        (SubscriptionVerb.EndCoupon,      SubscriptionStatus.Trialing,   SubscriptionStatus.Trialing),

        (SubscriptionVerb.Renew,          SubscriptionStatus.Active,     SubscriptionStatus.Active),
        (SubscriptionVerb.BillUsage,      SubscriptionStatus.Active,     SubscriptionStatus.Active),
        (SubscriptionVerb.Change,         SubscriptionStatus.Active,     SubscriptionStatus.Active),
        (SubscriptionVerb.Schedule,       SubscriptionStatus.Active,     SubscriptionStatus.Active),
        (SubscriptionVerb.Unschedule,     SubscriptionStatus.Active,     SubscriptionStatus.Active),
        (SubscriptionVerb.Pause,          SubscriptionStatus.Active,     SubscriptionStatus.Paused),
        (SubscriptionVerb.ScheduleCancel, SubscriptionStatus.Active,     SubscriptionStatus.Active),
        (SubscriptionVerb.Uncancel,       SubscriptionStatus.Active,     SubscriptionStatus.Active),
        (SubscriptionVerb.Cancel,         SubscriptionStatus.Active,     SubscriptionStatus.Canceled),
        (SubscriptionVerb.FailPayment,    SubscriptionStatus.Active,     SubscriptionStatus.PastDue),
        (SubscriptionVerb.RedeemCoupon,   SubscriptionStatus.Active,     SubscriptionStatus.Active),
        (SubscriptionVerb.EndCoupon,      SubscriptionStatus.Active,     SubscriptionStatus.Active),

        (SubscriptionVerb.RecoverPayment, SubscriptionStatus.PastDue,    SubscriptionStatus.Active),
        (SubscriptionVerb.Renew,          SubscriptionStatus.PastDue,    SubscriptionStatus.PastDue),
        (SubscriptionVerb.BillUsage,      SubscriptionStatus.PastDue,    SubscriptionStatus.PastDue),
        (SubscriptionVerb.ScheduleCancel, SubscriptionStatus.PastDue,    SubscriptionStatus.PastDue),
        (SubscriptionVerb.Uncancel,       SubscriptionStatus.PastDue,    SubscriptionStatus.PastDue),
        (SubscriptionVerb.Cancel,         SubscriptionStatus.PastDue,    SubscriptionStatus.Canceled),
        (SubscriptionVerb.Pause,          SubscriptionStatus.PastDue,    SubscriptionStatus.Paused),
        (SubscriptionVerb.RedeemCoupon,   SubscriptionStatus.PastDue,    SubscriptionStatus.PastDue),
        (SubscriptionVerb.EndCoupon,      SubscriptionStatus.PastDue,    SubscriptionStatus.PastDue),

        (SubscriptionVerb.Resume,         SubscriptionStatus.Paused,     SubscriptionStatus.Active),
        (SubscriptionVerb.Schedule,       SubscriptionStatus.Paused,     SubscriptionStatus.Paused),
        (SubscriptionVerb.Unschedule,     SubscriptionStatus.Paused,     SubscriptionStatus.Paused),
        (SubscriptionVerb.ScheduleCancel, SubscriptionStatus.Paused,     SubscriptionStatus.Paused),
        (SubscriptionVerb.Uncancel,       SubscriptionStatus.Paused,     SubscriptionStatus.Paused),
        (SubscriptionVerb.Cancel,         SubscriptionStatus.Paused,     SubscriptionStatus.Canceled),
        (SubscriptionVerb.RedeemCoupon,   SubscriptionStatus.Paused,     SubscriptionStatus.Paused),
        (SubscriptionVerb.EndCoupon,      SubscriptionStatus.Paused,     SubscriptionStatus.Paused),
    ];

    /// <summary>Returns the status after <paramref name="verb"/>; null: it is not allowed.</summary>
    public static SubscriptionStatus? After(SubscriptionStatus from, SubscriptionVerb verb)
    {
        foreach (var row in Table)
        {
            if (row.Verb == verb && row.From == from)
            {
                return row.To;
            }
        }

        return null;
    }
}
