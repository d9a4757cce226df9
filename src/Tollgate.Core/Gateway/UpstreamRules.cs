using System.Buffers;
using System.Text.RegularExpressions;
using Tollgate.Core.Customers;
using Tollgate.Core.Outbound;

namespace Tollgate.Core.Gateway;

/// <summary>The validation of upstreams, which reports all faults at once.</summary>
public static partial class UpstreamRules
{
    /// <summary>
    /// The most upstreams of one project. Every server keeps all of them in memory, at up to 90 kB each; the price book knows some 60
    /// providers.
    /// </summary>
    public const int MostUpstreams = 100;

    public const int LongestProvider = 64;
    public const int LongestUrl = 500;

    /// <summary>The longest key in characters. Tokens of Google and Azure have some 2,000.</summary>
    public const int LongestKey = 8_000;

    public const int MostHeaders = 20;
    public const int LongestHeader = 4_000;

    /// <summary>The fault of an address to which the server sends no calls.</summary>
    public const string NotAllowed =
        "is not an address that this server calls. It calls addresses of the public internet, and of networks that its operator lists "
            + "in TOLLGATE_UPSTREAM_NETWORKS, but never its own address or a cloud's metadata service.";

    private static readonly SearchValues<char> NameLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.");
    private static readonly SearchValues<char> HeaderLetters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    /// <summary>Headers that belong to one connection or to the body: the gateway sets them for every call.</summary>
    private static readonly string[] OfConnection =
    [
        "Host", "Connection", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Upgrade", "Keep-Alive", "TE",
        "Trailer", "Expect",
        "Accept-Encoding", "Range", "If-Range",
    ];

    /// <summary>
    /// Headers that tell a server within a network who the caller is, or that replace the path and the method. No provider needs them, and
    /// a metadata service or a proxy may trust them.
    /// </summary>
    private static readonly string[] OfTrust =
    [
        "Cookie", "Set-Cookie", "Forwarded", "Via", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "X-Original-URL", "X-Rewrite-URL",
        "X-Original-Host", "X-Host",
        "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "Metadata", "Metadata-Flavor", "X-Google-Metadata-Request",
        "X-Metadata-Token", "X-Project",
    ];

    private static readonly string[] PrefixesOfTrust = ["X-Forwarded-", "X-Aws-Ec2-Metadata-", "X-Tollgate-", "Proxy-", "Sec-"];

    public static IReadOnlyList<FieldFault> Validate(
        string provider, string? baseUrl, string? apiKey, IReadOnlyDictionary<string, string>? headers)
    {
        var faults = new List<FieldFault>();
        Expect(provider.Length is >= 1 and <= LongestProvider && !provider.AsSpan().ContainsAnyExcept(NameLetters), "provider",
            $"must have 1 to {LongestProvider} small letters, digits, - _ or a dot.");
        Expect(apiKey is not null, "api_key", "is needed; send an empty text for an upstream that needs none.");
        Expect(apiKey is null || (apiKey.Length <= LongestKey && IsHeaderText(apiKey)), "api_key",
            $"must have at most {LongestKey} characters of ASCII without spaces around them or line breaks.");
        if (baseUrl is null)
        {
            Expect(ProviderHome.Of(provider).BaseUrl is not null, "base_url",
                $"is needed: Tollgate does not know the address of '{provider}'.");
        }
        else
        {
            var fault = FaultOf(provider, baseUrl);
            Expect(fault is null, "base_url", fault ?? "");
        }

        Expect(headers is null || headers.Keys.Distinct(StringComparer.OrdinalIgnoreCase).Count() == headers.Count, "headers",
            "has the same name twice; capital letters make no difference.");
        Expect((headers?.Count ?? 0) <= MostHeaders, "headers", $"has {headers?.Count} headers; at most {MostHeaders} are allowed.");
        foreach (var (name, value) in headers ?? new Dictionary<string, string>())
        {
            Expect(name.Length is >= 1 and <= 100 && !name.AsSpan().ContainsAnyExcept(HeaderLetters), "headers",
                $"'{name}' is not a header name.");
            Expect(!OfConnection.Contains(name, StringComparer.OrdinalIgnoreCase), "headers",
                $"'{name}' is set by Tollgate for each call; leave it out.");
            Expect(!IsOfTrust(name), "headers",
                $"'{name}' is not sent to upstreams: no provider needs it, and servers of a private network may trust it.");
            Expect(value is { Length: <= LongestHeader } && IsHeaderText(value), "headers",
                $"the value of '{name}' is too long or no ASCII line.");
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

    private static string? FaultOf(string provider, string text)
    {
        if (text.Length > LongestUrl || !CustomerRules.IsLine(text) || !WebAddress.TryRead(text, out var url)
            || url is not { UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0, Host.Length: > 0, Port: > 0 })
        {
            return $"must be an http or https address of at most {LongestUrl} characters without a user, a query or a fragment, "
                + "such as https://api.openai.com.";
        }

        return Root(provider, url) is { } root && root != url.AbsoluteUri.TrimEnd('/')
            ? $"must end where the provider's own paths begin, and these follow /gateway/{provider}: "
                + $"a call of {Example(url)} would go to {url.AbsoluteUri.TrimEnd('/')}{Example(url)}. Write {root}."
            : null;
    }

    private static string Example(Uri url) =>
        LastVersion().Match(url.AbsolutePath) is { Success: true } version
            ? $"/{version.Groups["version"].Value}/chat/completions"
            : "/v1/chat/completions";

    /// <summary>
    /// Returns the address without the parts that the gateway's paths repeat: the path of an endpoint and the version before it, and the
    /// whole path at a host whose paths are known to begin at the host.
    /// </summary>
    private static string Root(string provider, Uri url)
    {
        var path = url.AbsolutePath.TrimEnd('/');
        var isWhole = (ProviderHome.Of(provider).BaseUrl is { } home && new Uri(home).IdnHost == url.IdnHost)
            || url.IdnHost.EndsWith(".azure.com", StringComparison.OrdinalIgnoreCase);
        return url.GetLeftPart(UriPartial.Authority) + (isWhole ? "" : LastVersion().Replace(Endpoint().Replace(path, ""), ""));
    }

    /// <summary>Matches the version of an API at the end: <c>/v1</c>, <c>/v1beta</c>.</summary>
    [GeneratedRegex(@"/(?<version>v[0-9]{1,3}((alpha|beta)[0-9]{0,2})?)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex LastVersion();

    [GeneratedRegex(
        @"/(chat/completions|completions|embeddings|responses|messages|models)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Endpoint();

    /// <summary>True if neither the upstream's own headers nor those of a call may have this name.</summary>
    public static bool IsOfTrust(string name) =>
        OfTrust.Contains(name, StringComparer.OrdinalIgnoreCase)
            || Array.Exists(PrefixesOfTrust, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    private static bool IsHeaderText(string text) =>
        text.AsSpan().Trim().Length == text.Length && !text.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
