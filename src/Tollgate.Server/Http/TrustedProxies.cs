using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace Tollgate.Server.Http;

/// <summary>
/// The reverse proxies whose <c>X-Forwarded-For</c> Tollgate trusts (<c>TOLLGATE_TRUSTED_PROXIES</c>). The address that they name is the
/// caller's, for key networks and limits of guesses. In a chain, the caller's address is the last one that is not a trusted proxy's.
/// </summary>
public sealed class TrustedProxies
{
    public const string Variable = "TOLLGATE_TRUSTED_PROXIES";

    private const string Form = "addresses or networks with commas between them, such as 10.0.0.5, 10.1.0.0/16";

    private readonly IReadOnlyList<IPNetwork> _networks;

    private TrustedProxies(IReadOnlyList<IPNetwork> networks) => _networks = networks;

    /// <summary>Trusts no proxy.</summary>
    public static TrustedProxies None { get; } = new([]);

    public bool Any => _networks.Count > 0;

    internal static TrustedProxies Read(Func<string, string?> environment, List<string> faults)
    {
        List<IPNetwork> networks = [];
        foreach (var text in (environment(Variable) ?? "").Split(
            ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPAddress.TryParse(text, out var address))
            {
                networks.Add(new(address, address.GetAddressBytes().Length * 8));
            }
            else if (IPNetwork.TryParse(text, out var network) && network.PrefixLength > 0)
            {
                networks.Add(network);
            }
            else
            {
                faults.Add(
                    $"{Variable} has \"{text}\": it must be {Form}. A trusted proxy names the address of its clients, "
                        + "so the list cannot contain the whole Internet.");
            }
        }

        return networks.Count == 0 ? None : new(networks);
    }

    public bool Contain(IPAddress address)
    {
        if (_networks.Count == 0)
        {
            return false;
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return _networks.Any(network => network.Contains(plain));
    }

    /// <summary>Adds the middleware before the front door, unless there are no trusted proxies.</summary>
    public void Use(IApplicationBuilder app)
    {
        if (!Any)
        {
            return;
        }

        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in _networks)
        {
            options.KnownIPNetworks.Add(network);
        }

        app.UseForwardedHeaders(options);
    }
}
