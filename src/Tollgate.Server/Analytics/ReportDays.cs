using System.Globalization;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Analytics;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary>The days of a report, in the project's time zone.</summary>
internal static class ReportDays
{
    /// <summary>The most days: three years and some days.</summary>
    public const int Most = 1_100;

    public static readonly QueryParameter[] OfMonths = Parameters("the first day of the month 11 months before `to`");

    public static readonly QueryParameter[] OfDays = Parameters("30 days that end with `to`");

    public static (DateOnly From, DateOnly To) ReadMonths(ReportRequest request) =>
        ReadMonths(request.Query, request.Now, request.Project.Zone, request.Faults);

    /// <summary>Reads <c>from</c> and <c>to</c>; without <c>from</c> 12 calendar months.</summary>
    public static (DateOnly From, DateOnly To) ReadMonths(IQueryCollection query, Instant now, TimeZoneInfo zone, Faults faults) =>
        Read(query, now, zone, faults, static to => new DateOnly(to.Year, to.Month, 1).AddMonths(-11));

    /// <summary>Reads <c>from</c> and <c>to</c>; without <c>from</c> 30 days.</summary>
    public static (DateOnly From, DateOnly To) Read30Days(ReportRequest request) =>
        Read(request.Query, request.Now, request.Project.Zone, request.Faults, static to => to.AddDays(-29));

    private static (DateOnly From, DateOnly To) Read(
        IQueryCollection query, Instant now, TimeZoneInfo zone, Faults faults, Func<DateOnly, DateOnly> first)
    {
        var last = DayOf(query["to"], "to", zone, faults) ?? ReportSpan.DayOf(now, zone);
        var from = DayOf(query["from"], "from", zone, faults) ?? first(last);
        if (faults.Any)
        {
            return (last, last);
        }

        if (from > last)
        {
            faults.Add("to", FaultCode.OutOfRange, $"to ({Shown(last)}) must not be before from ({Shown(from)}).");
        }
        else if (last.DayNumber - from.DayNumber >= Most)
        {
            faults.Add("from", FaultCode.OutOfRange, $"A range has at most {Most} days. {Shown(from)} to {Shown(last)} has more.");
        }

        return (from, last);
    }

    private static string Shown(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static DateOnly? DayOf(string? text, string param, TimeZoneInfo zone, Faults faults)
    {
        if (text is null)
        {
            return null;
        }

        var isDay = DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day);
        if (!isDay && UtcInstant.TryParse(text, out var moment) && moment.Year is > 1970 and < 9000)
        {
            day = ReportSpan.DayOf(Instant.From(moment), zone);
        }

        if (day.Year is > 1970 and < 9000)
        {
            return day;
        }

        faults.Add(
            param, FaultCode.InvalidFormat,
            $"'{Spelling.Shown(text)}' is no day. A day such as 2026-11-21, or an ISO 8601 time, is expected.");
        return null;
    }

    private static QueryParameter[] Parameters(string fallback) =>
    [
        new("from", $"The first day in the project's time zone, such as 2026-11-01, or a time on it. Default: {fallback}."),
        new("to", $"The last day, included. Default: today. At most {Most} days."),
    ];
}
