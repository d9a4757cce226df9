using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Alerts;

/// <summary>The customer whom a fact concerns.</summary>
public sealed record AlertCustomer(string Id, string? Name)
{
    /// <summary>Returns the name with the id, or the id.</summary>
    public override string ToString() => Name is null || Name == Id ? Id : $"{Name} ({Id})";
}

/// <summary>A fact that a rule may turn into an alert.</summary>
/// <param name="Customer">Null: it concerns no customer.</param>
/// <param name="Subject">Its subject within the project: <c>acme/gemini_calls</c>, an invoice, <c>openai/gpt-9</c>.</param>
/// <param name="Period">The period in which a rule that fires once fires about the subject once.</param>
/// <param name="Instance">The fact among those of its subject.</param>
/// <param name="At">The time of the fact, by the project's clock.</param>
/// <param name="Place">Its place among the facts; <see cref="ulong.MaxValue"/>: a present state, to which new rules apply.</param>
public abstract record AlertFact(
    AlertKind Kind, AlertCustomer? Customer, string Subject, string Period, string Instance, Instant At, ulong Place)
{
    /// <summary>The severity unless the rule has its own.</summary>
    public abstract AlertSeverity Severity { get; }

    public abstract string Title { get; }

    public abstract string Detail { get; }

    /// <summary>A remedy; null: none is known.</summary>
    public string? Recommendation { get; init; }
}

/// <summary>Usage crossed a threshold of the plan.</summary>
/// <param name="Feature">The feature, as the catalogue has it now.</param>
public sealed record CrossingFact(
    AlertCustomer Who, Feature Feature, int Percent, Quantity Used, Quantity Granted, Instant PeriodStart, Instant At, ulong Place)
    : AlertFact(
        AlertKind.UsageThreshold, Who, $"{Who.Id}/{Feature.Code}", $"{PeriodStart}", $"{PeriodStart}/{Percent}", At, Place)
{
    /// <summary>False: the same step also crossed a higher threshold, which is the one that the channels get.</summary>
    public bool IsHighest { get; init; } = true;

    private const int WarningPercent = 80;
    private const int AllOfIt = 100;

    public override AlertSeverity Severity =>
        Percent >= AllOfIt ? AlertSeverity.Critical : Percent >= WarningPercent ? AlertSeverity.Warning : AlertSeverity.Info;

    public override string Title => $"{Customer}: {Feature.Name} {(Percent == AllOfIt ? "all used" : $"{Percent}% used")}";

    public override string Detail => Feature.IsMoney
        ? $"{Customer} has spent {AlertText.Dollars(Used)} of {AlertText.Dollars(Granted)} ({Feature.Name})."
        : $"{Customer} has used {AlertText.Number(Used)} of {AlertText.Number(Granted)} {Feature.Name}.";
}

/// <summary>An invoice could not be collected.</summary>
/// <param name="Amount">Null: unknown, because a provider collects it.</param>
/// <param name="NextAttempt">Null: there is no further attempt.</param>
public sealed record PaymentFailedFact(
    AlertCustomer Who, string Invoice, string? Number, MoneyAmount? Amount, string? Failure, string? NextAttempt, int Attempt, Instant At,
    ulong Place)
    : AlertFact(AlertKind.PaymentFailed, Who, Invoice, "", $"{Attempt}", At, Place)
{
    /// <summary>True: the schedule of attempts is over.</summary>
    public bool IsLast { get; init; }

    public override AlertSeverity Severity => IsLast ? AlertSeverity.Critical : AlertSeverity.Warning;

    public override string Title =>
        Amount is { } amount ? $"{Customer}: payment of {amount.Display()} failed" : $"{Customer}: payment failed";

    public override string Detail =>
        $"{(Number is null ? "The invoice" : $"Invoice {Number}")} could not be collected"
            + $"{(Failure is null ? "" : $": {Failure.Replace('_', ' ')}")}. "
            + (IsLast ? "It was the last attempt."
                : NextAttempt is null ? "There is no next attempt yet."
                : $"The next attempt is on {NextAttempt}.");
}

/// <summary>A subscription ended, or will end.</summary>
public sealed record CanceledFact(
    AlertCustomer Who, string Subscription, string Plan, string Ends, bool IsOver, string? Reason, int Step, Instant At, ulong Place)
    : AlertFact(AlertKind.SubscriptionCanceled, Who, Subscription, $"{Step}", $"{Step}", At, Place)
{
    public override AlertSeverity Severity => AlertSeverity.Warning;

    public override string Title => IsOver ? $"{Customer}: {Plan} has ended" : $"{Customer}: {Plan} ends on {Ends}";

    public override string Detail => (IsOver
        ? $"The subscription of {Customer} to {Plan} ended on {Ends}."
        : $"{Customer} canceled {Plan}, which ends on {Ends}.") + (Reason is null ? "" : $" Reason: {Reason.Replace('_', ' ')}.");
}

