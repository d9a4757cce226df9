using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Alerts;

/// <summary>A measured value, which a rule compares with its threshold.</summary>
/// <param name="Value">In the unit of the kind's threshold.</param>
public abstract record MeasuredFact(
    AlertKind Kind, AlertCustomer? Customer, string Subject, string Period, Quantity Value, Instant At, ulong Place)
    : AlertFact(Kind, Customer, Subject, Period, Period, At, Place)
{
    public override AlertSeverity Severity => AlertSeverity.Warning;

    public abstract bool IsReached(Quantity threshold);

    protected string Percent => string.Create(CultureInfo.InvariantCulture, $"{decimal.Round(Value.Value, 1):0.#}%");
}

/// <summary>A month in which a paying customer used little of each limit.</summary>
/// <param name="Value">The largest used share of a limit, in percent.</param>
/// <param name="Used">By feature code.</param>
/// <param name="Day">The day on which the month ended.</param>
public sealed record LowUseFact(
    AlertCustomer Who, string Plan, Quantity Value, IReadOnlyDictionary<string, Quantity> Used, string Day, Instant At, ulong Place)
    : MeasuredFact(AlertKind.UsageBelow, Who, Who.Id, $"{At}", Value, At, Place)
{
    public override bool IsReached(Quantity threshold) => Value < threshold;

    public override string Title => $"{Customer}: low use of {Plan}";

    public override string Detail => $"{Customer} used at most {Percent} of any limit of {Plan} in the month that ended on {Day}.";
}

/// <summary>The cost of the project's calls to models in a month so far.</summary>
/// <param name="Month">UTC, such as <c>2026-11</c>.</param>
/// <param name="Value">Dollars.</param>
public sealed record BudgetFact(string Month, Quantity Value, Instant At)
    : MeasuredFact(AlertKind.Budget, null, "llm_cost", Month, Value, At, ulong.MaxValue)
{
    public override bool IsReached(Quantity threshold) => Value >= threshold;

    public override string Title => $"Calls to models cost {AlertText.Dollars(Value)} in {Month}";

    public override string Detail => $"The calls of the project to models have cost {AlertText.Dollars(Value)} in {Month} so far.";
}

/// <summary>The revenue and the cost of the project in a month so far.</summary>
/// <param name="Value">The margin in percent of the revenue.</param>
public sealed record MarginFact(string Month, Quantity Value, Quantity Revenue, Quantity Cost, Instant At)
    : MeasuredFact(AlertKind.MarginBelow, null, "margin", Month, Value, At, ulong.MaxValue)
{
    public override bool IsReached(Quantity threshold) => Value < threshold;

    public override string Title => $"The margin is {Percent} in {Month}";

    public override string Detail =>
        $"In {Month} so far, the project has earned {AlertText.Dollars(Revenue)}, and its calls to models have cost "
            + $"{AlertText.Dollars(Cost)}.";

    /// <summary>Returns the margin in percent. Cost without revenue is a margin of −100 percent; null: there is neither.</summary>
    public static Quantity? Of(Quantity revenue, Quantity cost) => revenue.IsPositive
        ? Quantity.Of(decimal.Round((revenue.Value - cost.Value) * 100m / revenue.Value, 1, MidpointRounding.AwayFromZero))
        : cost.IsPositive ? Quantity.Of(-100m) : null;
}

/// <summary>The failed calls to a provider on a day so far.</summary>
/// <param name="Day">UTC.</param>
/// <param name="Value">Failed calls in percent of all.</param>
public sealed record ProviderErrorsFact(string Provider, string Day, long Calls, long Errors, Quantity Value, Instant At)
    : MeasuredFact(AlertKind.ProviderErrors, null, Provider, Day, Value, At, ulong.MaxValue)
{
    /// <summary>The least number of calls of a day: one failure of three says nothing.</summary>
    public const int FewestCalls = 20;

    public override AlertSeverity Severity => AlertSeverity.Critical;

    public override bool IsReached(Quantity threshold) => Calls >= FewestCalls && Value >= threshold;

    public override string Title => $"{Percent} of the calls to {(Provider.Length == 0 ? "an unnamed provider" : Provider)} failed";

    public override string Detail =>
        $"On {Day} so far, {AlertText.Number(Quantity.Of(Errors))} of {AlertText.Number(Quantity.Of(Calls))} calls failed.";
}

/// <summary>The revenue from a paying customer and the cost of its calls in a month so far, in the project's currency.</summary>
/// <param name="Month">UTC.</param>
/// <param name="Value">The margin in percent of the revenue.</param>
public sealed record CustomerMarginFact(AlertCustomer Who, string Month, Quantity Value, MoneyAmount Revenue, MoneyAmount Cost, Instant At)
    : MeasuredFact(AlertKind.CustomerMarginBelow, Who, Who.Id, Month, Value, At, ulong.MaxValue)
{
    public override bool IsReached(Quantity threshold) => Value < threshold;

    public override string Title => $"{Customer}: margin of {Percent} in {Month}";

    public override string Detail =>
        $"In {Month} so far, {Customer} has earned you {Revenue.Display()}, and its calls to models have cost {Cost.Display()}.";
}

