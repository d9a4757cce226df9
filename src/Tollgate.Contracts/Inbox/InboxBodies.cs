namespace Tollgate.Contracts.Inbox;

/// <param name="Received">Tollgate has stored the event, or already had it.</param>
public sealed record WebhookReceived(bool Received);

/// <summary>An event that a provider sent by webhook, and its state.</summary>
public sealed record ProviderEventView
{
    /// <summary>The provider and its own id: <c>stripe:evt_1Qx…</c>.</summary>
    public required string Id { get; init; }

    public required string Provider { get; init; }

    /// <summary>The provider's own word: <c>invoice.paid</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The provider's id of the object that it reports.</summary>
    public string? Object { get; init; }

    /// <summary>
    /// <c>waiting</c>, <c>done</c>, <c>ignored</c> (of a type that Tollgate does not use) or <c>parked</c> (it could not be applied for two
    /// days).
    /// </summary>
    public required string State { get; init; }

    /// <summary>The reason why Tollgate has not applied it.</summary>
    public string? Reason { get; init; }

    public required int Attempts { get; init; }

    /// <summary>The provider's time of the event.</summary>
    public DateTimeOffset? HappenedAt { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The time of the next attempt to apply it; null: there is none.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public DateTimeOffset? DoneAt { get; init; }

    /// <summary>The received body; only if one event is requested.</summary>
    public string? Body { get; init; }
}

public sealed record ProviderEventList(IReadOnlyList<ProviderEventView> Data, bool HasMore);

/// <param name="Events">The number of parked events that Tollgate processes again.</param>
public sealed record ProviderEventsRetried(int Events);
