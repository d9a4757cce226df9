using System.Globalization;
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
