using System.Net;
using System.Net.Sockets;

namespace Tollgate.Core.Outbound;

/// <summary>
/// The addresses to which the server connects when a tenant names the target: webhook endpoints and the gateway's upstreams. The server is
/// in networks that tenants cannot reach, so without this rule a tenant could read whatever only the server reaches.
/// </summary>
public sealed class Reach
{
    /// <summary>The most networks in an operator's list. Every new connection compares each of its addresses with all of them.</summary>
    public const int MostNetworks = 64;

    /// <summary>
    /// IPv4 networks outside of the public internet: RFC 6890 and IANA's registries. The last one has a public number, but in Azure it
    /// reaches the machine itself.
    /// </summary>
    private static readonly IPNetwork[] Closed4 = Networks(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32");

    /// <summary>The whole public internet over IPv6. Unique local, link-local, multicast, mapped and NAT64 addresses are outside.</summary>
    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");

    /// <summary>
    /// Networks within it that are not public, or that contain an IPv4 address: protocol assignments with Teredo, documentation, 6to4.
    /// </summary>
    private static readonly IPNetwork[] Closed6 = Networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    /// <summary>
    /// Networks that are never allowed: unassignable, multicast and broadcast addresses, and those where clouds give a machine its
    /// credentials (link-local addresses, and those of Azure, Alibaba, Oracle, and over IPv6 of AWS and Google).
    /// </summary>
    private static readonly IPNetwork[] Never = Networks(
        "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32",
        "::/128", "fe80::/10", "fec0::/10", "ff00::/8", "fd00:ec2::254/128", "fd20:ce::254/128");

    private static readonly IPNetwork[] Everything = Networks("0.0.0.0/0", "::/0");

    /// <summary>
    /// The names of clouds' metadata services. They resolve to addresses of <see cref="Never"/>, unless another DNS server answers for
    /// them.
    /// </summary>
    private static readonly string[] MetadataNames = [
        "metadata", "metadata.google.internal", "metadata.goog", "metadata.azure.internal", "instance-data", "instance-data.ec2.internal"];

    private readonly IPNetwork[] _also;

    private Reach(IPNetwork[] also) => _also = also;

    /// <summary>The public internet.</summary>
    public static Reach Public { get; } = new([]);

    /// <summary>The public internet, the networks around the server, and the server itself.</summary>
    public static Reach Local { get; } = new(Everything);

    /// <summary>Returns the public internet and the networks that an operator has listed.</summary>
    public static Reach PublicAnd(IReadOnlyList<IPNetwork> networks) => networks.Count == 0 ? Public : new([.. networks]);

    /// <summary>
    /// True if the server may connect. Both addresses count if an IPv6 address contains an IPv4 one, since a gateway on the way translates
    /// it.
    /// </summary>
    public bool Allows(IPAddress address)
    {
        // Without the scope of an IPv6 address, which belongs to no network.
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : new IPAddress(address.GetAddressBytes());
        return !IsNever(plain) && (IsPublic(plain) || Contains(_also, plain));
    }

    public static bool IsMetadataName(string host) => MetadataNames.Contains(host.TrimEnd('.'), StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads <c>10.20.0.0/16, fd12::/48</c>.</summary>
    /// <param name="fault">The fault of the text; null: none.</param>
    public static IReadOnlyList<IPNetwork> ReadNetworks(string? text, out string? fault)
    {
        var parts = (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        fault = parts.Length > MostNetworks
            ? $"it has {parts.Length} networks; at most {MostNetworks} are allowed."
            : parts.Select(FaultOf).FirstOrDefault(static one => one is not null);
        return fault is null ? Networks(parts) : [];
    }

    private static string? FaultOf(string part)
    {
        if (!IPNetwork.TryParse(part, out var network))
        {
            return $"\"{part}\" is not a network in CIDR notation, such as 10.20.0.0/16 or 127.0.0.1/32.";
        }

        // 10.0.0.7/8 may be meant as one host or as its whole network.
        if (!network.BaseAddress.Equals(IPAddress.Parse(part.Split('/')[0])))
        {
            return $"\"{part}\" does not begin with the first address of its network: write {network}, "
                + $"or /{(network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)} for the one address.";
        }

        if (network.BaseAddress.IsIPv4MappedToIPv6)
        {
            return $"\"{part}\" is IPv4 written as IPv6: write it as IPv4.";
        }

        return Array.Exists(Never, closed => closed.PrefixLength <= network.PrefixLength && closed.Contains(network.BaseAddress))
            ? $"\"{part}\" is never reached: no host has it, or a cloud gives a machine its credentials there."
            : null;
    }

    private static bool IsNever(IPAddress address) =>
        Contains(Never, address) || (CarriedBy(address) is { } carried && Contains(Never, carried));

    private static bool IsPublic(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? !Contains(Closed4, address)
        : Global6.Contains(address) && !Contains(Closed6, address);

    /// <summary>
    /// Returns the IPv4 address within an IPv6 one: mapped or compatible (RFC 4291), 6to4 (RFC 3056), or translated (RFC 2765, RFC 6052 and
    /// RFC 8215 with a prefix of 96 bits). Null: it contains none.
    /// </summary>
    private static IPAddress? CarriedBy(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }

        var bytes = address.GetAddressBytes();
        return bytes switch
        {
            [0x20, 0x02, ..] => new(bytes.AsSpan(2, 4)),
            [0x00, 0x64, 0xff, 0x9b, 0, 0 or 1, ..] => new(bytes.AsSpan(12, 4)),
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ..] or [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, ..] => new(bytes.AsSpan(12, 4)),
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 or 1] => null,
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ..] => new(bytes.AsSpan(12, 4)),
            _ => null,
        };
    }

    private static IPNetwork[] Networks(params string[] texts) => Array.ConvertAll(texts, IPNetwork.Parse);

    private static bool Contains(IPNetwork[] networks, IPAddress address) => Array.Exists(networks, network => network.Contains(address));
}
