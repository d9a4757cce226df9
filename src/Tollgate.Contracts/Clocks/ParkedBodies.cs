namespace Tollgate.Contracts.Clocks;

/// <summary>Background work that failed and waits.</summary>
public sealed record ParkedWorkView
{
    public required Guid Id { get; init; }

    /// <summary>The kind of work: <c>collections</c>, <c>mails</c>, <c>inbox</c> …</summary>
    public required string Work { get; init; }

    /// <summary>The project's code; null: it concerns no single project.</summary>
    public string? Project { get; init; }

    /// <summary>The item's key within the work; empty: all of this work in the project.</summary>
    public required string Subject { get; init; }

    /// <summary>The number of attempts.</summary>
    public required int Attempts { get; init; }

    public required ParkedError Error { get; init; }

    /// <summary>The action to take.</summary>
    public required string Advice { get; init; }

    public required DateTimeOffset FirstFailedAt { get; init; }

    public required DateTimeOffset LastFailedAt { get; init; }

    /// <summary>Null: it waits for an operator.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }
}

/// <param name="Type">The kind of failure: an exception's name, <c>postgres_</c> with its code, <c>not_applied</c> or
/// <c>needs_review</c>.</param>
/// <param name="Message">Without secrets.</param>
public sealed record ParkedError(string Type, string Message);

/// <summary>Answer of <c>GET /v1/parked</c>, the newest first.</summary>
public sealed record ParkedWorkList(IReadOnlyList<ParkedWorkView> Data, bool HasMore);
