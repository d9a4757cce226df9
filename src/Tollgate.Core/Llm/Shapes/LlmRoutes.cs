namespace Tollgate.Core.Llm.Shapes;

/// <summary>Finds the provider and the format of a call by its host and path.</summary>
public static class LlmRoutes
{
    private const string Any = "";

    /// <summary>Hosts by provider. A leading or closing star matches any characters. The first match decides.</summary>
    private static readonly (string Host, string Provider)[] Hosts =
    [
        ("api.openai.com", "openai"),
        ("*.api.openai.com", "openai"),
        ("*.openai.azure.com", "azure"),
        ("*.cognitiveservices.azure.com", "azure"),
        ("*.services.ai.azure.com", "azure"),
        ("*.azure-api.net", "azure"),
        ("api.anthropic.com", "anthropic"),
        ("generativelanguage.googleapis.com", "gemini"),
        ("aiplatform.googleapis.com", "vertex_ai"),
        ("*-aiplatform.googleapis.com", "vertex_ai"),
        ("bedrock-runtime.*", "bedrock"),
        ("bedrock-runtime-fips.*", "bedrock"),
        ("bedrock-mantle.*", "bedrock"),
        ("api.mistral.ai", "mistral"),
        ("codestral.mistral.ai", "mistral"),
        ("api.cohere.com", "cohere"),
        ("api.cohere.ai", "cohere"),
        ("api.deepseek.com", "deepseek"),
        ("api.groq.com", "groq"),
        ("api.x.ai", "xai"),
        ("api.together.xyz", "together_ai"),
        ("api.together.ai", "together_ai"),
        ("api.fireworks.ai", "fireworks_ai"),
        ("openrouter.ai", "openrouter"),
        ("*.openrouter.ai", "openrouter"),
        ("api.perplexity.ai", "perplexity"),
        ("api.cerebras.ai", "cerebras"),
        ("api.moonshot.ai", "moonshot"),
        ("api.moonshot.cn", "moonshot"),
        ("api.z.ai", "zai"),
        ("open.bigmodel.cn", "zai"),
        ("api.minimax.io", "minimax"),
        ("api.minimaxi.com", "minimax"),
        ("api.novita.ai", "novita"),
        ("router.huggingface.co", "huggingface"),
        ("api.githubcopilot.com", "github_copilot"),
        ("api.cloudflare.com", "cloudflare"),
        ("inference.baseten.co", "baseten"),
        ("api.voyageai.com", "voyage"),
        ("api.tavily.com", "tavily"),
        ("google.serper.dev", "serper"),
        ("scrape.serper.dev", "serper"),
        ("api.exa.ai", "exa"),
        ("api.metaphor.systems", "exa"),
        ("api.firecrawl.dev", "firecrawl"),
        ("api.stability.ai", "stability"),
    ];

