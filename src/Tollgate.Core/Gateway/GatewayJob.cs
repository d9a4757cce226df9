using Tollgate.Core.Customers;
using Tollgate.Core.Llm;
using Tollgate.Core.Time;

namespace Tollgate.Core.Gateway;

/// <summary>
/// Work that a provider does while nobody waits (a crawl, a response in the background), or an answer that it keeps: who started
/// it, and what is held for it until it is over.
/// </summary>
public sealed record GatewayJob
{
    /// <summary>UTF-16 units. Ids of the known providers have some 60; what has a longer one is not remembered.</summary>
    public const int LongestId = 255;

    /// <summary>Whether it may be an id at all; what is none is nobody's, and no database takes it.</summary>
    public static bool IsId(string text) => text.Length is > 0 and <= LongestId && CustomerRules.IsLine(text);

    /// <summary>A name of the price book.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's own.</summary>
    public required string Id { get; init; }

    public required string Customer { get; init; }

    /// <summary>What the start uses once; it is counted when the work is over.</summary>
    public required string? Feature { get; init; }

    /// <inheritdoc cref="Llm.LlmCall.AttributeTo"/>
    public string? AttributeTo { get; init; }

    /// <summary>What the hold was priced by, and the settle is where the finished work names none.</summary>
    public required string Model { get; init; }

    /// <summary>Where it was started.</summary>
    public required string Endpoint { get; init; }

    public required IReadOnlyList<Guid> Holds { get; init; }

    /// <summary>In the project's time: decides price and period.</summary>
    public required Instant StartedAt { get; init; }

    /// <summary>It is recorded; from here on it is only somebody's answer.</summary>
    public required bool IsSettled { get; init; }

    /// <summary>The project's upstream that does the work. Null for what is settled.</summary>
    public string? Upstream { get; init; }

    /// <summary>Path and query under which the upstream tells where the work stands. Null for what is settled.</summary>
    public string? AskAt { get; init; }

    /// <summary>The id under which the work is recorded: however often it is asked for, it counts once.</summary>
    public string CallId => $"{Provider}:{Id}";
}
