using System.Collections.Concurrent;
using System.Diagnostics;

namespace Tollgate.Chaos.Oversell;

/// <summary>A consume or a reservation as its caller saw it. All times are Stopwatch ticks of the one calling process.</summary>
public sealed record Step
{
    public required string Name { get; init; }

    public required IReadOnlyDictionary<string, decimal> Amounts { get; init; }

    public required long Invoked { get; init; }

    public required long Answered { get; init; }

    public required bool Granted { get; init; }

    /// <summary>Null for a consume.</summary>
    public Holding? Hold { get; init; }
}

/// <summary>The end of a granted reservation.</summary>
/// <param name="ExpiresAt">The server's expiry, in ticks.</param>
/// <param name="EndInvoked">The time at which settle or release was sent; <see cref="long.MaxValue"/> if it was left to expire.</param>
/// <param name="EndAnswered">The time of the acknowledgement; <see cref="long.MaxValue"/> if there was none.</param>
/// <param name="Settled">The amounts settled; null for a release or an expiry.</param>
/// <param name="Late">The settle came after the expiry: recorded as a fact, even beyond the cap, because the work was done.</param>
public sealed record Holding(
    long ExpiresAt, long EndInvoked, long EndAnswered, IReadOnlyDictionary<string, decimal>? Settled, bool Late = false);

/// <summary>
/// A change of the limits. Between <see cref="Invoked"/> and <see cref="Answered"/> the old or the new ones may be in force.
/// </summary>
public sealed record LimitChange(long Invoked, long Answered, IReadOnlyDictionary<string, decimal> Limits);

/// <summary>
/// Reconstructs from the callers' side alone the amounts that must and that may have been in force at each moment, and judges every
/// decision by them. <b>Must</b> (the lower course) counts an amount from its acknowledgement on and stops when its end was sent;
/// <b>may</b> (the upper course) counts from the sending on and stops when the end was acknowledged. The truth lies between them, for any
/// behaviour of the network. So a grant is wrong if even the lower course had no room at any moment of the call, and a denial is wrong if
/// even the upper course had room during all of it.
/// </summary>
public sealed class History(IReadOnlyDictionary<string, decimal> limits)
{
    /// <summary>A hold may be counted this long after its expiry (QUALITY R3), and this much earlier by the database's clock.</summary>
    public static readonly TimeSpan LeakBound = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ClockSlack = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentBag<Step> _steps = [];
    private readonly List<LimitChange> _changes = [];

    public IReadOnlyCollection<Step> Steps => _steps;

    public void Add(Step step) => _steps.Add(step);

    public void Add(LimitChange change)
    {
        lock (_changes)
        {
            _changes.Add(change);
        }
    }

    /// <summary>The usage that must be recorded at the end: acknowledged consumes and settles.</summary>
    public decimal UsedAtTheEnd(string feature) =>
        _steps.Where(step => step.Granted)
            .Sum(step => step.Hold is null ? AmountOf(step.Amounts, feature) : AmountOf(step.Hold.Settled, feature));

    /// <summary>The part of it that no decision allowed: settles after the expiry.</summary>
    public decimal SettledLate(string feature) =>
        _steps.Where(step => step.Granted && step.Hold is { Late: true }).Sum(step => AmountOf(step.Hold!.Settled, feature));

