using System.Globalization;
using Tollgate.Contracts.Http;
using Tollgate.Core.Costs;
using Tollgate.Core.Time;
using Tollgate.Server.Http;

namespace Tollgate.Server.Costs;

/// <summary>The UTC days of a request.</summary>
internal static class CostDays
{
    public const int Default = 30;

    /// <summary>The most days: three years and some days, as many as a page can show.</summary>
    public const int Most = 1_100;

    public static readonly QueryParameter[] FromTo =
    [
        new("from", "The first UTC day, such as 2026-11-01, or a time on it. Default: 30 days that end with `to`."),
        new("to", $"The last UTC day, included. Default: today. At most {Most} days."),
    ];

    public static readonly QueryParameter[] All = [
        new("days", $"The number of UTC days up to today: 1 to {Most}, default {Default}. Do not combine it with from and to.", "integer"),
        .. FromTo];

    public static DayRange Read(ReportRequest request) => Read(request.Query, request.Now, request.Faults);

    /// <summary>Reads <c>days</c>, or <c>from</c> and <c>to</c>.</summary>
    public static DayRange Read(IQueryCollection query, Instant now, Faults faults)
    {
        string? days = query["days"], from = query["from"], to = query["to"];
        if (days is not null)
        {
            if (from is not null || to is not null)
            {
                faults.Add("days", FaultCode.InvalidValue, "Send days, or from and to.");
            }

            return DayRange.Until(now, faults.Number(days, "days", Default, Most));
        }

        var today = DayRange.Until(now, 1).Last;
        var last = DayOf(to, "to", faults) ?? today;
        var first = DayOf(from, "from", faults) ?? last.AddDays(1 - Default);
        var range = new DayRange(first, last);
        if (range.Days < 1)
        {
            faults.Add("to", FaultCode.OutOfRange, "to must not be before from.");
        }
        else if (range.Days > Most)
        {
            faults.Add("from", FaultCode.OutOfRange, $"A range has at most {Most} days.");
        }

        return range;
    }

    private static DateOnly? DayOf(string? text, string param, Faults faults)
    {
        if (text is null)
        {
            return null;
        }

        var isDay = DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day);
        if (!isDay && UtcInstant.TryParse(text, out var moment))
        {
            day = DateOnly.FromDateTime(moment.UtcDateTime);
        }

        if (day.Year is > 1970 and < 9000)
        {
            return day;
        }

        faults.Add(param, FaultCode.InvalidFormat, "A day such as 2026-11-21, or an ISO 8601 time, is expected.");
        return null;
    }
}
