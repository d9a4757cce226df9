using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;

namespace Tollgate.Core.Privacy;

/// <summary>The setting that decides how long Tollgate keeps the texts of a customer's usage.</summary>
public enum RetentionSource
{
    /// <summary>No setting: Tollgate keeps them.</summary>
    None,

    /// <summary>The project's <c>retention_days</c>.</summary>
    Project,

    /// <summary>The value <c>data_retention_days</c> of the customer's plan.</summary>
    Plan,

    /// <summary>The same value in the customer's overrides.</summary>
    Customer,
}

/// <summary>The retention that the settings ask for.</summary>
/// <param name="Days">Days to keep, at least <see cref="RetentionRules.LeastDays"/>; null: for ever.</param>
/// <param name="Set">The value as it is set, which may be below the minimum or not a number; null: unlimited, or not set.</param>
public sealed record Retention(int? Days, RetentionSource Source, string? Set);

/// <summary>The retention in force for a customer, and a shorter one that is announced.</summary>
/// <param name="Days">Null: for ever.</param>
/// <param name="NextDays">Null: no shorter period is announced.</param>
/// <param name="NextAt">The time from which <paramref name="NextDays"/> applies.</param>
public sealed record RetentionTerm(int? Days, int? NextDays, Instant? NextAt)
{
    public static readonly RetentionTerm Unlimited = new(null, null, null);
}

/// <summary>The rules of retention: its days, the first day that is kept, and the time from which a change applies.</summary>
public static class RetentionRules
{
    /// <summary>The code of the value feature by which a plan sets the days.</summary>
    public const string Feature = "data_retention_days";

    /// <summary>
    /// Tollgate compares the content of a repeat with its first attempt, and reprices calls, for 35 days: it keeps the texts a day longer.
    /// </summary>
    public const int LeastDays = 36;

    /// <summary>A hundred years.</summary>
    public const int MostDays = 36_500;

    /// <summary>
    /// The delay of a shorter period. Nobody can undo a deletion: a mistaken change of a plan or of a setting can be undone in this time.
    /// </summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(7);

    /// <summary>The plan's value decides if the plan has one, otherwise the project's setting.</summary>
    /// <param name="entitlement">The plan's, with the customer's override in its place; null: neither has the feature.</param>
    /// <param name="isOverride">True if the customer's overrides set the value.</param>
    /// <param name="project">The setting of the project; null: for ever.</param>
    public static Retention Of(Entitlement? entitlement, bool isOverride, int? project) => entitlement is null
        ? new(
            project is { } days ? Bounded(days) : null, project is null ? RetentionSource.None : RetentionSource.Project,
            project?.ToString(CultureInfo.InvariantCulture))
        : new(DaysOf(entitlement.Value), isOverride ? RetentionSource.Customer : RetentionSource.Plan, entitlement.Value);

    /// <summary>A longer period applies at once, a shorter one after <see cref="Notice"/>, unless the setting changes again.</summary>
    public static RetentionTerm Follow(RetentionTerm term, int? wanted, Instant now) =>
        !IsShorter(wanted, term.Days) ? new(wanted, null, null)
        : term.NextDays != wanted ? term with { NextDays = wanted, NextAt = now.Plus(Notice) }
        : term.NextAt <= now ? new(wanted, null, null)
        : term;

    /// <summary>The project's calendar day at an instant.</summary>
    public static DateOnly DayOf(Instant now, TimeZoneInfo zone) => DateOnly.FromDateTime(LocalTime.At(now, zone));

    /// <summary>The start of the first day that Tollgate keeps. The texts of a day in the project's time zone expire together.</summary>
    public static Instant KeptFrom(DateOnly today, int days, TimeZoneInfo zone) =>
        LocalTime.FirstInstantShowing(today.AddDays(-days).ToDateTime(TimeOnly.MinValue), zone);

    /// <summary>A value that is not a number deletes nothing.</summary>
    private static int? DaysOf(string? value) =>
        decimal.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var days)
            && days >= 0
            ? Bounded((int)decimal.Ceiling(Math.Min(days, MostDays)))
            : null;

    private static int Bounded(int days) => Math.Clamp(days, LeastDays, MostDays);

    private static bool IsShorter(int? wanted, int? days) => wanted is { } some && (days is not { } now || some < now);
}
