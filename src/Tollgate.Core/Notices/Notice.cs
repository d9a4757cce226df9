using Tollgate.Core.Catalog;
using Tollgate.Core.Dunning;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Quotas;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Notices;

/// <summary>The subjects of notices to a customer.</summary>
public enum NoticeCode
{
    /// <summary>An invoice could not be collected. Tollgate, or the provider that manages the subscription, tries again.</summary>
    PaymentFailed,

    /// <summary>The last attempt failed, and the plan ended with it.</summary>
    PlanEnded,

    /// <summary>An invoice awaits payment.</summary>
    InvoiceDue,

    /// <summary>The trial ends within <see cref="NoticeRules.TrialDays"/>.</summary>
    TrialEnding,

    /// <summary>Usage reached a threshold of the limit.</summary>
    QuotaReached,
    CancelScheduled,
    ChangeScheduled,
}

/// <summary>The severity of a notice, in ascending order.</summary>
public enum NoticeSeverity
{
    Info,
    Warning,

    /// <summary>The customer has lost something, or will lose it next.</summary>
    Critical,
}

/// <summary>The action that the customer can take.</summary>
public enum NoticeAction
{
    PayInvoice,
    AddPaymentMethod,
    KeepPlan,

    /// <summary>Open the provider's page: <see cref="Notice.Link"/>.</summary>
    OpenLink,
}

/// <summary>A notice to show to a customer now. It is computed from the current state, so nobody has to clear it.</summary>
/// <param name="Since">The time since which it applies.</param>
/// <param name="Text">Whole English sentences for the customer.</param>
public sealed record Notice(NoticeCode Code, NoticeSeverity Severity, Instant Since, string Title, string Text)
{
    /// <summary>The action, with the label of its button. Null: no action is needed.</summary>
    public (NoticeAction Do, string Words)? Action { get; init; }

    public OwedInvoice? Invoice { get; init; }

    /// <summary>An invoice that the provider issues and collects.</summary>
    public ProviderBill? Bill { get; init; }

    /// <summary>The target of the action, if it is a page of a third party.</summary>
    public Uri? Link { get; init; }

    /// <summary>The caller's id of the subscription.</summary>
    public string? Subscription { get; init; }

    public string? Feature { get; init; }

    /// <summary>The threshold as a percentage of the limit.</summary>
    public int? Percent { get; init; }

    /// <summary>The next attempt.</summary>
    public Instant? NextAttempt { get; init; }

    /// <summary>The time of an automatic end or change.</summary>
    public Instant? HappensAt { get; init; }
}

/// <summary>An invoice that the customer can pay.</summary>
/// <param name="Due">The amount that pays it in full.</param>
/// <param name="CollectAt">The time of the automatic charge; null: none, or an attempt is in progress.</param>
public sealed record OwedInvoice(Guid Id, string Number, MoneyAmount Due, Instant IssuedAt, Instant DueAt, Instant? CollectAt)
{
    public FailingInvoice? Failing { get; init; }

    public EndedPlan? Ended { get; init; }
}

/// <summary>An open invoice of the provider that manages the subscription.</summary>
/// <param name="Number">Null: it has no number yet.</param>
/// <param name="Page">The provider's page for the payment; null: none is known.</param>
public sealed record ProviderBill(string? Number, MoneyAmount Due, Uri? Page);

/// <summary>The collection of an invoice whose payment has failed.</summary>
/// <param name="PlannedAt">The next scheduled attempt, if an unscheduled one precedes it.</param>
/// <param name="Plan">The plan's name.</param>
public sealed record FailingInvoice(
    int Failures, PaymentFailure Failure, Instant FirstFailedAt, Instant? PlannedAt, string Subscription, SubscriptionStatus Status,
    string Plan);

/// <summary>A plan that has ended because its invoice was not paid.</summary>
/// <param name="Waits">True if payment of the invoice restores it.</param>
public sealed record EndedPlan(string Subscription, string Plan, Instant At, bool Waits);

/// <summary>The highest threshold of a feature that usage has reached or exceeded.</summary>
/// <param name="Since">The time at which usage reached it.</param>
public sealed record ReachedThreshold(Feature Feature, Entitlement Entitlement, Standing Standing, int Percent, Instant Since);

/// <summary>The state of a customer, as far as notices need it.</summary>
/// <param name="DefaultPlan">The name of the default plan.</param>
public sealed record NoticeFacts(Instant Now, TimeZoneInfo Zone, string DefaultPlan, DunningPolicy Policy)
{
    /// <summary>The subscription that has not ended.</summary>
    public Subscription? Subscription { get; init; }

    /// <summary>The caller's id of the subscription.</summary>
    public string? SubscriptionId { get; init; }

    /// <summary>The time of the request for the cancellation or the change.</summary>
    public Instant? ScheduledSince { get; init; }

    /// <summary>The amounts of the coming renewals, with coupons and taxes. Empty: unknown, so notices name the plan's price.</summary>
    public IReadOnlyList<ComingPrice> Prices { get; init; } = [];

    /// <summary>True if the provider charges saved cards automatically. False: no automatic charge happens, whatever was planned.</summary>
    public bool ChargesCards { get; init; } = true;

    /// <summary>True if the customer has a card that the provider can charge.</summary>
    public bool HasCard { get; init; } = true;

    /// <summary>True if the customer can pay an invoice on a page. False: only outside of Tollgate.</summary>
    public bool HasPayPage { get; init; } = true;

    /// <summary>For a past-due subscription: the time since which it is past due.</summary>
    public Instant? PastDueSince { get; init; }

    /// <summary>For a past-due, provider-managed subscription: the provider's open invoice. Null: unknown.</summary>
    public ProviderBill? Bill { get; init; }

    public IReadOnlyList<OwedInvoice> Owed { get; init; } = [];

    public IReadOnlyList<ReachedThreshold> Reached { get; init; } = [];
}
