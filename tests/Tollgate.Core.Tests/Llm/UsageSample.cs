using System.Text.Json;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Tests.Llm;

/// <summary>An answer of a provider (contents invented) and its expected usage. See Samples/expected.json.</summary>
public sealed class UsageSample
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Llm", "Samples");

    /// <summary>The destination of a sample's call, by the beginning of the file's name; the longest match wins.</summary>
    private static readonly (string File, string Host, string Path)[] Calls =
    [
        ("openai-chat", "api.openai.com", "/v1/chat/completions"),
        ("openai-error", "api.openai.com", "/v1/chat/completions"),
        ("openai-responses", "eu.api.openai.com", "/v1/responses"),
        ("openai-embeddings", "api.openai.com", "/v1/embeddings"),
        ("openai-images", "api.openai.com", "/v1/images/generations"),
        ("openai-transcription", "api.openai.com", "/v1/audio/transcriptions"),
        ("azure-openai-chat", "demo.openai.azure.com", "/openai/deployments/mine/chat/completions?api-version=2024-10-21"),
        ("anthropic-messages", "api.anthropic.com", "/v1/messages"),
        ("anthropic-count-tokens", "api.anthropic.com", "/v1/messages/count_tokens"),
        ("gemini-", "generativelanguage.googleapis.com", "/v1beta/models/gemini-2.5-flash:generateContent"),
        ("gemini-stream", "generativelanguage.googleapis.com", "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"),
        ("gemini-embed", "generativelanguage.googleapis.com", "/v1beta/models/gemini-embedding-001:embedContent"),
        ("vertex-imagen", "us-central1-aiplatform.googleapis.com",
            "/v1/projects/p/locations/l/publishers/google/models/imagen-4.0-generate-001:predict"),
        ("mistral-chat", "api.mistral.ai", "/v1/chat/completions"),
        ("mistral-embeddings", "api.mistral.ai", "/v1/embeddings"),
        ("cohere-v2-chat", "api.cohere.com", "/v2/chat"),
        ("cohere-v1-chat", "api.cohere.ai", "/v1/chat"),
        ("cohere-v2-embed", "api.cohere.com", "/v2/embed"),
        ("cohere-v2-rerank", "api.cohere.com", "/v2/rerank"),
        ("deepseek", "api.deepseek.com", "/chat/completions"),
        ("groq", "api.groq.com", "/openai/v1/chat/completions"),
        ("xai", "api.x.ai", "/v1/chat/completions"),
        ("together", "api.together.xyz", "/v1/chat/completions"),
        ("fireworks", "api.fireworks.ai", "/inference/v1/chat/completions"),
        ("openrouter", "openrouter.ai", "/api/v1/chat/completions"),
        ("perplexity", "api.perplexity.ai", "/chat/completions"),
        ("bedrock-converse", "bedrock-runtime.us-east-1.amazonaws.com", "/model/amazon.nova-lite-v1%3A0/converse"),
        ("bedrock-invoke", "bedrock-runtime.us-east-1.amazonaws.com", "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke"),
        ("tavily", "api.tavily.com", "/search"),
        ("serper", "google.serper.dev", "/search"),
        ("exa", "api.exa.ai", "/search"),
        ("firecrawl-scrape", "api.firecrawl.dev", "/v2/scrape"),
        ("firecrawl-crawl", "api.firecrawl.dev", "/v2/crawl/0b2c-demo"),
        ("stability-image-json", "api.stability.ai", "/v2beta/stable-image/generate/core"),
        ("stability-image-v1", "api.stability.ai", "/v1/generation/stable-diffusion-xl-1024-v1-0/text-to-image"),
    ];

    private UsageSample(JsonElement expected)
    {
        Expected = expected;
        File = expected.GetProperty("file").GetString()!;
        Body = System.IO.File.ReadAllBytes(Path.Combine(Folder, File));
    }

    public static IReadOnlyList<UsageSample> All { get; } =
        [.. JsonDocument.Parse(System.IO.File.ReadAllText(Path.Combine(Folder, "expected.json"))).RootElement
            .GetProperty("samples").EnumerateArray().Select(static expected => new UsageSample(expected))];

    public static IEnumerable<UsageSample> Streams => All.Where(static sample => sample.IsStream);

    public string File { get; }

    public byte[] Body { get; }

    public JsonElement Expected { get; }

    public string Provider => Expected.GetProperty("provider").GetString()!;

    public bool IsStream => Expected.GetProperty("streaming").GetBoolean();

    public int Status => File == "openai-error-429.json" ? 429 : 200;

    public LlmRoute Route
    {
        get
        {
            var call = Calls.Where(call => File.StartsWith(call.File, StringComparison.Ordinal)).MaxBy(static call => call.File.Length);
            return LlmRoutes.Of(call.Host, call.Path);
        }
    }

    public static UsageSample Of(string file) => All.Single(sample => sample.File == file);

    /// <summary>A number of the expected result; zero if the file does not name it.</summary>
    public decimal Number(string name) =>
        Expected.GetProperty("normalised").TryGetProperty(name, out var value) || Expected.TryGetProperty(name, out value)
            ? value.GetDecimal()
            : 0;
}
