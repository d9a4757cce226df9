namespace Tollgate.Contracts.Inbox;

/// <param name="Received">It is kept, or was known already.</param>
public sealed record WebhookReceived(bool Received);

/// <summary>An event that a provider sent by webhook, and its state.</summary>
public sealed record ProviderEventView
{
    /// <summary>The provider and its own id: <c>stripe:evt_1Qx…</c>.</summary>
    public required string Id { get; init; }

    public required string Provider { get; init; }

    /// <summary>The provider's own word: <c>invoice.paid</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The provider's id of what it speaks of.</summary>
    public string? Object { get; init; }

    /// <summary>
    /// <c>waiting</c>, <c>done</c>, <c>ignored</c> (of a type that concerns nobody here) or <c>parked</c> (it could not be applied for two
    /// days).
    /// </summary>
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

/// <param name="Events">The number of parked events that Tollgate processes again.</param>
public sealed record ProviderEventsRetried(int Events);
