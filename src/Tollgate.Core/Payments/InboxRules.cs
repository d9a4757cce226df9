namespace Tollgate.Core.Payments;

/// <summary>When an event that could not be applied is read again.</summary>
public static class InboxRules
{
    /// <summary>
    /// Of an event whose object nobody knows yet, or whose provider did not answer. What belongs to it may be on its way: seconds first. After two days
    /// somebody has to look.
    /// </summary>
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromHours(6),
        TimeSpan.FromHours(18), TimeSpan.FromHours(24),
    ];

    /// <summary>Why a subscription at a provider cannot begin here yet. What waits for this begins with the same words, and is read again when the customer's subscription ends.</summary>
    public static string BlockedBy(string customer, string subscription, string status, string waiting) =>
        $"{Blocked(customer)} {subscription}, which is {status}: {waiting} begins here when that one is over.";

    public static string Blocked(string customer) => $"Customer '{customer}' has subscription";

    /// <summary>Why a subscription at a provider is not followed. What waits for this is read again once it is.</summary>
    public static string Unknown(string subscription) => $"{subscription} is of nobody here";

    /// <param name="attempts">How often it was read, with this time.</param>
    /// <returns>Null: it is parked.</returns>
    public static TimeSpan? NextAfter(int attempts) => attempts <= Waits.Length ? Waits[attempts - 1] : null;
}
