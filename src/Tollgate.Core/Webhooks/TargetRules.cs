using System.Net;
using System.Net.Sockets;
using Tollgate.Core.Customers;
using Tollgate.Core.Gateway;

namespace Tollgate.Core.Webhooks;

/// <summary>
/// Where webhooks may go. An endpoint's address is somebody's input, and the server stands where that somebody does not: it must not
/// become the hand that reaches into the network around it.
/// </summary>
public static class TargetRules
{
    public const int LongestUrl = 2048;
    public const int LongestDescription = 500;
    public const int MostEvents = 50;

    /// <summary>
    /// IPv4 that is not of the public internet: RFC 6890 and the registries of IANA. The last one is public by its number, and answers
    /// for the machine itself in Azure.
    /// </summary>
    private static readonly IPNetwork[] Closed4 = Networks(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32");

    /// <summary>All of the public internet over IPv6. Unique local, link-local, multicast, mapped and NAT64 addresses lie outside.</summary>
    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");

    /// <summary>What of it is none, or carries an IPv4 address: protocol assignments with Teredo, documentation, 6to4.</summary>
    private static readonly IPNetwork[] Closed6 = Networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    /// <summary>Never, also where local targets are allowed: nothing there is a receiver.</summary>
    private static readonly IPNetwork[] NeverLocal = Networks("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32", "ff00::/8", "::/128", "fec0::/10");

    /// <param name="allowLocal">Private and loopback addresses are good; those where a cloud keeps a machine's credentials never are.</param>
    public static bool IsAllowed(IPAddress address, bool allowLocal)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : new IPAddress(address.GetAddressBytes());
        if (UpstreamRules.IsOfMachines(plain))
        {
            return false;
        }

        return allowLocal ? !Contains(NeverLocal, plain) && !(UpstreamRules.CarriedBy(plain) is { } carried && Contains(NeverLocal, carried))
            : plain.AddressFamily == AddressFamily.InterNetwork ? !Contains(Closed4, plain)
            : Global6.Contains(plain) && !Contains(Closed6, plain);
    }

    /// <summary>What an endpoint may look like; null stands for what is not set. Every fault at once.</summary>
    /// <param name="allowLocal">Also <c>http</c>, and hosts of one's own network.</param>
    public static IReadOnlyList<FieldFault> Validate(string? url, IReadOnlyList<string>? events, string? description, bool allowLocal)
    {
        var faults = new List<FieldFault>();
        if (url is not null && FaultOf(url, allowLocal) is { } fault)
        {
            faults.Add(new("url", fault));
        }

        if (events is not null && (events.Count is < 1 or > MostEvents || events.Any(static one => one is null || !IsWanted(one))))
        {
            faults.Add(new("events", $"must be 1 to {MostEvents} types of GET /v1/webhook-event-types, groups such as subscription.*, or *."));
        }

        if (description is not null && (description.Length is < 1 or > LongestDescription || !CustomerRules.IsLine(description)))
        {
            faults.Add(new("description", $"must have 1 to {LongestDescription} characters, without control characters."));
        }

        return faults;
    }

    private static string? FaultOf(string text, bool allowLocal)
    {
        if (text.Length > LongestUrl || !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http")
            || url is not { UserInfo.Length: 0, Fragment.Length: 0, Host.Length: > 0 } || !CustomerRules.IsLine(text))
        {
            return $"must be an https address of at most {LongestUrl} characters, without a user or a fragment.";
        }

        if (url.Port == 0)
        {
            return "must have a port of 1 to 65535, or none.";
        }

        if (url.Scheme == "http" && !allowLocal)
        {
            return "must begin with https: what is sent is readable on the way otherwise.";
        }

        // The URI has made one spelling of all that means an address: 0x7f.1, 2130706433 and 127.1 are 127.0.0.1 here.
        var isAddress = IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out var address);
        return (isAddress && !IsAllowed(address!, allowLocal)) || (!isAddress && !allowLocal && IsLocalName(url.IdnHost))
            ? NotAllowed
            : null;
    }

    /// <summary>What is said of a target that the server will not reach for.</summary>
    public const string NotAllowed = "must be an address of the public internet: private, loopback, link-local and reserved ones are refused.";

    private static bool IsLocalName(string host) =>
        host.TrimEnd('.') is var name
        && (name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".local", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".internal", StringComparison.OrdinalIgnoreCase));

    private static bool IsWanted(string text) =>
        text == WebhookEventType.Every || WebhookEventType.All.Any(type => type.Name == text)
        || (text.EndsWith(".*", StringComparison.Ordinal) && WebhookEventType.All.Any(type => type.Name.StartsWith(text.AsSpan(0, text.Length - 1), StringComparison.Ordinal)));

    private static IPNetwork[] Networks(params string[] texts) => Array.ConvertAll(texts, IPNetwork.Parse);

    private static bool Contains(IPNetwork[] networks, IPAddress address) => Array.Exists(networks, network => network.Contains(address));
}
