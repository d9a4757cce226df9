using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Alerts;

/// <summary>The facts that a rule can watch.</summary>
public enum AlertKind
{
    /// <summary>Usage crossed a threshold of a limit: of a quota, or of a budget in money.</summary>
    UsageThreshold,

    /// <summary>A paying customer used little of each limit in a month.</summary>
    UsageBelow,

    /// <summary>The calls of the project to models cost an amount in a month.</summary>
    Budget,

    /// <summary>The project's margin of a month is low.</summary>
    MarginBelow,

    /// <summary>A paying customer's margin of a month is low.</summary>
    CustomerMarginBelow,

    /// <summary>Many customers were lost in a month.</summary>
    ChurnAbove,

    /// <summary>At its pace, a customer's usage will exceed the limit of a feature before the period ends.</summary>
    ProjectedOverrun,

    /// <summary>Decisions about a customer's feature were refused in a period.</summary>
    DecisionsRefused,

    /// <summary>Many calls to a provider failed on a day.</summary>
    ProviderErrors,

    /// <summary>Recorded facts wait for a transaction before webhooks, mails and alerts get them.</summary>
    IngestLag,

    /// <summary>An invoice could not be collected.</summary>
    PaymentFailed,

    /// <summary>A subscription ended, or a cancellation was scheduled.</summary>
    SubscriptionCanceled,

    /// <summary>Tollgate disabled a webhook endpoint, because it is gone or accepted nothing for days.</summary>
    WebhookFailed,

    /// <summary>Calls to a model have no price, so their cost is unknown.</summary>
    UnknownModel,

    /// <summary>Prices of models were added or changed.</summary>
    PriceChanged,

    /// <summary>Background work on an item failed and waits for a retry.</summary>
    SystemError,

    /// <summary>The daily verification found a figure that differs from its facts.</summary>
    InvariantBroken,
}

/// <summary>The severity of an alert, in ascending order.</summary>
public enum AlertSeverity
{
    Info,
    Warning,
    Critical,
}

/// <summary>The places to which an alert goes, in addition to the list of alerts, which always has it.</summary>
public enum AlertChannel
{
    /// <summary>The list of alerts. Every alert is in it.</summary>
    InApp,

    /// <summary>A line in the log of the server.</summary>
    Log,

    /// <summary>A mail to each of the rule's addresses.</summary>
    Mail,

    /// <summary>The project's webhook endpoints of the format <c>slack</c>.</summary>
    Slack,

    /// <summary>The event <c>alert.fired</c> to the project's webhook endpoints.</summary>
    Webhook,
}

/// <summary>The rule of repetition for one subject.</summary>
public enum AlertRepeat
{
    /// <summary>Once in the fact's own period: a quota period, an invoice, a model.</summary>
    Once,

    /// <summary>For each fact.</summary>
    Always,
    Hourly,
    Daily,
    Weekly,
}

/// <summary>
/// A part of each day, in the project's time zone, in which no channel but the list gets an alert. The channels get it when the part ends.
/// </summary>
/// <param name="Until">Not the same as <paramref name="From"/>. Earlier than it: the part contains midnight.</param>
public sealed record QuietHours(TimeOnly From, TimeOnly Until)
{
    /// <summary>Returns the end of the quiet hours that contain an instant; null: it is in none.</summary>
    public Instant? EndAfter(Instant at, TimeZoneInfo zone)
    {
        var local = LocalTime.At(at, zone);
        var time = TimeOnly.FromDateTime(local);
        var isQuiet = From < Until ? time >= From && time < Until : time >= From || time < Until;
        if (!isQuiet)
        {
            return null;
        }

        var day = time < Until ? local.Date : local.Date.AddDays(1);
        var end = LocalTime.FirstInstantShowing(day + Until.ToTimeSpan(), zone);

        // When clocks go back, the wall clock can show the end a first time before this instant.
        return end > at ? end : null;
    }
}

/// <summary>An operator's rule: which facts become alerts, and where these go.</summary>
/// <param name="Threshold">Its meaning depends on the kind; see <see cref="AlertKinds"/>. Null: every fact of the kind.</param>
/// <param name="Severity">Null: the fact decides.</param>
/// <param name="Since">The place of the rule among the facts: it does not apply to earlier ones.</param>
public sealed record AlertRule(
    Guid Id, int Project, AlertKind Kind, Quantity? Threshold, AlertSeverity? Severity, IReadOnlyList<AlertChannel> Channels, ulong Since)
{
    /// <summary>The recipients of its mails.</summary>
    public IReadOnlyList<string> MailTo { get; init; } = [];

    public QuietHours? Quiet { get; init; }

    public AlertRepeat Repeat { get; init; }

    public bool IsEnabled { get; init; } = true;
}

