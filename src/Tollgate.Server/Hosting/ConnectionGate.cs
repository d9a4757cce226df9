using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Tollgate.Server.Http;
using Tollgate.Server.Limits;

namespace Tollgate.Server.Hosting;

/// <summary>
/// Counts the connections of clients and refuses those beyond the limit of the server or of one address. It also tells the kernel when to
/// close the connection of a client that reads nothing.
/// </summary>
/// <remarks>
/// It costs one lock per connection, and nothing per request. Kestrel's own limit does not distinguish addresses and reserves nothing for
/// the operator.
/// </remarks>
internal sealed class ConnectionGate : IDisposable
{
    /// <summary>
    /// Connections above the limit, reserved for an operator on this machine who checks a full server. The reserved files include them.
    /// </summary>
    private const int KeptForLoopback = 8;

    /// <summary>The shortest time between two log lines about refused connections.</summary>
    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<Neighborhood, int> _byAddress = [];
    private readonly ServerOptions _options;
    private readonly KestrelServerLimits _limits;
    private readonly ILogger _log;
    private readonly Meter _meter = new("Tollgate");
    private readonly Counter<long> _refused;
    private int _open;
    private long _loggedAt;
    private long _refusedSince;

    public ConnectionGate(ServerOptions options, IOptions<KestrelServerOptions> kestrel, ILogger<ConnectionGate> log)
    {
        (_options, _limits, _log) = (options, kestrel.Value.Limits, log);
        _meter.CreateObservableGauge(
            "tollgate.connections", () => Volatile.Read(ref _open), "{connection}", "Open client connections.");
        _refused = _meter.CreateCounter<long>(
            "tollgate.connections.refused", "{connection}",
            "Connections that the server closed at once because it is full or their address has used its share.");
    }

    public void Dispose() => _meter.Dispose();

    public static IPAddress AddressOf(BaseConnectionContext connection) =>
        (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;

    /// <summary>False: the connection is refused, and the caller disposes of it.</summary>
    public bool Enter(ConnectionContext connection)
    {
        var address = AddressOf(connection);
        if (Enter(address) is { } reason)
        {
            Refuse(connection, address, reason);
            return false;
        }

        NoticeSilence(connection);
        return true;
    }

    public void Leave(IPAddress address)
    {
        var neighborhood = Neighborhood.Of(address);
        lock (_lock)
        {
            var left = _byAddress[neighborhood] - 1;
            if (left == 0)
            {
                _byAddress.Remove(neighborhood);
            }
            else
            {
                _byAddress[neighborhood] = left;
            }

            Count(-1);
        }
    }

    /// <returns>Null: accepted. Otherwise the reason, as the metric names it.</returns>
    private string? Enter(IPAddress address)
    {
        var (neighborhood, isTrusted) = (Neighborhood.Of(address), _options.TrustedProxies.Contain(address));
        lock (_lock)
        {
            var mine = _byAddress.GetValueOrDefault(neighborhood);
            if (mine >= _options.Sockets.PerAddress && !isTrusted)
            {
                return "address";
            }

            if (_open >= _options.Sockets.MaxConnections + (IsOperator(address) ? KeptForLoopback : 0))
            {
                return "full";
            }

            _byAddress[neighborhood] = mine + 1;
            Count(+1);
            return null;
        }
    }

    /// <summary>127.0.0.1 and ::1, not all of 127.0.0.0/8.</summary>
    private static bool IsOperator(IPAddress address) =>
        address.Equals(IPAddress.IPv6Loopback) || (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).Equals(IPAddress.Loopback);

    /// <summary>
    /// Shortens the idle time of new connections once half the places are taken. Kestrel reads it when a connection begins.
    /// </summary>
    private void Count(int change)
    {
        Volatile.Write(ref _open, _open + change);
        _limits.KeepAliveTimeout = _open > _options.Sockets.MaxConnections / 2 && _options.HeaderTime < _options.IdleTime
            ? _options.HeaderTime
            : _options.IdleTime;
    }

    private void Refuse(ConnectionContext connection, IPAddress address, string reason)
    {
        _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));
        connection.Abort(new ConnectionAbortedException("There are too many connections."));
        lock (_lock)
        {
            _refusedSince++;
            var now = Environment.TickCount64;
            if (_loggedAt != 0 && now - _loggedAt < LogEvery.TotalMilliseconds)
            {
                return;
            }

            _log.LogWarning(
                "Refused {Count} connection(s); the last one came from {Address}, because {Reason}. Open: {Open} of {Most}.",
                _refusedSince, address,
                reason == "full"
                    ? $"the server is full (raise {Settings.MaxConnections.Variable})"
                    : $"the address has used its share of {_options.Sockets.PerAddress} ({Settings.ConnectionsPerAddress.Variable})",
                _open, _options.Sockets.MaxConnections);
            (_loggedAt, _refusedSince) = (now, 0);
        }
    }

    /// <summary>
    /// Makes Linux close a connection whose client acknowledges no sent data for this time: it has gone, or it reads a byte a second to
    /// hold an answer in memory. TCP_USER_TIMEOUT also ends the probes of a zero window.
    /// </summary>
    private void NoticeSilence(ConnectionContext connection)
    {
        if (OperatingSystem.IsLinux() && connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            try
            {
                socket.SetRawSocketOption(IpProtocolTcp, TcpUserTimeout, BitConverter.GetBytes((int)_options.StallTime.TotalMilliseconds));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The client has already disconnected, which Kestrel notices. An exception here would stop the acceptance of connections
                // for good.
            }
        }
    }

    private const int IpProtocolTcp = 6;
    private const int TcpUserTimeout = 18;
}
