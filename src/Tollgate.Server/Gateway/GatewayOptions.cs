using System.Net;
using Tollgate.Server.Limits;

namespace Tollgate.Server.Gateway;

/// <summary>Limits of the gateway; <see cref="Settings"/> explains the defaults.</summary>
public sealed record GatewayOptions
{
    public const string NetworksVariable = "TOLLGATE_UPSTREAM_NETWORKS";

    /// <inheritdoc cref="Settings.GatewayBodyBytes"/>
    public long MaxBodyBytes { get; init; } = Settings.GatewayBodyBytes.Default;

    /// <inheritdoc cref="Settings.GatewayCustomerBodyBytes"/>
    public long MaxCustomerBodyBytes { get; init; } = Settings.GatewayCustomerBodyBytes.Default;

    /// <inheritdoc cref="Settings.GatewayMemory"/>
    public long MostMemoryMiB { get; init; } = Settings.GatewayMemory.Default;

    /// <inheritdoc cref="Settings.UpstreamSeconds"/>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromSeconds(Settings.UpstreamSeconds.Default);

    /// <inheritdoc cref="Settings.UpstreamConnections"/>
    public long MostConnections { get; init; } = Settings.UpstreamConnections.Default;

    /// <inheritdoc cref="Settings.GatewayCalls"/>
    public int MostCalls { get; init; } = (int)Settings.GatewayCalls.Default;

    /// <summary>
    /// Networks in which upstreams may be, besides the public internet. Default: none, because a user who sets an upstream could read
    /// internal pages that only the server reaches, such as its database's management pages.
    /// </summary>
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    /// <summary>The life of a hold without an extension: the longest silence of the upstream, plus time to settle.</summary>
    public TimeSpan HoldTime => IdleTime + TimeSpan.FromMinutes(2);
}
