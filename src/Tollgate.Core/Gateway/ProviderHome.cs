using Tollgate.Core.Llm;

namespace Tollgate.Core.Gateway;

/// <summary>Where a provider lives and in which header it wants its key.</summary>
/// <param name="BaseUrl">Null: the project has to say it (a region, a resource, a server of one's own).</param>
/// <param name="KeyHeader"><c>Authorization</c> carries the key as <c>Bearer</c>.</param>
public sealed record ProviderHome(string Provider, string? BaseUrl, string KeyHeader)
{
    public const string Bearer = "Authorization";

    /// <summary>By the names of the price book.</summary>
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

    /// <summary>The headers in which providers' clients send a key, beside <see cref="Bearer"/>.</summary>
    public static IReadOnlyList<string> KeyHeaders { get; } =
        [.. Known.Select(home => home.KeyHeader).Where(header => header != Bearer).Distinct(StringComparer.OrdinalIgnoreCase)];

    public static IEnumerable<string> Names => Known.Select(static home => home.Provider);

    public static bool IsKnown(string provider) => Array.Exists(Known, home => home.Provider == provider);

    /// <summary>A provider that nobody knows speaks as OpenAI does, wherever the project says that it is.</summary>
    public static ProviderHome Of(string provider)
    {
        var name = ModelNames.Canonical(provider);
        return Array.Find(Known, home => home.Provider == name) ?? new(name, null, Bearer);
    }
}
