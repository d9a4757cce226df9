using Tollgate.Core.Time;

namespace Tollgate.Core.Reports;

public enum ReportKind
{
    /// <summary>Recurring revenue, key figures and margins of the project.</summary>
    Revenue,

    /// <summary>Paying customers by plan, currency and country.</summary>
    Segments,

    /// <summary>Lost customers and revenue, their reasons, and retention.</summary>
    Churn,

    /// <summary>MRR and customers by month, with a projection.</summary>
    Growth,

    /// <summary>A customer's use of features and models.</summary>
    Usage,

    /// <summary>A customer's invoices, payments, credits and balance.</summary>
    Statement,

    /// <summary>The features that a customer has, and those that it uses.</summary>
    Adoption,

    /// <summary>The values that a customer reported, such as saved hours, with tickets and scores.</summary>
    Value,
}

public enum ReportFormat
{
    Pdf,
    Csv,
    Json,
}

/// <summary>The period of a scheduled report.</summary>
public enum ReportInterval
{
    Daily,

    /// <summary>Monday to Sunday.</summary>
    Weekly,
    Monthly,
}

/// <summary>A report that Tollgate sends by mail after each period.</summary>
/// <param name="Recipients">1 to <see cref="ReportScheduleRules.MostRecipients"/> e-mail addresses, each once.</param>
/// <param name="Customer">The customer of a customer report; else null.</param>
public sealed record ReportSchedule(
    Guid Id, int Project, ReportKind Kind, ReportFormat Format, ReportInterval Every, IReadOnlyList<string> Recipients, string? Customer,
    bool IsEnabled);

/// <summary>When a scheduled report is sent, and which days it covers. Days are those of the project's time zone.</summary>
public static class ReportScheduleRules
{
    public const int MostRecipients = 10;

    /// <summary>After the night, in which Tollgate writes invoices of the period and imports arrive, and before the working day.</summary>
    private static readonly TimeSpan SentAt = TimeSpan.FromHours(6);

    /// <summary>True for the report of one customer.</summary>
    public static bool IsOfCustomer(ReportKind kind) =>
        kind is ReportKind.Usage or ReportKind.Statement or ReportKind.Adoption or ReportKind.Value;

    /// <summary>The title in English.</summary>
    public static string TitleOf(ReportKind kind) => kind switch
    {
        ReportKind.Churn => "Churn analysis",
        ReportKind.Usage => "Usage summary",
        ReportKind.Adoption => "Feature adoption",
        _ => kind.ToString(),
    };

    /// <summary>Returns the first time after <paramref name="now"/> at which a report is sent.</summary>
    public static Instant NextAfter(ReportInterval every, Instant now, TimeZoneInfo zone)
    {
        var start = StartOf(every, LocalDay(now, zone));
        return TimeOf(start, zone) is var at && at > now ? at : TimeOf(Following(every, start), zone);
    }

    /// <summary>
    /// Returns the days of the report that was due last: the last period that ended before the latest time of sending. It does not cover
    /// earlier periods whose reports no server sent.
    /// </summary>
    public static (DateOnly From, DateOnly To) LastDue(ReportInterval every, Instant now, TimeZoneInfo zone)
    {
        var start = StartOf(every, LocalDay(now, zone));
        if (TimeOf(start, zone) > now)
        {
            start = Before(every, start);
        }

        return (Before(every, start), start.AddDays(-1));
    }

    private static DateOnly LocalDay(Instant at, TimeZoneInfo zone) => DateOnly.FromDateTime(LocalTime.At(at, zone));

    private static Instant TimeOf(DateOnly day, TimeZoneInfo zone) =>
        LocalTime.FirstInstantShowing(day.ToDateTime(TimeOnly.MinValue) + SentAt, zone);

    /// <summary>The first day of the period that contains the day.</summary>
    private static DateOnly StartOf(ReportInterval every, DateOnly day) => every switch
    {
        ReportInterval.Daily => day,
        ReportInterval.Weekly => day.AddDays(-(((int)day.DayOfWeek + 6) % 7)),
        _ => new(day.Year, day.Month, 1),
    };

    private static DateOnly Following(ReportInterval every, DateOnly start) => every switch
    {
        ReportInterval.Daily => start.AddDays(1),
        ReportInterval.Weekly => start.AddDays(7),
        _ => start.AddMonths(1),
    };

    private static DateOnly Before(ReportInterval every, DateOnly start) => every switch
    {
        ReportInterval.Daily => start.AddDays(-1),
        ReportInterval.Weekly => start.AddDays(-7),
        _ => start.AddMonths(-1),
    };
}
