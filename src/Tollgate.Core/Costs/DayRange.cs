using Tollgate.Core.Time;

namespace Tollgate.Core.Costs;

/// <summary>UTC days, both inclusive.</summary>
public readonly record struct DayRange(DateOnly First, DateOnly Last)
{
    public int Days => Last.DayNumber - First.DayNumber + 1;

    /// <summary>The day of an instant and those before it.</summary>
    public static DayRange Until(Instant now, int days)
    {
        var last = DateOnly.FromDateTime(now.ToUtc());
        return new(last.AddDays(1 - days), last);
    }

    /// <summary>The calendar month of an instant and those before it, to the end of the last one.</summary>
    public static DayRange Months(Instant now, int months)
    {
        var utc = now.ToUtc();
        var first = new DateOnly(utc.Year, utc.Month, 1);
        return new(first.AddMonths(1 - months), first.AddMonths(1).AddDays(-1));
    }

    /// <summary>Every day, the first one first.</summary>
    public IEnumerable<DateOnly> All()
    {
        for (var day = First; day <= Last; day = day.AddDays(1))
        {
            yield return day;
        }
    }
}