    /// <summary>
    /// Formats by the end of the path; a closing star allows any text to follow. A provider's own rows precede the general ones, and the
    /// first match decides.
    /// </summary>
    private static readonly (string Provider, string Path, LlmApi Api)[] Paths =
    [
        ("cohere", "/chat/completions", LlmApi.OpenAiChat),
        ("cohere", "/chat", LlmApi.CohereChat),
        ("cohere", "/embed", LlmApi.CohereEmbed),
        ("cohere", "/rerank", LlmApi.CohereRerank),
        ("mistral", "/ocr", LlmApi.MistralOcr),
        ("bedrock", "/converse", LlmApi.BedrockConverse),
        ("bedrock", "/converse-stream", LlmApi.BedrockConverse),
        ("bedrock", "/invoke", LlmApi.BedrockInvoke),
        ("bedrock", "/invoke-with-response-stream", LlmApi.BedrockInvoke),
        ("tavily", "/search", LlmApi.TavilySearch),
        ("tavily", "/extract", LlmApi.TavilyPages),
        ("tavily", "/crawl", LlmApi.TavilyPages),
        ("tavily", "/map", LlmApi.TavilyPages),
        ("serper", "/scrape", LlmApi.SerperScrape),
        ("serper", "/*", LlmApi.SerperSearch),
        ("exa", "/contents", LlmApi.ExaContents),
        ("exa", "/search", LlmApi.ExaSearch),
        ("exa", "/findSimilar", LlmApi.ExaSearch),
        ("exa", "/answer", LlmApi.ExaSearch),
        ("firecrawl", "/crawl", LlmApi.FirecrawlCrawl),
        ("firecrawl", "/crawl/*", LlmApi.FirecrawlCrawl),
        ("firecrawl", "/batch/scrape", LlmApi.FirecrawlCrawl),
        ("firecrawl", "/batch/scrape/*", LlmApi.FirecrawlCrawl),
        ("firecrawl", "/scrape", LlmApi.FirecrawlScrape),
        ("firecrawl", "/map", LlmApi.FirecrawlScrape),
        ("firecrawl", "/search", LlmApi.FirecrawlSearch),
        ("perplexity", "/async/chat/completions", LlmApi.PerplexityAsync),
        ("perplexity", "/async/chat/completions/*", LlmApi.PerplexityAsync),
        ("perplexity", "/async/sonar", LlmApi.PerplexityAsync),
        ("perplexity", "/async/sonar/*", LlmApi.PerplexityAsync),
        ("stability", "/stable-image/*", LlmApi.StabilityImage),
        ("stability", "/v1/generation/*", LlmApi.StabilityImage),

        (Any, "/chat/completions", LlmApi.OpenAiChat),
        (Any, "/completions", LlmApi.OpenAiChat),
        (Any, "/responses", LlmApi.OpenAiResponses),
        (Any, "/responses/compact", LlmApi.OpenAiResponses),
        (Any, "/embeddings", LlmApi.OpenAiEmbeddings),
        (Any, "/images/generations", LlmApi.OpenAiImages),
        (Any, "/images/edits", LlmApi.OpenAiImages),
        (Any, "/images/variations", LlmApi.OpenAiImages),
        (Any, "/audio/transcriptions", LlmApi.OpenAiTranscription),
        (Any, "/audio/translations", LlmApi.OpenAiTranscription),
        (Any, "/audio/speech", LlmApi.OpenAiSpeech),
        (Any, "/messages", LlmApi.AnthropicMessages),
        (Any, ":generateContent", LlmApi.GeminiGenerate),
        (Any, ":streamGenerateContent", LlmApi.GeminiGenerate),
        (Any, ":embedContent", LlmApi.GeminiEmbed),
        (Any, ":batchEmbedContents", LlmApi.GeminiEmbed),
        (Any, ":predict", LlmApi.GeminiPredict),
        (Any, "/api/chat", LlmApi.OllamaChat),
        (Any, "/api/generate", LlmApi.OllamaChat),
        (Any, "/api/embed", LlmApi.OllamaChat),

        (Any, "/messages/count_tokens", LlmApi.Free),
        (Any, "/responses/input_tokens", LlmApi.Free),
        (Any, ":countTokens", LlmApi.Free),
        (Any, "/moderations", LlmApi.Free),
        (Any, "/models", LlmApi.Free),
        (Any, "/files*", LlmApi.Free),
        (Any, "/responses/*", LlmApi.OpenAiResponses),
    ];

    /// <summary>The paths before the id of a job or of a stored answer.</summary>
    private static readonly (LlmApi Api, string Before)[] Jobs =
    [
        (LlmApi.FirecrawlCrawl, "/crawl/"),
        (LlmApi.FirecrawlCrawl, "/batch/scrape/"),
        (LlmApi.OpenAiResponses, "/responses/"),
        (LlmApi.PerplexityAsync, "/async/chat/completions/"),
        (LlmApi.PerplexityAsync, "/async/sonar/"),
    ];

    /// <summary>Words in the place of an id that are no ids: lists of all jobs of the account, and operations.</summary>
    private static readonly string[] NoJobs = ["active", "ongoing", "errors", "params-preview", "status", "compact", "input_tokens"];

    /// <summary>Ends of paths that answer with a stream: by their name, or because Ollama streams by default.</summary>
    private static readonly string[] Streams =
        [":streamGenerateContent", ":streamRawPredict", "/converse-stream", "/invoke-with-response-stream", "/api/chat", "/api/generate"];

    /// <summary>Beginnings of model names that only one maker uses.</summary>
    private static readonly (string Model, string Provider)[] Makers =
    [
        ("gpt-", "openai"), ("chatgpt-", "openai"), ("o1", "openai"), ("o3", "openai"), ("o4", "openai"), ("dall-e", "openai"),
        ("whisper-", "openai"), ("tts-", "openai"), ("text-embedding-3", "openai"), ("text-embedding-ada", "openai"),
        ("claude", "anthropic"), ("gemini", "gemini"), ("imagen", "gemini"), ("mistral", "mistral"), ("codestral", "mistral"),
        ("command-", "cohere"), ("embed-v", "cohere"), ("rerank-", "cohere"), ("deepseek", "deepseek"), ("grok", "xai"),
        ("sonar", "perplexity"), ("kimi", "moonshot"), ("voyage-", "voyage"),
    ];

