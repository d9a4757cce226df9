using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Tollgate.Core.Customers;
using Tollgate.Core.Llm;

namespace Tollgate.Core.Gateway;

/// <summary>What an upstream may look like. Every fault at once.</summary>
public static class UpstreamRules
{
    public const int LongestProvider = 64;
    public const int LongestUrl = 500;

    /// <summary>Characters. Tokens of Google and Azure have some 2,000.</summary>
    public const int LongestKey = 8_000;

    public const int MostHeaders = 20;
    public const int LongestHeader = 4_000;

    private static readonly SearchValues<char> NameLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.");
    private static readonly SearchValues<char> HeaderLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    /// <summary>Headers that belong to one connection or to the body, and are made anew for every call.</summary>
    private static readonly string[] Reserved =
    [
        "Host", "Connection", "Content-Length", "Content-Type", "Transfer-Encoding", "Upgrade", "Keep-Alive", "TE", "Trailer", "Expect",
        "Proxy-Authorization", "Proxy-Connection", "Accept-Encoding",
    ];

    public static IReadOnlyList<FieldFault> Validate(
        string provider, string? baseUrl, string? apiKey, IReadOnlyDictionary<string, string>? headers)
    {
        var faults = new List<FieldFault>();
        Expect(provider.Length is >= 1 and <= LongestProvider && !provider.AsSpan().ContainsAnyExcept(NameLetters), "provider",
            $"must have 1 to {LongestProvider} small letters, digits, - _ or a dot.");
        Expect(apiKey is not null, "api_key", "is needed; an empty text stands for an upstream that wants none.");
        Expect(apiKey is null || (apiKey.Length <= LongestKey && IsHeaderText(apiKey)), "api_key",
            $"must have at most {LongestKey} characters of ASCII without spaces around them or line breaks.");
        if (baseUrl is null)
        {
            Expect(ProviderHome.Of(provider).BaseUrl is not null, "base_url", $"is needed: the address of '{provider}' is not known.");
        }
        else
        {
            Expect(IsAddress(baseUrl), "base_url",
                "must be an http or https address without a user, a query or a fragment, such as https://api.openai.com, and none of a cloud's "
                + "metadata service.");
        }

        Expect(headers is null || headers.Keys.Distinct(StringComparer.OrdinalIgnoreCase).Count() == headers.Count, "headers",
            "has the same name twice; capital letters make no difference.");
        Expect((headers?.Count ?? 0) <= MostHeaders, "headers", $"has {headers?.Count} headers; at most {MostHeaders} are allowed.");
        foreach (var (name, value) in headers ?? new Dictionary<string, string>())
        {
            Expect(name.Length is >= 1 and <= 100 && !name.AsSpan().ContainsAnyExcept(HeaderLetters), "headers", $"'{name}' is no name of a header.");
            Expect(!Reserved.Contains(name, StringComparer.OrdinalIgnoreCase), "headers", $"'{name}' is set for every call anew.");
            Expect(value is { Length: <= LongestHeader } && IsHeaderText(value), "headers", $"the value of '{name}' is too long or no ASCII line.");
        }

        return faults;

        void Expect(bool holds, string field, string detail)
        {
            if (!holds)
            {
                faults.Add(new(field, detail));
            }
        }
    }

    /// <summary>Servers of one's own, in private networks too, are what a base URL is for. Link-local addresses are not: a cloud keeps its machine's credentials there.</summary>
    private static bool IsAddress(string text) =>
        text.Length <= LongestUrl && CustomerRules.IsLine(text) && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        && url is { UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0, Host.Length: > 0 }
        && !(IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && IsOfMachines(address));

    /// <summary>
    /// Addresses where a cloud tells a machine its credentials: link-local ones, and those of AWS and of Google over IPv6, of Alibaba and of
    /// Oracle. Also as an IPv6 address that a gateway turns into such a one.
    /// </summary>
    public static bool IsOfMachines(IPAddress address)
    {
        var plain = CarriedBy(address) ?? new(address.GetAddressBytes());
        return plain.IsIPv6LinkLocal || Array.Exists(MetadataServices, plain.Equals)
            || (plain.AddressFamily == AddressFamily.InterNetwork && plain.GetAddressBytes() is [169, 254, ..]);
    }

    /// <summary>
    /// The IPv4 address inside of an IPv6 one: mapped or compatible (RFC 4291), 6to4 (RFC 3056), or translated (RFC 2765, RFC 6052 and RFC 8215
    /// with a prefix of 96 bits). Null: it carries none.
    /// </summary>
    public static IPAddress? CarriedBy(IPAddress address)
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

    private static readonly IPAddress[] MetadataServices =
        [IPAddress.Parse("fd00:ec2::254"), IPAddress.Parse("fd20:ce::254"), IPAddress.Parse("100.100.100.200"), IPAddress.Parse("192.0.0.192")];

    private static bool IsHeaderText(string text) =>
        text.AsSpan().Trim().Length == text.Length && !text.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
