namespace Tollgate.Core.Inbox;

/// <summary>When an event that could not be applied is read again.</summary>
public static class InboxRules
{
    /// <summary>
    /// Of an event whose object nobody knows yet, or whose provider did not answer. What belongs to it may be on its way: seconds first.
    /// After two days somebody has to look.
    /// </summary>
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1),
        TimeSpan.FromHours(6),
        TimeSpan.FromHours(18), TimeSpan.FromHours(24),
    ];

    /// <param name="attempts">How often it was read, with this time.</param>
    /// <returns>Null: it is parked.</returns>
    public static TimeSpan? NextAfter(int attempts) => attempts <= Waits.Length ? Waits[attempts - 1] : null;
}
