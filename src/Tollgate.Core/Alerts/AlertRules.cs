using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;

namespace Tollgate.Core.Alerts;

/// <summary>An alert that a rule made from a fact.</summary>
/// <param name="Occasion">A rule fires once for each subject and occasion, on any number of servers.</param>
/// <param name="PushAt">The time, by the project's clock, at which the channels get it; <see cref="Instant.Epoch"/>: at once; null:
/// only the list has it.</param>
public sealed record FiredAlert(AlertRule Rule, AlertFact Fact, string Occasion, AlertSeverity Severity, Instant? PushAt);

/// <summary>The rules by which facts become alerts.</summary>
public static class AlertRules
{
    private const int DaysOfWeek = 7;

    /// <summary>Returns the alerts of facts of one project, in the order of the facts.</summary>
    /// <param name="rules">Rules of the same project.</param>
    /// <param name="now">By the project's clock.</param>
    public static IReadOnlyList<FiredAlert> Fire(
        IReadOnlyList<AlertFact> facts, IReadOnlyList<AlertRule> rules, Instant now, TimeZoneInfo zone)
    {
        var ofKind = rules.ToLookup(static rule => rule.Kind);
        var (fired, seen) = (new List<FiredAlert>(), new HashSet<(Guid, string, string)>());
        foreach (var fact in facts)
        {
            foreach (var rule in ofKind[fact.Kind])
            {
                if (Applies(rule, fact) && OccasionOf(rule, fact, zone) is var occasion && seen.Add((rule.Id, fact.Subject, occasion)))
                {
                    fired.Add(
                        new(rule, fact, occasion, rule.Severity ?? fact.Severity, PushAt(rule, fact, now, zone)));
                }
            }
        }

        return fired;
    }

    /// <summary>True if the rule makes an alert of the fact, unless it has made one on the same occasion.</summary>
    public static bool Applies(AlertRule rule, AlertFact fact) =>
        rule.IsEnabled && rule.Kind == fact.Kind && fact.Place >= rule.Since && IsReached(rule, fact);

    private static Instant? PushAt(AlertRule rule, AlertFact fact, Instant now, TimeZoneInfo zone) =>
        fact is CrossingFact { IsHighest: false } || rule.Channels.All(static channel => channel == AlertChannel.InApp)
            ? null
            : rule.Quiet?.EndAfter(now, zone) ?? Instant.Epoch;

    private static bool IsReached(AlertRule rule, AlertFact fact) => fact switch
    {
        CrossingFact crossing => rule.Threshold is not { } threshold || crossing.Percent >= threshold.Value,
        MeasuredFact measured => rule.Threshold is { } least && measured.IsReached(least),
        _ => true,
    };

    /// <summary>
    /// Returns the period of the alert. It contains the threshold, so that a rule with a new threshold fires again in the same period, and
    /// one that gets back its old threshold does not.
    /// </summary>
    public static string OccasionOf(AlertRule rule, AlertFact fact, TimeZoneInfo zone)
    {
        var period = rule.Repeat switch
        {
            // Without a threshold of its own, a rule follows each threshold of the plan.
            AlertRepeat.Once => fact is CrossingFact && rule.Threshold is null ? fact.Instance : fact.Period,
            AlertRepeat.Always => fact.Instance,
            _ => $"{CatalogWords.Of(rule.Repeat)} {StartOf(rule.Repeat, fact.At, zone):yyyy-MM-ddTHH}",
        };
        return rule.Threshold is { } threshold
            ? string.Create(CultureInfo.InvariantCulture, $"{period} at {threshold.Value:0.####}")
            : period;
    }

    /// <summary>Returns the start of the hour, day or week (from Monday on) in local time.</summary>
    private static DateTime StartOf(AlertRepeat repeat, Instant at, TimeZoneInfo zone)
    {
        var local = LocalTime.At(at, zone);
        return repeat switch
        {
            AlertRepeat.Hourly => local.Date.AddHours(local.Hour),
            AlertRepeat.Daily => local.Date,
            _ => local.Date.AddDays(-(((int)local.DayOfWeek + DaysOfWeek - 1) % DaysOfWeek)),
        };
    }
}
