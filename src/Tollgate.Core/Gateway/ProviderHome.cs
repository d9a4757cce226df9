using Tollgate.Core.Llm;

namespace Tollgate.Core.Gateway;

/// <summary>The address of a provider, and the header for its key.</summary>
/// <param name="BaseUrl">Null: the project has to set it (a region, a resource, a server of its own).</param>
/// <param name="KeyHeader">The header; <c>Authorization</c> carries the key as <c>Bearer</c>.</param>
public sealed record ProviderHome(string Provider, string? BaseUrl, string KeyHeader)
{
    public const string Bearer = "Authorization";

    /// <summary>The known providers by their names in the price book.</summary>
    private static readonly ProviderHome[] Known =
    [
        new("openai", "https://api.openai.com", Bearer),
        new("anthropic", "https://api.anthropic.com", "x-api-key"),
        new("gemini", "https://generativelanguage.googleapis.com", "x-goog-api-key"),
        new("mistral", "https://api.mistral.ai", Bearer),
        new("cohere", "https://api.cohere.com", Bearer),
        new("deepseek", "https://api.deepseek.com", Bearer),
        new("groq", "https://api.groq.com", Bearer),
        new("xai", "https://api.x.ai", Bearer),
        new("together_ai", "https://api.together.xyz", Bearer),
        new("fireworks_ai", "https://api.fireworks.ai", Bearer),
        new("openrouter", "https://openrouter.ai", Bearer),
        new("perplexity", "https://api.perplexity.ai", Bearer),
        new("cerebras", "https://api.cerebras.ai", Bearer),
        new("moonshot", "https://api.moonshot.ai", Bearer),
        new("voyage", "https://api.voyageai.com", Bearer),
        new("tavily", "https://api.tavily.com", Bearer),
        new("serper", "https://google.serper.dev", "X-API-KEY"),
        new("exa", "https://api.exa.ai", "x-api-key"),
        new("firecrawl", "https://api.firecrawl.dev", Bearer),
        new("stability", "https://api.stability.ai", Bearer),
        new("azure", null, "api-key"),
        new("bedrock", null, Bearer),
        new("vertex_ai", null, Bearer),
    ];

    /// <summary>The headers other than <see cref="Bearer"/> in which providers' clients send a key.</summary>
    public static IReadOnlyList<string> KeyHeaders { get; } =
        [.. Known.Select(home => home.KeyHeader).Where(header => header != Bearer).Distinct(StringComparer.OrdinalIgnoreCase)];

    public static IEnumerable<string> Names => Known.Select(static home => home.Provider);

    public static bool IsKnown(string provider) => Array.Exists(Known, home => home.Provider == provider);

    /// <summary>Returns the address of a provider. An unknown provider uses OpenAI's format, at an address that the project sets.</summary>
    public static ProviderHome Of(string provider)
    {
        var name = ModelNames.Canonical(provider);
        return Array.Find(Known, home => home.Provider == name) ?? new(name, null, Bearer);
    }
}
