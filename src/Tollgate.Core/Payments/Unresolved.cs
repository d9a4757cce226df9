namespace Tollgate.Core.Payments;

/// <summary>The fact for which an event waits. When it becomes true, Tollgate reads the event again at once.</summary>
public enum AwaitedFact
{
    /// <summary>Tollgate follows a subscription, named by the provider's id.</summary>
    SubscriptionFollowed,

    /// <summary>The subscription of a customer ends; the customer is named by the project's own id.</summary>
    SubscriptionEnded,
}

/// <param name="Id">Whose fact it is: the id of a subscription at the provider, or of a customer.</param>
public sealed record Awaited(AwaitedFact Fact, string Id);

/// <summary>Why Tollgate cannot apply an event yet.</summary>
/// <param name="Reason">Shown to operators. No code reads it.</param>
/// <param name="WaitsFor">Null: no fact here resolves it. Tollgate only tries again after a while.</param>
public sealed record Unresolved(string Reason, Awaited? WaitsFor = null)
{
    /// <summary>The customer has a subscription, so the provider's cannot begin here.</summary>
    public static Unresolved BlockedBy(string customer, string subscription, string status, string waiting) => new(
        $"Customer '{customer}' has subscription {subscription}, which is {status}: {waiting} begins here when that one is over.",
        new(AwaitedFact.SubscriptionEnded, customer));

    /// <summary>No customer is known for a subscription.</summary>
    /// <param name="remedy">The operator's name for the customer.</param>
    public static Unresolved OfNobody(string subscription, string remedy) =>
        NotFollowed(subscription, $"Tollgate cannot tell which customer {subscription} belongs to: {remedy}");

    /// <summary>The event concerns a subscription that Tollgate does not follow yet.</summary>
    public static Unresolved NotFollowed(string subscription, string reason) =>
        new(reason, new(AwaitedFact.SubscriptionFollowed, subscription));
}
