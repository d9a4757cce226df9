namespace Tollgate.Core.Subscriptions;

/// <summary>
/// The reasons why Tollgate does not follow a provider-managed subscription yet. Tollgate finds parked provider events again by these
/// texts.
/// </summary>
public static class FollowRules
{
    /// <summary>
    /// Returns the reason why a subscription at a provider cannot begin in Tollgate yet. The reasons of events parked for it begin with
    /// <see cref="Blocked"/>; Tollgate retries them when the customer's subscription ends.
    /// </summary>
    public static string BlockedBy(string customer, string subscription, string status, string waiting) =>
        $"{Blocked(customer)} {subscription}, which is {status}: {waiting} begins here when that one is over.";

    public static string Blocked(string customer) => $"Customer '{customer}' has subscription";

    /// <summary>
    /// Returns the reason for an event of a subscription that Tollgate does not follow. Tollgate retries events parked for it once it
    /// follows the subscription.
    /// </summary>
    public static string Unknown(string subscription) => $"{subscription} is of nobody here";
}
