namespace Tollgate.Contracts.Payments;

/// <param name="Received">It is kept, or was known already.</param>
public sealed record WebhookReceived(bool Received);

/// <summary>An event that a provider told by webhook, and what became of it.</summary>
public sealed record ProviderEventView
{
    /// <summary>The provider and its own id: <c>stripe:evt_1Qx…</c>.</summary>
    public required string Id { get; init; }

    public required string Provider { get; init; }

    /// <summary>The provider's own word: <c>invoice.paid</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The provider's id of what it speaks of.</summary>
    public string? Object { get; init; }

    /// <summary><c>waiting</c>, <c>done</c>, <c>ignored</c> (of a type that concerns nobody here) or <c>parked</c> (it could not be applied for two days).</summary>
    public required string State { get; init; }

    /// <summary>Why it is not done.</summary>
    public string? Reason { get; init; }

    public required int Attempts { get; init; }

    /// <summary>As the provider says.</summary>
    public DateTimeOffset? HappenedAt { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>When it is read next; null: it is not.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public DateTimeOffset? DoneAt { get; init; }

    /// <summary>As it came in; only when one event is shown.</summary>
    public string? Body { get; init; }
}

public sealed record ProviderEventList(IReadOnlyList<ProviderEventView> Data, bool HasMore);

/// <param name="Events">How many parked events are read again.</param>
public sealed record ProviderEventsRetried(int Events);

/// <summary>A customer's bank took the money of a payment back, or asks whether it should. Minor units.</summary>
/// <param name="Id">The provider's own.</param>
/// <param name="Status"><c>open</c> (the bank holds the money), <c>won</c> or <c>lost</c>.</param>
public sealed record DisputeView(
    string Id, string Payment, string Customer, string Provider, long Amount, string Currency, string Status, string? Reason, DateTimeOffset OpenedAt,
    DateTimeOffset? ClosedAt);

public sealed record DisputeList(IReadOnlyList<DisputeView> Data, bool HasMore);

public sealed record WebhookBehaviorRequest
{
    /// <summary>How often each webhook comes; 0: none are sent. 1 when left out.</summary>
    public int? Copies { get; init; }

    /// <summary>How late, in real time; 0 when left out.</summary>
    public int? DelaySeconds { get; init; }

    /// <summary>Each at a time of its own within the delay, so in any order.</summary>
    public bool? Shuffle { get; init; }

    /// <summary>Beside each one comes another whose body was changed after it was signed.</summary>
    public bool? Tamper { get; init; }
}

public sealed record SandboxEventRequest
{
    /// <summary><c>dispute.opened</c>, <c>dispute.won</c>, <c>dispute.lost</c>, <c>refund.succeeded</c> (on the provider's own pages) or
    /// <c>payment.succeeded</c> (the money of a failed payment comes after all).</summary>
    public string? Type { get; init; }

    /// <summary>The id of a payment of the sandbox that succeeded; of <c>payment.succeeded</c> one that failed.</summary>
    public string? Payment { get; init; }

    /// <summary>Minor units; left out: all of it.</summary>
    public long? Amount { get; init; }

    public string? Reason { get; init; }
}
