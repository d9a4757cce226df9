using System.Diagnostics;
using Tollgate.Contracts.Gateway;
using Tollgate.Core.Gateway;
using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Gateway;

/// <summary>A call as the gateway received it, and its target.</summary>
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

    /// <summary>The provider's path, with a leading slash and without the query.</summary>
    public required string Path { get; init; }

    /// <summary>The job or stored answer that the path names, if Tollgate knows it.</summary>
    public GatewayJob? Job { get; init; }

    /// <summary>The forwarded body; empty once it is sent.</summary>
    public required ReadOnlyMemory<byte> Body { get; set; }

    /// <summary>The memory of the body and the answer.</summary>
    public required HeldBytes Memory { get; init; }

    /// <summary>Null for calls that are not metered.</summary>
    public required LlmRequest? Ask { get; init; }

    /// <summary>True: the gateway, and not the caller, asked the stream for usage, and removes it from the answer.</summary>
    public required bool HidesUsage { get; init; }

    /// <summary>
    /// True: the gateway reads the answer to its end even if the caller disconnects. The provider completes and charges for an answer in
    /// one piece anyway, and only the end of a stream reports hidden reasoning.
    /// </summary>
    public bool IsSeenThrough => Ask is { } ask && (!ask.IsStream || GatewayRules.HidesThought(Route, ask));

    /// <summary>The id of the call's event.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    public required Instant StartedAt { get; init; }

    public long Started { get; } = Stopwatch.GetTimestamp();

    public long Milliseconds => (long)Stopwatch.GetElapsedTime(Started).TotalMilliseconds;
}
