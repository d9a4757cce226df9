namespace Tollgate.Contracts.Gateway;

/// <summary>The address and credentials with which the gateway forwards a provider's calls.</summary>
public sealed record UpstreamRequest
{
    /// <summary>Paths are put behind it; default: the provider's own address, where it is known.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>Kept encrypted and never shown again. Empty for an upstream that wants none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Sent with every call, in place of the caller's of the same names.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>
    /// How Tollgate uses the cost that the provider itself reports for a call. <c>wins</c>: it is the cost that budgets move by, and what
    /// the price book gives is kept beside it. <c>beside</c>: the other way round. Default: <c>wins</c> for openrouter, <c>beside</c> for
    /// every other.
    /// </summary>
    public string? ReportedCost { get; init; }
}

public sealed record UpstreamView
{
    public required string Provider { get; init; }

    /// <summary>As it was set; else the provider's own.</summary>
    public required string BaseUrl { get; init; }

    /// <summary>False: calls are forwarded without a key.</summary>
    public required bool HasKey { get; init; }

    /// <summary>Names of the headers that are set; their values are never shown.</summary>
    public required IReadOnlyList<string> Headers { get; init; }

    /// <summary>False: the credentials were encrypted with a key that this server does not have; set them again.</summary>
    public required bool Readable { get; init; }

    /// <summary><c>wins</c> or <c>beside</c>, as it was set or by default.</summary>
    public required string ReportedCost { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

public sealed record UpstreamList(IReadOnlyList<UpstreamView> Data, bool HasMore);

/// <summary>The encrypted part of an upstream.</summary>
public sealed record UpstreamCredentials(string ApiKey, IReadOnlyDictionary<string, string> Headers);