/// <summary>Tollgate disabled a webhook endpoint.</summary>
public sealed record EndpointDisabledFact(string Endpoint, string Url, string Reason, int Number, Instant At, ulong Place)
    : AlertFact(AlertKind.WebhookFailed, null, Endpoint, $"{Number}", $"{Number}", At, Place)
{
    public override AlertSeverity Severity => AlertSeverity.Critical;

    public override string Title => "A webhook endpoint was disabled";

    public override string Detail =>
        $"Tollgate sends no more events to {Url}: {(Reason == "gone" ? "it answered 410" : "every delivery failed for five days")}. "
            + "When the receiver works again, enable the endpoint.";
}

/// <summary>Calls to a model have no price.</summary>
public sealed record UnknownModelFact(string Provider, string Model, Instant At)
    : AlertFact(AlertKind.UnknownModel, null, $"{Provider}/{Model}", $"{At}", $"{At}", At, ulong.MaxValue)
{
    public override AlertSeverity Severity => AlertSeverity.Warning;

    public override string Title => $"No price for {Model}";

    public override string Detail =>
        $"Calls to {(Provider.Length == 0 ? Model : $"{Model} of {Provider}")} are recorded with an unknown cost since {At}. "
            + "Add a price with POST /v1/model-prices.";
}

/// <summary>Prices of models were added in one request.</summary>
/// <param name="Models">The number of models.</param>
/// <param name="First">One of them.</param>
public sealed record PriceChangedFact(int Models, string First, string Instance, Instant At)
    : AlertFact(AlertKind.PriceChanged, null, "model_prices", Instance, Instance, At, ulong.MaxValue)
{
    public override AlertSeverity Severity => AlertSeverity.Info;

    public override string Title => Models == 1 ? $"The price of {First} changed" : $"The prices of {Models} models changed";

    public override string Detail => Models == 1
        ? $"A new price of {First} was entered at {At}."
        : $"New prices of {Models} models were entered at {At}, of {First} among others.";
}

/// <summary>Background work failed on items, which wait for a retry.</summary>
/// <param name="Items">The number of items.</param>
/// <param name="Error">The oldest error, without secrets.</param>
/// <param name="Since">The time of the oldest failure.</param>
public sealed record FailedWorkFact(string Work, long Items, string Error, Instant Since, Instant At)
    : AlertFact(AlertKind.SystemError, null, Work, $"{Since}", $"{Since}", At, ulong.MaxValue)
{
    public override AlertSeverity Severity => AlertSeverity.Critical;

    public override string Title => $"Background work failed: {Work.Replace('_', ' ')}";

    public override string Detail =>
        $"{(Items == 1 ? "One item waits" : $"{AlertText.Number(Quantity.Of(Items))} items wait")} for a retry since {Since}: {Error} "
            + "GET /v1/parked lists the items.";
}

/// <summary>A check of the daily verification found differences.</summary>
/// <param name="Check">Its name, as <c>verify</c> prints it.</param>
/// <param name="Meaning">The difference in words.</param>
/// <param name="Places">The number of differing figures.</param>
/// <param name="Day">UTC.</param>
public sealed record BrokenInvariantFact(string Check, string Meaning, long Places, string Day, Instant At)
    : AlertFact(AlertKind.InvariantBroken, null, Check, Day, Day, At, ulong.MaxValue)
{
    public override AlertSeverity Severity => AlertSeverity.Critical;

    public override string Title => $"The verification found differences: {Check}";

    public override string Detail =>
        $"{(Places == 1 ? "One figure differs from its facts" : $"{AlertText.Number(Quantity.Of(Places))} figures differ from their facts")}: "
            + $"{Meaning}. POST /v1/verify shows the places.";
}

/// <summary>A test of a rule, which an operator has requested.</summary>
public sealed record TestFact(AlertKind Of, Instant At) : AlertFact(Of, null, "test", "", "", At, ulong.MaxValue)
{
    public override AlertSeverity Severity => AlertSeverity.Info;

    public override string Title => $"Test of the rule {CatalogWords.Of(Of)}";

    public override string Detail => $"This is a test. The rule fires when {AlertKinds.Of(Of).Meaning}.";
}