    /// <summary>
    /// Returns the route by the upstream's address. <paramref name="path"/> may have a query. An unknown host uses OpenAI's format.
    /// </summary>
    public static LlmRoute Of(string host, string path)
    {
        var known = Array.Find(Hosts, row => Fits(row.Host, host));
        var scrape = host.StartsWith("scrape.", StringComparison.OrdinalIgnoreCase);
        return known.Provider is { } provider
            ? OfProvider(provider, scrape ? "/scrape" : path)
            : OfProvider(host.ToLowerInvariant(), path);
    }

    /// <summary>Returns the route by the name of a provider and the path of the call.</summary>
    public static LlmRoute OfProvider(string provider, string path)
    {
        var name = ProviderOf(provider, null);
        var plain = path.Split('?')[0].TrimEnd('/');
        var row = Array.Find(Paths, row => (row.Provider == name || row.Provider.Length == 0) && EndFits(row.Path, plain));
        var (job, part) = JobIn(plain, row.Api);
        return new(
            name, job is null && Array.Exists(Jobs, known => known.Api == row.Api && row.Path == known.Before + '*')
                ? LlmApi.Unknown
                : row.Api)
        {
            Model = ModelIn(plain), Job = job, JobPart = part,
            IsStream = Array.Exists(Streams, end => plain.EndsWith(end, StringComparison.Ordinal)),
        };
    }

    /// <summary>Returns the route by names alone, for a raw answer that a caller reports later: its members decide the format.</summary>
    public static LlmRoute OfAnswer(string? provider, string? model) => new(ProviderOf(provider, model), LlmApi.Unknown);

    /// <summary>
    /// Returns the price book's name of a provider; without a provider, the maker that the model's name indicates, else empty.
    /// </summary>
    public static string ProviderOf(string? provider, string? model)
    {
        if (provider is { Length: > 0 })
        {
            return ModelNames.Canonical(provider.Trim().ToLowerInvariant().Replace(' ', '_'));
        }

        return Array.Find(Makers, row => model is not null && model.StartsWith(row.Model, StringComparison.OrdinalIgnoreCase)).Provider
            ?? "";
    }

    private static bool Fits(string pattern, string host) =>
        pattern.StartsWith('*') ? host.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase)
        : pattern.EndsWith('*') ? host.StartsWith(pattern[..^1], StringComparison.OrdinalIgnoreCase)
        : host.Equals(pattern, StringComparison.OrdinalIgnoreCase);

    private static bool EndFits(string pattern, string path) =>
        pattern.EndsWith('*')
            ? path.Contains(pattern[..^1], StringComparison.Ordinal)
            : path.EndsWith(pattern, StringComparison.Ordinal);

    // "/v1beta/models/NAME:generateContent", "/model/NAME/converse", "/openai/deployments/NAME/chat/completions",
    // "/v1/generation/NAME/…", "/stable-image/generate/NAME".
    private static string? ModelIn(string path)
    {
        foreach (var before in (ReadOnlySpan<string>)["/models/", "/model/", "/deployments/", "/generation/", "/stable-image/generate/"])
        {
            var at = path.IndexOf(before, StringComparison.Ordinal);
            if (at >= 0)
            {
                var rest = path[(at + before.Length)..];
                var name = before == "/models/" ? rest.Split(':')[0] : rest.Split('/')[0];
                return name.Length == 0 ? null : Uri.UnescapeDataString(name);
            }
        }

        return null;
    }

    // "/v1/crawl/ID", "/v1/crawl/ID/errors", "/v0/crawl/status/ID", "/v1/responses/ID/cancel".
    private static (string? Job, string? Part) JobIn(string path, LlmApi api)
    {
        foreach (var (_, before) in Jobs.Where(known => known.Api == api))
        {
            var at = path.IndexOf(before, StringComparison.Ordinal);
            if (at < 0)
            {
                continue;
            }

            var rest = path[(at + before.Length)..];
            var parts = (rest.StartsWith("status/", StringComparison.Ordinal) ? rest["status/".Length..] : rest).Split('/', 2);
            var id = Uri.UnescapeDataString(parts[0]);
            return id.Length == 0 || NoJobs.Contains(id, StringComparer.OrdinalIgnoreCase) ? default : (id, parts.ElementAtOrDefault(1));
        }

        return default;
    }
}
