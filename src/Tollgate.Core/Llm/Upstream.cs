namespace Tollgate.Core.Llm;

/// <summary>A project's settings for a provider to which the gateway forwards.</summary>
/// <param name="Provider">A name of the price book, or the project's own.</param>
/// <param name="BaseUrl">The URL before the paths. Null: the provider's own address.</param>
/// <param name="Sealed">The key and headers, encrypted; only the server's gateway decrypts them.</param>
/// <param name="Version">Increases with every change.</param>
public sealed record Upstream(string Provider, string? BaseUrl, ReadOnlyMemory<byte> Sealed, long Version, DateTimeOffset UpdatedAt)
{
    /// <summary>Null: <see cref="ReportedCosts.DefaultOf"/>.</summary>
    public ReportedCostPolicy? ReportedCost { get; init; }
}

/// <summary>The use of the cost that the provider reports for a call.</summary>
public enum ReportedCostPolicy
{
    /// <summary>Tollgate records it in addition to the cost by the price book, and uses it if the price book knows none.</summary>
    Beside,

    /// <summary>It is the cost; Tollgate records the cost by the price book in addition.</summary>
    Wins,
}

public static class ReportedCosts
{
    /// <summary>
    /// Returns the default policy. OpenRouter reports the amount charged to the account; no price book knows the host that it chose for a
    /// model, or that host's price.
    /// </summary>
    public static ReportedCostPolicy DefaultOf(string provider) =>
        provider == "openrouter" ? ReportedCostPolicy.Wins : ReportedCostPolicy.Beside;

    /// <param name="upstreams">The project's upstreams by name.</param>
    /// <param name="upstream">The upstream of the call; null: the call was reported, so the upstream with its provider's name
    /// decides.</param>
    public static ReportedCostPolicy Of(IReadOnlyDictionary<string, Upstream> upstreams, string? upstream, string provider) =>
        upstreams.GetValueOrDefault(upstream ?? provider)?.ReportedCost ?? DefaultOf(provider);
}
