namespace Tollgate.Core.Llm.Shapes;

/// <summary>Kinds of calls whose answers report what they used in one and the same way, whole or as a stream.</summary>
public enum LlmApi
{
    /// <summary>Neither host nor path say it: the members of the answer decide.</summary>
    Unknown,

    /// <summary>A call that costs nothing: lists of models, counts of tokens, moderation.</summary>
    Free,

    /// <summary>Chat and text completions of OpenAI, Azure and everybody who copied them.</summary>
    OpenAiChat,
    OpenAiResponses,

    /// <summary>A chat that is started and asked for later; the answer to the question holds the completion.</summary>
    PerplexityAsync,
    OpenAiEmbeddings,
    OpenAiImages,
    OpenAiTranscription,
    OpenAiSpeech,

    AnthropicMessages,

    GeminiGenerate,
    GeminiEmbed,

    /// <summary>Imagen, and embeddings of Vertex AI.</summary>
    GeminiPredict,

    BedrockConverse,

    /// <summary>The body that the model's vendor has, with counts of Amazon beside it.</summary>
    BedrockInvoke,

    CohereChat,
    CohereEmbed,
    CohereRerank,

    MistralOcr,
    OllamaChat,

    TavilySearch,

    /// <summary>Extract, crawl and map.</summary>
    TavilyPages,
    SerperSearch,
    SerperScrape,
    ExaSearch,
    ExaContents,
    FirecrawlScrape,
    FirecrawlCrawl,
    FirecrawlSearch,
    StabilityImage,
}
