using System.Diagnostics;
using Tollgate.Contracts.Gateway;
using Tollgate.Core.Gateway;
using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Gateway;

/// <summary>A call as it came to the gateway, and where it goes.</summary>
internal sealed record GatewayCall
{
    public required ProjectSnapshot Project { get; init; }

    /// <summary>Null only for calls that are not metered.</summary>
    public required string? Customer { get; init; }

    public required string? Feature { get; init; }

    /// <inheritdoc cref="Core.Llm.LlmCall.AttributeTo"/>
    public required string? AttributeTo { get; init; }

    public required LlmRoute Route { get; init; }

    public required ProviderHome Home { get; init; }

    public required UpstreamCredentials Credentials { get; init; }

    public required Uri Target { get; init; }

    /// <summary>Of the provider, with a leading slash and without the query.</summary>
    public required string Path { get; init; }

    /// <summary>The job or stored answer that the path names, as far as it is known.</summary>
    public GatewayJob? Job { get; init; }

    /// <summary>As it is sent on; empty once it was sent.</summary>
    public required ReadOnlyMemory<byte> Body { get; set; }

    /// <summary>The memory that the body and the answer take.</summary>
    public required HeldBytes Memory { get; init; }

    /// <summary>Null for calls that are not metered.</summary>
    public required LlmRequest? Ask { get; init; }

    /// <summary>The stream is asked for usage in the caller's place, which does not get to see it.</summary>
    public required bool HidesUsage { get; init; }

    /// <summary>
    /// Read to its end also when the caller has left: an answer in one piece is made and paid for anyway, and what a model thinks
    /// in secret is known only from the last word of its stream.
    /// </summary>
    public bool IsSeenThrough => Ask is { } ask && (!ask.IsStream || GatewayRules.HidesThought(Route, ask));

    /// <summary>Of the event under which the call is recorded.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    public required Instant StartedAt { get; init; }

    public long Started { get; } = Stopwatch.GetTimestamp();

    public long Milliseconds => (long)Stopwatch.GetElapsedTime(Started).TotalMilliseconds;
}
