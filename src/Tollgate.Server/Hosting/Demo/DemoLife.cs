using Tollgate.Core.Time;

namespace Tollgate.Server.Hosting.Demo;

/// <summary>The part of a demo customer in the story.</summary>
internal enum DemoRole
{
    None,

    /// <summary>The customer whose portal the start page shows: uses much, and takes a larger plan.</summary>
    Shown,

    /// <summary>Costs more than it pays.</summary>
    Unprofitable,

    /// <summary>Its card declines the renewal.</summary>
    Delinquent,

    /// <summary>Ends its subscription with the running period.</summary>
    Leaving,

    /// <summary>Takes a smaller plan.</summary>
    Saving,

    /// <summary>Left some months ago.</summary>
    Lost,

    /// <summary>Left, and came back.</summary>
    Returned,
}

/// <summary>A time on one plan. Its periods follow each other from the anchor.</summary>
/// <param name="End">Exclusive; null: it runs on.</param>
/// <param name="Reason">The reason of the end; null: the plan changes.</param>
internal sealed record DemoStretch(
    string Plan, PriceInterval Interval, DateTime Start, DateTime? TrialEnd, DateTime? End, string? Reason)
{
    /// <summary>The beginning of the paid time.</summary>
    public DateTime Anchor => TrialEnd ?? Start;

    public DateTime PeriodAt(int number) => Interval == PriceInterval.Yearly ? Anchor.AddYears(number) : Anchor.AddMonths(number);
}

/// <summary>The life of a demo customer, from its registration on.</summary>
/// <param name="Appetite">The share of its quotas that it uses, in percent.</param>
internal sealed record DemoLife(
    int Number, string Id, string Name, string Country, DemoRole Role, DateTime Joined, int Appetite, IReadOnlyList<DemoStretch> Stretches)
{
    /// <summary>The plan that it has at a time.</summary>
    public string PlanAt(DateTime at, string fallback) =>
        Stretches.LastOrDefault(one => one.Start <= at && !(one.End <= at))?.Plan ?? fallback;
}
