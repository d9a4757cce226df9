namespace Tollgate.Core.Subscriptions;

/// <summary>Why a subscription that a provider manages is not followed yet: the words by which what waits for it is found again.</summary>
public static class FollowRules
{
    /// <summary>
    /// Why a subscription at a provider cannot begin here yet. What waits for this begins with the same words, and is read again when the
    /// customer's subscription ends.
    /// </summary>
    public static string BlockedBy(string customer, string subscription, string status, string waiting) =>
        $"{Blocked(customer)} {subscription}, which is {status}: {waiting} begins here when that one is over.";

    public static string Blocked(string customer) => $"Customer '{customer}' has subscription";

    /// <summary>Why a subscription at a provider is not followed. What waits for this is read again once it is.</summary>
    public static string Unknown(string subscription) => $"{subscription} is of nobody here";
}
