using Tollgate.Core.Time;

namespace Tollgate.Core.Alerts;

/// <summary>The time of a project's daily verification: a minute of the UTC day, so that projects do not verify together.</summary>
public static class DailyVerification
{
    private const int MinutesBetweenProjects = 37;
    private const int MinutesOfDay = 24 * 60;

    /// <summary>
    /// True if the project's minute begins after one look and not after the next. Looks follow each other, at most a day apart.
    /// </summary>
    public static bool IsDue(int project, Instant before, Instant now)
    {
        var (from, to) = (before.ToUtc(), now.ToUtc());
        var today = to.Date.AddMinutes((long)project * MinutesBetweenProjects % MinutesOfDay);
        var last = today > to ? today.AddDays(-1) : today;
        return last > from;
    }
}