/// <summary>A kind with what its threshold means.</summary>
/// <param name="Unit">The unit of the threshold in a sentence; null: the kind takes none.</param>
/// <param name="IsForCustomer">True if the customer sees the alert too.</param>
public sealed record AlertKindInfo(AlertKind Kind, string Meaning, string? Unit, int Lowest, int Highest, bool IsForCustomer)
{
    /// <summary>True if a rule needs a threshold: the kind measures, and every value would be an alert.</summary>
    public bool NeedsThreshold { get; init; }
}

/// <summary>All kinds.</summary>
public static class AlertKinds
{
    private static readonly AlertKindInfo[] All =
    [
        new(AlertKind.UsageThreshold, "usage crossed a threshold that the plan has for the feature",
            "percent of the limit: the first of the plan's thresholds at or above it fires; without it, each of them does",
            1, 1000, IsForCustomer: true),
        new(AlertKind.UsageBelow, "a paying customer used less than the threshold of every limit in a month",
            "percent of the limit", 1, 100, IsForCustomer: false) { NeedsThreshold = true },
        new(AlertKind.Budget, "the project's calls to models have cost the threshold in a month (UTC)", "dollars", 1, 1_000_000_000,
            IsForCustomer: false) { NeedsThreshold = true },
        new(AlertKind.MarginBelow, "revenue less the cost of calls to models is below the threshold in a month (UTC)",
            "percent of the revenue; cost without revenue is -100", -1_000, 100, IsForCustomer: false) { NeedsThreshold = true },
        new(AlertKind.CustomerMarginBelow,
            "revenue from a paying customer less the cost of its calls to models is below the threshold in a month (UTC)",
            "percent of the revenue", -1_000, 100, IsForCustomer: false) { NeedsThreshold = true },
        new(AlertKind.ChurnAbove, "customers were lost in a calendar month that began with at least 10 paying customers",
            "percent of the paying customers at the start", 1, 100, IsForCustomer: false) { NeedsThreshold = true },
        new(AlertKind.ProjectedOverrun,
            "a customer's usage will reach the threshold at its pace, after a tenth of the quota period",
            "percent of the quota", 1, 1_000, IsForCustomer: false) { NeedsThreshold = true },
        new(AlertKind.DecisionsRefused, "decisions about a customer's feature were refused in a quota period", "refused decisions", 1,
            1_000_000_000, IsForCustomer: false) { NeedsThreshold = true },
        new(AlertKind.ProviderErrors, "many of a provider's calls failed on a day (UTC) with at least 20 calls", "percent of the calls", 1,
            100, IsForCustomer: false) { NeedsThreshold = true },
        new(AlertKind.IngestLag, "recorded facts wait for an open transaction before webhooks, mails and alerts get them", "seconds", 1,
            86_400, IsForCustomer: false) { NeedsThreshold = true },
        new(AlertKind.PaymentFailed, "an invoice could not be collected", null, 0, 0, IsForCustomer: false),
        new(AlertKind.SubscriptionCanceled, "a subscription ended, or its end was scheduled", null, 0, 0, IsForCustomer: false),
        new(AlertKind.WebhookFailed, "Tollgate disabled a webhook endpoint", null, 0, 0, IsForCustomer: false),
        new(AlertKind.UnknownModel, "calls to a model have no price", null, 0, 0, IsForCustomer: false),
        new(AlertKind.PriceChanged, "prices of models changed", null, 0, 0, IsForCustomer: false),
        new(AlertKind.SystemError, "background work failed and waits for a retry", null, 0, 0, IsForCustomer: false),
        new(AlertKind.InvariantBroken, "the daily verification found figures that differ from their facts", null, 0, 0,
            IsForCustomer: false),
    ];

    private static readonly Dictionary<AlertKind, AlertKindInfo> ByKind = All.ToDictionary(static one => one.Kind);

    public static IReadOnlyList<AlertKindInfo> InOrder => All;

    public static AlertKindInfo Of(AlertKind kind) => ByKind[kind];
}