    /// <summary>Every decision that no order of events explains.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        var lower = limits.Keys.ToDictionary(
            feature => feature, feature => Course.Of(_steps.SelectMany(step => Must(step, feature))), StringComparer.Ordinal);
        var upper = limits.Keys.ToDictionary(
            feature => feature, feature => Course.Of(_steps.SelectMany(step => May(step, feature))), StringComparer.Ordinal);
        foreach (var step in _steps.OrderBy(step => step.Invoked))
        {
            faults.AddRange(step.Granted ? Oversold(step, lower) : DeniedFalsely(step, upper) is { } fault ? [fault] : []);
        }

        return faults;
    }

    private IEnumerable<string> Oversold(Step step, Dictionary<string, Course> lower)
    {
        foreach (var (feature, amount) in step.Amounts)
        {
            var inForce = lower[feature].Lowest(step.Invoked, step.Answered);
            var limit = LimitsDuring(step, feature).Max();
            if (inForce + amount > limit)
            {
                yield return $"oversold: {step.Name} was granted {amount} {feature} when at least {inForce} of {limit} were taken all the "
                    + "time.";
            }
        }
    }

    private string? DeniedFalsely(Step step, Dictionary<string, Course> upper)
    {
        var seen = new List<string>();
        foreach (var (feature, amount) in step.Amounts)
        {
            var taken = upper[feature].Highest(step.Invoked, step.Answered);
            var limit = LimitsDuring(step, feature).Min();
            if (taken + amount > limit)
            {
                return null;
            }

            seen.Add($"{amount} {feature} when at most {taken} of {limit} were taken");
        }

        return $"denied falsely: {step.Name} was refused {string.Join(" and ", seen)}.";
    }

    // The limits in force before, and each that may have come into force before the call ended.
    private List<decimal> LimitsDuring(Step step, string feature)
    {
        List<decimal> possible = [limits[feature]];
        foreach (var change in _changes.OrderBy(change => change.Invoked))
        {
            if (change.Answered < step.Invoked)
            {
                possible.Clear();
            }

            if (change.Invoked <= step.Answered)
            {
                possible.Add(change.Limits[feature]);
            }
        }

        return possible;
    }

    private static IEnumerable<(long At, decimal Change)> Must(Step step, string feature)
    {
        var amount = AmountOf(step.Amounts, feature);
        if (!step.Granted || amount == 0)
        {
            yield break;
        }

        if (step.Hold is not { } hold)
        {
            yield return (step.Answered, amount);
            yield break;
        }

        // Sent near or after the expiry: the hold may have been freed in between, and the settle is then a fact of its own.
        var settled = AmountOf(hold.Settled, feature);
        var surelyOpen = hold.ExpiresAt - Ticks(ClockSlack);
        var mayBeLate = hold.EndInvoked > surelyOpen;
        var end = Math.Min(hold.EndInvoked, surelyOpen);
        var kept = mayBeLate ? 0 : Math.Min(settled, amount);
        if (end > step.Answered)
        {
            yield return (step.Answered, amount);
            yield return (end, kept - amount);
        }
        else
        {
            kept = 0;
        }

        if (hold.EndAnswered < long.MaxValue)
        {
            yield return (hold.EndAnswered, settled - kept);
        }
    }

    private static IEnumerable<(long At, decimal Change)> May(Step step, string feature)
    {
        var amount = AmountOf(step.Amounts, feature);
        if (!step.Granted || amount == 0)
        {
            yield break;
        }

        yield return (step.Invoked, amount);
        if (step.Hold is { } hold)
        {
            var settled = AmountOf(hold.Settled, feature);
            if (settled > amount)
            {
                yield return (hold.EndInvoked, settled - amount);
            }

            yield return (Math.Min(hold.EndAnswered, hold.ExpiresAt + Ticks(LeakBound)), Math.Min(settled, amount) - amount);
        }
    }

    private static decimal AmountOf(IReadOnlyDictionary<string, decimal>? amounts, string feature) =>
        amounts is not null && amounts.TryGetValue(feature, out var amount) ? amount : 0;

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}

/// <summary>A sum that changes at moments: sorted, with the running total after each.</summary>
public sealed class Course
{
    private readonly long[] _at;
    private readonly decimal[] _total;

    private Course(long[] at, decimal[] total) => (_at, _total) = (at, total);

    public static Course Of(IEnumerable<(long At, decimal Change)> changes)
    {
        var sorted = changes.Where(change => change.Change != 0).OrderBy(change => change.At).ToList();
        var total = new decimal[sorted.Count];
        var sum = 0m;
        for (var at = 0; at < sorted.Count; at++)
        {
            sum += sorted[at].Change;
            total[at] = sum;
        }

        return new([.. sorted.Select(change => change.At)], total);
    }

    public decimal Lowest(long from, long to) => During(from, to).Min();

    public decimal Highest(long from, long to) => During(from, to).Max();

    private IEnumerable<decimal> During(long from, long to)
    {
        var first = Array.BinarySearch(_at, from);
        first = first < 0 ? ~first : first;

        // Changes at exactly "from" may count or not: both totals are possible.
        yield return first == 0 ? 0 : _total[first - 1];
        for (var at = first; at < _at.Length && _at[at] <= to; at++)
        {
            yield return _total[at];
        }
    }
}
