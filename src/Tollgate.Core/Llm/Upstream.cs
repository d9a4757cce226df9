namespace Tollgate.Core.Llm;

/// <summary>What a project says about a provider to which the gateway forwards.</summary>
/// <param name="Provider">A name of the price book, or the project's own.</param>
/// <param name="BaseUrl">Paths are put behind it. Null: the provider's own address.</param>
/// <param name="Sealed">Key and headers, encrypted; only the server's gateway opens it.</param>
/// <param name="Version">Moves with every change.</param>
public sealed record Upstream(string Provider, string? BaseUrl, ReadOnlyMemory<byte> Sealed, long Version, DateTimeOffset UpdatedAt)
{
    /// <summary>Null: <see cref="ReportedCosts.DefaultOf"/>.</summary>
    public ReportedCostPolicy? ReportedCost { get; init; }
}

/// <summary>How Tollgate uses the cost that the provider itself reports for a call.</summary>
public enum ReportedCostPolicy
{
    /// <summary>It is kept beside the cost that the price book gives, and stands in where that knows none.</summary>
    Beside,

    /// <summary>It is the cost; what the price book gives is kept beside it.</summary>
    Wins,
}

public static class ReportedCosts
{
    /// <summary>
    /// OpenRouter reports what it took off the account; which of a model's hosts it chose, and at what price, no price book knows.
    /// </summary>
    public static ReportedCostPolicy DefaultOf(string provider) =>
        provider == "openrouter" ? ReportedCostPolicy.Wins : ReportedCostPolicy.Beside;

    /// <param name="upstreams">The project's, by name.</param>
    /// <param name="upstream">Through which the call was made; null: it was reported, and the upstream of its provider's name
    /// decides.</param>
    public static ReportedCostPolicy Of(IReadOnlyDictionary<string, Upstream> upstreams, string? upstream, string provider) =>
        upstreams.GetValueOrDefault(upstream ?? provider)?.ReportedCost ?? DefaultOf(provider);
}
