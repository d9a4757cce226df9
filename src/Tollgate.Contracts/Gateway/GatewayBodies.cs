namespace Tollgate.Contracts.Gateway;

/// <summary>The address and credentials with which the gateway forwards a provider's calls.</summary>
public sealed record UpstreamRequest
{
    /// <summary>The gateway appends the path of a call; default: the provider's own address, where it is known.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>Tollgate stores it encrypted and never shows it again. Empty for an upstream without a key.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The gateway sends them with every call, in place of the caller's headers of the same names.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>
    /// The use of the cost that the provider reports for a call. <c>wins</c>: budgets count it, and Tollgate also stores the price book's
    /// cost. <c>beside</c>: budgets count the price book's cost, and Tollgate also stores the reported one. Default: <c>wins</c> for
    /// openrouter, <c>beside</c> for every other.
    /// </summary>
    public string? ReportedCost { get; init; }
}

public sealed record UpstreamView
{
    public required string Provider { get; init; }

    /// <summary>The configured address; else the provider's own.</summary>
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
