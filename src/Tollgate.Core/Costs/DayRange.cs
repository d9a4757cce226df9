using Tollgate.Core.Time;

namespace Tollgate.Core.Costs;

/// <summary>A range of UTC days, both inclusive.</summary>
public readonly record struct DayRange(DateOnly First, DateOnly Last)
{
    public int Days => Last.DayNumber - First.DayNumber + 1;

    /// <summary>Returns a number of days that ends with the day of an instant.</summary>
    public static DayRange Until(Instant now, int days)
    {
        var last = DateOnly.FromDateTime(now.ToUtc());
        return new(last.AddDays(1 - days), last);
    }

    /// <summary>Returns a number of whole calendar months that ends with the month of an instant.</summary>
    public static DayRange Months(Instant now, int months)
    {
        var utc = now.ToUtc();
        var first = new DateOnly(utc.Year, utc.Month, 1);
        return new(first.AddMonths(1 - months), first.AddMonths(1).AddDays(-1));
    }

    /// <summary>Returns every day in order.</summary>
    public IEnumerable<DateOnly> All()
    {
        for (var day = First; day <= Last; day = day.AddDays(1))
        {
            yield return day;
        }
    }
}
