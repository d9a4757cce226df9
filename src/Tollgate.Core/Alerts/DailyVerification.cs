using Tollgate.Core.Time;

namespace Tollgate.Core.Alerts;

/// <summary>The time of a project's daily verification: a minute of the UTC day, so that projects do not verify together.</summary>
public static class DailyVerification
{
    private const int MinutesBetweenProjects = 37;
    private const int MinutesOfDay = 24 * 60;

    /// <summary>Returns the project's next minute after an instant.</summary>
    public static Instant NextAfter(int project, Instant now)
    {
        var from = now.ToUtc();
        var today = from.Date.AddMinutes((long)project * MinutesBetweenProjects % MinutesOfDay);
        return Instant.FromUtc(today > from ? today : today.AddDays(1));
    }
}
