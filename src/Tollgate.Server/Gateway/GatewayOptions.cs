using System.Net;

namespace Tollgate.Server.Gateway;

/// <summary>Limits of the gateway; <see cref="Hosting.Settings"/> explains the defaults.</summary>
public sealed record GatewayOptions
{
    public const string NetworksVariable = "TOLLGATE_UPSTREAM_NETWORKS";

    /// <inheritdoc cref="Hosting.Settings.GatewayBodyBytes"/>
    public long MaxBodyBytes { get; init; } = Hosting.Settings.GatewayBodyBytes.Default;

    /// <inheritdoc cref="Hosting.Settings.GatewayCustomerBodyBytes"/>
    public long MaxCustomerBodyBytes { get; init; } = Hosting.Settings.GatewayCustomerBodyBytes.Default;

    /// <inheritdoc cref="Hosting.Settings.GatewayMemory"/>
    public long MostMemoryMiB { get; init; } = Hosting.Settings.GatewayMemory.Default;

    /// <inheritdoc cref="Hosting.Settings.UpstreamSeconds"/>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromSeconds(Hosting.Settings.UpstreamSeconds.Default);

    /// <inheritdoc cref="Hosting.Settings.UpstreamConnections"/>
    public long MostConnections { get; init; } = Hosting.Settings.UpstreamConnections.Default;

    /// <inheritdoc cref="Hosting.Settings.GatewayCalls"/>
    public int MostCalls { get; init; } = (int)Hosting.Settings.GatewayCalls.Default;

    /// <summary>
    /// Networks in which upstreams may be, besides the public internet. Default: none, because a user who sets an upstream could read
    /// internal pages that only the server reaches, such as its database's management pages.
    /// </summary>
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    /// <summary>The life of a hold without an extension: the longest silence of the upstream, plus time to settle.</summary>
    public TimeSpan HoldTime => IdleTime + TimeSpan.FromMinutes(2);
}