/// <summary>The customers lost in a calendar month so far.</summary>
/// <param name="Month">A month in the project's time zone.</param>
/// <param name="Value">Lost customers in percent of the paying ones at the start.</param>
public sealed record ChurnFact(string Month, long Lost, long Opening, Quantity Value, Instant At)
    : MeasuredFact(AlertKind.ChurnAbove, null, "churn", Month, Value, At, ulong.MaxValue)
{
    /// <summary>The least number of customers at the start: one of three is no trend.</summary>
    public const int FewestCustomers = 10;

    public override AlertSeverity Severity => AlertSeverity.Critical;

    public override bool IsReached(Quantity threshold) => Opening >= FewestCustomers && Value >= threshold;

    public override string Title => $"Churn of {Percent} in {Month}";

    public override string Detail =>
        $"In {Month} so far, {AlertText.Number(Quantity.Of(Lost))} of {AlertText.Number(Quantity.Of(Opening))} paying customers have left. "
            + "GET /v1/analytics/mrr/movements?kind=churn lists them.";
}

/// <summary>The usage of a quota period at its end, if it continues at its pace: used ÷ elapsed share of the period.</summary>
/// <param name="Value">The projected usage in percent of the quota.</param>
/// <param name="Day">The day on which the quota ends at this pace.</param>
public sealed record OverrunFact(
    AlertCustomer Who, Feature Feature, Quantity Used, Quantity Quota, Quantity Value, string Day, Instant PeriodStart, Instant At)
    : MeasuredFact(AlertKind.ProjectedOverrun, Who, $"{Who.Id}/{Feature.Code}", $"{PeriodStart}", Value, At, ulong.MaxValue)
{
    public override bool IsReached(Quantity threshold) => Value >= threshold;

    public override string Title => $"{Customer}: {Feature.Name} will reach {Percent} of the quota";

    public override string Detail =>
        $"{Customer} has used {Amount(Used)} of {Amount(Quota)}{(Feature.IsMoney ? $" ({Feature.Name})" : $" {Feature.Name}")}. "
            + (Value.Value > WholeQuota ? $"At this pace the quota ends on {Day}." : $"At this pace it will use {Percent} of the quota.");

    private const int WholeQuota = 100;

    /// <summary>
    /// Returns the projection, used ÷ elapsed share of the period; null: the feature measures a level, which does not add up, or nothing
    /// has elapsed.
    /// </summary>
    public static OverrunFact? Of(
        AlertCustomer who, Feature feature, Quantity used, Quantity quota, Period period, Instant now, TimeZoneInfo zone)
    {
        var (elapsed, whole) = (
            (now.ToOffset() - period.Start.ToOffset()).Ticks, (period.End.ToOffset() - period.Start.ToOffset()).Ticks);
        if (feature.Level is not null || elapsed <= 0 || !quota.IsPositive)
        {
            return null;
        }

        var share = used.Value / quota.Value;
        var percent = Quantity.Of(decimal.Round(share * WholeQuota * whole / elapsed, 1, MidpointRounding.AwayFromZero));
        var end = share >= 1 ? now.ToOffset() : period.Start.ToOffset().AddTicks((long)(elapsed / share));
        return new(
            who, feature, used, quota, percent,
            TimeZoneInfo.ConvertTime(end, zone).ToString("d MMM yyyy", CultureInfo.InvariantCulture), period.Start, now);
    }

    private string Amount(Quantity amount) => Feature.IsMoney ? AlertText.Dollars(amount) : AlertText.Number(amount);
}

/// <summary>The refused decisions about a customer's feature in a quota period so far.</summary>
public sealed record RefusedFact(AlertCustomer Who, Feature Feature, Quantity Value, Instant PeriodStart, Instant At)
    : MeasuredFact(AlertKind.DecisionsRefused, Who, $"{Who.Id}/{Feature.Code}", $"{PeriodStart}", Value, At, ulong.MaxValue)
{
    public override bool IsReached(Quantity threshold) => Value >= threshold;

    public override string Title => $"{Customer}: {AlertText.Number(Value)} refused uses of {Feature.Name}";

    public override string Detail =>
        $"Tollgate has refused {Customer} {Feature.Name} {AlertText.Number(Value)} times in this quota period. "
            + "The customer may need another plan, or its app repeats refused requests.";
}

/// <summary>The time for which recorded facts have waited for an open transaction.</summary>
/// <param name="Hour">UTC.</param>
/// <param name="Value">Seconds.</param>
public sealed record LagFact(string Hour, Quantity Value, Instant At)
    : MeasuredFact(AlertKind.IngestLag, null, "facts", Hour, Value, At, ulong.MaxValue)
{
    public override bool IsReached(Quantity threshold) => Value >= threshold;

    public override string Title => $"Facts have waited for {AlertText.Number(Value)} s";

    public override string Detail =>
        "A transaction in PostgreSQL is open, and webhooks, mails and alerts wait for it. pg_stat_activity shows it (xact_start).";
}
