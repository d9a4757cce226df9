namespace Tollgate.Core.Inbox;

/// <summary>The schedule for provider events that Tollgate could not apply.</summary>
public static class InboxRules
{
    /// <summary>
    /// The waits for an event whose object is unknown, or whose provider did not answer. The missing object may arrive soon, so the first
    /// waits are seconds. After two days the event is parked for an operator.
    /// </summary>
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1),
        TimeSpan.FromHours(6),
        TimeSpan.FromHours(18), TimeSpan.FromHours(24),
    ];

    /// <param name="attempts">The attempts so far, including this one.</param>
    /// <returns>Null: Tollgate parks the event.</returns>
    public static TimeSpan? NextAfter(int attempts) => attempts <= Waits.Length ? Waits[attempts - 1] : null;
}
