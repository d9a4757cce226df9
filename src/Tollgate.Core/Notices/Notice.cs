using Tollgate.Core.Catalog;
using Tollgate.Core.Dunning;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Quotas;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Notices;

/// <summary>What a customer is told about.</summary>
public enum NoticeCode
{
    /// <summary>An invoice could not be collected and is tried again: by us, or by the provider that manages the subscription.</summary>
    PaymentFailed,

    /// <summary>The last attempt failed, and the plan with it.</summary>
    PlanEnded,

    /// <summary>An invoice waits to be paid.</summary>
    InvoiceDue,

    /// <summary>Within <see cref="NoticeRules.TrialDays"/>.</summary>
    TrialEnding,

    /// <summary>Usage went through a threshold of what is granted.</summary>
    QuotaReached,
    CancelScheduled,
    ChangeScheduled,
}

/// <summary>How much it matters, the least first.</summary>
public enum NoticeSeverity
{
    Info,
    Warning,

    /// <summary>Something is lost, or will be next.</summary>
    Critical,
}

/// <summary>What the customer can do about it.</summary>
public enum NoticeAction
{
    PayInvoice,
    AddPaymentMethod,
    KeepPlan,

    /// <summary>On the provider's page: <see cref="Notice.Link"/>.</summary>
    OpenLink,
}

/// <summary>Notices to show to a customer now. Computed from the present state; nobody has to clear them.</summary>
/// <param name="Since">When it became so.</param>
/// <param name="Text">English, for people. Whole sentences.</param>
public sealed record Notice(NoticeCode Code, NoticeSeverity Severity, Instant Since, string Title, string Text)
{
    /// <summary>With what a button says. Null: nothing has to be done.</summary>
    public (NoticeAction Do, string Words)? Action { get; init; }

    public OwedInvoice? Invoice { get; init; }

    /// <summary>An invoice that the provider made and collects.</summary>
    public ProviderBill? Bill { get; init; }

    /// <summary>Where the action leads, if it leads to somebody else's page.</summary>
    public Uri? Link { get; init; }

    /// <summary>The caller's id of it.</summary>
    public string? Subscription { get; init; }

    public string? Feature { get; init; }

    /// <summary>Percent of what is granted: the threshold.</summary>
    public int? Percent { get; init; }

    /// <summary>The next attempt.</summary>
    public Instant? NextAttempt { get; init; }

    /// <summary>When something ends or changes by itself.</summary>
    public Instant? HappensAt { get; init; }
}

/// <summary>An invoice that can be paid.</summary>
/// <param name="Due">What pays it in full.</param>
/// <param name="CollectAt">It is charged by itself then; null: not, or an attempt is on its way.</param>
public sealed record OwedInvoice(Guid Id, string Number, MoneyAmount Due, Instant IssuedAt, Instant DueAt, Instant? CollectAt)
{
    public FailingInvoice? Failing { get; init; }

    public EndedPlan? Ended { get; init; }
}

/// <summary>An open invoice of the provider that manages the subscription.</summary>
/// <param name="Number">Null: it has none yet.</param>
/// <param name="Page">The provider's own, on which it is paid; null: none is known.</param>
public sealed record ProviderBill(string? Number, MoneyAmount Due, Uri? Page);

/// <summary>How an invoice is collected that could not be so far.</summary>
/// <param name="PlannedAt">The next attempt of the schedule, where one outside of it comes first.</param>
/// <param name="Plan">The plan's name.</param>
public sealed record FailingInvoice(
    int Failures, PaymentFailure Failure, Instant FirstFailedAt, Instant? PlannedAt, string Subscription, SubscriptionStatus Status,
    string Plan);

/// <summary>A plan that has ended because its invoice was not paid.</summary>
/// <param name="Waits">Paying the invoice gives it back.</param>
public sealed record EndedPlan(string Subscription, string Plan, Instant At, bool Waits);

/// <summary>A threshold that usage stands at or beyond, the highest of its feature.</summary>
/// <param name="Since">When usage went through it.</param>
public sealed record ReachedThreshold(Feature Feature, Entitlement Entitlement, Standing Standing, int Percent, Instant Since);

/// <summary>Where a customer stands, as far as there is something to tell.</summary>
/// <param name="DefaultPlan">Its name.</param>
public sealed record NoticeFacts(Instant Now, TimeZoneInfo Zone, string DefaultPlan, DunningPolicy Policy)
{
    /// <summary>The one that is not over.</summary>
    public Subscription? Subscription { get; init; }

    /// <summary>The caller's id of it.</summary>
    public string? SubscriptionId { get; init; }

    /// <summary>When the cancellation or the change was asked for.</summary>
    public Instant? ScheduledSince { get; init; }

    /// <summary>What its renewals will ask for, with coupons and taxes. Empty: it is not known, and the plan's price is told.</summary>
    public IReadOnlyList<ComingPrice> Prices { get; init; } = [];

    /// <summary>The provider charges saved cards automatically. False: nobody charges anything, whatever was planned.</summary>
    public bool ChargesCards { get; init; } = true;

    /// <summary>The customer has a card that the provider can charge.</summary>
    public bool HasCard { get; init; } = true;

    /// <summary>An invoice can be paid on a page. False: only outside of Tollgate.</summary>
    public bool HasPayPage { get; init; } = true;

    /// <summary>Of one that is past due: when that began.</summary>
    public Instant? PastDueSince { get; init; }

    /// <summary>Of one that is past due, and managed by a provider: what the provider asks for. Null: it is not known.</summary>
    public ProviderBill? Bill { get; init; }

    public IReadOnlyList<OwedInvoice> Owed { get; init; } = [];

    public IReadOnlyList<ReachedThreshold> Reached { get; init; } = [];
}
